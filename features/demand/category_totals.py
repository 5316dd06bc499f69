"""Sums units by store, category and period, from sales lines and from older stored totals (`category_sales`)."""

import polars as pl

from features.demand.periods import PeriodAxis
from retail_brain.dataset import Dataset

_OVERLAP_PERIODS = 28
"""Periods that both sources must cover to be put on one scale. Chosen by judgement, not measured."""
_SCALE_LIMITS = (0.2, 5.0)
"""Times that kept totals may be scaled by; beyond them the two sources count different things. Chosen by judgement, not
measured."""
CATEGORY_KEY = ("store_id", "department", "category")


def category_totals(
    dataset: Dataset,
    axis: PeriodAxis,
    years: int,
    own_units: pl.DataFrame | None = None,
    corrections: pl.DataFrame | None = None,
) -> pl.LazyFrame:
    """One row per store x category x period with sales, also before the panel: CATEGORY_KEY, t, units.

    Sales lines count where there are any. Before the first of them the rows of `category_sales` do, scaled to the
    lines where both cover at least `_OVERLAP_PERIODS` periods of a group.

    Args:
        dataset: sales up to its `as_of`.
        axis: the panel's periods; `t` is negative before them.
        years: years up to the panel's end that are read (setting `demand.totals_years`).
        own_units: product_id and `unit` that lines are counted in; without it as they are.
        corrections: store_id, product_id, t and units that are added to the lines, for what was an accident.
    """
    oldest = axis.count - years * axis.rhythm.year
    products = dataset.scan_or_empty("products").select("product_id", "department", "category")
    names = products.unique("product_id", keep="first").with_columns(pl.col("department", "category").fill_null(""))
    t = axis.index(pl.col("date")).cast(pl.Int32).alias("t")
    lines = (
        dataset.daily_sales()
        .select("store_id", "product_id", t, "units")
        .filter(pl.col("units") != 0, pl.col("t").is_between(oldest, axis.count - 1))
        .pipe(_corrected, corrections)
        .group_by("store_id", "product_id", "t")
        .agg(pl.col("units").sum())
        .pipe(_counted_in, own_units)
        .join(names, on="product_id", how="left")
        .with_columns(pl.col("department", "category").fill_null(""))
        .group_by(*CATEGORY_KEY, "t")
        .agg(pl.col("units").sum().clip(lower_bound=0))
    )
    if not dataset.has("category_sales"):
        return lines
    stored = _stored_totals(dataset, names, t).filter(pl.col("t") >= oldest)
    return pl.concat([lines, _before(lines, stored)], how="vertical")


def _corrected(lines: pl.LazyFrame, corrections: pl.DataFrame | None) -> pl.LazyFrame:
    if corrections is None or corrections.is_empty():
        return lines
    return pl.concat([lines, corrections.lazy().select("store_id", "product_id", "t", "units")])


def _counted_in(lines: pl.LazyFrame, own_units: pl.DataFrame | None) -> pl.LazyFrame:
    """Lines in the own units of their products."""
    if own_units is None:
        return lines
    joined = lines.join(own_units.lazy(), on="product_id", how="left")
    return joined.with_columns(pl.col("units") / pl.col("unit").fill_null(1.0)).drop("unit")


def _stored_totals(dataset: Dataset, products: pl.LazyFrame, t: pl.Expr) -> pl.LazyFrame:
    """Rows of `category_sales`; a department that is not said is that of the category, if it lies in one alone."""
    unique_department = (
        products.group_by("category").agg(pl.col("department").unique()).filter(pl.col("department").list.len() == 1)
    )
    only_department = unique_department.select("category", pl.col("department").list.first().alias("known"))
    return (
        dataset.scan("category_sales")
        .join(only_department, on="category", how="left")
        .with_columns(pl.coalesce("department", "known", pl.lit("")).alias("department"))
        .group_by(*CATEGORY_KEY, t)
        .agg(pl.col("units").sum().clip(lower_bound=0))
    )


def _before(lines: pl.LazyFrame, stored: pl.LazyFrame) -> pl.LazyFrame:
    """Kept totals of the periods before the first line, in the measure of the lines."""
    both = lines.join(stored, on=[*CATEGORY_KEY, "t"], how="inner", suffix="_kept")
    scale = (pl.col("units").sum() / pl.col("units_kept").sum()).fill_nan(1.0).clip(*_SCALE_LIMITS).alias("scale")
    scales = (
        both.group_by(CATEGORY_KEY).agg(scale, pl.len().alias("periods")).filter(pl.col("periods") >= _OVERLAP_PERIODS)
    )
    first = lines.select(pl.col("t").min().alias("first"))
    return (
        stored.join(first, how="cross")
        .filter(pl.col("t") < pl.col("first"))
        .join(scales, on=CATEGORY_KEY, how="left")
        .select(*CATEGORY_KEY, "t", pl.col("units") * pl.col("scale").fill_null(1.0))
    )
