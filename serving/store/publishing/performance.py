"""Publishes how each store does against last year, and what changed since the answers before."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from features.demand.history import DemandHistory
from features.demand.recovered_units import recovered_days
from retail_brain.dataset import Dataset
from retail_brain.decisions.inputs import read_stock
from retail_brain.errors import RetailBrainError
from serving.planning.stock.performance import (
    YEAR_DAYS,
    doubtful_stock,
    planned,
    stock_now,
    store_performance,
    weekly_sales,
)
from serving.planning.stock.supply_side import SupplySide
from serving.store.answers_manifest import read_manifest
from serving.store.current_answers import current_id
from serving.store.rows import has_rows, map_rows, write_rows

CHANGES = {
    "change": pl.String,
    "kind": pl.String,
    "store_id": pl.String,
    "product_id": pl.String,
    "other_store_id": pl.String,
    "money": pl.Float64,
    "units": pl.Float64,
    "reason": pl.String,
    "reason_zh": pl.String,
    "before": pl.Date,
}
"""`change` is `new` or `gone`; `before` the last visible day of the answers before."""
_EXCEPTION = ("kind", "store_id", "product_id", "other_store_id")
"""What makes two exceptions the same one."""


def publish_performance(folder: Path, dataset: Dataset, side: SupplySide, history: DemandHistory) -> None:
    """Writes sales, margin, lost sales, stock, weekly sales and plan of each store."""
    lost = recovered_days(history) if _knows_stock(dataset) else None
    write_rows(folder, "performance", store_performance(dataset, side.as_of, side.terms, lost, history.axis.first))
    then = dataset.at(side.as_of - timedelta(days=YEAR_DAYS))
    # who counts stock since a month has none of a year ago, which is not none at all
    last_year = read_stock(then) if dataset.has("inventory") else None
    doubtful = doubtful_stock(dataset, side.stock, side.gone, side.as_of)
    write_rows(folder, "performance_stock", stock_now(side.stock, side.terms, last_year, doubtful))
    write_rows(folder, "performance_weeks", weekly_sales(dataset, side.as_of))
    write_rows(folder, "performance_plan", planned(dataset, side.as_of))


def _knows_stock(dataset: Dataset) -> bool:
    """Whether anything tells when stock ran out: otherwise no sale is known to be lost, which is not none."""
    if dataset.has("inventory"):
        return True
    if not dataset.has("daily_sales"):
        return False
    return bool(dataset.scan("daily_sales").select(pl.col("in_stock").is_not_null().any()).collect().item())


def publish_changes(folder: Path, answers: Path, as_of: date) -> str:
    """Writes which exceptions are new since the last answers of an earlier day, and which are gone.

    Returns why there is nothing to compare with where the current answers cannot be read; otherwise an empty text.
    Nothing is written where there are none. Answers of a later day are not before; current ones of the same day are
    led back by their own changes to those that they were compared with.

    Args:
        folder: the answers being written, with their exceptions.
        answers: the tenant's folder of answers.
        as_of: last visible day of the answers being written.
    """
    # damaged answers are mended by publishing, which must not need them
    try:
        current = current_id(answers)
        if current is None or not has_rows(answers / current, "attention") or not has_rows(folder, "attention"):
            return ""
        earlier = _exceptions_before(answers / current, as_of)
    except (RetailBrainError, pl.exceptions.PolarsError, OSError, ValueError, KeyError) as error:
        return f"{type(error).__name__}: {error}"
    if earlier is None:
        return ""
    (before, day), now = earlier, map_rows(folder, "attention")
    keys = list(_EXCEPTION)
    new = now.join(before, on=keys, how="anti", nulls_equal=True, maintain_order="left").with_columns(
        change=pl.lit("new")
    )
    gone = before.join(now, on=keys, how="anti", nulls_equal=True, maintain_order="left").with_columns(
        change=pl.lit("gone")
    )
    both = pl.concat([new, gone], how="diagonal_relaxed").with_columns(before=pl.lit(day))
    write_rows(folder, "changes", both.select(pl.col(name).cast(kind) for name, kind in CHANGES.items()))
    # the day also where nothing changed: answers of the same day that follow are compared with it
    write_rows(folder, "changes_since", pl.DataFrame({"before": [day]}))
    return ""


def _exceptions_before(current: Path, as_of: date) -> tuple[pl.DataFrame, date] | None:
    """The exceptions of the last answers of an earlier day, and that day; None where a later day is current.

    Where nobody knows those of an earlier day, they are those of the first answers of the same day.
    """
    day, listed = date.fromisoformat(read_manifest(current).as_of), map_rows(current, "attention")
    if day != as_of:
        return (listed, day) if day < as_of else None
    since = "changes_since" if has_rows(current, "changes_since") else "changes"
    compared = map_rows(current, since)["before"] if has_rows(current, since) else pl.Series(dtype=pl.Date)
    if not compared.len():
        return listed, day
    changes = map_rows(current, "changes")
    kept = listed.join(changes.filter(change="new"), on=list(_EXCEPTION), how="anti", nulls_equal=True)
    gone = changes.filter(change="gone").select(name for name in listed.columns if name in changes.columns)
    return pl.concat([kept, gone], how="diagonal_relaxed"), compared[0]
