"""Resolves rows that come more than once in one dataset: overlapping exports, corrected receipts, equal keys, tills."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from retail_brain.errors import DataError
from retail_brain.ingest.checking import REASONS, as_text
from retail_brain.ingest.receipts import RECEIPT, corrected_by
from retail_brain.lake.difference import ROW, duplicated_keys, keys_of_several_files, repeated_in_files
from retail_brain.sources.base import FILE

DUPLICATE = "the same key comes again later"
AMOUNTS = ("daily_sales", "category_sales")
"""Tables whose rows of one key may be parts of a sum: of tills, or of sources."""


@dataclass(frozen=True)
class Resolved:
    """Rows of which none comes twice.

    Attributes:
        rows: canonical columns and `_row`.
        dropped: positions of rows that are not among them.
        bad: rows in whose place later ones of the same key come, with `reasons` and values as text.
        notes: what was counted once, replaced or added up.
        is_summed: whether rows were added up; otherwise they are the incoming ones but those dropped.
    """

    rows: pl.LazyFrame
    dropped: pl.Series
    bad: pl.DataFrame
    notes: tuple[str, ...] = ()
    is_summed: bool = False


def resolve_log(rows: pl.LazyFrame, name: str, suspects: pl.LazyFrame | None = None) -> Resolved:
    """A log without the lines that an earlier file has too; equal lines of one file all stay.

    A receipt that comes in two files with other lines is taken from the later one where that names all its products.

    Args:
        rows: canonical columns, `_row`, and `_file` where there are several files.
        name: of the table.
        suspects: the rows among which all are that may be in several files; None means any.
    """
    schema = rows.collect_schema()
    if FILE not in schema:
        return Resolved(rows, _none(), _nothing())
    suspects = rows if suspects is None else suspects
    columns = [column for column in schema.names() if column not in (ROW, FILE)]
    dropped = repeated_in_files(suspects, columns, FILE)
    notes = [f"{len(dropped):,} lines are in more than one file; counted once"] if len(dropped) else []
    if name == "transactions":
        dropped, corrected = _without_earlier_receipts(suspects, dropped)
        notes += [f"{corrected:,} receipts come corrected in a later file, which counts"] if corrected else []
    return Resolved(_but(rows, dropped).drop(FILE), dropped, _nothing(), tuple(notes))


def _without_earlier_receipts(rows: pl.LazyFrame, repeated: pl.Series) -> tuple[pl.Series, int]:
    """Positions that go where receipts of several files are taken from the last one, and how many receipts that were.

    Args:
        rows: lines with the number of their file.
        repeated: positions of lines that an earlier file has too.
    """
    several = keys_of_several_files(rows, RECEIPT, FILE, repeated)
    if not len(several):
        return repeated, 0
    lines = _only(rows, several).collect(engine="streaming")
    is_last = pl.col(FILE) == pl.col(FILE).max().over(RECEIPT)
    later, earlier = lines.filter(is_last), lines.filter(~is_last)
    corrected = corrected_by(later, earlier)
    replaced = earlier.join(corrected, on=RECEIPT, how="semi")[ROW]
    # a corrected receipt is whole in its last file, the lines included that are as they were
    whole = later.join(corrected, on=RECEIPT, how="semi")[ROW]
    gone = pl.concat([repeated, replaced]).unique()
    return gone.filter(~gone.is_in(whole.implode())), corrected.height


def resolve_state(rows: pl.LazyFrame, name: str, key: Sequence[str], tills: Sequence[str], origin: str) -> Resolved:
    """A state with one row per key: the last one, or the sum over tills.

    Rows that are equal in all columns count once. Others are set aside in favour of the last, but amounts of one file
    that differ by a till are added up, and where nothing tells them apart the dataset is refused.

    Args:
        rows: canonical columns, `_row`, perhaps `_file`, and the columns of tills.
        name: of the table.
        key: its key.
        tills: columns that tell tills or sources apart.
        origin: where the rows come from, for messages.

    Raises:
        DataError: amounts of one key come twice in a file with other content.
    """
    hidden = [FILE] if FILE in rows.collect_schema() else []
    whole = [*key, *tills]
    twice = duplicated_keys(rows, whole)
    if not len(twice):
        return _summed(rows.drop(hidden), key, tills, (), twice)
    columns = [column for column in rows.collect_schema().names() if column not in (ROW, FILE)]
    equal = duplicated_keys(rows, columns)
    notes = (f"{len(equal):,} rows come again with the same content; counted once",) if len(equal) else ()
    once = _but(rows, equal)
    replaced = duplicated_keys(once, whole)
    if name in AMOUNTS and len(replaced):
        _refuse_lost_amounts(once, whole, hidden, origin)
    aside = _only(once, replaced).collect(engine="streaming").drop(ROW, *hidden)
    reason = pl.lit(f"{', '.join(key)}: {DUPLICATE}").alias(REASONS)
    bad = aside.select(reason, *as_text(aside)) if aside.height else _nothing()
    return _summed(_but(once, replaced).drop(hidden), key, tills, notes, pl.concat([equal, replaced]), bad)


def added_up(rows: pl.LazyFrame, key: Sequence[str], tills: Sequence[str]) -> tuple[pl.LazyFrame, tuple[str, ...]]:
    """One row per key of a table whose rows are parts of a sum, such as movements of a day, and what was added up.

    Files that overlap are added up each by itself: the later one counts.

    Args:
        rows: canonical columns, `_row`, perhaps `_file`, and the columns of tills.
        key: its key.
        tills: columns that tell tills or sources apart, whose parts stay apart.
    """
    hidden = [FILE] if FILE in rows.collect_schema() else []
    within = [*key, *tills, *hidden]
    parts = rows.group_by(within).agg(pl.len()).filter(pl.col("len") > 1).select(within).collect(engine="streaming")
    if not parts.height:
        return rows, ()
    together = rows.join(parts.lazy(), on=within, how="semi", nulls_equal=True).collect(engine="streaming")
    rest = rows.join(parts.lazy(), on=within, how="anti", nulls_equal=True)
    sums = _sums(together, within).lazy().select(rows.collect_schema().names())
    said = f"{together.height:,} rows of {parts.height:,} keys ({', '.join(key)}) are parts of one: added up"
    return pl.concat([rest, sums]), (said,)


def _summed(
    rows: pl.LazyFrame,
    key: Sequence[str],
    tills: Sequence[str],
    notes: tuple[str, ...],
    dropped: pl.Series,
    bad: pl.DataFrame | None = None,
) -> Resolved:
    """Rows of the same key added up over the tills."""
    nothing = _nothing() if bad is None else bad
    if not tills:
        return Resolved(rows, dropped, nothing, notes)
    parts = rows.group_by(key).agg(pl.len()).filter(pl.col("len") > 1).select(key).collect(engine="streaming")
    rest = rows.drop(tills)
    if not parts.height:
        return Resolved(rest, dropped, nothing, notes)
    together = rest.join(parts.lazy(), on=key, how="semi").collect(engine="streaming")
    sums = _sums(together, key)
    names = rest.collect_schema().names()
    said = f"{together.height:,} rows of {sums.height:,} keys differ by {', '.join(tills)}; their units are added up"
    summed = pl.concat([rest.join(parts.lazy(), on=key, how="anti"), sums.lazy().select(names)])
    return Resolved(summed, dropped, nothing, (*notes, said), is_summed=True)


def _sums(together: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Rows of which each key has several as one: units added up, at the price that a unit sold had among them.

    Of stock what is on hand and on order is added up.
    """
    units = pl.col("units")
    amounts = [c for c in ("units", "on_hand", "on_order") if c in together.columns]
    others = [c for c in together.columns if c not in (*key, ROW, *amounts, "unit_price", "in_stock")]
    means = [pl.col("in_stock").mean()] if "in_stock" in together.columns else []
    if "unit_price" in together.columns:
        sold = (units > 0) & pl.col("unit_price").is_not_null()
        price = (units * pl.col("unit_price")).filter(sold).sum() / units.filter(sold).sum()
        means.append(price.fill_nan(None).alias("unit_price"))
    return together.group_by(key, maintain_order=True).agg(
        pl.col(ROW).max(),
        *(pl.when(pl.col(c).count() > 0).then(pl.col(c).sum()).alias(c) for c in amounts),
        *means,
        pl.col(others).first(),
    )


