"""Verbs of replenishment: replenish, and simulate, which replays order policies on recorded demand."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.champions import load_forecaster
from retail_brain.cli.context import current
from retail_brain.cli.option_groups import DataOptions, SeriesOptions
from retail_brain.cli.options import LakeOption, OutOption, SeedOption, StoresOption, parse_day
from retail_brain.cli.table_files import read_table, write_table

if TYPE_CHECKING:
    from retail_brain.dataset import Dataset
    from serving.planning.stock.supply_side import Forecaster


def replenish(
    out: OutOption,
    data: DataOptions = DataOptions(),
    budget: Annotated[float | None, typer.Option(help="Money that all orders together may cost.")] = None,
    limits: Annotated[
        Path | None,
        typer.Option("--limits", help="CSV or Parquet: limit, unit, capacity, and what it is restricted to."),
    ] = None,
    only: SeriesOptions = SeriesOptions(),
    seed: SeedOption = 0,
) -> None:
    """Order suggestions with their numbers and reasons: one row per store and product.

    With --limits, STEM_limits beside the file has the shadow price of each limit: the value of one unit more of it.

    Needs sales and a champion demand model; uses inventory, supply, prices, products and assortment where they are.
    """
    import polars as pl

    from serving.planning.stock.limits_file import with_budget
    from serving.planning.stock.order_suggestions import suggest, suggest_within
    from serving.planning.stock.plan_request import PlanRequest

    chosen = current()
    scarce = None if limits is None else with_budget(read_table(limits, "--limits", as_text=True), budget)
    dataset, progress = data.dataset(), chosen.progress
    with progress.step("replenish") as step:
        request = PlanRequest(dataset, load_forecaster(dataset), chosen.settings, only.filter(), seed, progress)
        if scarce is None:
            table = suggest(request, budget=budget)
        else:
            table, prices = suggest_within(request, scarce)
            write_table(prices, out.with_name(f"{out.stem}_limits{out.suffix}"))
            for row in prices.filter(pl.col("worth_of_one_more") > 0).head(10).iter_rows(named=True):
                progress.say(f"  {row['limit']}: {row['reason']}")
        write_table(table, out)
        step.rows = table.height
        step.note = f"{int((table['order_quantity'] > 0).sum()):,} orders -> {out}"


@dataclass(frozen=True)
class _Days:
    """The days that are played, and those before them that parameters are tuned on."""

    first: Annotated[
        str | None, typer.Option("--from", help="First day played.", show_default="91 days, 26 weeks or a year")
    ] = None
    last: Annotated[
        str | None, typer.Option("--until", help="Last day played.", show_default="end of the last period sold")
    ] = None
    tune_days: Annotated[
        int | None,
        typer.Option(
            min=0, help="Days before --from to tune parameters on.", show_default="56, 336 for weeks, 365 for months"
        ),
    ] = None


@dataclass(frozen=True)
class _Forecasts:
    """The forecasts that suggestions rest on, and how often they are made anew."""

    forecast: Annotated[str, typer.Option(help="What suggestions rest on: model or moving.")] = "model"
    refresh_days: Annotated[
        int | None,
        typer.Option(min=1, help="How often the model forecasts anew.", show_default="7, or every month"),
    ] = None
    refit_days: Annotated[
        int | None,
        typer.Option(
            min=1, help="How often the model is fitted anew.", show_default="31, 91 for weeks, 182 for months"
        ),
    ] = None
    seed: Annotated[int, typer.Option(help="Seed of demand recovery and sample paths.")] = 0


@dataclass(frozen=True)
class _Plan:
    """What a plan may do besides ordering."""

    transfers: Annotated[
        bool, typer.Option("--transfers/--no-transfers", help="Whether the plan may move goods between shops.")
    ] = True
    markdowns: Annotated[
        bool, typer.Option("--markdowns/--no-markdowns", help="Whether the plan may lower prices of left-overs.")
    ] = True


def simulate(
    out: Annotated[Path, typer.Option("--out", help="Folder to write the report to.")],
    days: _Days = _Days(),
    policy: Annotated[
        list[str] | None,
        typer.Option(
            help="suggested, tuned, matched, cover, legacy, perfect, recorded; or service_level, fill_rate, economic, "
            "newsvendor, reorder, or an installed policy; may be repeated."
        ),
    ] = None,
    stores: StoresOption = None,
    forecasts: _Forecasts = _Forecasts(),
    plan: _Plan = _Plan(),
    lake: LakeOption = None,
) -> None:
    """Replays order policies on recorded demand, day by day: cost, fill rate, waste, stock, with plots.

    With data.period = "week" or "month" whole weeks or months are played; lead times and reviews stay in days.

    Needs sales; uses inventory (lost demand, opening stock), supply, prices and products. Demand models are fitted on
    what was known on their day, and parameters are tuned on the days before the first.
    """
    from datetime import timedelta

    from features.demand.periods import last_visible_day
    from retail_brain.errors import UsageError
    from serving.planning.replay.periods import PLAYED_DAYS
    from serving.planning.replay.rolling_forecasts import Rolling
    from serving.planning.replay.run import POLICIES, replay
    from serving.planning.replay.tuning import ReplaySetup

    if forecasts.forecast not in {"model", "moving"}:
        raise UsageError(f"--forecast {forecasts.forecast!r} is unknown; wanted model or moving.")
    chosen = current()
    dataset = chosen.dataset(lake)
    period = chosen.settings.data.period
    until = parse_day(days.last, "--until") if days.last else last_visible_day(dataset, period)
    begin = parse_day(days.first, "--from") if days.first else until - timedelta(days=PLAYED_DAYS[period] - 1)
    setup = ReplaySetup(
        dataset.at(until),
        chosen.settings,
        stores,
        fit=_fit if forecasts.forecast == "model" else None,
        rolling=Rolling(forecasts.refresh_days, forecasts.refit_days, seed=forecasts.seed),
        transfers=plan.transfers,
        markdowns=plan.markdowns,
        progress=chosen.progress,
    )
    report = replay(setup, begin, until, policies=policy or POLICIES, tune_days=days.tune_days)
    report.write(out, f"Replay {begin} to {until}")
    for line in (out / "REPORT.md").read_text(encoding="utf-8").splitlines()[2:]:
        if line.startswith(("|", "*")):
            chosen.progress.say(line)
    chosen.progress.say(f"Report: {out / 'REPORT.md'}")


def _fit(dataset: "Dataset") -> "Forecaster":
    """Demand model fitted on a dataset as of its day."""
    from training.demand.config import preset_config
    from training.demand.model import DemandModel

    return DemandModel.fit(dataset, preset_config(current().settings, "fast"))
