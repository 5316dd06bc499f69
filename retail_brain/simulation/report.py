"""Writes the report of a replay: a table of policies with bootstrap confidence intervals, figures and text."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from retail_brain.decisions.arrays import Floats
from retail_brain.files import atomic_path, write_text
from retail_brain.simulation.engine import Outcome
from retail_brain.simulation.scenario import Environment

_DRAWS = 2000
"""Bootstrap draws of stores and weeks for each interval. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class PolicyResult:
    """Result of one policy of a replay.

    Attributes:
        name: of the policy.
        units: sums over the series: demand, sold, lost, wasted, held (unit-periods), lines; of simulations also refused
            (the warehouse had too little), moved_out (between shops) and extra (sold for less).
        money: the same of holding, lost sales, waste, moving, and lower prices.
        blocks: per series and block of periods: units of demand, sold and wasted, and money of cost.
        outcome: the simulation; None for recorded history.
    """

    name: str
    units: Mapping[str, float]
    money: Mapping[str, float]
    blocks: Mapping[str, Floats]
    outcome: Outcome | None = None

    @classmethod
    def of(cls, name: str, outcome: Outcome, environment: Environment) -> "PolicyResult":
        """The result of a simulation."""
        names = ("demand", "sold", "lost", "wasted", "held", "lines", "refused", "moved_out", "extra")
        units = {result: float(getattr(outcome, result).sum()) for result in names}
        money = {
            "holding": float((outcome.held * environment.holding).sum()),
            "lost": float((outcome.lost * environment.short).sum()),
            "waste": float((outcome.wasted * environment.unit_cost).sum()),
            "moving": float(outcome.moving.sum()),
            "prices": float(outcome.given_up.sum()),
        }
        return cls(name, units, money, outcome.blocks, outcome)

    @property
    def cost(self) -> float:
        """Total cost, money."""
        return float(self.blocks["cost"].sum())


