"""Reads the demand history: series, their sales in own units without accidents, and what is planned ahead.

Everything is narrow: series and periods are numbers, so that millions of rows fit in little memory.
"""

from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from features.demand.accidents import SCHEMA, AccidentRules, find_accidents, without_accidents
from features.demand.category_totals import category_totals
from features.demand.outside_drivers import OutsideDrivers, read_outside_drivers
from features.demand.own_units import product_units, with_units
from features.demand.paid_prices import PaidPrices
from features.demand.periods import PeriodAxis
from features.demand.plans import read_plans
from features.demand.sales import read_sales, with_stock
from features.demand.series import SeriesOnAxis, read_series
from features.demand.table_features import TableFeatures, read_table_features
from retail_brain.dataset import Dataset
from retail_brain.settings import Settings

_KEY = ["store_id", "product_id"]


@dataclass(frozen=True)
class DemandHistory:
    """A chain's visible demand, and what is planned for the horizon.

    Attributes:
        axis: the periods.
        horizon: periods ahead that plans are read for.
        country: whose holidays enter the calendar.
        series: one row per store x product with enough days of sale for the panel, sorted by both ids. Column `s` is
            the row number; `begin` and `end` (exclusive) the periods it is listed in.
        rare: one row per other store x product, the same columns without `s`.
        sales: one row per series x period with something to say: s, t, units, unit_price, in_stock.
        prices: one row per series x validity: s, begin, end, unit_price.
        promotions: one row per series x promotion: s, begin, end, unit_price, display, mailer.
        calendar: the user's events.
        totals: one row per store x category x period with sales, also before the panel
            (`features.demand.category_totals.category_totals`), read when it is wanted; None where it is not.
        tables: columns of feature tables that the settings ask for; None where they ask for none.
        outside: drivers of the table `drivers`; None where there are none.
        in_own_units: whether units are counted in the own unit of each product (column `unit` of the series, in units
            of the tables); otherwise as in the tables, and `unit` is 1.
        accidents: one row per series x period whose recorded units do not count as they are
            (`features.demand.accidents`), in units of the tables; none were looked for where units are theirs.
    """

    axis: PeriodAxis
    horizon: int
    country: str
    series: pl.DataFrame
    rare: pl.DataFrame
    sales: pl.DataFrame
    prices: pl.DataFrame
    promotions: pl.DataFrame
    calendar: pl.DataFrame
    totals: pl.LazyFrame | None = None
    tables: TableFeatures | None = None
    outside: OutsideDrivers | None = None
    in_own_units: bool = False
    accidents: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SCHEMA))

    @cached_property
    def paid(self) -> PaidPrices:
        """Prices paid for the series that `prices` does not name: panels of this history share them."""
        return PaidPrices.of(self.axis, self.series, self.sales, self.prices)

    @cached_property
    def summed_totals(self) -> pl.DataFrame | None:
        """`totals` as a table: the fit and every forecast from this history take the same sums."""
        return None if self.totals is None else self.totals.collect()


def read_history(
    dataset: Dataset,
    settings: Settings,
    horizon: int,
    series: SeriesOnAxis | None = None,
    *,
    in_own_units: bool = False,
) -> DemandHistory:
    """Reads the history that a forecast from the dataset's last visible period needs.

    Args:
        dataset: sales up to its `as_of`, plans beyond.
        settings: the tenant's.
        horizon: periods ahead that plans are read for.
        series: what `read_series` gave for the same, where it was called already.
        in_own_units: whether sales are counted in each product's own unit (`features.demand.own_units`), and without
            accidents (`features.demand.accidents`), as models of format 5 read them.

    Raises:
        MissingTableError: neither `transactions` nor `daily_sales` is there.
        NotFoundError: no sale is visible.
        ImpossibleError: the last sale lies too long before `as_of`.
    """
    axis, panel, rare = series or read_series(dataset, settings, horizon)
    promotions = read_plans(dataset, "promotions", axis, horizon, panel, ["unit_price", "display", "mailer"])
    sales, units, accidents = read_sales(dataset, axis, panel), None, pl.DataFrame(schema=SCHEMA)
    if in_own_units:
        rules = AccidentRules.from_settings(settings.demand, axis)
        accidents = find_accidents(sales, panel["product_id"], promotions, rules)
        panel, sales = _less(panel, accidents), without_accidents(sales, accidents)
    sales = sales.with_columns(pl.col("units").clip(lower_bound=0).cast(pl.Float32))
    sales = with_stock(sales, dataset, axis, panel)
    if in_own_units:
        units = product_units(_daily_units(dataset, axis, panel, rare, sales))
        panel, rare = with_units(panel, units), with_units(rare, units)
        unit = panel["unit"].gather(sales["s"])
        sales = sales.with_columns((pl.col("units") / unit).cast(pl.Float32))
    else:
        panel, rare = (frame.with_columns(pl.lit(1.0).alias("unit")) for frame in (panel, rare))
    return DemandHistory(
        axis=axis,
        horizon=horizon,
        country=settings.data.country,
        series=panel,
        rare=rare,
        sales=sales,
        prices=read_plans(dataset, "prices", axis, horizon, panel, ["unit_price"]),
        promotions=promotions,
        calendar=dataset.scan_or_empty("calendar").collect(),
        totals=category_totals(dataset, axis, settings.demand.totals_years, units, _corrections(accidents, panel)),
        tables=read_table_features(dataset, settings, axis, panel),
        outside=read_outside_drivers(dataset, settings, axis, horizon),
        in_own_units=in_own_units,
        accidents=accidents,
    )


def _less(panel: pl.DataFrame, accidents: pl.DataFrame) -> pl.DataFrame:
    """Series with `window_units` less what does not count of them."""
    sold = pl.col("units").clip(lower_bound=0)
    less = accidents.group_by("s").agg((sold - pl.col("counted")).sum().alias("less"))
    joined = panel.join(less, on="s", how="left", maintain_order="left")
    return joined.with_columns((pl.col("window_units") - pl.col("less").fill_null(0.0)).clip(lower_bound=0.0)).drop(
        "less"
    )


def _corrections(accidents: pl.DataFrame, panel: pl.DataFrame) -> pl.DataFrame:
    """What is added to the recorded units of accidents: store_id, product_id, t, units."""
    keys = panel.select(_KEY)[accidents["s"].cast(pl.Int64)]
    return keys.with_columns(accidents["t"], (accidents["counted"] - accidents["units"]).alias("units"))


def _daily_units(
    dataset: Dataset, axis: PeriodAxis, panel: pl.DataFrame, rare: pl.DataFrame, sales: pl.DataFrame
) -> pl.DataFrame:
    """One row per series x period with sales: product_id and units; of goods outside the panel too."""
    in_panel = sales.select(panel["product_id"].gather(sales["s"]).alias("product_id"), "units")
    others = rare.filter(pl.col("window_units") > 0).select(_KEY)
    if others.is_empty():
        return in_panel
    t = axis.index(pl.col("date"))
    sold = dataset.daily_sales().filter(t.is_between(0, axis.count - 1)).join(others.lazy(), on=_KEY, how="semi")
    by_period = sold.group_by(*_KEY, t.alias("t")).agg(pl.col("units").sum().cast(pl.Float32))
    return pl.concat([in_panel, by_period.select("product_id", "units").collect()])
