"""Reads the demand history: series, their sales, and the prices and promotions planned ahead.

Everything is narrow: series and periods are numbers, so that millions of rows fit in little memory.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import polars as pl

from features.demand.accidents import SCHEMA, AccidentRules, find_accidents, without_accidents
from features.demand.category_totals import category_totals
from features.demand.intraday import sold_out_shares
from features.demand.own_units import product_units, with_units
from features.demand.periods import PeriodAxis, history_axis
from features.demand.table_features import TableFeatures, read_table_features
from retail_brain.dataset import Dataset
from retail_brain.settings import Settings

SALE_DAYS_OF_AN_INTERVAL = 2
"""Days of sale that a series needs before it has an interval between sales."""
GRACE_DAYS = (28, 366)
"""Days without sales, at least and at most, after which a product is taken off the list. Chosen by judgement, not
measured."""
GRACE_INTERVALS = 4
"""Usual intervals between sales after which it is. Chosen by judgement, not measured."""
UNKNOWN_GRACE_DAYS = 180
"""Days after which it is where there are too few days of sale for an interval. Chosen by judgement, not measured."""
_NOT_SHOWN = ("", "0", "no", "none", "false")
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
        rare_sales: one row per rare series: units and periods of sale in the window.
        prices: one row per series x validity: s, begin, end, unit_price.
        promotions: one row per series x promotion: s, begin, end, unit_price, display, mailer.
        calendar: the user's events.
        totals: one row per store x category x period with sales, also before the panel
            (`features.demand.category_totals.category_totals`), read when it is wanted; None where it is not.
        tables: columns of feature tables that the settings ask for; None where they ask for none.
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
    in_own_units: bool = False
    accidents: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SCHEMA))

    @cached_property
    def summed_totals(self) -> pl.DataFrame | None:
        """`totals` as a table: the fit and every forecast from this history take the same sums."""
        return None if self.totals is None else self.totals.collect()


SeriesOnAxis = tuple[PeriodAxis, pl.DataFrame, pl.DataFrame]
"""The axis, the series of the panel and the rare ones, as in `DemandHistory`."""


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
    promotions = _plans(dataset, "promotions", axis, horizon, panel, ["unit_price", "display", "mailer"])
    sales, units, accidents = _sales(dataset, axis, panel), None, pl.DataFrame(schema=SCHEMA)
    if in_own_units:
        rules = AccidentRules.from_settings(settings.demand, axis)
        accidents = find_accidents(sales, panel["product_id"], promotions, rules)
        panel, sales = _less(panel, accidents), without_accidents(sales, accidents)
    sales = sales.with_columns(pl.col("units").clip(lower_bound=0).cast(pl.Float32))
    sales = _with_stock(sales, dataset, axis, panel)
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
        prices=_plans(dataset, "prices", axis, horizon, panel, ["unit_price"]),
        promotions=promotions,
        calendar=dataset.scan_or_empty("calendar").collect(),
        totals=category_totals(dataset, axis, settings.demand.totals_years, units, _corrections(accidents, panel)),
        tables=read_table_features(dataset, settings, axis, panel),
        in_own_units=in_own_units,
        accidents=accidents,
    )


def read_series(dataset: Dataset, settings: Settings, horizon: int) -> SeriesOnAxis:
    """The axis, the series of the panel and the rare ones, as in `DemandHistory`, without their sales and plans.

    Raises:
        MissingTableError: neither `transactions` nor `daily_sales` is there.
        NotFoundError: no sale is visible.
        ImpossibleError: the last sale lies too long before `as_of`.
    """
    axis = history_axis(dataset, settings.data.period, settings.demand.history_days)
    return axis, *_split(_all_series(dataset, axis, horizon), settings, axis)


def _all_series(dataset: Dataset, axis: PeriodAxis, horizon: int) -> pl.DataFrame:
    """One row per store x product ever sold or listed: days, units and attributes, sorted by store and product."""
    sold = _sold(dataset, axis)
    listed = (
        dataset.scan_or_empty("assortment")
        .group_by(_KEY)
        .agg(
            pl.col("listed_from").min(),
            pl.when(pl.col("listed_until").is_null().any())
            .then(date(9999, 1, 1))
            .otherwise(pl.col("listed_until").max())
            .alias("listed_until"),
        )
    )
    frame = sold.lazy().join(listed, on=_KEY, how="full", coalesce=True).collect()
    return _attributes(_listing(frame, axis, horizon), dataset)


def _sold(dataset: Dataset, axis: PeriodAxis) -> pl.DataFrame:
    """One row per store x product with a row of sales: first and last day of sale, days of sale, units in the window.

    Sales of all days are read in a stream: as a whole they would be the largest thing in memory of a whole training.
    """
    t = axis.index(pl.col("date"))
    units = pl.when(pl.col("units") > 0).then(pl.col("units"))
    return (
        dataset.daily_sales()
        .filter(t < axis.count)
        .select(
            *_KEY,
            "date",
            pl.when(pl.col("units") > 0).then(pl.col("date")).alias("sale_day"),
            pl.when(t >= 0).then(units).alias("recent"),
            (units.round() - units).abs().alias("fraction"),
        )
        .group_by(_KEY)
        .agg(
            pl.col("sale_day").min().alias("first_sale"),
            pl.col("sale_day").max().alias("last_sale"),
            pl.col("date").max().alias("last_row"),
            pl.col("sale_day").count().cast(pl.Int32).alias("sale_days"),
            pl.col("recent").sum().alias("window_units"),
            pl.col("fraction").max().fill_null(0.0).lt(1e-6).alias("is_whole"),
        )
        .collect(engine="streaming")
    )


def _listing(frame: pl.DataFrame, axis: PeriodAxis, horizon: int) -> pl.DataFrame:
    """Adds `begin` and `end` (exclusive): by the assortment, otherwise first sale to last sale plus a grace."""
    interval = (pl.col("last_sale") - pl.col("first_sale")).dt.total_days() / (pl.col("sale_days") - 1)
    shortest = max(GRACE_DAYS[0], 2 * axis.days_per_period)
    grace = (
        pl.when(pl.col("sale_days") >= SALE_DAYS_OF_AN_INTERVAL)
        .then((GRACE_INTERVALS * interval).clip(shortest, GRACE_DAYS[1]))
        .otherwise(UNKNOWN_GRACE_DAYS)
    )
    inferred = pl.max_horizontal("last_row", pl.col("last_sale") + pl.duration(days=grace.cast(pl.Int64))) + timedelta(
        1
    )
    begin = axis.index(pl.min_horizontal("listed_from", "first_sale"))
    end = axis.index(pl.coalesce("listed_until", inferred))
    is_listed = pl.col("listed_from").is_not_null()
    last = axis.count + horizon
    return (
        frame.with_columns(begin.alias("begin"), end.alias("end"), pl.col("sale_days").fill_null(0))
        .filter(pl.col("begin").is_not_null())
        .with_columns(
            # a grace that reaches past the last visible period keeps the series listed over the whole horizon
            pl.when(~is_listed & (pl.col("end") > axis.count)).then(last).otherwise("end").clip(0, last).alias("end"),
            pl.col("begin").clip(0, last),
            is_listed.alias("is_listed"),
            (pl.col("begin") < 0).alias("began_before"),
            pl.col("window_units").fill_null(0.0),
            pl.col("is_whole").fill_null(value=True),
        )
    )


def _attributes(frame: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    products = dataset.scan_or_empty("products").select(
        "product_id", "department", "category", "launched_on", "list_price"
    )
    stores = dataset.scan_or_empty("stores").select("store_id", "region")
    joined = (
        frame.lazy()
        .join(products.unique("product_id", keep="first"), on="product_id", how="left")
        .join(stores.unique("store_id", keep="first"), on="store_id", how="left")
        .with_columns(pl.col("department", "category").fill_null(""))
        .sort(_KEY)
    )
    return joined.collect()


def _split(series: pl.DataFrame, settings: Settings, axis: PeriodAxis) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The series of the panel, numbered, and the rest. New listings without a sale yet are forecast in the panel."""
    is_new = (pl.col("sale_days") < settings.demand.min_sale_days) & pl.col("is_listed")
    is_new &= (pl.col("begin") > axis.count - settings.demand.launch_days // axis.days_per_period) & ~pl.col(
        "began_before"
    )
    enough = (pl.col("sale_days") >= settings.demand.min_sale_days) & (pl.col("window_units") > 0)
    eligible = (enough | is_new) & (pl.col("end") > 0)
    rank = pl.col("sale_days").rank("ordinal", descending=True)
    chosen = series.with_columns(
        (eligible & (pl.when(eligible).then(rank.over(eligible)) <= settings.demand.panel_series)).alias("in_panel")
    )
    panel = chosen.filter("in_panel").drop("in_panel").with_row_index("s")
    return panel, chosen.filter(~pl.col("in_panel")).drop("in_panel")


