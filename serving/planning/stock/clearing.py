"""Goods of a chain that nobody buys at the full price before their last day: what may be done with them, in money."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from retail_brain.currency import UNNAMED, Currency
from retail_brain.decisions.arrays import Floats, days, floats
from retail_brain.decisions.clearance import markdown_columns
from retail_brain.decisions.markdown import PHASES, Clearance, MarkdownRule, best_markdown, best_return, phases_of
from retail_brain.decisions.price_response import PriceResponse
from retail_brain.decisions.season_ahead import SeasonAhead
from retail_brain.decisions.supply_terms import cost_basis
from retail_brain.decisions.transfers import LEFT_OVER_UNITS, StockValues
from retail_brain.outputs import SERIES, DemandPaths
from retail_brain.settings import NetworkSettings, Settings
from training.demand.elasticity import MIN_CHANGED_DAYS

_KEYS = list(SERIES)

MONEY = {
    **dict.fromkeys(("unit_cost", "unit_price", "salvage", "return_price"), pl.Float64),
    "cost_basis": pl.String,
}
"""Money per unit of goods in a shop: cost (guessed from the price where unknown; `cost_basis` says so), full price,
what a unit left over after the last day is worth, and what the supplier pays for one sent back."""


def with_money(held: pl.DataFrame, terms: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """The stock with the columns MONEY.

    A unit left after its expiry, listing or season is worth nothing; one that only sells slowly is worth its cost less
    holding it until then, as in the value of stock that decides transfers.

    Args:
        held: `store_id`, `product_id`, `sell_by_kind`.
        terms: supply terms of `decisions.inputs.read_terms`.
        settings: how long slow stock is held, and the margin and holding cost where unknown.
    """
    usual = settings.replenishment
    cost = pl.coalesce("unit_cost", pl.col("unit_price") * (1 - usual.assumed_margin_share))
    holding = pl.coalesce("holding_cost_per_day", cost * usual.holding_cost_share_per_year / 365)
    kept = (cost - holding * settings.network.leftover_days).clip(0).fill_null(0)
    basis = cost_basis(pl.col("unit_cost"), pl.col("unit_price"))
    money = terms.select(*_KEYS, "unit_price", "return_price", unit_cost=cost, kept=kept, cost_basis=basis)
    salvage = pl.when(pl.col("sell_by_kind") == "slow").then("kept").otherwise(0.0)
    return held.join(money, on=_KEYS, how="left").with_columns(salvage=salvage.fill_null(0.0)).drop("kept")


@dataclass(frozen=True)
class Clearing:
    """Series of a store of which something would be left over at the full price.

    Attributes:
        series: one row per series: `store_id`, `product_id`, `return_price`.
        goods: what is held and wanted of each.
    """

    series: pl.DataFrame
    goods: Clearance

    @classmethod
    def of(cls, paths: DemandPaths, series: pl.DataFrame, ahead: SeasonAhead | None = None) -> "Clearing":
        """Those of the forecast series that would be left over.

        Args:
            paths: sample paths of demand.
            series: one row per series of the paths: `on_hand`, `sell_by`, `left_over_units` and columns MONEY.
            ahead: what their seasons bring after the paths.
        """
        left = (series["left_over_units"] >= LEFT_OVER_UNITS) & series["sell_by"].is_not_null()
        rows = np.flatnonzero(left.fill_null(value=False).to_numpy())
        return cls._of(series[rows], paths.units[rows], paths.dates, None if ahead is None else ahead.take(rows))

    @classmethod
    def unwanted(cls, paths: DemandPaths, series: pl.DataFrame) -> "Clearing":
        """Stock of goods without a forecast, which nobody is expected to buy.

        Args:
            paths: of other series of the store.
            series: `on_hand`, `sell_by` and columns MONEY.
        """
        dated = series.filter(pl.col("sell_by").is_not_null())
        nobody = np.zeros((dated.height, *paths.units.shape[1:]), dtype=np.float32)
        return cls._of(dated, nobody, paths.dates)

    @classmethod
    def _of(
        cls,
        series: pl.DataFrame,
        units: "np.ndarray[tuple[int, int, int], np.dtype[np.float32]]",
        dates: pl.Series,
        ahead: SeasonAhead | None = None,
    ) -> "Clearing":
        demand, begins = phases_of(units, days(dates), days(series["sell_by"]), PHASES, ahead)
        price, salvage = floats(series["unit_price"]), floats(series["salvage"], 0)
        held = np.maximum(floats(series["on_hand"], 0), 0)
        return cls(series.select(*_KEYS, "return_price"), Clearance(held, demand, begins, price, salvage))


@dataclass(frozen=True)
class Clearings:
    """The same of a whole chain, with what is known of prices.

    Attributes:
        series: one row per series: `store_id`, `product_id`, `return_price`.
        goods: what is held and wanted of each; None where there are none.
        response: elasticities.
        assumed: series whose elasticity is a usual one, since no price of the chain changed enough to learn it from.
        rule: allowed prices.
        seed: for the elasticities drawn.
    """

    series: pl.DataFrame
    goods: Clearance | None
    response: PriceResponse
    assumed: pl.Series
    rule: MarkdownRule
    seed: int

    @classmethod
    def joined(
        cls, parts: Sequence[Clearing], estimates: pl.DataFrame, settings: NetworkSettings, seed: int
    ) -> "Clearings":
        """The goods of all stores.

        Args:
            parts: of each store.
            estimates: `product_id`, `elasticity` and `low` of each product whose price response is known, and perhaps
                `changed_days` that it was learned from.
            settings: allowed prices.
            seed: for the elasticities drawn.
        """
        empty = {**dict.fromkeys(SERIES, pl.String), "return_price": pl.Float64}
        series = pl.concat([pl.DataFrame(schema=empty), *(part.series.select(*empty) for part in parts)])
        goods = Clearance.joined([part.goods for part in parts]) if series.height else None
        response = PriceResponse.of(estimates, series["product_id"])
        rule = MarkdownRule(settings.markdown_steps, settings.markdown_changes, settings.markdown_change_cost)
        return cls(series, goods, response, _assumed(estimates, series["product_id"]), rule, seed)

    def relief(self, series: pl.DataFrame) -> Floats:
        """Money that clearing brings per unit that would be left over, for each of `series`; 0 where nothing would."""
        known = self.series.select(*_KEYS, relief=pl.Series(self._per_unit)).unique(_KEYS, keep="last")
        found = series.select(_KEYS).join(known, on=_KEYS, how="left", maintain_order="left")
        return floats(found["relief"], 0)

    @cached_property
    def _per_unit(self) -> Floats:
        """Money that the better of markdown and return brings per unit left over, with nothing moved."""
        if self.goods is None:
            return np.zeros(0)
        value = best_markdown(self.goods, self.response, self.rule, seed=self.seed).value
        value = np.maximum(value, best_return(self.goods, floats(self.series["return_price"]))[1])
        per_unit: Floats = value / np.maximum(self.goods.left_over, LEFT_OVER_UNITS)
        return per_unit

    def cleared(self, excess: pl.DataFrame, transfers: pl.DataFrame, currency: Currency = UNNAMED) -> pl.DataFrame:
        """The rows with what a markdown, a return and the plan's transfers bring: columns that `advised` takes.

        Args:
            excess: rows of `excess_rows`, with `moved_in` and `moved_out`.
            transfers: columns TRANSFERS of the plan.
            currency: how prices are written in words.
        """
        places = self.series.with_row_index("place").unique(_KEYS, keep="last")
        placed = excess.join(places, on=_KEYS, how="left", maintain_order="left")
        rows = placed.with_row_index("row").drop_nulls("place")
        given = transfers.group_by("product_id", store_id="from_store_id").agg(
            moved_units=pl.col("units").sum(), moved_value=pl.col("expected_value").sum()
        )
        placed = placed.join(given, on=_KEYS, how="left", maintain_order="left")
        if self.goods is None or not rows.height:
            return placed
        goods = self.goods.take(rows["place"].to_numpy().astype(np.int64))
        net = floats(rows["moved_in"]) - floats(rows["moved_out"])
        goods = replace(goods, held=np.maximum(goods.held + net, 0))
        response = self.response.take(rows["place"].to_numpy().astype(np.int64))
        found = markdown_columns(goods, best_markdown(goods, response, self.rule, seed=self.seed), currency)
        units, value = best_return(goods, floats(rows["return_price"]))
        back = rows["return_price"].is_not_null()
        columns = found.with_columns(
            row=rows["row"],
            is_response_assumed=self.assumed.gather(rows["place"]),
            return_units=pl.when(back).then(pl.Series(units)),
            return_value=pl.when(back).then(pl.Series(value)),
        )
        return placed.with_row_index("row").join(columns, on="row", how="left", maintain_order="left").drop("row")


def _assumed(estimates: pl.DataFrame, products: pl.Series) -> pl.Series:
    """Whether each product's price response rests on no change of a price, its own or another product's."""
    if "changed_days" not in estimates.columns or estimates["changed_days"].sum() >= MIN_CHANGED_DAYS:
        return pl.repeat(value=False, n=len(products), dtype=pl.Boolean, eager=True)
    return products.is_in(estimates.filter(pl.col("changed_days") == 0)["product_id"].implode())


def relieved(values: StockValues, relief: Floats) -> StockValues:
    """The values with the loss of a unit left over smaller by what clearing it brings.

    Args:
        values: value of stock.
        relief: money per unit left over, one element per series.
    """
    scrap = np.zeros_like(values.hold) if values.scrap is None else values.scrap
    # Goods whose last day comes before the own supply have the loss in `hold`.
    return replace(
        values,
        scrap=np.maximum(scrap - relief, 0),
        hold=np.where(scrap > 0, values.hold, np.maximum(values.hold - relief, 0)),
    )