def _refuse_lost_amounts(rows: pl.LazyFrame, key: Sequence[str], hidden: Sequence[str], origin: str) -> None:
    """Refuses amounts of which only one would be kept; a later file may replace those of an earlier one.

    Raises:
        DataError: a key comes twice in one file.
    """
    within = [*key, *hidden]
    lost = rows.group_by(within).agg(pl.col("units")).filter(pl.col("units").list.len() > 1).sort(within)
    found = lost.collect(engine="streaming")
    if not found.height:
        return
    first = found.row(0, named=True)
    example = ", ".join(f"{name}={first[name]}" for name in key)
    raise DataError(
        f"{origin} has {found.height:,} keys ({', '.join(key)}) more than once with other content, such as {example} "
        f"with the units {first['units'][:5]}; keeping one of them would lose sales. Nothing was written. If the rows "
        "are of several tills or sources, leave in the column that tells them apart and name it in data.till_columns "
        "in the settings: their units are then added up. Otherwise remove the rows that do not count.",
        {"key": list(key), "keys": found.height},
    )


def _but(rows: pl.LazyFrame, positions: pl.Series) -> pl.LazyFrame:
    return rows.join(positions.alias(ROW).to_frame().lazy(), on=ROW, how="anti") if len(positions) else rows


def _only(rows: pl.LazyFrame, positions: pl.Series) -> pl.LazyFrame:
    return rows.join(positions.alias(ROW).to_frame().lazy(), on=ROW, how="semi")


def _none() -> pl.Series:
    return pl.Series(ROW, dtype=pl.UInt32)


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(schema={REASONS: pl.String})
