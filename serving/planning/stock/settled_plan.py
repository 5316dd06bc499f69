"""The settled plan of a chain's stock: its orders, transfers and left-overs, and one row of plan per series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import polars as pl

from retail_brain.currency import UNNAMED, Currency
from retail_brain.decisions.arrays import Bools, days, floats
from retail_brain.decisions.excess_stock import advised
from retail_brain.decisions.order_plan import Plan
from retail_brain.decisions.reasons.order_outcomes import is_losing
from retail_brain.decisions.reasons.sentence import number
from retail_brain.decisions.source_stock import SOURCE_STOCK, SourcedOrders
from retail_brain.decisions.suggestion_rows import ADDED, suggestion_rows
from retail_brain.decisions.supply_terms import NO_END
from retail_brain.decisions.targets import expected_gain
from retail_brain.decisions.transfers import LEFT_OVER_UNITS, StockValues
from retail_brain.outputs import SERIES, SUGGESTIONS
from retail_brain.spoken_days import spoken_days

_KEYS = list(SERIES)

PLAN: dict[str, pl.DataType | type[pl.DataType]] = {
    "store_id": pl.String,
    "product_id": pl.String,
    "as_of": pl.Date,
    "ends_on": pl.Date,
    "end_kind": pl.String,
    "on_hand": pl.Float64,
    "moved_in": pl.Float64,
    "moved_out": pl.Float64,
    "order_quantity": pl.Float64,
    "arrives_on": pl.Date,
    "sell_by": pl.Date,
    "sell_by_kind": pl.String,
    "left_over_units": pl.Float64,
    "notes": pl.List(pl.String),
}
"""One row per store x product: last day of demand (null: no end), stock, units moved, ordered and left over after the
last day of the stock on hand, and codes of what a reader of the order must know: _NOTES."""

_NOTES = (
    "transfer_and_order",
    "fresh_after_expiry",
    "agreed_loss",
    "settings_loss",
    "source_stock",
    "gives_and_orders",
)
"""Units come by transfer and by order; the order is for the days after the stock expires; it loses money for an agreed
service level, or for a level of the settings, a display or a policy; the stock of its source shop cut it; the goods
given away are wanted more elsewhere before the order arrives."""


@dataclass(frozen=True)
class StorePart:
    """A store in the plan.

    Attributes:
        series: one row per listed series: ends, last day of the stock, units moved and left over, and columns of
            `reasons.CONTEXT`.
        plan: its order decision.
        values: value of its stock; None for a warehouse, which takes no part in transfers.
    """

    series: pl.DataFrame
    plan: Plan
    values: StockValues | None

    @property
    def is_fresh_after_expiry(self) -> Bools:
        """Series that order for the days after part of their stock has expired."""
        last = days(self.series["sell_by"].fill_null(NO_END))
        is_date = (self.series["sell_by_kind"] == "date").fill_null(value=False).to_numpy()
        left = floats(self.series["left_over_units"], 0) >= LEFT_OVER_UNITS
        fresh: Bools = (self.plan.quantity > 0) & is_date & left & (self.plan.cycle.next_arrives_on > last)
        return fresh

    @property
    def uncut(self) -> "StorePart":
        """The store with the context of its reasons, its orders cut by no source shop."""
        none = np.full(len(self.plan.quantity), np.nan)
        return self.cut(SourcedOrders(self.plan.quantity, none, none))

    def cut(self, orders: SourcedOrders) -> "StorePart":
        """The store with its orders within the stock of their sources, and the context of its reasons."""
        wanted, cut = self.plan.quantity, orders.quantity < self.plan.quantity
        plan = replace(self.plan, lots=replace(self.plan.lots, quantity=orders.quantity))
        part = replace(self, plan=plan)
        context = {"source_has": orders.has, "source_asked": orders.asked, "wanted": wanted}
        series = self.series.with_columns(
            pl.Series(name, np.where(cut, units, np.nan)) for name, units in context.items()
        )
        fresh = pl.Series(part.is_fresh_after_expiry)
        series = series.with_columns(
            pl.col(list(context)).fill_nan(None),
            expiring=pl.when(fresh).then("left_over_units").otherwise(0.0),
            expiring_on=pl.when(fresh).then("sell_by"),
        )
        return replace(part, series=series)

    def table(self, as_of: date) -> pl.DataFrame:
        """One row per series: columns PLAN."""
        plan, series = self.plan, self.series
        quantity = plan.quantity
        money = pl.DataFrame(
            {
                "order_quantity": quantity,
                "expected_value": expected_gain(plan.required, plan.money, quantity),
                "order_cost": np.where(plan.terms.cost_basis.is_not_null(), quantity * plan.terms.cost_guess, np.nan),
            }
        ).fill_nan(None)
        losing = plan.stock_known & money.select(is_losing()).to_series().to_numpy()
        flags = {
            "transfer_and_order": (floats(series["moved_in"], 0) > 0) & (quantity > 0),
            "fresh_after_expiry": self.is_fresh_after_expiry,
            "agreed_loss": losing & plan.terms.agreed,
            "settings_loss": losing & ~plan.terms.agreed,
            "source_stock": series["source_has"].is_not_null().to_numpy(),
            "gives_and_orders": (floats(series["moved_out"], 0) > 0) & (quantity > 0),
        }
        notes = pl.concat_list(pl.when(pl.Series(flags[code])).then(pl.lit(code)) for code in _NOTES).list.drop_nulls()
        framed = series.with_columns(
            as_of=pl.lit(as_of),
            order_quantity=pl.Series(quantity),
            arrives_on=pl.Series(plan.cycle.arrives_on),
            notes=notes,
        )
        return framed.select(pl.col(name).cast(kind) for name, kind in PLAN.items())


@dataclass(frozen=True)
class SettledPlan:
    """The plan of a chain: what orders, transfers, left-overs, exceptions and audiences are read from.

    Attributes:
        as_of: last visible day.
        parts: one per store with a forecast.
        stock: newest stock, one row per store x product.
        transfers: columns of `transfers.TRANSFERS`.
        excess: what is left over and what may be done with it, as `excess_stock.advised` takes it.
        currency: how reasons write money.
        sources: stock of the source shops that orders share: columns of `source_stock.SOURCE_STOCK`.
    """

    as_of: date
    parts: Sequence[StorePart]
    stock: pl.DataFrame
    transfers: pl.DataFrame
    excess: pl.DataFrame
    currency: Currency = UNNAMED
    sources: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SOURCE_STOCK))

    @property
    def leftovers(self) -> pl.DataFrame:
        """What is left over, and what to do with it: columns `excess_stock.LEFTOVERS`."""
        return advised(self.excess, self.currency)

    @property
    def series(self) -> pl.DataFrame:
        """Store x product of every series in the order of the parts, and the days of demand behind its order."""
        empty = {**dict.fromkeys(SERIES, pl.String), "cycle_days": pl.Float64}
        return pl.concat([pl.DataFrame(schema=empty), *(part.series.select(*empty) for part in self.parts)])

    @property
    def orders(self) -> list[tuple[Plan, pl.DataFrame]]:
        """Order decisions of each store with their series, for budgets and limits."""
        return [(part.plan, part.series) for part in self.parts]

    def suggestions(self) -> pl.DataFrame:
        """One row per series: the columns of `suggestions` and of `replenishment.ADDED`."""
        rows = [suggestion_rows(plan, series, self.as_of, currency=self.currency) for plan, series in self.orders]
        return pl.concat(rows) if rows else pl.DataFrame(schema=SUGGESTIONS | ADDED)

    def table(self) -> pl.DataFrame:
        """One row per series: columns PLAN."""
        return pl.concat([pl.DataFrame(schema=PLAN), *(part.table(self.as_of) for part in self.parts)])


def moved_units(transfers: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """One row per store x product that gives or receives: units `moved_in` and `moved_out`, and the other shops.

    Args:
        transfers: columns of `transfers.TRANSFERS`.
        names: of shops by id; a shop without one is called by its id.
    """
    sides = []
    for name, own, other in (("moved_in", "to", "from"), ("moved_out", "from", "to")):
        others = pl.col(f"{other}_store_id").replace(names).sort_by("units", descending=True)
        sides.append(
            transfers.group_by("product_id", store_id=f"{own}_store_id").agg(
                pl.col("units").sum().alias(name), others.str.join(", ").alias(f"{name}_{other}")
            )
        )
    both = sides[0].join(sides[1], on=_KEYS, how="full", coalesce=True)
    return both.with_columns(pl.col("moved_in", "moved_out").fill_null(0.0))


def with_orders_named(transfers: pl.DataFrame, parts: Sequence[StorePart], as_of: date) -> pl.DataFrame:
    """The transfers, with the receiving shop's own order of the product in their reasons, as said on the last day."""
    empty = {"to_store_id": pl.String, "product_id": pl.String, "ordered": pl.Float64, "arrives_on": pl.Date}
    rows = [
        part.series.select(
            "product_id",
            to_store_id="store_id",
            ordered=pl.Series(part.plan.quantity),
            arrives_on=pl.Series(part.plan.cycle.arrives_on).cast(pl.Date),
        ).filter(pl.col("ordered") > 0)
        for part in parts
    ]
    orders = pl.concat([pl.DataFrame(schema=empty), *(frame.select(*empty) for frame in rows)])
    joined = transfers.join(orders, on=["to_store_id", "product_id"], how="left", maintain_order="left")
    arrives = spoken_days(pl.col("arrives_on"), pl.lit(as_of))
    texts = {
        "reason": (" The receiving store's own order of {}, due on {}, allows for them.", arrives[0]),
        "reason_zh": ("调入门店另订的{}件（{}到货）已扣除调入数量。", arrives[1]),
    }
    named = joined.with_columns(
        pl.col(name)
        + pl.when(pl.col("ordered") > 0).then(pl.format(text, number("ordered"), day)).otherwise(pl.lit(""))
        for name, (text, day) in texts.items()
    )
    return named.select(transfers.columns)
