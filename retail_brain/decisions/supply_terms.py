"""Completes the supply terms and costs of every series from the defaults of the settings."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import Bools, Days, Floats, Ints, days, floats
from retail_brain.decisions.order_calendar import weekday_table
from retail_brain.outputs import SERIES
from retail_brain.settings import ReplenishmentSettings

TERMS = {
    "lead_time_days": pl.Float64,
    "lead_time_sd_days": pl.Float64,
    "review_period_days": pl.Float64,
    "order_weekdays": pl.String,
    "case_pack": pl.Float64,
    "min_order_quantity": pl.Float64,
    "shelf_capacity": pl.Float64,
    "presentation_stock": pl.Float64,
    "unit_cost": pl.Float64,
    "unit_price": pl.Float64,
    "holding_cost_per_day": pl.Float64,
    "stockout_cost": pl.Float64,
    "service_level": pl.Float64,
    "fill_rate": pl.Float64,
    "shelf_life_days": pl.Float64,
    "source_store_id": pl.String,
    "return_price": pl.Float64,
    "ends_on": pl.Date,
}
"""Columns that `terms` may have besides store_id and product_id; absent ones and nulls take defaults."""


NO_END = date(9999, 1, 1)
"""Stands for the last day of demand that has no end: later than any forecast."""

COST_BASES = ("recorded", "price")
"""What the cost of a unit rests on: the records, or the price less the assumed margin."""


@dataclass(frozen=True)
class Terms:
    """Supply terms, one element per series, without gaps unless said.

    Attributes:
        known: whether the series had a row of supply terms.
        lead_days, lead_sd_days, review_days: days.
        open_weekdays: shape (series, 7), Monday first.
        case_pack: units per pack.
        min_order: least units per order, 0 for none.
        capacity: most units the shelf holds, infinite where unknown.
        presentation: units kept on show that are not meant to be sold.
        unit_cost, unit_price: money; NaN where unknown.
        cost_guess: unit cost, else a share of the price, else 1: what budgets are counted in.
        margin: money earned by one more unit sold, with the cost guessed where unknown.
        holding: money per unit and day.
        stockout: money lost with each unit of unmet demand, on top of the margin.
        service_level, fill_rate: targets of the series; NaN without one.
        shelf_life_days: days; infinite for non-perishable goods.
        source: `supplier`, or `transfer:STORE`.
        costed: whether the cost of a lost and of an unsold unit is known rather than guessed: price and cost are, or
            stock-out and holding cost.
        ends_on: last day on which anybody wants the series, the end of its listing or season; NO_END without one.
    """

    known: Bools
    lead_days: Floats
    lead_sd_days: Floats
    review_days: Floats
    open_weekdays: Bools
    case_pack: Floats
    min_order: Floats
    capacity: Floats
    presentation: Floats
    unit_cost: Floats
    unit_price: Floats
    cost_guess: Floats
    margin: Floats
    holding: Floats
    stockout: Floats
    service_level: Floats
    fill_rate: Floats
    shelf_life_days: Floats
    source: pl.Series
    costed: Bools
    ends_on: Days

    @property
    def agreed(self) -> Bools:
        """Whether a service level or fill rate was agreed."""
        return ~np.isnan(self.service_level) | ~np.isnan(self.fill_rate)

    @property
    def cost_basis(self) -> pl.Series:
        """What `cost_guess` rests on, one of COST_BASES per series; null where neither cost nor price is known."""
        prices = pl.Series(self.unit_price).fill_nan(None)
        return pl.select(cost_basis(pl.lit(pl.Series(self.unit_cost).fill_nan(None)), pl.lit(prices))).to_series()

    def take(self, rows: Ints) -> "Terms":
        """The terms of some series."""
        parts = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return Terms(**{name: part[rows] for name, part in parts.items()})


def cost_basis(cost: pl.Expr, price: pl.Expr) -> pl.Expr:
    """Which of COST_BASES the cost of a unit has; null where neither cost nor price is known."""
    return pl.when(cost.is_not_null()).then(pl.lit("recorded")).when(price.is_not_null()).then(pl.lit("price"))


def align(frame: pl.DataFrame, series: pl.DataFrame, columns: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    """One row per series in its order, with `columns` (absent ones as nulls) and `matched`; the last duplicate wins."""
    keys = list(SERIES)
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in columns.items() if name not in frame.columns]
    latest = frame.with_columns(missing).unique(keys, keep="last", maintain_order=True)
    picked = latest.select(
        pl.col(keys).cast(pl.String), *[pl.col(name).cast(kind) for name, kind in columns.items()], matched=True
    )
    joined = series.select(pl.col(keys).cast(pl.String)).join(picked, on=keys, how="left", maintain_order="left")
    return joined.with_columns(pl.col("matched").fill_null(value=False))


def complete_terms(terms: pl.DataFrame, series: pl.DataFrame, settings: ReplenishmentSettings) -> Terms:
    """Terms of every series: those of `terms`, else the defaults of the settings.

    `known` is a column of `terms` if it has one (a row may carry prices only), else whether the series has a row.
    """
    aligned = align(terms, series, TERMS)
    has_terms = aligned["matched"]
    if "known" in terms.columns:
        has_terms = align(terms, series, {"known": pl.Boolean})["known"].fill_null(value=False)
    price = floats(aligned["unit_price"])
    cost = floats(aligned["unit_cost"])
    guess = np.where(np.isnan(cost), price * (1 - settings.assumed_margin_share), cost)
    guess = np.where(np.isnan(guess), 1.0, guess)
    margin = np.maximum(np.where(np.isnan(price), 0.0, price - guess), 0.0)
    daily_share = settings.holding_cost_share_per_year / 365
    holding = floats(aligned["holding_cost_per_day"])
    stockout = floats(aligned["stockout_cost"])
    costed = ~(np.isnan(price) | np.isnan(cost)) | ~(np.isnan(holding) | np.isnan(stockout))
    source = aligned["source_store_id"]
    return Terms(
        known=has_terms.to_numpy(),
        lead_days=np.maximum(floats(aligned["lead_time_days"], settings.lead_time_days), 0),
        lead_sd_days=np.maximum(floats(aligned["lead_time_sd_days"], 0), 0),
        review_days=np.maximum(floats(aligned["review_period_days"], settings.review_period_days), 1e-9),
        open_weekdays=weekday_table(aligned["order_weekdays"].to_list()),
        case_pack=_positive(floats(aligned["case_pack"]), 1.0),
        min_order=np.maximum(floats(aligned["min_order_quantity"], 0), 0),
        capacity=_positive(floats(aligned["shelf_capacity"]), float("inf")),
        presentation=np.maximum(floats(aligned["presentation_stock"], 0), 0),
        unit_cost=cost,
        unit_price=price,
        cost_guess=guess,
        margin=margin,
        holding=np.where(np.isnan(holding), guess * daily_share, holding),
        stockout=np.maximum(np.nan_to_num(stockout), 0),
        service_level=_share(floats(aligned["service_level"])),
        fill_rate=_share(floats(aligned["fill_rate"])),
        shelf_life_days=_positive(floats(aligned["shelf_life_days"]), float("inf")),
        source=pl.select(
            pl.when(source.is_null()).then(pl.lit("supplier")).otherwise(pl.lit("transfer:") + source.fill_null(""))
        ).to_series(),
        costed=costed,
        ends_on=days(aligned["ends_on"].fill_null(NO_END)),
    )


def _positive(values: Floats, default: float) -> Floats:
    return np.where(np.isnan(values) | (values <= 0), default, values)


def _share(values: Floats) -> Floats:
    """Targets within (0, 1): a quantile of 0 or 1 cannot be estimated from a sample."""
    return np.clip(values, 1e-6, 1 - 1e-6)
