"""Works out the ages of fresh goods on hand from a shop's daily counts and sales, oldest sold first."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import Floats, Ints, floats
from retail_brain.outputs import SERIES
from retail_brain.settings import Settings
from retail_brain.simulation.stock_records import age_layers

_KEYS = list(SERIES)
LONGEST_DAYS = 60
"""Shelf life, days, up to which ages are worked out: longer-lived goods hardly expire within an order cycle, and their
records would have to be read as far back. Chosen by judgement, not measured."""
AGES = {"store_id": pl.String, "product_id": pl.String, "days_left": pl.Int64, "units": pl.Float64}
"""One row per store x product and remaining life: units on hand that may be sold for `days_left` more days; 0: they lie
there beyond their life."""
PAST = {"store_id": pl.String, "product_id": pl.String, "waste_units": pl.Float64}
"""One row per store x product with units on hand beyond their shelf life."""


def read_ages(dataset: Dataset, terms: pl.DataFrame, stock: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Ages of the stock of goods that expire and were counted on every day of a shelf life: columns AGES.

    Deliveries are what the stock rose by beyond sales; see `simulation.stock_records.age_layers`. Goods that the counts
    show to lie there beyond their life have 0 days left. Other series, and places that sell nothing, have no row:
    nobody knows how old their stock is.

    Args:
        dataset: as known on `as_of`.
        terms: supply terms of `decisions.inputs.read_terms`.
        stock: stock of `decisions.inputs.read_stock`; what was sold since the count is gone already.
        as_of: last visible day.
    """
    pack = pl.col("case_pack").fill_null(1.0) if "case_pack" in terms.columns else pl.lit(1.0)
    lives = terms.filter(pl.col("shelf_life_days").is_between(1, LONGEST_DAYS)).select(
        *_KEYS, pack.alias("pack"), life=pl.col("shelf_life_days").floor().cast(pl.Int64)
    )
    if not lives.height or not dataset.has("inventory"):
        return pl.DataFrame(schema=AGES)
    # as many days as the longest life: ages are right once one has passed
    begin = as_of - timedelta(days=int(lives["life"].to_numpy().max()))
    counts = dataset.scan("inventory").filter(pl.col("date").is_between(begin, as_of)).join(lives.lazy(), on=_KEYS)
    # of a warehouse nobody records what leaves it: what comes on the same day hides it from the counts
    selling = dataset.daily_sales().filter(pl.col("date").is_between(begin, as_of)).select("store_id").unique()
    counts = counts.join(selling, on="store_id", how="semi")
    counted = counts.select(*_KEYS, "life", "pack", "date", "on_hand").unique([*_KEYS, "date"], keep="last").collect()
    needed = pl.col("date") >= pl.lit(as_of) - pl.duration(days=pl.col("life"))
    whole = counted.filter(needed).group_by(*_KEYS, "life", "pack").len().filter(pl.col("len") > pl.col("life"))
    series = whole.select(*_KEYS, "life", "pack").sort(_KEYS)
    if not series.height:
        return pl.DataFrame(schema=AGES)
    sold = (
        dataset.daily_sales().filter(pl.col("date").is_between(begin, as_of)).join(series.lazy(), on=_KEYS, how="semi")
    )
    days = (as_of - begin).days + 1
    life = series["life"].to_numpy()
    layers = age_layers(
        _cells(series, sold.select(*_KEYS, "date", value=pl.col("units").clip(0)).collect(), begin, days, 0.0),
        _cells(series, counted.select(*_KEYS, "date", value="on_hand"), begin, days, float("nan")),
        life,
        floats(series["pack"], 1.0),
    )
    return _rows(series, layers, life, stock)


def split_past(
    stock: pl.DataFrame, ages: pl.DataFrame | None
) -> tuple[pl.DataFrame, pl.DataFrame | None, pl.DataFrame]:
    """Takes out of the stock what lies there beyond its shelf life: nobody may buy it.

    Returns the stock without it, the ages of the rest, and one row per store x product with such goods: `store_id`,
    `product_id`, `waste_units`.

    Args:
        stock: columns of `decisions.inputs.read_stock`.
        ages: columns AGES; None where nobody looked.
    """
    if ages is None:
        return stock, None, pl.DataFrame(schema=PAST)
    past = ages.filter(pl.col("days_left") <= 0).group_by(_KEYS).agg(waste_units=pl.col("units").sum()).sort(_KEYS)
    left = stock.join(past, on=_KEYS, how="left", maintain_order="left").with_columns(
        on_hand=pl.when(pl.col("waste_units").is_null()).then("on_hand").otherwise(
            (pl.col("on_hand") - pl.col("waste_units")).clip(0)
        )
    )  # fmt: skip
    return left.select(stock.columns), ages.filter(pl.col("days_left") > 0), past.select(list(PAST))


def without_past(stock: pl.DataFrame, dataset: Dataset, settings: Settings) -> pl.DataFrame:
    """The stock that customers may still buy: without what lies there beyond its shelf life.

    Args:
        stock: one row per store x product: `store_id`, `product_id`, `on_hand` and other columns, which stay.
        dataset: as known on its day.
        settings: length of a period; ages are counted in days.

    Raises:
        MissingTableError: no sales table is there.
    """
    products = dataset.scan_or_empty("products").select("product_id", "shelf_life_days")
    lives = products.filter(pl.col("shelf_life_days").is_not_null()).unique("product_id", keep="last").collect()
    if settings.data.period != "day" or lives.is_empty():
        return stock
    supply = dataset.scan_or_empty("supply").select(*_KEYS, "case_pack").unique(_KEYS, keep="last").collect()
    terms = stock.select(_KEYS).join(lives, on="product_id").join(supply, on=_KEYS, how="left")
    as_of = dataset.as_of or dataset.last_day()
    return split_past(stock, read_ages(dataset, terms, stock, as_of))[0]


def _cells(series: pl.DataFrame, rows: pl.DataFrame, begin: date, days: int, empty: float) -> Floats:
    """Values by series and day, shape (series, days)."""
    placed = rows.join(series.with_row_index("row"), on=_KEYS).group_by("row", "date").agg(pl.col("value").sum())
    out = np.full((series.height, days), empty)
    out[placed["row"].to_numpy(), (placed["date"] - begin).dt.total_days().to_numpy()] = floats(placed["value"])
    return out


def _rows(series: pl.DataFrame, layers: Floats, life: Ints, stock: pl.DataFrame) -> pl.DataFrame:
    """The layers as rows, scaled to the stock that is there now."""
    held = floats(series.join(stock, on=_KEYS, how="left", maintain_order="left")["on_hand"], 0)
    total = layers.sum(axis=1)
    scaled = layers * np.divide(np.maximum(held, 0), total, out=np.zeros_like(total), where=total > 0)[:, None]
    row, arrived = np.nonzero(scaled)
    # fresh goods are sold on the day of their arrival already
    left = np.maximum(arrived + life[row] - layers.shape[1], 0)
    rows = series.select(_KEYS)[row].with_columns(
        days_left=pl.Series(left, dtype=pl.Int64), units=pl.Series(scaled[row, arrived], dtype=pl.Float64)
    )
    return rows.group_by(*_KEYS, "days_left", maintain_order=True).agg(pl.col("units").sum())
