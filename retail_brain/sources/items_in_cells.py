"""Reads the lines of an order that stand in one cell: JSON, pairs of keys and values, or counts and names of goods.

A cell is read whole or not at all: what is left unread is counted, and its row stays without goods.
"""

import ast
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import polars as pl

from retail_brain.errors import DataError
from retail_brain.sources.base import FileTable
from retail_brain.sources.column_names import find_column

Item = Mapping[str, str]
"""A line of an order: what its fields are called, and their values as text."""
_Reader = Callable[[str], list[Item] | None]

NAME, QUANTITY, PRICE, SKU = "name", "quantity", "price", "sku"
"""Fields of goods that are written as a count and a name."""
_BETWEEN: Final = ("\n", "<br>", "<br/>", "||", " | ", "|", "；", ";", "、", "，", " + ", " / ", ", ", ",", "/", "+")
"""What stands between the lines of an order, the surest first."""
_NUMBER = r"\d{1,6}(?:[.,]\d{1,3})?"
_TIMES = r"[x×X✕✖*＊]"
_MARK = r"(?:[$€£¥￥₽₩₹]|[A-Z]{3}|(?:р|руб|zł|kr)\.?)"
_COUNTED: Final = (
    rf"(?P<quantity>{_NUMBER})\s*(?:[×✕✖*＊]|[xX](?![A-Za-z]))\s*(?P<name>\S.*)",
    rf"(?P<name>.*\S)\s*[\[(（]\s*(?:{_TIMES}|qty|quantity|数量|menge|qté|cant|кол-во)?[.:：]?\s*(?P<quantity>{_NUMBER})"
    rf"\s*(?:{_TIMES}|pcs?|шт\.?|件|个|个|瓶|盒)?\s*[\])）]",
    rf"(?P<name>.*\S)\s*[-,–]?\s*(?:qty|quantity|数量|menge|qté|cant|кол-во)[.:：]?\s*(?P<quantity>{_NUMBER})",
    rf"(?P<name>.*\S)\s+{_TIMES}\s*(?P<quantity>{_NUMBER})",
    rf"(?P<name>.*[^\s\d])\s*[×✕✖*＊]\s*(?P<quantity>{_NUMBER})(?:件|个|個|瓶|盒|袋)?",
    rf"(?P<name>[^\s:：=]*\d[^\s:：=]*)\s*[:：=]\s*(?P<quantity>{_NUMBER})",
)
"""Goods with their count: `2 x Shirt`, `Shirt (2)`, `Shirt, Qty: 2`, `Shirt x 2`, `衬衫*2`, `SKU-1: 2`."""
_PRICED: Final = (
    rf"(?P<rest>.*\S)\s*(?:@|à|по|单价[:：]?|单價[:：]?)\s*{_MARK}?\s*(?P<price>\d+(?:[.,]\d+)*)\s*{_MARK}?",
    rf"(?P<rest>.*\S)\s*[,:=(（\-–]\s*{_MARK}\s*(?P<price>\d+(?:[.,]\d+)*)\s*[)）]?",
    rf"(?P<rest>.*\S)\s*[,:=(（\-–]\s*(?P<price>\d+(?:[.,]\d+)*)\s*{_MARK}\s*[)）]?",
)
"""Behind goods the price of one, or money that may be of one or of all."""
_CODED = (
    r"(?P<name>.*\S)\s*[\[(（]\s*(?:sku|编码|货号|art\.?|ref\.?)?\s*[:：#]?\s*(?P<sku>[A-Za-z0-9][\w./-]*)\s*[\])）]"
)
_KEY = r"(?:^|[|,;\n]\s*)([^\W\d][^:=|,;\n]{0,40}?)\s*[:=]"
"""A key before its value in a cell, behind the start or a mark between pairs."""
_ENDS = " ,–-"
_MOST_LETTERS = 20_000
"""Letters of a cell beyond which it is not read. By judgement: a hundred lines of an order with their texts."""
_LEAST_LINES = 2
"""Lines of orders whose keys are compared: those of a single one may be anything."""
_LEAST_READ = 0.5
"""Share of the cells of which one way of writing must read more, so that others are faults of it. By judgement."""


@dataclass(frozen=True)
class Items:
    """The lines of orders by the cells that hold them; cells that cannot be read are not among them."""

    lines: Mapping[str, Sequence[Item]]
    unread: tuple[str, ...] = ()

    @property
    def fields(self) -> list[str]:
        """Names of the fields, in the order of their first line."""
        return list(dict.fromkeys(field for items in self.lines.values() for item in items for field in item))


