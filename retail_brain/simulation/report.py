"""What a replay is told as: a table of policies with confidence intervals, plots, and a page of text."""

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
from retail_brain.simulation.world import World

_DRAWS = 2000


@dataclass(frozen=True)
class Played:
    """A policy's replay.

    Attributes:
        name: of the policy.
        cost: money per series.
        outcome: its units; None for what was recorded rather than replayed.
        units: sums over the series: demand, sold, lost, wasted, held (unit-days), lines.
    """

    name: str
    cost: Floats
    units: Mapping[str, float]
    outcome: Outcome | None = None

    @classmethod
    def of(cls, name: str, outcome: Outcome, world: World) -> "Played":
        """From a replay."""
        names = ("demand", "sold", "lost", "wasted", "held", "lines")
        units = {part: float(getattr(outcome, part).sum()) for part in names}
        return cls(name, outcome.cost(world), units, outcome)


def summary(played: list[Played], stores: list[str], days: int, baseline: str, seed: int = 0) -> pl.DataFrame:
    """One row per policy: cost, fill rate, units lost and wasted, mean stock, orders, and cost against the baseline.

    The interval of the difference is a 95 % bootstrap over stores; null with fewer than three of them.

    Args:
        played: replays of the same series.
        stores: store of each series.
        days: periods played.
        baseline: policy that the others are compared with.
        seed: of the bootstrap.
    """
    base = next(part for part in played if part.name == baseline)
    rows = []
    for part in played:
        low, high = _interval(part.cost, base.cost, stores, seed)
        total, against = float(part.cost.sum()), float(base.cost.sum())
        rows.append(
            {
                "policy": part.name,
                "cost": total,
                "fill_rate": part.units["sold"] / part.units["demand"] if part.units["demand"] > 0 else 1.0,
                "lost_units": part.units["lost"],
                "wasted_units": part.units["wasted"],
                "mean_stock_units": part.units["held"] / max(days, 1),
                "orders": part.units["lines"],
                "cost_share_of_baseline": total / against if against > 0 else None,
                "share_low": low,
                "share_high": high,
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def write_report(
    folder: Path, table: pl.DataFrame, curve: pl.DataFrame, played: list[Played], *, title: str, notes: list[str]
) -> None:
    """Writes `summary.csv`, `curve.csv`, `stock_and_lost.png`, `cost_to_service.png` and `REPORT.md` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in (("summary.csv", table), ("curve.csv", curve)):
        with atomic_path(folder / name) as aside:
            frame.write_csv(aside)
    _save(_days_figure(played), folder / "stock_and_lost.png")
    _save(_curve_figure(table, curve), folder / "cost_to_service.png")
    write_text(folder / "REPORT.md", _text(table, title, notes))


def _interval(cost: Floats, base: Floats, stores: list[str], seed: int) -> tuple[float | None, float | None]:
    frame = pl.DataFrame({"store": stores, "cost": cost, "base": base}).group_by("store", maintain_order=True).sum()
    if frame.height < 3:
        return None, None
    picks = np.random.default_rng(seed).integers(0, frame.height, (_DRAWS, frame.height))
    costs, bases = frame["cost"].to_numpy()[picks].sum(axis=1), frame["base"].to_numpy()[picks].sum(axis=1)
    shares = costs / np.maximum(bases, 1e-12)
    return float(np.quantile(shares, 0.025)), float(np.quantile(shares, 0.975))


def _days_figure(played: list[Played]) -> Figure:
    figure = Figure(figsize=(9, 6), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    for part in played:
        if part.outcome is not None:
            upper.plot(part.outcome.per_period["held"], label=part.name, linewidth=1)
            lower.plot(np.cumsum(part.outcome.per_period["lost"]), label=part.name, linewidth=1)
    upper.set_ylabel("stock at the end of the day, units")
    lower.set_ylabel("lost sales so far, units")
    lower.set_xlabel("days")
    upper.legend(fontsize=8)
    return figure


def _curve_figure(table: pl.DataFrame, curve: pl.DataFrame) -> Figure:
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for (policy,), part in curve.group_by("policy", maintain_order=True):
        ordered = part.sort("mean_stock_units")
        axes.plot(ordered["mean_stock_units"], ordered["fill_rate"], marker="o", markersize=3, label=str(policy))
    for row in table.iter_rows(named=True):
        axes.plot(row["mean_stock_units"], row["fill_rate"], marker="*", markersize=9, linestyle="none")
        axes.annotate(row["policy"], (row["mean_stock_units"], row["fill_rate"]), fontsize=8)
    axes.set_xlabel("mean stock, units")
    axes.set_ylabel("share of demand served")
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
        "| policy | cost | of baseline (95 %) | fill rate | lost | wasted | mean stock | orders |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in table.iter_rows(named=True):
        share = "" if row["cost_share_of_baseline"] is None else f"{row['cost_share_of_baseline']:.1%}"
        if row["share_low"] is not None:
            share += f" ({row['share_low']:.1%} to {row['share_high']:.1%})"
        lines.append(
            f"| {row['policy']} | {row['cost']:,.0f} | {share} | {row['fill_rate']:.2%} | {row['lost_units']:,.0f} | "
            f"{row['wasted_units']:,.0f} | {row['mean_stock_units']:,.0f} | {row['orders']:,.0f} |"
        )
    return "\n".join([*lines, "", *(f"* {note}" for note in notes), "", "![](stock_and_lost.png)", ""]) + (
        "\n![](cost_to_service.png)\n"
    )
