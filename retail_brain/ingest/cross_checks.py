"""Cross-checks staged rows against the lake: ids that their table does not hold, and the rule by which it would."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from retail_brain.errors import DataError
from retail_brain.ingest.staging import Staged
from retail_brain.lake import scan_if_there
from retail_brain.settings import DataSettings
from retail_brain.tables import TABLES

_EXAMPLES = 3
"""Ids shown of each side. Chosen by judgement, not measured."""
_RULE_IDS = 10_000
"""Unknown ids that the rules are tried on: enough to tell a share. Chosen by judgement, not measured."""
_RULE_SHARE = 0.5
"""Share of unknown ids that a rule must match to be named; a rule that explains fewer is no cause."""

_ID = pl.col("id")
_RULES = {
    "without leading zeros (mapping: strip_zeros = true, or pad = DIGITS)": _ID.str.replace(r"^0+(.)", "$1"),
    "in the same case": _ID.str.to_lowercase(),
    "without blanks and signs": _ID.str.replace_all(r"[^\p{L}\p{N}]", ""),
    "without letters in front": _ID.str.replace(r"^[^0-9]+(.*)$", "$1").str.replace(r"^0+(.)", "$1"),
}
"""What two systems write differently in front of, in or round the same id."""


@dataclass(frozen=True)
class Unmatched:
    """Rows of a column whose id is in neither the dataset nor the lake.

    Attributes:
        rows: such rows.
        of: rows with an id in the column.
        examples: some of these ids.
        known: some ids of the table that should hold them.
        rule: how both sides would have to be written to match; None where no rule helps.
    """

    rows: int
    of: int
    examples: tuple[str, ...]
    known: tuple[str, ...]
    rule: str | None


def unmatched_ids(
    name: str, staged: Mapping[str, Staged], uri: str, options: Mapping[str, str]
) -> dict[str, Unmatched]:
    """Column -> rows of the staged table whose id is unknown; columns without such, or without a table, are left out.

    Args:
        name: the table.
        staged: all tables of the dataset.
        uri: the lake.
        options: credentials of the object store.
    """
    found = {}
    for column, other in TABLES[name].references.items():
        ids = _ids(other, column, staged, uri, options)
        if ids is None:
            continue
        named = staged[name].rows.select(column).drop_nulls()
        unknown = named.join(ids, on=column, how="anti")
        rows = unknown.select(pl.len()).collect(engine="streaming").item()
        if rows:
            found[column] = _explained(rows, named, unknown.select(column), ids)
    return found


def _explained(rows: int, named: pl.LazyFrame, unknown: pl.LazyFrame, ids: pl.LazyFrame) -> Unmatched:
    of: int = named.select(pl.len()).collect(engine="streaming").item()
    some = unknown.select(id=pl.first()).unique().sort("id").head(_RULE_IDS).collect(engine="streaming")
    known = ids.select(id=pl.first()).sort("id").collect(engine="streaming")
    shares = {
        rule: some.select(form).join(known.select(form), on="id", how="semi").height / some.height
        for rule, form in _RULES.items()
    }
    best = max(shares, key=lambda rule: shares[rule])
    rule = f"{best}: {shares[best]:.0%} would match" if shares[best] >= _RULE_SHARE else None
    shown = tuple(some["id"].head(_EXAMPLES).to_list()), tuple(known["id"].head(_EXAMPLES).to_list())
    return Unmatched(rows, of, *shown, rule)


def refuse_strangers(unmatched: Mapping[str, Mapping[str, Unmatched]], limits: DataSettings) -> None:
    """Stops an ingest in which almost no id of a column is in its table: both write the same ids differently.

    Raises:
        DataError: fewer than `min_matched_share` of a column match, and more than `quarantine_grace_rows` do not.
    """
    for name, columns in unmatched.items():
        for column, found in columns.items():
            if (
                found.rows <= limits.quarantine_grace_rows
                or found.of - found.rows >= limits.min_matched_share * found.of
            ):
                continue
            other = TABLES[name].references[column]
            rule = f" Both would match {found.rule}." if found.rule else ""
            raise DataError(
                f"{found.rows:,} of {found.of:,} rows of {name} name a {column} that {other} does not hold: "
                f"{list(found.examples)}, while {other} has {list(found.known) or 'no row'}.{rule} Nothing was "
                f"written. Write the ids alike, in the files or by a mapping, or leave {other} out; to go on set "
                "data.min_matched_share = 0 in the settings.",
                {"table": name, "column": column, "rows": found.rows},
            )


def _ids(
    other: str, column: str, staged: Mapping[str, Staged], uri: str, options: Mapping[str, str]
) -> pl.LazyFrame | None:
    """Ids of a table in the dataset and the lake, under the name of the referring column; None without the table."""
    key = TABLES[other].schema.primary_key()[0]
    frames = [staged[other].rows] if other in staged else []
    stored = scan_if_there(uri, other, options)
    frames += [stored] if stored is not None else []
    if not frames:
        return None
    return pl.concat([frame.select(pl.col(key).alias(column)) for frame in frames]).unique()
