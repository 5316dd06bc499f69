"""Finds accidents in sales: slips of the till that are reversed later, tests, and single bulk sales.

They say nothing of what will be wanted, and one of them can outweigh a year of a slow good. A reversal is taken off the
day that it reverses; what is left beyond reason on a day of its own counts as a high day of its series. What was found
is listed (`retail-brain accidents`), with the units that were recorded and those that count.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from features.demand.periods import PeriodAxis
from retail_brain.settings import DemandSettings

_LEAST_SALE_DAYS = 5
"""Days of sale that a series needs before a day can be out of its usual. Chosen by judgement, not measured."""
_HIGH_SHARE = 0.05
"""Share of the days of sale above the high day of a series, beside the highest one. Chosen by judgement, not
measured."""
_PATTERN_SHARE = 0.01
"""Share of its days of sale (and two days at least) beyond which bulk sales are the custom of a series. Chosen by
judgement, not measured."""
_MOST_ALONE = 2
"""Bulk days of a series that are accidents however few its days of sale. Chosen by judgement, not measured."""
_REVERSAL_TIMES = 2.0
"""Times its high and median day together that a return exceeds to take back a slip; customers return less. Chosen by
judgement, not measured."""
BULK, REVERSED, REVERSAL = "bulk", "reversed", "reversal"
"""Reasons: one sale far beyond the series' high day; a day whose units a later one took back; that later day."""
SCHEMA = pl.Schema({"s": pl.UInt32, "t": pl.Int32, "units": pl.Float64, "counted": pl.Float64, "reason": pl.String})