def items_in(cells: Iterable[str]) -> Items | None:
    """The lines of the orders in the cells of a column, by the one way of writing that reads most; None for no lists.

    Args:
        cells: filled cells, each once.
    """
    texts = [text for text in cells if text.strip()]
    best = Items({}, tuple(texts))
    for reader in _readers(texts):
        lines = {text: items for text in texts if len(text) <= _MOST_LETTERS and (items := reader(text))}
        if (len(lines), _count(lines)) > (len(best.lines), _count(best.lines)):
            best = Items(lines, tuple(text for text in texts if text not in lines))
    if not texts or len(best.lines) <= _LEAST_READ * len(texts):
        return None
    return _with_prices_and_codes(best)


def _count(lines: Mapping[str, Sequence[Item]]) -> int:
    return sum(map(len, lines.values()))


def with_items(table: FileTable, column: str, origin: str) -> FileTable:
    """A row for each line of the orders in the cells of a column, with columns such as `Items/quantity`.

    A row whose cell is blank or cannot be read stays, without goods; the latter are counted in a note.

    Args:
        table: the file.
        column: the column of lists.
        origin: the file, for errors.

    Raises:
        DataError: the file has no such column, or its cells are no lists of goods.
    """
    present = table.frame.collect_schema().names()
    name = find_column(column, present)
    if numbered := numbered_columns(column, present):
        table, name = replace(table, frame=joined_cells(table.frame, column, numbered)), column.removesuffix("*")
    if name is None:
        raise DataError(f"{origin} has no column {column!r} with the lines of orders; got {present}. Correct `items`.")
    cells = table.frame.select(pl.col(name).cast(pl.String)).unique(maintain_order=True).collect()[name].drop_nulls()
    found = items_in(cells)
    if found is None:
        raise DataError(
            f"{origin}: the cells of {column!r} are no lists of goods, such as {cells.head(3).to_list()}; wanted JSON, "
            "`key: value` pairs, or counts and names such as `2 x Shirt; 1 x Hat`. Export one row per line of an order."
        )
    fields = found.fields
    rows = {
        name: list(found.lines),
        **{f"{name}/{field}": [[i.get(field) for i in items] for items in found.lines.values()] for field in fields},
    }
    kinds: dict[str, pl.DataType] = {name: pl.String(), **{f"{name}/{field}": pl.List(pl.String()) for field in fields}}
    lists = pl.DataFrame(rows, schema=kinds)
    joined = table.frame.with_columns(pl.col(name).cast(pl.String)).join(
        lists.lazy(), on=name, how="left", maintain_order="left"
    )
    frame = joined.explode([f"{name}/{field}" for field in fields], empty_as_null=True, keep_nulls=True).drop(name)
    notes = [f"one row per line of an order in {name!r}"]
    if found.unread:
        notes.append(
            f"{len(found.unread):,} different cells of {name!r} are not read, such as {found.unread[0][:60]!r}"
        )
    return FileTable(frame, table.malformed, table.left_out, (*table.notes, *notes), table.sections)


def numbered_columns(pattern: str, present: Iterable[str]) -> list[str]:
    """The columns that a name with a star at its end stands for, by their numbers; none for another name.

    >>> numbered_columns("line_item_*", ["id", "line_item_2", "line_item_10", "line_item_1", "line_item_tax"])
    ['line_item_1', 'line_item_2', 'line_item_10']
    """
    found = re.fullmatch(r"(.*[^*])\*", pattern)
    names = [name for name in present if found and re.fullmatch(rf"{re.escape(found[1])}\d+", name)]
    return sorted(names, key=lambda name: int(name[len(pattern) - 1 :]))


def joined_cells(frame: pl.LazyFrame, pattern: str, names: Sequence[str]) -> pl.LazyFrame:
    """The frame with one column, called as the pattern without its star, for numbered ones with a line each.

    Args:
        frame: the rows.
        pattern: such as `line_item_*`.
        names: the columns that it stands for.
    """
    cells = [pl.when(pl.col(name).cast(pl.String).str.strip_chars() != "").then(pl.col(name)) for name in names]
    joined = pl.concat_str(cells, separator=_BETWEEN[0], ignore_nulls=True)
    return frame.with_columns(pl.when(joined != "").then(joined).alias(pattern.strip("*"))).drop(names)


def _readers(texts: Sequence[str]) -> Iterable[_Reader]:
    """Ways to read cells, the surest first."""
    if any(text.lstrip()[:1] in "[{" for text in texts):
        yield _objects
    if keys := _keys(texts):
        yield partial(_pairs, keys=keys)
    for between in _BETWEEN:
        if between != _BETWEEN[0] and not any(between in text for text in texts):
            continue
        for pattern in _COUNTED:
            yield partial(_counts, between=between, pattern=re.compile(pattern, re.IGNORECASE))


def _objects(text: str) -> list[Item] | None:
    """A list of objects in JSON, or as Python writes it; one alone, and one within an object."""
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        try:
            found = ast.literal_eval(text.strip())
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return None
    if isinstance(found, dict):
        lists = [rows for rows in found.values() if isinstance(rows, list) and rows and isinstance(rows[0], dict)]
        found = lists[0] if len(lists) == 1 else [found]
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        return None
    return [{str(key): plain for key, value in one.items() if (plain := _plain(value)) is not None} for one in found]


