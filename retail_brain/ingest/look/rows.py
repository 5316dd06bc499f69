"""Reads the first rows with a proposed mapping, and says what they hold: keys, ids, returns, days, cards."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from retail_brain.errors import RetailBrainError
from retail_brain.ingest.consent_rows import CONSENTS, with_consent_words
from retail_brain.ingest.days_to_come import last_possible_day
from retail_brain.ingest.look.draft import CHOOSE, FILL_IN
from retail_brain.ingest.staging import Staged, stage
from retail_brain.settings import DataSettings
from retail_brain.sources.mapping import mapping_source
from retail_brain.spacing import spacing_notes
from retail_brain.tables import TABLES

_TILL_CARD_SHARE = 0.05
"""A card on more of the receipts than this is the tills' own: no person buys a twentieth of a shop's receipts."""
_LEAST_RECEIPTS = 100
"""Receipts below which no card is called the tills' own."""

_TEXT = r'"((?:[^"\\]|\\.)*)"'
"""A text of TOML in quotation marks."""
_FILES = rf"(?<!returns = {{ )files = (?:{_TEXT}|\[(?:{_TEXT}(?:, )?)*\])"
"""The files of a table or of a join, one or a list, wherever they stand; `returns` knows them without folders."""


def describe_rows(mapping: str, root: Path, scratch: Path, limit: int, data: DataSettings) -> list[str]:
    """What the first rows hold once they are read with a mapping.

    Args:
        mapping: TOML.
        root: folder that its paths are relative to.
        scratch: folder for temporary files.
        limit: rows of a table that are read at most.
        data: settings, of which the period and the days ahead count.
    """
    path = scratch / "proposed.toml"
    path.write_text(_with_places(mapping, f"{root.resolve().as_posix()}/"), encoding="utf-8")
    lines: list[str] = []
    staged: dict[str, Staged] = {}
    try:
        source = mapping_source(path, scratch)
        for name, raw in source.tables.items():
            worded = with_consent_words(raw) if name == CONSENTS else raw
            staged[name] = stage(
                replace(worded, frame=worded.frame.head(limit), left_out=None),
                scratch,
                last=last_possible_day(name, data),
            )
    except RetailBrainError as error:
        return [f"The first rows cannot be read with this mapping: {str(error).splitlines()[0]}"]
    for name, table in staged.items():
        lines.append(f"{name}: {table.read:,} rows looked at, {table.bad.height:,} would be set aside")
        lines += [f"  {rows:,}: {reason}" for reason, rows in table.reasons.items()]
        lines += [f"  {note}" for note in table.notes]
        lines += [f"  {line}" for line in _matches(name, table, staged)]
        if name in ("transactions", "daily_sales"):
            lines += [f"  {line}" for line in _sales(name, table.rows.collect())]
        if name == "daily_sales":
            lines += [f"  {line}" for line in spacing_notes(table.rows, data.period)]
    return lines


def describe_readings(mapping: str, root: Path, scratch: Path, limit: int, data: DataSettings) -> list[str]:
    """What the first rows hold, also while a person has still to choose: then by the first way of each question.

    Where something has to be filled in, such as a day, no row can be read: that is said.

    Args:
        mapping: TOML, with open readings as comments.
        root: folder that its paths are relative to.
        scratch: folder for temporary files.
        limit: rows of a table that are read at most.
        data: settings, of which the period and the days ahead count.
    """
    first, chosen = re.subn(rf"^# {CHOOSE} for \w+:\n# (.*)\n(?:# \w+ = .*\n?)*", r"\1\n", mapping, flags=re.MULTILINE)
    if re.search(rf"^# {FILL_IN} for ", first, re.MULTILINE):
        return ["No rows were read with this mapping: something has to be filled in first, see the questions (?)."]
    says = [f"Read by the first way of each question that is open ({chosen}):"] if chosen else []
    return [*says, *describe_rows(first, root, scratch, limit, data)]


def _with_places(mapping: str, place: str) -> str:
    """The mapping with a folder before every file that it reads."""
    text = re.sub(_FILES, lambda names: re.sub(_TEXT, lambda one: f'"{place}{one[1]}"', names[0]), mapping)
    for quote in ("FROM read_csv('", "JOIN read_csv('", "FROM '", "JOIN '"):
        text = text.replace(quote, f"{quote}{place}")
    return text


def _matches(name: str, table: Staged, staged: Mapping[str, Staged]) -> Iterator[str]:
    for column, other in TABLES[name].references.items():
        if other not in staged:
            continue
        key = TABLES[other].schema.primary_key()[0]
        ids = table.rows.select(pl.col(column)).drop_nulls().unique().collect()[column]
        known = ids.is_in(staged[other].rows.select(key).collect()[key].implode()).mean()
        if isinstance(known, float):
            yield f"{known:.0%} of the {len(ids):,} {column} are in {other}"


def _sales(name: str, rows: pl.DataFrame) -> Iterator[str]:
    if not rows.height:
        return
    days = rows["sold_at"].dt.date() if name == "transactions" else rows["date"]
    dated = days.unique().sort()
    span = (dated[-1] - dated[0]).days + 1
    silent = f"{span - len(dated):,} days without sales"
    yield f"{dated[0]} to {dated[-1]}, {silent}; {rows['store_id'].n_unique():,} shops"
    returns = rows.filter(pl.col("units") < 0).height / rows.height
    yield f"{rows['product_id'].n_unique():,} goods; {returns:.1%} of lines are returns"
    if name != "transactions":
        return
    yield f"{rows['customer_id'].null_count() / rows.height:.0%} of lines have no customer"
    receipts = rows.select("transaction_id", "store_id", "customer_id").unique()
    cards = receipts.drop_nulls("customer_id").group_by("customer_id").len().sort("len", descending=True)
    if cards.height and receipts.height >= _LEAST_RECEIPTS and cards["len"][0] > _TILL_CARD_SHARE * receipts.height:
        card, count = cards.row(0)
        yield f"card {card} has {count:,} of {receipts.height:,} receipts: the tills' own?"