def _sales(dataset: Dataset, axis: PeriodAxis, panel: pl.DataFrame) -> pl.DataFrame:
    """One row per series x period that sold something or was not wholly in stock, sorted; units net of returns."""
    t = axis.index(pl.col("date")).cast(pl.Int32).alias("t")
    says = (pl.col("units") != 0) | (pl.col("in_stock") < 1)
    sold = (
        dataset.daily_sales()
        .filter(says)
        .select(*_KEY, t, "units", "unit_price", "in_stock")
        .filter(pl.col("t").is_between(0, axis.count - 1))
        .join(panel.lazy().select(*_KEY, "s"), on=_KEY, how="inner")
        .group_by("s", "t")
        .agg(
            pl.col("units").sum(),
            pl.col("unit_price").mean().cast(pl.Float32),
            pl.col("in_stock").mean().cast(pl.Float32),
        )
    )
    return sold.sort("s", "t").collect()


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


def _with_stock(frame: pl.DataFrame, dataset: Dataset, axis: PeriodAxis, panel: pl.DataFrame) -> pl.DataFrame:
    """Marks days that ended without stock: sold out (`ran_out`), or without stock from the beginning (`was_out`).

    A day that did not sell what it began with lost the rest otherwise (wasted, shipped): nobody went without. Where it
    is not known what it began with, a day without a sale counts as one without stock. Where there are receipts, the
    last of a sold-out day says what share of a day's demand had come by then.
    """
    no_mark = [pl.lit(value=False).alias("ran_out"), pl.lit(value=False).alias("was_out")]
    if axis.period != "day" or not dataset.has("inventory"):
        return frame.with_columns(no_mark)
    counted = _counted(dataset, axis, panel)
    empty = counted.filter(pl.col("on_hand") <= 0).select("s", "t").unique().collect()
    before = counted.with_columns(pl.col("t") + 1).join(empty.lazy(), on=["s", "t"], how="semi")
    began = before.group_by("s", "t").agg(pl.col("on_hand").last().alias("began")).collect()
    marked = empty.filter(pl.col("t") >= 0).join(began, on=["s", "t"], how="left")
    marked = marked.join(sold_out_shares(dataset, axis, panel, marked), on=["s", "t"], how="left")
    both = frame.join(marked.with_columns(pl.lit(value=True).alias("empty")), on=["s", "t"], how="full", coalesce=True)
    units, began_with = pl.col("units"), pl.col("began")
    ended_empty = pl.col("empty").fill_null(value=False)
    ran_out = ended_empty & (units >= began_with.fill_null(0.0)) & (units > 0)
    was_out = ended_empty & pl.when(began_with.is_null()).then(units <= 0).otherwise(began_with <= 0)
    return (
        both.with_columns(units.fill_null(0.0))
        .with_columns(ran_out.alias("ran_out"), was_out.alias("was_out"))
        .with_columns(
            pl.when("ran_out").then(pl.coalesce("in_stock", "open_share")).otherwise("in_stock").alias("in_stock")
        )
        .drop("empty", "began", "open_share")
        .sort("s", "t")
    )