def summary(results: list[PolicyResult], stores: list[str], periods: int, baseline: str, seed: int = 0) -> pl.DataFrame:
    """One row per policy: cost, fill rate, units lost and wasted, mean stock, orders, and cost against the baseline.

    Intervals are 95 % bootstraps over stores and blocks of time (weeks, months) at once: both are drawn with
    replacement, and a draw counts the blocks drawn of the stores drawn. Null with fewer than three stores.

    Args:
        results: results of policies on the same series.
        stores: store of each series.
        periods: periods of the replay.
        baseline: policy that the others are compared with.
        seed: of the bootstrap.
    """
    reference = next(result for result in results if result.name == baseline)
    draws = _Draws(stores, reference.blocks["cost"].shape[1], seed)
    rows = []
    for result in results:
        cost, fill = draws.ratio(result, "cost", reference, "cost"), draws.ratio(result, "sold", result, "demand")
        rows.append(
            {
                "policy": result.name,
                "cost": result.cost,
                "fill_rate": result.units["sold"] / result.units["demand"] if result.units["demand"] > 0 else 1.0,
                "fill_rate_low": fill[0],
                "fill_rate_high": fill[1],
                "lost_units": result.units["lost"],
                "wasted_units": result.units["wasted"],
                "waste_share_of_baseline": _share(result.units["wasted"], reference.units["wasted"]),
                "holding_cost": result.money["holding"],
                "lost_cost": result.money["lost"],
                "waste_cost": result.money["waste"],
                "mean_stock_units": result.units["held"] / max(periods, 1),
                "orders": result.units["lines"],
                "moved_units": result.units.get("moved_out", 0.0),
                "moving_cost": result.money.get("moving", 0.0),
                "refused_units": result.units.get("refused", 0.0),
                "extra_units": result.units.get("extra", 0.0),
                "price_cost": result.money.get("prices", 0.0),
                "cost_share_of_baseline": _share(result.cost, reference.cost),
                "share_low": cost[0],
                "share_high": cost[1],
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def _share(result: float, whole: float) -> float | None:
    return result / whole if whole > 0 else None


class _Draws:
    """Stores and weeks drawn with replacement, the same for every policy."""

    def __init__(self, stores: list[str], weeks: int, seed: int) -> None:
        names, self._store = np.unique(stores, return_inverse=True)
        self._stores = len(names)
        rng = np.random.default_rng(seed)
        # counts of how often each store is drawn: sums need no copies of the drawn rows
        self._rows = rng.multinomial(self._stores, np.full(self._stores, 1 / self._stores), _DRAWS).astype(np.float64)
        self._columns = rng.multinomial(weeks, np.full(weeks, 1 / weeks), _DRAWS).astype(np.float64)

    def ratio(
        self, result: PolicyResult, name: str, other: PolicyResult, below: str
    ) -> tuple[float | None, float | None]:
        """95 % interval of the ratio of two sums."""
        # the same draws above and below the line: what the two have in common cancels out
        if self._stores < 3:
            return None, None
        shares = self._sums(result.blocks[name]) / np.maximum(self._sums(other.blocks[below]), 1e-12)
        return float(np.quantile(shares, 0.025)), float(np.quantile(shares, 0.975))

    def _sums(self, block: Floats) -> Floats:
        table = np.zeros((self._stores, block.shape[1]))
        np.add.at(table, self._store, block)
        sums: Floats = ((self._rows @ table) * self._columns).sum(axis=1)
        return sums


def write_report(
    folder: Path,
    table: pl.DataFrame,
    curve: pl.DataFrame,
    results: list[PolicyResult],
    *,
    title: str,
    notes: list[str],
    period: str = "day",
) -> None:
    """Writes `summary.csv`, `curve.csv`, `stock_and_lost.png`, `cost_to_service.png` and `REPORT.md` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in (("summary.csv", table), ("curve.csv", curve)):
        with atomic_path(folder / name) as aside:
            frame.write_csv(aside)
    _save(_stock_figure(results, period), folder / "stock_and_lost.png")
    _save(_curve_figure(table, curve), folder / "cost_to_service.png")
    write_text(folder / "REPORT.md", _text(table, title, notes))


def _stock_figure(results: list[PolicyResult], period: str) -> Figure:
    figure = Figure(figsize=(9, 6), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    for result in results:
        if result.outcome is not None:
            upper.plot(result.outcome.per_period["held"], label=result.name, linewidth=1)
            lower.plot(np.cumsum(result.outcome.per_period["lost"]), label=result.name, linewidth=1)
    upper.set_ylabel(f"stock at the end of the {period}, units")
    lower.set_ylabel("lost sales so far, units")
    lower.set_xlabel(f"{period}s")
    upper.legend(fontsize=8)
    return figure


def _curve_figure(table: pl.DataFrame, curve: pl.DataFrame) -> Figure:
    figure = Figure(figsize=(12, 5), layout="constrained")
    labels = {"cost": "cost", "mean_stock_units": "mean stock, units"}
    for axes, (column, label) in zip(figure.subplots(1, 2), labels.items(), strict=True):
        for (policy,), result in curve.group_by("policy", maintain_order=True):
            ordered = result.sort("fill_rate")
            axes.plot(ordered["fill_rate"], ordered[column], marker="o", markersize=3, label=str(policy))
        for row in table.iter_rows(named=True):
            axes.plot(row["fill_rate"], row[column], marker="*", markersize=9, linestyle="none")
            axes.annotate(row["policy"], (row["fill_rate"], row[column]), fontsize=8)
        axes.set_xlabel("share of demand served")
        axes.set_ylabel(label)
        if curve.height:
            axes.legend(fontsize=8)
    return figure


def _save(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure)
    with atomic_path(path) as aside:
        figure.savefig(aside, format="png", dpi=110)


def _text(table: pl.DataFrame, title: str, notes: list[str]) -> str:
    lines = [
        f"# {title}",
        "",
        "| policy | cost | of baseline (95 %) | holding | lost sales | waste | moving | lower prices "
        "| fill rate (95 %) | lost | wasted | mean stock | orders | moved | refused | sold for less |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in table.iter_rows(named=True):
        share = "" if row["cost_share_of_baseline"] is None else f"{row['cost_share_of_baseline']:.1%}"
        fill = f"{row['fill_rate']:.2%}"
        if row["share_low"] is not None:
            share += f" ({row['share_low']:.1%} to {row['share_high']:.1%})"
            fill += f" ({row['fill_rate_low']:.1%} to {row['fill_rate_high']:.1%})"
        costs = ("holding_cost", "lost_cost", "waste_cost", "moving_cost", "price_cost")
        money = " | ".join(f"{row[name]:,.0f}" for name in costs)
        counts = " | ".join(
            f"{row[name]:,.0f}"
            for name in (
                *("lost_units", "wasted_units", "mean_stock_units", "orders", "moved_units", "refused_units"),
                "extra_units",
            )
        )
        lines.append(f"| {row['policy']} | {row['cost']:,.0f} | {share} | {money} | {fill} | {counts} |")
    return "\n".join([*lines, "", *(f"* {note}" for note in notes), "", "![](stock_and_lost.png)", ""]) + (
        "\n![](cost_to_service.png)\n"
    )
