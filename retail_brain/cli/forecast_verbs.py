"""Verbs of demand forecasting: forecast, backtest."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from retail_brain.cli.context import current
from retail_brain.cli.option_groups import DataOptions
from retail_brain.cli.options import AsOfOption, LakeOption, OutOption, SeedOption, StoresOption

if TYPE_CHECKING:
    from retail_brain.dataset import Dataset
    from retail_brain.outputs import SeriesFilter
    from retail_brain.settings import Settings


@dataclass(frozen=True)
class _Asked:
    """Series that are forecast; a product that is named is, even where it never sold."""

    stores: StoresOption = None
    products: Annotated[
        list[str] | None,
        typer.Option("--products", help="Only this product, even where it never sold; may be repeated."),
    ] = None


def forecast(
    out: OutOption,
    horizon: Annotated[int, typer.Option(min=1, max=366, help="Periods ahead.")] = 28,
    data: DataOptions = DataOptions(),
    asked: _Asked = _Asked(),
    explain: Annotated[bool, typer.Option("--explain", help="Add the drivers behind each forecast (slower).")] = False,
    with_overrides: Annotated[
        bool, typer.Option("--with-overrides", help="With what people put in the forecasts' place; else the engine's.")
    ] = False,
    seed: SeedOption = 0,
) -> None:
    """Forecast demand: one row per store, product and date with mean and quantiles.

    A run that was cut off goes on with the stores that are missing when it is asked for again.
    Needs transactions or daily_sales and a champion demand model; uses prices, promotions, calendar, assortment,
    inventory, products and stores where they are.
    """
    from retail_brain.checkpoints import resumable_work, work_beside
    from retail_brain.engine import open_executor
    from retail_brain.files import sha256
    from retail_brain.outputs import SeriesFilter
    from retail_brain.work_digest import work_digest
    from serving.planning.campaigns.demand import tenant_units
    from serving.planning.demand.forecast_table import empty_forecast_table, forecast_table, write_forecast_file
    from serving.planning.demand.overrides import tenant_overrides
    from training.bundle import champion
    from training.demand.applied_overrides import OverriddenModel
    from training.demand.model import DemandModel

    context = current()
    folder = champion(context.workspace, "demand")
    model = DemandModel.load(folder)
    if explain and not model.explains:
        context.progress.say(
            f"  The champion, {model.config.demand.model}, names no drivers (该模型不给出影响因素): none are written."
        )
        explain = False
    dataset, stores, products = data.dataset(), asked.stores, asked.products
    overrides = tenant_overrides(context.workspace) if with_overrides else None
    extra = tenant_units(context.workspace, dataset, context.settings.campaigns) if with_overrides else None
    quantiles = context.settings.demand.quantiles
    arguments = [horizon, stores, products, explain, seed, None if overrides is None else overrides.rows(), quantiles]
    arguments.append(None if extra is None else extra.rows())
    manifest = sha256(folder / "manifest.json")
    digest = work_digest(dataset, forecast_table.__module__, manifest, context.lake_uri(data.lake), *arguments)
    with (
        context.progress.step("forecast") as step,
        resumable_work(work_beside(out)) as work,
        open_executor(context.settings.engine) as executor,
    ):
        finished = work.checkpoints(digest)
        resumed = finished.names()
        base = model.on(executor)
        engine = base if overrides is None else OverriddenModel(base, overrides, extra)
        only = SeriesFilter(stores, products, skip_stores=resumed)
        for of_store in engine.forecast(dataset, horizon, only, explain=explain, seed=seed, progress=context.progress):
            if (table := forecast_table(of_store, quantiles)).height:
                finished.write(table["store_id"][0], table)
        step.rows = write_forecast_file(out, finished, empty_forecast_table(quantiles, explain=explain))
        stores_note = f", {len(resumed)} stores were there from a run that was cut off" if resumed else ""
        step.note = f"-> {out}{stores_note}"
    _say_left_out(dataset, model.config.settings, horizon, SeriesFilter(stores, products), out)


def _say_left_out(dataset: "Dataset", settings: "Settings", horizon: int, only: "SeriesFilter", out: Path) -> None:
    """Says how many series have no forecast and why, and lists them beside the forecasts; nothing if all have one."""
    from features.demand.left_out import counted_reasons, left_out
    from features.demand.series import read_series
    from retail_brain.cli.table_files import write_table

    series = left_out(read_series(dataset, settings, horizon), horizon, only)
    if series.height:
        listed = out.with_name(f"{out.stem}_left_out.csv")
        write_table(series, listed)
        current().progress.say(f"  Without a forecast (无预测): {counted_reasons(series)} -> {listed}")


def backtest(
    kind: Annotated[Literal["demand"], typer.Argument(help="What to backtest.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")],
    horizon: Annotated[int, typer.Option(min=1, max=366, help="Periods ahead.")] = 28,
    windows: Annotated[int, typer.Option(min=1, max=52, help="Rolling origins, a horizon apart.")] = 3,
    lake: LakeOption = None,
    as_of: AsOfOption = None,
    preset: Annotated[Literal["fast", "full"], typer.Option(help="Minutes, or as long as it pays.")] = "fast",
) -> None:
    """Backtest on rolling origins against naive, seasonal naive, moving average, SBA, TSB and ETS.

    Writes forecasts.parquet, scores.csv (per origin and method), sums.csv, beside_ets.csv, calibration.csv (shares of
    randomised PIT by demand class) and pit.parquet. A run that was cut off goes on with the windows that are missing
    when it is asked for again.
    """
    import polars as pl

    from retail_brain.checkpoints import resumable_work
    from retail_brain.csv_cells import safe_cells
    from retail_brain.files import atomic_path
    from training.demand.backtest import backtest as run_backtest
    from training.demand.backtest import backtest_windows
    from training.demand.config import preset_config

    context = current()
    dataset = context.dataset(lake, as_of)
    config = preset_config(context.settings, preset).model_copy(update={"horizon": horizon})
    cutoffs = backtest_windows(dataset, config, windows)
    with resumable_work(context.workspace.work(f"backtest-{kind}")) as work:
        result = run_backtest(dataset, config, cutoffs, work=work, progress=context.progress)
        with atomic_path(out) as aside:
            aside.mkdir()
            result.forecasts.write_parquet(aside / "forecasts.parquet")
            pl.DataFrame({"pit": result.pit}).write_parquet(aside / "pit.parquet")
            safe_cells(result.scores).write_csv(aside / "scores.csv")
            safe_cells(result.sums).write_csv(aside / "sums.csv")
            safe_cells(result.calibration()).write_csv(aside / "calibration.csv")
            safe_cells(result.ets).write_csv(aside / "beside_ets.csv")
    columns = ["wape", "bias", "rmsse", "pinball", *(name for name in result.scores.columns if "coverage" in name)]
    means = result.scores.group_by("method", maintain_order=True).agg(pl.col(columns).mean())
    typer.echo(f"{kind}: means over {len(cutoffs)} windows from {', '.join(map(str, cutoffs))}; details in {out}")
    for row in means.iter_rows(named=True):
        numbers = "  ".join(f"{name} {row[name]:.4f}" for name in columns if row[name] is not None)
        typer.echo(f"  {row['method']:<16}{numbers}")
