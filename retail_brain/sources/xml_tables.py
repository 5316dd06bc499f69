"""Makes tables of XML: one for each element that comes again and has fields, with the fields of what it stands in."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

import polars as pl

from retail_brain.errors import DataError, UsageError
from retail_brain.sources.base import FileTable
from retail_brain.sources.nested import LINES
from retail_brain.sources.xml_parts import Place, walk

_BETWEEN: Final = "/"
_BATCH_ROWS: Final = 50_000
"""Rows that are held before they are written; bounds the memory. By judgement."""
_MOST_FIELDS: Final = 2_000
"""Different places in a file beyond which its elements are no fields. By judgement: SAF-T has 200."""
_SHOWN: Final = 6
"""Names of elements that a refusal shows at most."""
_NAMED: Final = re.compile(r"name|key|field|label|attribute|.*attribute[-_]?id|.*[-_]name", re.IGNORECASE)
"""The one attribute of an element whose text is the value of a field that the attribute names."""
_NAME: Final = re.compile(r"name|key|code|наименование|имя|название|назва", re.IGNORECASE)
_VALUE: Final = re.compile(r"value|val|text|значение|значення", re.IGNORECASE)
_OF_PAIRS: Final = re.compile(
    r"param|attribute|property|feature|field|option|characteristic|custom|реквизит|свойств|параметр|характеристик",
    re.IGNORECASE,
)
"""Elements that may hold the name and the value of a field, as `ЗначениеРеквизита` of CommerceML does."""
_MOST_NAMES: Final = 100
"""Names that such fields have at most; more are values. By judgement."""
_PEOPLE: Final = re.compile(
    r"customer|client|kund|klant|member|contact|person|people|user|subscriber|buyer|mitglied|socio|adherent|pelanggan"
    r"|会员|顾客|客户|клиент|покупател|会員|顧客|회원|고객",
    re.IGNORECASE,
)
"""Elements that are people: a list within, such as of their addresses, multiplies nobody."""
_BOUGHT: Final = re.compile(rf"{LINES.pattern}|order|sale|transaction|receipt|invoice|purchase|ticket", re.IGNORECASE)
"""Lists within people that are what they bought."""
_GOODS: Final = re.compile(r"(?:shop_?)?(?:item|product|article|offer|variant|goods|entry)", re.IGNORECASE)
"""Elements that are goods: a list within of how they are sent or shown multiplies none of them."""
_ASIDE: Final = re.compile(
    r"delivery|shipping|images?|img|photo|picture|media|param|attribute|property|feature|file|link|tag|review|related",
    re.IGNORECASE,
)
"""Lists within goods that are none of them."""
_WEB_PAGES: Final = ("html", "body", "table")
_WORKBOOKS: Final = ("Workbook", "worksheet")


@dataclass
class _Shape:
    """What elements a file has.

    Attributes:
        counts: place -> elements there.
        most: place -> elements there within one element, at most.
        inner: places of elements that hold others, or have attributes.
        fields: places of texts and attributes, in the order in which they come.
        pairs: place of elements whose one attribute names them, such as `<field name="size">` -> these names.
        unpaired: places of which an element has no such attribute, or holds others.
        held: place of elements that hold a name and a value, such as `<param><name>size</name><value>` -> these names.
        unheld: places of which an element holds others.
        is_document: whether the whole file is one record, such as a receipt, with the fields of its root.
    """

    counts: Counter[Place] = field(default_factory=Counter)
    most: dict[Place, int] = field(default_factory=dict)
    inner: set[Place] = field(default_factory=set)
    fields: dict[Place, None] = field(default_factory=dict)
    pairs: dict[Place, dict[str, None]] = field(default_factory=dict)
    unpaired: set[Place] = field(default_factory=set)
    held: dict[Place, dict[str, None]] = field(default_factory=dict)
    unheld: set[Place] = field(default_factory=set)
    is_document: bool = False
    _open: list[Counter[Place]] = field(default_factory=list)
    _texts: list[dict[str, str]] = field(default_factory=list)

    def begin(self, place: Place, attributes: Mapping[str, str]) -> None:
        self.counts[place] += 1
        if len(place) == 1:
            _check_root(place[0])
        if self._open:
            self._open[-1][place] += 1
            self.inner.add(place[:-1])
            self.unpaired.add(place[:-1])
        self._open.append(Counter())
        self._texts.append({})
        if (name := pair_name(attributes)) is None:
            self.unpaired.add(place)
        else:
            self.pairs.setdefault(place, {}).setdefault(name)
        for name in attributes:
            self.inner.add(place)
            self.fields.setdefault((*place, name))
        if len(self.counts) > _MOST_FIELDS:
            raise DataError(f"it has elements at more than {_MOST_FIELDS:,} different places, which are no fields")

    def end(self, place: Place, text: str) -> None:
        for inner, count in self._open.pop().items():
            self.most[inner] = max(count, self.most.get(inner, 0))
        if text:
            self.fields.setdefault(place)
        inner_texts = self._texts.pop()
        if self._texts:
            own = self._texts[-1]
            if place in self.inner or place[-1] in own:
                own[""] = ""  # it holds more than texts, or one twice
            own[place[-1]] = text
        if _OF_PAIRS.search(place[-1]):
            if (name := held_pair(inner_texts)) is None:
                self.unheld.add(place)
            else:
                self.held.setdefault(place, {}).setdefault(name[0])

    def named_fields(self) -> dict[Place, list[Place]]:
        """Places of elements that are fields which their attribute names -> places that these fields have."""
        named = {place: names for place, names in self.pairs.items() if place not in self.unpaired}
        named |= {place: names for place, names in self.held.items() if place not in self.unheld}
        return {
            place: [(*place[:-1], name) for name in names]
            for place, names in named.items()
            if len(names) <= _MOST_NAMES
            and self.most.get(place, 0) > 1
            and self.counts[place[:-1]] > 1  # a list that comes once has a row per element
        }

    def records(self) -> list[Place]:
        """Places of elements that come again within one and have fields, outermost first."""
        pairs = self.named_fields()
        again = [
            place for place in self.counts if self.most.get(place, 0) > 1 and place in self.inner and place not in pairs
        ]
        return [place for place in self.counts if len(place) == 1] + again if self.is_document else again

    def chain(self, last: Place) -> list[Place]:
        """The records that a record stands in, and it itself."""
        return [place for place in self.records() if last[: len(place)] == place and place != last] + [last]


def _check_root(name: str) -> None:
    if name.lower() in _WEB_PAGES:
        raise DataError("it is a web page, whatever its ending says; open it in a spreadsheet program")
    if name in _WORKBOOKS:
        raise DataError("it is a workbook of Excel 2003 in XML; open it in a spreadsheet program")


def element_names(path: Path) -> dict[str, tuple[str, ...]]:
    """Names of the tables of a file -> records within that no table has; a table per deepest record.

    Of several records in one element, such as lines and payments of an order, the one that is called lines has the
    table, else the one that comes most often.

    Raises:
        DataError: it is no XML, or no element with fields comes again.
    """
    return _tables(_shape_of(path), path)


def _tables(shape: _Shape, path: Path) -> dict[str, tuple[str, ...]]:
    """The same, of a file that was walked through already."""
    records = shape.records()
    if not records:
        common = ", ".join(f"{place[-1]} {count:,}" for place, count in shape.counts.most_common(_SHOWN))
        raise DataError(
            f"{path} has no element that comes again and has fields of its own: got {shape.counts.total():,} elements "
            f"at {len(shape.counts):,} places ({common}); wanted one per row, such as <order> or <line>. Export it as "
            "CSV."
        )
    tables: dict[str, tuple[str, ...]] = {}
    for base in [place for place in records if len(shape.chain(place)) == 1]:
        last, left = base, list[Place]()
        while inner := [place for place in records if shape.chain(place)[:-1][-1:] == [last]]:
            if _PEOPLE.search(last[-1]) and not any(_BOUGHT.search(place[-1]) for place in _within(records, last)):
                left += inner
                break
            aside = [place for place in inner if _GOODS.fullmatch(last[-1]) and _ASIDE.fullmatch(place[-1])]
            if len(aside) == len(inner):
                left += inner
                break
            named = [place for place in inner if LINES.search(place[-1])] or inner
            last = max(named, key=lambda place: shape.counts[place])
            left += [place for place in inner if place != last]
        name = _BETWEEN + _BETWEEN.join(last) if shape.is_document else _name(last)
        tables[name] = tuple(f"{place[-1]} ({shape.counts[place]:,})" for place in left)
    return tables


def pair_name(attributes: Mapping[str, str]) -> str | None:
    """The name that an element has by its one attribute, as in `<field name="size">`; None for other elements."""
    if len(attributes) != 1:
        return None
    ((attribute, name),) = attributes.items()
    return name if name and _NAMED.fullmatch(attribute) else None


def held_pair(texts: Mapping[str, str]) -> tuple[str, str] | None:
    """The name and the value of a field that an element holds as two elements, by their names; None for any others.

    >>> held_pair({"Наименование": "Отменен", "Значение": "true"}), held_pair({"name": "Tea", "price": "2"})
    (('Отменен', 'true'), None)
    """
    names = [text for name, text in texts.items() if _NAME.fullmatch(name)]
    values = [text for name, text in texts.items() if _VALUE.fullmatch(name)]
    if len(names) != 1 or len(values) > 1 or len(texts) != len(names) + len(values) or not names[0]:
        return None
    return names[0], values[0] if values else ""


def _within(records: Iterable[Place], outer: Place) -> list[Place]:
    return [place for place in records if place[: len(outer)] == outer and place != outer]


def document_element(paths: Iterable[Path]) -> str:
    """Name of the one table of files that hold a document each, such as a receipt: a row per line, or one per file.

    Raises:
        DataError: one of them is no XML.
    """
    shape = _Shape(is_document=True)
    for path in paths:
        walk(path, shape)
    return next(iter(_tables(shape, path)))


def read_xml(path: Path, scratch: Path, element: str | None) -> FileTable:
    """The rows of one of the tables of a file: a row per element, with the fields of the elements that it stands in.

    A field within a field is called `DocumentStatus/InvoiceStatus`, one of a line `Line/Quantity`. Texts that come
    again are joined with `;`.

    Args:
        path: the file.
        scratch: folder for the rows.
        element: name of the table; None where the file has one alone. One that begins with `/` names the elements from
            the root on: the file is a document, and its rows have the fields of all of it.

    Raises:
        UsageError: the file has no such table, or several and none is named.
        DataError: it is no XML, is too large, or no element with fields comes again.
    """
    shape = _shape_of(path)
    if element is not None and element.startswith(_BETWEEN):
        shape.is_document = True
        return _read(path, scratch, shape, tuple(element[1:].split(_BETWEEN)))
    names = _tables(shape, path)
    wanted = tuple(element.split(_BETWEEN)) if element is not None else None
    found = [place for place in shape.counts if place[1:] == wanted] if wanted is not None else []
    if wanted is None and len(names) == 1:
        found = [place for place in shape.counts if _name(place) == next(iter(names))]
    if not found:
        said = f"got `element` {element!r}" if element else "a mapping names none of them with `element`"
        raise UsageError(f"{path} has the tables {list(names)}, and {said}. Name one of them, as `--check` does.")
    return _read(path, scratch, shape, found[0], names.get(_name(found[0]), ()))


def _read(path: Path, scratch: Path, shape: _Shape, last: Place, left: tuple[str, ...] = ()) -> FileTable:
    """The rows of a table.

    Raises:
        DataError: the file has another root than a document that was named.
    """
    if last[:1] not in shape.counts:
        root = next(iter(shape.counts), ("nothing",))[0]
        raise DataError(f"{path} begins with {root!r}, wanted {last[0]!r}: leave it out of the `files` of this table.")
    rows = _Rows(shape, shape.chain(last), scratch / f"xml-{uuid4().hex}")
    walk(path, rows)
    notes = [f"{path.name}: one row per {last[-1]!r}" + (f"; {', '.join(left)} are not read" if left else "")]
    return FileTable(rows.frame(), notes=tuple(notes))


def _shape_of(path: Path) -> _Shape:
    shape = _Shape()
    walk(path, shape)
    return shape


def _name(place: Place) -> str:
    """The name of a table: its place below the root."""
    return _BETWEEN.join(place[1:])


class _Rows:
    """Collects the rows of one table."""

    def __init__(self, shape: _Shape, chain: list[Place], folder: Path) -> None:
        self._chain, self._folder, self._base = chain, folder, chain[0]
        folder.mkdir()
        others = [place for place in shape.records() if place not in chain]
        self._pairs = {place: names for place, names in shape.named_fields().items() if place not in chain}
        self._pair = ""
        self._texts: dict[str, str] = {}
        self._held = {place for place in self._pairs if place in shape.held and place not in shape.unheld}
        fields = [one for place in (*shape.fields, *self._held_first(shape)) for one in self._fields(place)]
        self._names = {
            place: _BETWEEN.join(place[len(self._base) :]) or place[-1]
            for place in fields
            if place[: len(self._base)] == self._base and not any(place[: len(one)] == one for one in others)
        }
        self._levels: list[tuple[dict[str, str], list[dict[str, str]]]] = []
        self._rows: list[dict[str, str]] = []
        self._parts = 0

    def begin(self, place: Place, attributes: Mapping[str, str]) -> None:
        if place in self._chain:
            self._levels.append(({}, []))
        if place in self._held:
            self._texts = {}
            return
        if place in self._pairs:
            self._pair = pair_name(attributes) or ""
            return
        for name, value in attributes.items():
            self._put((*place, name), value)

    def end(self, place: Place, text: str) -> None:
        if place[:-1] in self._held:
            self._texts[place[-1]] = text
            return
        if place in self._held:
            name, value = held_pair(self._texts) or ("", "")
            if value:
                self._put((*place[:-1], name), value)
        elif text:
            self._put((*place[:-1], self._pair) if place in self._pairs else place, text)
        if place not in self._chain:
            return
        own, inner = self._levels.pop()
        rows = [{**own, **row} for row in inner] or [own]
        if self._levels:
            self._levels[-1][1].extend(rows)
            return
        self._rows += rows
        if len(self._rows) >= _BATCH_ROWS:
            self._write()

    def _held_first(self, shape: _Shape) -> list[Place]:
        """Places of fields that hold their name and value, in the order of the file."""
        return [place for place in shape.held if place in self._held]

    def _fields(self, place: Place) -> list[Place]:
        """The place of a field, or those that its names have; none for the attribute with these names."""
        return [] if place[:-1] in self._pairs else self._pairs.get(place, [place])

    def frame(self) -> pl.LazyFrame:
        """All rows, as text."""
        if self._rows or not self._parts:
            self._write()
        return pl.scan_parquet(sorted(self._folder.glob("*.parquet")))

    def _put(self, place: Place, value: str) -> None:
        name = self._names.get(place)
        if name is not None and self._levels:
            own = self._levels[-1][0]
            own[name] = f"{own[name]};{value}" if name in own else value

    def _write(self) -> None:
        schema = dict.fromkeys(self._names.values(), pl.String())
        pl.DataFrame(self._rows, schema=schema).write_parquet(self._folder / f"{self._parts:06}.parquet")
        self._rows, self._parts = [], self._parts + 1
