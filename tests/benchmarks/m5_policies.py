"""Order policies on 2,000 series of M5 with made-up supply terms: cost and fill rate, each at equal service."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from retail_brain.decisions.arrays import Floats
from retail_brain.decisions.supply_terms import Terms, complete_terms
from retail_brain.settings import OrderPolicy, ReplenishmentSettings
from retail_brain.simulation.engine import Policy, simulate
from retail_brain.simulation.forecasts import MovingAverageForecast
from retail_brain.simulation.policies import (
    Cover,
    Forecast,
    OrderUpTo,
    SuggestedOrders,
    baseline_order_up_to,
    perfect_forecast,
    periodic_reviews,
)
from retail_brain.simulation.scenario import NON_PERISHABLE, Environment, OpeningStock

LEAD, REVIEW, LIFE, ORDER_COST = 2, 3, 7, 0.25
BEFORE, HORIZON = 120, 12
LEVELS = (0.3, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.995)
PENALTIES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 20.0, 60.0)
COVERS = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 9.0, 12.0, 16.0, 21.0)


@dataclass(frozen=True)
class Shop:
    """2,000 series and the rules they are played by.

    Two days of lead time, half a day uncertain; an order every third day; packs of 1, 3 or 6; a third of the series
    keeps for a week only. Price 2, cost 1; a lost unit costs its margin and 1 more; holding .02 a unit and day; an
    order line .25; what dates out costs its cost.
    """

    demand: Floats
    world: Environment
    terms: Terms
    opening: OpeningStock

    @classmethod
    def of(cls, demand: Floats, seed: int = 5) -> "Shop":
        rng = np.random.default_rng(seed)
        series, days = len(demand), demand.shape[1] - BEFORE
        fresh = rng.random(series) < 1 / 3
        ids = pl.DataFrame({"store_id": np.full(series, "s"), "product_id": np.arange(series).astype(str)})
        rows = ids.with_columns(
            lead_time_days=pl.lit(float(LEAD)),
            lead_time_sd_days=pl.lit(0.5),
            review_period_days=pl.lit(float(REVIEW)),
            case_pack=pl.Series(rng.choice([1.0, 3.0, 6.0], series)),
            unit_price=pl.lit(2.0),
            unit_cost=pl.lit(1.0),
            stockout_cost=pl.lit(1.0),
            holding_cost_per_day=pl.lit(0.02),
            shelf_life_days=pl.Series(np.where(fresh, float(LIFE), np.nan)).fill_nan(None),
        )
        ones = np.ones(series)
        world = Environment(
            demand=demand[:, BEFORE:],
            counted=np.ones((series, days), dtype=bool),
            lead=np.full(series, LEAD),
            life=np.where(fresh, LIFE, NON_PERISHABLE),
            holding=0.02 * ones,
            short=2 * ones,
            unit_cost=ones,
            order_cost=ORDER_COST * ones,
            late=np.rint(rng.normal(0, 0.5, (series, days + 1))).astype(np.int64),
        )
        opening = OpeningStock(np.ceil(demand[:, BEFORE - 28 : BEFORE].mean(axis=1) * 5), np.zeros((series, 1)))
        return cls(demand, world, complete_terms(rows, ids, ReplenishmentSettings()), opening)

    @property
    def review(self) -> np.ndarray:
        return periodic_reviews(self.world.periods, REVIEW)

    def suggested(self, forecast: Forecast, policy: OrderPolicy, setting: float | None) -> SuggestedOrders:
        series = len(self.demand)
        settings, terms = ReplenishmentSettings(policy=policy, order_cost=ORDER_COST), self.terms
        if policy == "service_level":
            terms = replace(terms, service_level=np.full(series, setting))
        elif policy == "fill_rate":
            terms = replace(terms, fill_rate=np.full(series, setting))
        elif setting is not None:
            settings = settings.model_copy(update={"lost_unit_cost": setting})
        starts = np.datetime64("2025-01-01") + np.arange(self.world.periods + HORIZON + 8)
        return SuggestedOrders(forecast, terms, starts, self.review, settings)

    def legacy(self, level: float) -> OrderUpTo:
        past, days = self.demand[:, BEFORE - 56 : BEFORE], np.ones(len(self.demand))
        upto = baseline_order_up_to(past.mean(axis=1), past.std(axis=1), LEAD * days, REVIEW * days, level * days)
        return OrderUpTo(upto, self.review, self.terms.case_pack)

    def cover(self, days: float) -> Cover:
        mean = MovingAverageForecast(self.demand, BEFORE, 30).mean
        return Cover(mean, days, self.review, self.terms.case_pack, up=True)


def compare(demand: Floats, out: Path | None) -> None:
    """Plays every policy at several settings; prints what each needs at equal service, and plots cost over service."""
    shop = Shop.of(demand)
    rates = MovingAverageForecast(demand, BEFORE, HORIZON)
    made = {period: rates(period) for period in range(-1, shop.world.periods, REVIEW)}
    tried: list[tuple[str, float, Policy]] = []
    for name, settings in (("service_level", LEVELS), ("fill_rate", (0.6, 0.75, *LEVELS[3:]))):
        tried += [(name, level, shop.suggested(made.__getitem__, name, level)) for level in settings]
    for name in ("economic", "newsvendor", "reorder"):
        tried += [(name, extra, shop.suggested(made.__getitem__, name, extra)) for extra in PENALTIES]
    tried += [("cover", days, shop.cover(days)) for days in COVERS]
    tried += [("legacy", level, shop.legacy(level)) for level in (*LEVELS, 0.9999, 0.999999)]
    tried.append(("perfect", 0.0, shop.suggested(perfect_forecast(shop.world.demand, HORIZON), "economic", None)))
    table = pl.DataFrame([_point(shop, *trial) for trial in tried])
    _tell(table)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        table.write_csv(out / "m5_policies.csv")
        _plot(table, out / "m5_cost_to_service.png")


def _point(shop: Shop, name: str, setting: float, policy: Policy) -> dict[str, str | float]:
    outcome = simulate(shop.world, policy, shop.opening)
    return {
        "policy": name,
        "setting": setting,
        "fill_rate": outcome.fill_rate,
        "cost": float(outcome.cost(shop.world).sum()),
        "stock": float(outcome.held.sum()) / shop.world.periods,
        "wasted": float(outcome.wasted.sum()),
        "lines": float(outcome.lines.sum()),
    }


def _tell(table: pl.DataFrame) -> None:
    for fill in (0.85, 0.9, 0.95, 0.98):
        print(f"at {fill:.0%} of demand served: cost (stock, wasted units, order lines)")
        for (name,), part in table.group_by("policy", maintain_order=True):
            points = part.sort("fill_rate")
            low, high = points["fill_rate"][0], points["fill_rate"][-1]
            if not low <= fill <= high or points.height < 2:
                continue
            at = {
                column: float(np.interp(fill, points["fill_rate"].to_numpy(), points[column].to_numpy()))
                for column in ("cost", "stock", "wasted", "lines")
            }
            print(f"  {name}: {at['cost']:,.0f} ({at['stock']:,.0f}, {at['wasted']:,.0f}, {at['lines']:,.0f})")
    print("cheapest setting of each")
    for row in table.sort("cost").unique("policy", keep="first", maintain_order=True).iter_rows(named=True):
        print(f"  {row['policy']} {row['setting']:g}: cost {row['cost']:,.0f}, fill rate {row['fill_rate']:.2%}")


def _plot(table: pl.DataFrame, path: Path) -> None:
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for (name,), part in table.group_by("policy", maintain_order=True):
        points = part.sort("fill_rate")
        axes.plot(points["fill_rate"], points["cost"], marker="o", markersize=3, label=str(name))
    axes.set_xlabel("share of demand served")
    axes.set_ylabel("cost")
    axes.set_xlim(left=0.6)
    axes.legend(fontsize=8)
    FigureCanvasAgg(figure)
    figure.savefig(path, dpi=110)