def _counted(dataset: Dataset, axis: PeriodAxis, panel: pl.DataFrame) -> pl.LazyFrame:
    """One row per count of stock of a panel series: s, t (from the day before the panel on) and on_hand."""
    t = axis.index(pl.col("date")).cast(pl.Int32).alias("t")
    return (
        dataset.scan("inventory")
        .select(*_KEY, t, "on_hand")
        .filter(pl.col("t").is_between(-1, axis.count - 1))
        .join(panel.lazy().select(*_KEY, "s"), on=_KEY, how="inner")
        .select("s", "t", "on_hand")
    )


def _plans(
    dataset: Dataset, table: str, axis: PeriodAxis, horizon: int, panel: pl.DataFrame, columns: list[str]
) -> pl.DataFrame:
    """One row per series x plan that touches the panel's periods.

    Plans without a store count for every store and come before those of a store, which therefore win.
    """
    begin = axis.index(pl.col("valid_from")).clip(0).cast(pl.Int32).alias("begin")
    end = (axis.index(pl.col("valid_to") - timedelta(days=1)) + 1).fill_null(axis.count + horizon)
    goods = panel["product_id"].unique().implode()
    rows = (
        dataset.scan_or_empty(table)
        .filter(pl.col("product_id").is_in(goods))
        .select(*_KEY, begin, end.clip(0, axis.count + horizon).cast(pl.Int32).alias("end"), *columns)
        .filter(pl.col("begin") < pl.col("end"))
        .collect(engine="streaming")
    )
    keys = panel.select(*_KEY, "s")
    chain_wide = rows.filter(pl.col("store_id").is_null()).drop("store_id").join(keys, on="product_id", how="inner")
    own = rows.filter(pl.col("store_id").is_not_null()).join(keys, on=_KEY, how="inner")
    kept_columns = ["s", "begin", "end", *columns]
    plans = pl.concat(
        [
            chain_wide.select(*kept_columns, pl.lit(value=False).alias("is_own")),
            own.select(*kept_columns, pl.lit(value=True).alias("is_own")),
        ]
    )
    order = {"s": False, "is_own": False, "begin": False, "end": False, "unit_price": True}
    in_order = plans.sort(list(order), descending=list(order.values()))
    shown = [_is_shown(name) for name in columns if name in ("display", "mailer")]
    return in_order.select(*kept_columns).with_columns(pl.col("unit_price").cast(pl.Float32), *shown)


def _is_shown(column: str) -> pl.Expr:
    """Whether a display or mailer position means that the product was shown."""
    text = pl.col(column).cast(pl.String).str.strip_chars().str.to_lowercase()
    return text.is_not_null() & ~text.is_in(_NOT_SHOWN)
