"""Flattens JSON of orders: objects within a line become columns, and a list of objects becomes a row each."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from retail_brain.errors import DataError

LINES = re.compile(r"item|line|product|goods|sku|detail|position|товар|позици|строка|商品|明细", re.IGNORECASE)
"""Names of lists that hold the lines of an order, where another list, such as of payments, stands beside them."""
_COUNTS = re.compile(
    r"(?:^|_)(?:qty|qtde?|quantit[a-z]*|quantidade|cantidad|count|units?|menge|anzahl|stueck|aantal|ilosc|mnozstvi|pocet"
    r"|adet|miktar|jumlah|antal|antall|maara|mennyiseg|kolicina|cantitate|so_luong)(?:$|_)"
    r"|количество|кол_?во|数量|件数|個数|수량|จำนวน|الكمية|כמות",
    re.IGNORECASE,
)
"""Names of fields that count goods, which only the objects of one list have: the lines."""

_FIRST_LINES = 100
"""Lines from which the order of fields is taken. By judgement: most objects of a file have the same."""


def in_lines(source: Path, scratch: Path) -> Path:
    """The file itself, or a copy with one object per line of a document such as `{"orders": [{...}, {...}]}`.

    Args:
        source: a file in UTF-8.
        scratch: folder for the copy.

    Raises:
        DataError: the document holds no list of objects, or several.
    """
    with source.open("rb") as file:
        first = next((line.strip() for line in file if line.strip()), b"")
    is_line = first.startswith(b"{") and first.endswith(b"}") and not source.name.lower().endswith(".json")
    if is_line:
        return source
    try:
        document = json.loads(source.read_bytes())
    except ValueError:
        return source  # one object per line, or damaged: the scan says where
    rows = _list_of(document, source)
    copy = scratch / f"{len(list(scratch.iterdir()))}-{source.stem}.lines.jsonl"
    copy.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return copy


def schema_in_order(source: Path, schema: pl.Schema) -> pl.Schema:
    """The schema of a file of JSON lines with its fields, and those of objects within them, in the order of the file.

    Polars has those of objects of more than 32 fields in another order in each process. Fields that the first lines do
    not have come last, by their names.

    Args:
        source: one object per line.
        schema: of the whole file.
    """
    with source.open("rb") as file:
        first = [json.loads(line) for line in islice((line for line in file if line.strip()), _FIRST_LINES)]
    return pl.Schema(_fields_in_order(schema, first))


def _fields_in_order(fields: Mapping[str, pl.DataType], values: Sequence[Any]) -> dict[str, pl.DataType]:
    objects = [value for value in values if isinstance(value, dict)]
    places = {name: place for place, name in enumerate(dict.fromkeys(name for one in objects for name in one))}
    names = sorted(fields, key=lambda name: (places.get(name, len(places)), name))
    return {name: _in_order(fields[name], [one.get(name) for one in objects]) for name in names}


def _in_order(kind: pl.DataType, values: Sequence[Any]) -> pl.DataType:
    if isinstance(kind, pl.List):
        rows = [row for value in values if isinstance(value, list) for row in value]
        return pl.List(_in_order(kind.inner, rows))  # type: ignore[arg-type]
    if isinstance(kind, pl.Struct):
        return pl.Struct(_fields_in_order(kind.to_schema(), values))  # type: ignore[arg-type]
    return kind


def _list_of(document: Any, source: Path) -> list[Any]:  # whatever a document holds
    lists = {"": document} if isinstance(document, list) else document if isinstance(document, dict) else {}
    found = {name: rows for name, rows in lists.items() if rows and _holds_objects(rows)}
    if len(found) == 1:
        return next(iter(found.values()))
    if not found and isinstance(document, dict):
        return [document]
    raise DataError(
        f"{source.name} holds {len(found)} lists of objects: got {sorted(found)}, wanted one, the rows. Write it with "
        "one of them."
    )


def _holds_objects(rows: object) -> bool:
    return isinstance(rows, list) and all(isinstance(row, dict) for row in rows)


def flat(frame: pl.LazyFrame, origin: str) -> tuple[pl.LazyFrame, list[str]]:
    """One row per line of an order, and remarks on what was made of it and left out.

    The field `id` of an object `location` becomes `location_id`; the field `sku` of a list `items` becomes `items/sku`.
    Lists of plain values stay as they are. An order whose list is empty gives one row without them.

    Args:
        frame: one row per line of the file.
        origin: the file, for errors.

    Raises:
        DataError: several lists of objects may be the lines.
    """
    notes: list[str] = []
    while nested := _nested(frame):
        objects = [name for name, kind in nested.items() if isinstance(kind, pl.Struct)]
        if objects:
            frame = _with_fields(frame, objects[0], "_")
            continue
        lists = list(nested)
        if counted := [name for name in lists if _within_lines(name, frame)]:
            notes.append(f"{counted} within the lines are not read")
            frame = frame.drop(counted)
            continue
        lines = lists if len(lists) == 1 else _lines_among(nested)
        if len(lines) != 1:
            raise DataError(
                f"{origin} holds several lists of objects in a line: got {lists}, wanted one, the lines of an order. "
                "Write it with one of them."
            )
        others = [name for name in lists if name not in lines]
        notes.append(f"one row per object in {lines[0]!r}" + (f"; {others} are not read" if others else ""))
        frame = _with_fields(frame.drop(others).explode(lines[0], empty_as_null=True, keep_nulls=True), lines[0], "/")
    return frame, notes


def _lines_among(lists: Mapping[str, pl.DataType]) -> list[str]:
    """The lists that may be lines of an order: by their names, or else by a field that counts goods."""
    named = [name for name in lists if LINES.search(name)]
    return named if len(named) == 1 else [name for name in named or lists if _counts(_fields(lists[name]))]


def _within_lines(name: str, frame: pl.LazyFrame) -> bool:
    """Whether a list is one of each line, such as of its extras or taxes: a row for each would count the line again."""
    outer, is_inner, _ = name.rpartition("/")
    return bool(is_inner) and _counts(
        [field.removeprefix(f"{outer}/") for field in frame.collect_schema() if field.startswith(f"{outer}/")]
    )


def _fields(kind: pl.DataType) -> list[str]:
    return [field.name for field in kind.inner.fields] if isinstance(kind, pl.List) else []  # type: ignore[union-attr]


def _counts(fields: Iterable[str]) -> bool:
    return any(_COUNTS.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", field)) for field in fields)


def _nested(frame: pl.LazyFrame) -> dict[str, pl.DataType]:
    return {name: kind for name, kind in frame.collect_schema().items() if _is_nested(kind)}


def _is_nested(kind: pl.DataType) -> bool:
    return isinstance(kind, pl.Struct) or (isinstance(kind, pl.List) and isinstance(kind.inner, pl.Struct))


def _with_fields(frame: pl.LazyFrame, name: str, between: str) -> pl.LazyFrame:
    """The fields of a column of objects as columns in its place; a name that is taken gets a slash."""
    schema = frame.collect_schema()
    kind = schema[name]
    fields = [field.name for field in kind.fields] if isinstance(kind, pl.Struct) else []
    taken = set(schema) - {name}
    named = [
        pl.col(name)
        .struct.field(field)
        .alias(f"{name}{between if f'{name}{between}{field}' not in taken else '//'}{field}")
        for field in fields
    ]
    return frame.select(one for column in schema for one in (named if column == name else [pl.col(column)]))
