"""Suggests transfers between shops (商品通, one stock): units move to where their marginal value is greatest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from retail_brain.currency import UNNAMED, Currency
from retail_brain.decisions.arrays import Floats, Ints

TRANSFERS = {
    "product_id": pl.String,
    "from_store_id": pl.String,
    "to_store_id": pl.String,
    "units": pl.Float64,
    "expected_value": pl.Float64,
    "reason": pl.String,
    "reason_zh": pl.String,
}


LEFT_OVER_UNITS = 0.5
"""Expected units from which stock counts as left over: half a unit rounds to one."""


@dataclass(frozen=True)
class StockValues:
    """Value of stock in each shop over the same days, one element per series.

    Attributes:
        need: as in `RequiredOrders`: units short (negative: left over) on each path with nothing moved, sorted per row.
        worth: money per unit sold.
        hold: money per unit left over.
        on_hand: most units that can be given.
        keep: units that a shop never gives away (display minimum).
        need_later: the same as `need`, counted only from the arrival of the moved units, which cannot serve the days
            before. None where goods arrive at once.
        need_end: units that sell until the last day of the goods less the stock, on each path, sorted per row: what is
            negative is left over for good. None where goods have no last day.
        scrap: money lost with each unit left over for good. None where goods have no last day.
        told_left: mean units left over with nothing moved, as people are told: of all paths and by known dates. None
            where nobody is told.
        before: as `need` and `need_later`, until the own supply can arrive. None where they count no further anyway.
    """

    need: Floats
    worth: Floats
    hold: Floats
    on_hand: Floats
    keep: Floats
    need_later: Floats | None = None
    need_end: Floats | None = None
    scrap: Floats | None = None
    told_left: Floats | None = None
    before: tuple[Floats, Floats] | None = None

    def take(self, rows: Ints) -> "StockValues":
        """The values of some series."""
        held = {name: getattr(self, name) for name in self._per_series}
        before = None if self.before is None else (self.before[0][rows], self.before[1][rows])
        return replace(self, before=before, **{name: part[rows] for name, part in held.items() if part is not None})

    @classmethod
    def joined(cls, parts: Sequence["StockValues"]) -> "StockValues":
        """The values of several shops one after another; all have the same fields, and none has `before`."""
        names = [name for name in parts[0]._per_series if getattr(parts[0], name) is not None]
        joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        return replace(parts[0], before=None, **joined)

    def saved(self, moved: Floats) -> Floats:
        """Mean units sold, rather than lost, before the own supply comes because `moved` units come (below 0: go)."""
        now, later = (self.need, self._later) if self.before is None else self.before
        need = np.where((moved > 0)[:, None], later, now)
        saved: Floats = (np.maximum(need, 0) - np.maximum(need - moved[:, None], 0)).mean(axis=1)
        return saved

    def left_for_good(self, rows: Ints, moved: Floats) -> Floats:
        """Mean units left over after the last day of the goods in shops to (or from) which `moved` units go."""
        if self.need_end is None:
            return np.zeros(len(rows))
        left: Floats = np.maximum(moved[:, None] - self.need_end[rows], 0).mean(axis=1)
        return left

    def left_told(self, rows: Ints, moved: Floats) -> Floats:
        """Mean units that people are told are left over in shops to (or from) which `moved` units go."""
        after = self.left_for_good(rows, moved)
        if self.told_left is None:
            return after
        more = after - self.left_for_good(rows, np.zeros(len(rows)))
        told: Floats = np.maximum(self.told_left[rows] + more, 0)
        return told

    @property
    def _per_series(self) -> list[str]:
        """Fields with one element or row per series."""
        return [name for name in self.__dataclass_fields__ if name != "before"]

    @property
    def _later(self) -> Floats:
        return self.need if self.need_later is None else self.need_later

    def receiving(self, rows: Ints, moved: Floats, step: Floats) -> Floats:
        """Marginal value (money) of `step` further units in shops that have been sent `moved`."""
        return self._value(self._later, rows, moved + step) - self._value(self._later, rows, moved)

    def giving(self, rows: Ints, moved: Floats, step: Floats) -> Floats:
        """Marginal loss (money) of shops that have given `-moved` units and give `step` more; negative for a gain."""
        return self._value(self.need, rows, moved) - self._value(self.need, rows, moved - step)

    def _value(self, need: Floats, rows: Ints, units: Floats) -> Floats:
        short = np.maximum(need[rows] - units[:, None], 0).mean(axis=1)
        left = np.maximum(units[:, None] - need[rows], 0).mean(axis=1)
        total: Floats = -self.worth[rows] * short - self.hold[rows] * left
        if self.scrap is not None:
            total -= self.scrap[rows] * self.left_for_good(rows, units)
        return total


def suggest_transfers(
    series: pl.DataFrame,
    giving: StockValues,
    cost_per_unit: Floats,
    picking: dict[str, float] | None = None,
    lot: float = 1.0,
    line_cost: float = 0.0,
    currency: Currency = UNNAMED,
) -> pl.DataFrame:
    """Transfers, one row per product x giving shop x receiving shop: columns TRANSFERS.

    In rounds, every product moves one lot from the shop where it is worth least to the shop where it is worth most, as
    long as the difference exceeds the cost of moving it: greedy, and exact for one product because the value of units
    falls in both shops. A shop gives no more than it has, and picks no more than its capacity allows, dearest gains
    first. An online shop is a receiving shop like any other: its need is the orders it has, and what is moved to it is
    shipped from the shop where the goods are least worth keeping.

    Args:
        series: `store_id`, `product_id` of each element.
        giving: value of stock in each shop.
        cost_per_unit: money for moving one unit, per series (of the giving shop).
        picking: shop -> units it can pick; shops not named pick without limit.
        lot: units moved at a time.
        line_cost: money for picking and booking one line, whatever it holds; lines that do not earn it are left out.
        currency: how the reasons write money.
    """
    shops, products = series["store_id"].to_list(), series["product_id"].rank("dense").to_numpy().astype(np.int64) - 1
    limits = picking or {}
    shop_index = {shop: place for place, shop in enumerate(dict.fromkeys(shops))}
    shop_of = np.array([shop_index[shop] for shop in shops], dtype=np.int64)
    left_to_pick = np.array([float(limits.get(shop, np.inf)) for shop in shop_index])
    moved = np.zeros(series.height)
    moves: dict[tuple[int, int], list[float]] = {}
    plus, minus = _marginals(giving, np.arange(series.height), moved, cost_per_unit, lot)
    # Only products that moved something in the last round can move more; the others are settled.
    rows = np.argsort(products, kind="stable")
    while len(rows):
        losing = np.where(left_to_pick[shop_of[rows]] >= lot, minus[rows], np.inf)
        pairs = [(gain, int(rows[a]), int(rows[b])) for gain, a, b in _best_pairs(products[rows], plus[rows], losing)]
        # the greatest gains first, because what a shop can pick may run out on the way
        for gain, giver, taker in sorted(pairs, reverse=True):
            if left_to_pick[shop_of[giver]] < lot:
                continue
            moved[giver] -= lot
            moved[taker] += lot
            left_to_pick[shop_of[giver]] -= lot
            entry = moves.setdefault((giver, taker), [0.0, 0.0])
            entry[0] += lot
            entry[1] += gain
        changed = np.unique(np.array([row for _, *both in pairs for row in both], dtype=np.int64))
        plus[changed], minus[changed] = _marginals(giving, changed, moved[changed], cost_per_unit[changed], lot)
        active = np.zeros(len(products) + 1, dtype=np.bool_)
        active[products[changed]] = True
        rows = rows[active[products[rows]]]
    return _rows(series, moves, line_cost, currency)


def _marginals(giving: StockValues, rows: Ints, moved: Floats, cost: Floats, lot: float) -> tuple[Floats, Floats]:
    """Value of receiving and loss of giving one more lot, per series; a shop either gives or receives a product."""
    step = np.full(len(rows), lot)
    can_give = (giving.on_hand[rows] + moved - giving.keep[rows] >= lot) & (moved <= 0)
    # What would be left over there is not sent anywhere, whatever else it may earn.
    left = np.maximum(giving.left_for_good(rows, moved + step), giving.left_told(rows, moved + step))
    can_receive = (moved >= 0) & (left < LEFT_OVER_UNITS)
    plus = np.where(can_receive, giving.receiving(rows, moved, step), -np.inf)
    minus = np.where(can_give, giving.giving(rows, moved, step), np.inf) + cost * lot
    return plus, minus


def _best_pairs(products: Ints, plus: Floats, minus: Floats) -> list[tuple[float, int, int]]:
    """Per product the shop that gains most and the one that loses least, where moving a lot pays; rows by product."""
    taker, giver = _first_of(products, -plus), _first_of(products, minus)
    gain = plus[taker] - minus[giver]
    good = np.isfinite(gain) & (gain > 1e-9) & (taker != giver)
    return [(float(gain[k]), int(giver[k]), int(taker[k])) for k in np.flatnonzero(good)]


def _first_of(groups: Ints, values: Floats) -> Ints:
    """Index of the least value of each group of neighbouring rows; ties go to the first."""
    starts = np.flatnonzero(np.diff(groups, prepend=-1))
    sizes = np.diff(starts, append=len(groups))
    least = np.flatnonzero(values == np.repeat(np.minimum.reduceat(values, starts), sizes))
    first: Ints = least[np.flatnonzero(np.diff(groups[least], prepend=-1))].astype(np.int64)
    return first


def _rows(
    series: pl.DataFrame, moves: dict[tuple[int, int], list[float]], line_cost: float, currency: Currency
) -> pl.DataFrame:
    """The transfers that earn their cost as a table, most valuable first."""
    stores, products = series["store_id"].to_list(), series["product_id"].to_list()
    rows = [
        {
            "product_id": products[giver],
            "from_store_id": stores[giver],
            "to_store_id": stores[taker],
            "units": units,
            "expected_value": value - line_cost,
            "reason": f"The receiving store is expected to sell them before its next delivery, the sending store is "
            f"not. Moving {units:g} earns about {currency.text(value - line_cost)} after costs.",
            "reason_zh": f"调入门店在下次到货前预计能卖出，调出门店预计会积压；"
            f"调拨{units:g}件扣除调拨成本后约可多赚{currency.text(value - line_cost)}。",
        }
        for (giver, taker), (units, value) in moves.items()
        if value > line_cost
    ]
    # ids settle ties, so that equal data give the same list
    order = ["expected_value", "product_id", "from_store_id", "to_store_id"]
    return pl.DataFrame(rows, schema=TRANSFERS).sort(order, descending=[True, False, False, False])
