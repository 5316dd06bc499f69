"""Reads EDIFACT messages, such as the sales reports of a chain (SLSRPT): a row per line, a column per qualifier.

A segment before the first line of a message, or of a place within it, is on all lines below it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from retail_brain.errors import DataError
from retail_brain.sources.base import FileTable
from retail_brain.sources.unpacking import check_in_memory

EDIFACT_ENDINGS: Final = (".edi", ".edifact")
_START: Final = re.compile(rb"\s*(?:UNA.{6}\s*)?UNB(.)UNO([A-Z])", re.DOTALL)
_START_BYTES: Final = 64
"""Bytes in which UNA, UNB and the letter of the encoding stand."""
_PARTS: Final = {"D": 2, "E": 5, "F": 7, "G": 3, "H": 4, "I": 6, "J": 8, "K": 9}
"""Letter behind UNO -> part of ISO 8859, by ISO 9735."""
_ENCODINGS: Final = {**{letter: f"iso8859-{part}" for letter, part in _PARTS.items()}, "W": "utf-8", "Y": "utf-8"}
"""Letter behind UNO -> encoding; that of the others is Latin 1."""
_USUAL_MARKS: Final = ":+.? '"
"""Between parts, between fields, of decimals, of release, reserved, and behind a segment, where no UNA says others."""
_WORDS: Final = {
    "DTM+356": "sales date", "LOC+162": "store", "QTY+153": "units sold", "QTY+145": "on hand", "MOA+203": "amount",
    "PRI+AAE": "unit price", "PRI+AAA": "net price", "PRI+AAB": "gross price", "CUX+2": "currency",
}  # fmt: skip
"""Qualifiers that say what a value is, in the words of the code lists."""
_QUALIFIED: Final = ("DTM", "LOC", "NAD", "QTY", "MOA", "PRI", "CUX", "RFF", "PIA", "CNT", "PCD", "MEA", "ALC", "TAX")
_NUMBERS: Final = ("QTY", "MOA", "PRI", "PCD")
_DAYS: Final = {"102": r"(\d{4})(\d\d)(\d\d)", "203": r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)"}
"""Code of the form of a date -> pattern."""
_SHOWN: Final = 6
"""Segments that a refusal names at most."""
Segment = list[list[str]]
"""Fields of a segment, each in parts; the first is its tag."""


def is_edifact(path: Path) -> bool:
    """Whether a file begins as an EDIFACT interchange, whatever its ending."""
    with path.open("rb") as file:
        return _START.match(file.read(_START_BYTES)) is not None


def read_edifact(path: Path) -> FileTable:
    """The lines (LIN) of all messages of a file, as text; numbers with a point, days as year-month-day.

    A value is called by its segment and qualifier, such as `RFF+ON`, behind a word where the qualifier says what it
    is: `units sold (QTY+153)`. Several of one line are joined with `;`. Sums behind the lines (UNS) are no rows.

    Raises:
        DataError: it is too large, not in its encoding, cut short, or has no lines.
    """
    check_in_memory(path, path.stat().st_size)
    content = path.read_bytes()
    start = _START.match(content)
    if start is None:
        raise DataError(f"{path} is no EDIFACT interchange: wanted one that begins with UNA or UNB. Export it again.")
    encoding = _ENCODINGS.get(start[2].decode("ascii"), "latin-1")
    try:
        text = content.decode(encoding)
    except UnicodeError as error:
        raise DataError(f"{path} is not in the encoding {encoding} that it declares: {error}. Get it again.") from error
    lines = _Lines()
    for segment in _segments(text.lstrip()):
        lines.take(segment)
    if not lines.is_closed:
        raise DataError(f"{path} is cut short: its last message has no UNT, or the interchange no UNZ. Get it whole.")
    if not lines.rows:
        tags = ", ".join(f"{tag} {count:,}" for tag, count in lines.tags.most_common(_SHOWN))
        raise DataError(f"{path} has no lines of goods (LIN): got {tags}. Export it as CSV.")
    return FileTable(_frame(lines.rows), notes=tuple(f"{path.name}: {note}" for note in lines.notes()))


def _frame(rows: list[dict[str, str]]) -> pl.LazyFrame:
    names = dict.fromkeys(name for row in rows for name in row)
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String())).lazy()


def _segments(text: str) -> Iterator[Segment]:
    """The segments, in fields and parts, without the marks of release; decimals are written with a point."""
    marks, text = (text[3:9], text[9:]) if text.startswith("UNA") else (_USUAL_MARKS, text)
    part, between, decimal, release, _, end = tuple(marks)
    freed = f"(?<!{re.escape(release)})" if release.strip() else ""

    def split(mark: str, whole: str) -> list[str]:
        # a mark of release that is released itself, `??'`, releases nothing
        held = whole.replace(release * 2, "\0") if release.strip() else whole
        return [one.replace("\0", release * 2) for one in re.split(f"{freed}{re.escape(mark)}", held)]

    def plain(one: str) -> str:
        return re.sub(rf"{re.escape(release)}(.)", r"\1", one, flags=re.DOTALL).strip() if release.strip() else one

    for whole in split(end, text):
        segment = [[plain(one) for one in split(part, each)] for each in split(between, whole.strip())]
        tag = segment[0][0]
        if tag in _NUMBERS:
            # the comma is allowed whatever UNA says
            segment = [segment[0], *([re.sub(rf"^(-?\d*)[{re.escape(decimal)},](\d+)$", r"\1.\2", one) for one in each]
                                     for each in segment[1:])]  # fmt: skip
        if tag:
            yield segment


@dataclass
class _Lines:
    """The rows that were read, and where in a message the reader is."""

    rows: list[dict[str, str]] = field(default_factory=list)
    tags: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    sums: int = 0
    is_closed: bool = True
    _message: dict[str, str] = field(default_factory=dict)
    _group: dict[str, str] = field(default_factory=dict)
    _line: dict[str, str] | None = None
    _has_places: bool = False
    _has_lines: bool = False
    _is_summed: bool = False

    def take(self, segment: Segment) -> None:
        """Reads the next segment."""
        tag = segment[0][0]
        self.tags[tag] += 1
        if tag in ("UNB", "UNH"):
            self.is_closed = False
        if tag == "UNH":
            self._message, self._group, self._has_places, self._is_summed = {}, {}, False, False
            self._has_lines = False
            self.kinds[" ".join(_field(segment, 2)[:3])] += 1
        if tag in ("LIN", "UNS", "UNT") or (tag == "LOC" and self._has_places):
            self._write()
        if tag == "UNS":
            self._is_summed = True
        elif tag == "LIN":
            self._line = {}
            self._is_summed, self._has_lines = False, True
        elif tag == "LOC" and self._line is None and not self._is_summed:
            # a place above lines begins a group; one within a line is of the line
            self._group = {} if self._has_lines else self._group
            self._has_places, self._has_lines = True, False
        if tag in ("UNT", "UNZ"):
            self.is_closed = tag == "UNZ"
        elif self._is_summed:
            self.sums += tag != "UNS"
        else:
            self._put(_named(segment))

    def notes(self) -> Iterator[str]:
        """What was read, and what was not."""
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.kinds.items())
        yield f"EDIFACT ({kinds}), one row per LIN"
        if self.sums:
            yield f"{self.sums:,} segments of sums (behind UNS) are not read"

    def _put(self, values: dict[str, str]) -> None:
        own = self._line if self._line is not None else self._group if self._has_places else self._message
        for name, value in values.items():
            if value:
                own[name] = f"{own[name]};{value}" if name in own else value

    def _write(self) -> None:
        if self._line is not None:
            self.rows.append({**self._message, **self._group, **self._line})
        self._line = None


def _field(segment: Segment, place: int) -> list[str]:
    return segment[place] if place < len(segment) else [""]


def _named(segment: Segment) -> dict[str, str]:
    """Name of a column -> value of a segment; none of segments that only divide others."""
    tag, first, second = segment[0][0], _field(segment, 1), _field(segment, 2)
    third = _field(segment, 3)
    if tag not in _QUALIFIED:
        return {
            "UNH": {"message (UNH)": first[0]},
            "BGM": {"message number (BGM)": second[0], "state (BGM)": third[0]},
            "LIN": {"line number (LIN)": first[0], "item code (LIN)": third[0]},
            "IMD": {"description (IMD)": " ".join(filter(None, third[3:]))},
        }.get(tag, {})
    name = f"{tag}+{first[0]}"
    value = first[1] if len(first) > 1 else second[0]
    called = f"{_WORDS[name]} ({name})" if name in _WORDS else name
    if tag == "DTM":
        return {called: _day(value, first[2] if len(first) > 2 else "")}
    measure = {f"measure ({name})": first[2]} if tag == "QTY" and len(first) > 2 else {}
    return {called: value, **measure}


def _day(value: str, form: str) -> str:
    """A day or moment as year-month-day where the code of its form says what it is; else as it stands."""
    found = re.fullmatch(_DAYS[form], value) if form in _DAYS else None
    if found is None:
        return value
    return "-".join(found.groups()[:3]) + (f" {found[4]}:{found[5]}" if form == "203" else "")