@dataclass(frozen=True)
class AccidentRules:
    """What counts as an accident.

    Attributes:
        times: times the series' high day, and as often its median day on top, that a bulk sale exceeds; 0 finds none.
        reversal_periods: periods within which units are taken back.
    """

    times: float
    reversal_periods: int

    @classmethod
    def from_settings(cls, settings: DemandSettings, axis: PeriodAxis) -> "AccidentRules":
        """The rules of a tenant."""
        return cls(settings.accident_times, -(-settings.reversal_days // axis.days_per_period))


def find_accidents(sales: pl.DataFrame, products: pl.Series, plans: pl.DataFrame, rules: AccidentRules) -> pl.DataFrame:
    """One row per series x period whose recorded units do not count as they are, sorted; columns of `SCHEMA`.

    Args:
        sales: one row per series x period, columns s, t and units, net of returns and so below zero where they exceed
            the day's sales.
        products: product of each series, by number.
        plans: promotions, columns s, begin and end (exclusive): a bulk sale within one is none.
        rules: what counts.

    Returns:
        `units` as recorded, `counted` in their place, not below zero, and `reason`.
    """
    if not rules.times or sales.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    net = sales.select("s", "t", pl.col("units").cast(pl.Float64)).sort("s", "t")
    usual = _usual(net, rules.times)
    taken_back = _taken_back(net, _beyond(net, usual, products), rules.reversal_periods)
    settled = net.join(taken_back, on=["s", "t"], how="left", maintain_order="left").with_columns(
        (pl.col("units") + pl.col("change").fill_null(0.0)).alias("counted")
    )
    bulk = _bulk(settled, usual, products, plans)
    marked = settled.join(bulk, on=["s", "t"], how="left", maintain_order="left")
    reason = pl.when(pl.col("cap").is_not_null()).then(pl.lit(BULK)).otherwise("reason")
    found = marked.with_columns(pl.coalesce("cap", "counted").clip(lower_bound=0.0).alias("counted"), reason=reason)
    return found.filter(pl.col("reason").is_not_null()).select(pl.col(n).cast(kind) for n, kind in SCHEMA.items())


def without_accidents(sales: pl.DataFrame, accidents: pl.DataFrame) -> pl.DataFrame:
    """Sales with the units that count, in the order given."""
    counted = accidents.select(pl.col("s").cast(sales.schema["s"]), pl.col("t").cast(sales.schema["t"]), "counted")
    joined = sales.join(counted, on=["s", "t"], how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("counted", "units").cast(sales.schema["units"]).alias("units")).drop(
        "counted"
    )


def _usual(net: pl.DataFrame, times: float) -> pl.DataFrame:
    """One row per series with enough days of sale: s, days, high, beyond (high and median day), limit of bulk."""
    by_size = pl.col("units").sort(descending=True)
    high = by_size.gather((pl.len() * _HIGH_SHARE).floor().cast(pl.Int64) + 1).first()
    return (
        net.filter(pl.col("units") > 0)
        .filter(pl.len().over("s") >= _LEAST_SALE_DAYS)
        .group_by("s")
        .agg(pl.len().alias("days"), high.alias("high"), pl.median("units"))
        .with_columns((pl.col("high") + pl.col("units")).alias("beyond"))
        .select("s", "days", "high", "beyond", (times * pl.col("beyond")).alias("limit"))
    )


def _beyond(net: pl.DataFrame, usual: pl.DataFrame, products: pl.Series) -> pl.DataFrame:
    """High and median day of each series together: s, beyond; of one with few days of sale those of its product.

    A size of a garment sells twice a season in a shop: its one return is a customer's. Nothing is known of a product
    that sold on few days in all shops, and 0 stands for it.
    """
    named = net.select("s").unique().with_columns(pl.col("s").cast(pl.Int64).alias("place"))
    named = named.with_columns(products.gather(named["place"]).rank("dense").cast(pl.UInt32).alias("product"))
    days = net.join(named.select("s", "product"), on="s").select(pl.col("product").alias("s"), "units")
    of_products = _usual(days, 1.0).select(product="s", shared="beyond")
    both = named.join(usual.select("s", "beyond"), on="s", how="left").join(of_products, on="product", how="left")
    return both.select("s", pl.coalesce("beyond", "shared", pl.lit(0.0)).alias("beyond"))


def _taken_back(net: pl.DataFrame, beyond: pl.DataFrame, periods: int) -> pl.DataFrame:
    """Changes of units by reversals: s, t, change, reason; each with the newest earlier day that sold as much."""
    columns = {"s": net.schema["s"], "t": net.schema["t"], "change": pl.Float64(), "reason": pl.String()}
    unusual = net.join(beyond, on="s", how="left").filter(-pl.col("units") > _REVERSAL_TIMES * pl.col("beyond"))
    rows: list[tuple[int, int, float, str]] = []
    if unusual.height:
        series, t, units = (net[name].to_numpy() for name in ("s", "t", "units"))
        left = units.copy()
        for s, day, amount in unusual.select("s", "t", "units").iter_rows():
            first, last = np.searchsorted(series, s, "left"), np.searchsorted(series, s, "right")
            place = np.flatnonzero((t[first:last] >= day - periods) & (t[first:last] < day)) + first
            sold = place[left[place] >= -amount]
            if sold.size:
                left[sold[-1]] += amount
                rows += [(s, int(t[sold[-1]]), amount, REVERSED), (s, day, -amount, REVERSAL)]
    changes = pl.DataFrame(rows, schema=columns, orient="row")
    return changes.group_by("s", "t", maintain_order=True).agg(pl.sum("change"), pl.first("reason"))


def _bulk(settled: pl.DataFrame, usual: pl.DataFrame, products: pl.Series, plans: pl.DataFrame) -> pl.DataFrame:
    """Bulk days with what counts of them: s, t, cap. Not where promoted, customary, or seen in two stores at once."""
    far = settled.join(usual, on="s", how="inner").filter(pl.col("counted") > pl.col("limit"))
    custom = pl.len().over("s") > pl.max_horizontal(pl.lit(_MOST_ALONE), _PATTERN_SHARE * pl.col("days"))
    named = far.with_columns(products.gather(far["s"]).alias("product"))
    alone = named.filter(~custom, pl.len().over("product", "t") == 1)
    spans = plans.select(pl.col("s").cast(alone.schema["s"]), "begin", "end")
    promoted = alone.join(spans, on="s").filter(pl.col("t") >= pl.col("begin"), pl.col("t") < pl.col("end"))
    return alone.join(promoted, on=["s", "t"], how="anti").select("s", "t", pl.col("high").alias("cap"))


def accident_audit(accidents: pl.DataFrame, series: pl.DataFrame, axis: PeriodAxis) -> pl.DataFrame:
    """One row per series x period that was an accident, largest change first.

    Args:
        accidents: as `find_accidents`.
        series: of the same history, with their number `s`.
        axis: of the same history.

    Returns:
        store_id, product_id, date (first day of the period), `units` as recorded, `counted` in their place, `reason`.
    """
    dates = pl.Series("date", axis.starts(0, axis.count), dtype=pl.Date)
    keys = series.select("store_id", "product_id")[accidents["s"].cast(pl.Int64)]
    named = keys.with_columns(dates.gather(accidents["t"]), *(accidents[n] for n in ("units", "counted", "reason")))
    change = (pl.col("units") - pl.col("counted")).abs()
    return named.sort(change, "store_id", "product_id", "date", descending=[True, False, False, False])