def _plain(value: Any) -> str | None:  # whatever JSON holds
    """A plain value as text; None for an object, a list and nothing."""
    if value is None or isinstance(value, dict | list | tuple):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _keys(texts: Sequence[str]) -> list[str]:
    """The keys that every cell begins with and has as often as others, as in `Name: Cap, Qty: 2|Name: Mug, Qty: 1`."""
    found = [[key.strip() for key in re.findall(_KEY, text)] for text in texts]
    first = Counter(keys[0] for keys in found if keys)
    if not first or first.most_common(1)[0][1] < _LEAST_READ * len(texts):
        return []
    begins = first.most_common(1)[0][0]
    whole = [Counter(keys) for keys in found if keys and keys[0] == begins]
    if sum(counts[begins] for counts in whole) < _LEAST_LINES:
        return []
    keys = [key for key in dict.fromkeys(found[0]) if all(counts[key] == counts[begins] for counts in whole)]
    keys = keys or [key for key in whole[0] if all(counts[key] == counts[begins] for counts in whole)]
    return keys if len(keys) > 1 and begins in keys else []


def _pairs(text: str, keys: Sequence[str]) -> list[Item] | None:
    """Lines of keys with values, in which each line begins with the first key and has all of them in their order."""
    parts = rf"(?:^|[|,;\n]\s*)\s*({'|'.join(map(re.escape, sorted(keys, key=len, reverse=True)))})\s*[:=]\s*"
    cut = re.split(parts, text.strip())
    if cut[0].strip() or len(cut) % (2 * len(keys)) != 1:
        return None
    named = list(zip(cut[1::2], cut[2::2], strict=True))
    lines = [named[start : start + len(keys)] for start in range(0, len(named), len(keys))]
    if any([key for key, _ in line] != [key for key, _ in lines[0]] for line in lines):
        return None
    return [{key: value.strip(" |,;\n") for key, value in line} for line in lines]


def _counts(text: str, between: str, pattern: re.Pattern[str]) -> list[Item] | None:
    """Goods with a count each; None where a part of the cell has none, or where several counts may be of one.

    What stands between goods may stand in their names as well: a name goes on where the part behind it has no count.
    """
    parts = [part.strip() for part in text.strip().strip(between.strip() or None).split(between) if part.strip()]
    counts_first = pattern.pattern.startswith("(?P<quantity>")
    whole: list[str] = []
    for part in parts:
        begins = not whole or (_counted(part if counts_first else whole[-1], pattern) is not None)
        whole = [*whole, part] if begins else [*whole[:-1], f"{whole[-1]}{between}{part}"]
    lines = [one for part in whole if (one := _counted(part, pattern)) is not None]
    return lines if len(lines) == len(whole) and not any(_has_counts(one[NAME]) for one in lines) else None


def _has_counts(name: str) -> bool:
    """Whether a name holds goods with a count, behind or before something that stands between goods elsewhere."""
    cuts = (one for one in _BETWEEN if one.strip(" ") and one in name)
    parts = [part.strip() for cut in cuts for part in name.split(cut)]
    return any(_counted(part, re.compile(pattern, re.IGNORECASE)) is not None for part in parts for pattern in _COUNTED)


def _counted(part: str, pattern: re.Pattern[str]) -> Item | None:
    """Goods with their count, and money behind both where there is some."""
    for priced in _PRICED:
        if (money := re.fullmatch(priced, part)) and (goods := pattern.fullmatch(money["rest"].strip())):
            return {NAME: goods[NAME].strip(_ENDS), QUANTITY: goods[QUANTITY], PRICE: money[PRICE]}
    goods = pattern.fullmatch(part)
    return {NAME: goods[NAME].strip(_ENDS), QUANTITY: goods[QUANTITY]} if goods else None


def _with_prices_and_codes(found: Items) -> Items:
    """The lines with the price and the code apart that stand behind the name of all of them, and of none otherwise."""
    lines = [item for items in found.lines.values() for item in items]
    if not lines or not all({NAME, QUANTITY} <= item.keys() <= {NAME, QUANTITY, PRICE} for item in lines):
        return found
    changed: dict[str, Sequence[Item]] = dict(found.lines)
    names = [re.fullmatch(_CODED, item[NAME], re.IGNORECASE) for item in lines]
    if all(name and re.search(r"\d", name[SKU]) for name in names):
        changed = {text: [_coded(item) for item in items] for text, items in changed.items()}
    return Items(changed, found.unread)


def _coded(item: Item) -> Item:
    found = re.fullmatch(_CODED, item[NAME], re.IGNORECASE)
    return {**item, NAME: found[NAME].strip(), SKU: found[SKU]} if found else item
