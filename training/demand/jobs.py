"""Runs the training jobs of the demand model, for `train demand` and `promote demand`."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from matplotlib.figure import Figure
from pydantic import ValidationError

from features.country import Country, country_of, with_country
from features.demand.accidents import accident_audit
from features.demand.histories import Histories
from retail_brain.checkpoints import Work
from retail_brain.dataset import Dataset
from retail_brain.errors import ModelError
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings
from retail_brain.spacing import spacing_notes
from training.demand.backtest import Backtest, backtest, backtest_windows
from training.demand.backtest_window import CANDIDATE, MODEL_ALONE
from training.demand.common_effects import codes
from training.demand.config import DemandConfig, Preset, histories_of, preset_config
from training.demand.mean_model import MeanModel
from training.demand.memory import check_memory, training_bytes
from training.demand.model import DemandModel
from training.demand.model_registry import check_model_name
from training.demand.plots import calibration_figure, importance_figure, total_figure
from training.jobs import Trained, booster_parameters, window_metrics
from training.metrics import central_intervals

PRIMARY = "pinball"
OF_OLDER_RUNS = {
    "in_own_units": False,
    "blends": False,
    "closes": False,
    "heavy_tails": False,
    "totals_level_days": [14],
}
"""What runs that did not record these parameters did."""


def check(dataset: Dataset, settings: Settings) -> None:
    """Finds out at once what only a person can mend.

    Raises:
        UsageError: the settings name a demand model that there is not, or nothing says which country it is.
    """
    with_country(dataset, settings)
    check_model_name(settings.demand.model)


def train(
    dataset: Dataset,
    settings: Settings,
    preset: Preset = "fast",
    progress: Progress = SILENT,
    work: Work | None = None,
) -> Trained:
    """Backtests on the last windows, then fits on everything, calibrated on what the backtest saw.

    A history too short for one window is fitted without a backtest. Windows that a killed run of the
    same work had finished are taken over.

    Raises:
        UsageError: the settings name a demand model that there is not, or nothing says which country it is.
        MissingTableError: neither `transactions` nor `daily_sales` is there.
        NotFoundError: no sale is visible.
        ImpossibleError: the last sale lies too long before `as_of`, or it would take more memory than there is.
    """
    settings, country = with_country(dataset, settings)
    config = preset_config(settings, preset)
    check_model_name(config.demand.model)
    _say_country(country, progress)
    _say_spacing(dataset, settings, progress)
    histories = histories_of(dataset, config)
    with progress.step("estimate memory") as step:
        axis, series, _ = histories.series()
        needed_bytes = training_bytes(series, axis.count, config)
        step.rows, step.note = series.height, f"about {needed_bytes / 1e9:.1f} GB"
    check_memory(needed_bytes, f"training on {series.height:,} series")
    with progress.step("choose backtest windows") as step:
        windows = _scorable(histories, backtest_windows(dataset, config, settings.demand.backtest_windows))
        step.note = f"{len(windows)} windows of {config.horizon} periods"
    results = backtest(dataset, config, windows, histories=histories, work=work, progress=progress) if windows else None
    residuals = results.residuals if results else ()
    accidents = _accidents(histories, progress)
    _say_drivers(histories, progress)
    model = DemandModel.fit(dataset, config, residuals=residuals, histories=histories, progress=progress)
    return Trained(
        model=model,
        config=config.model_dump(mode="json"),
        metrics=results.means() if results else {PRIMARY: float("nan")},
        windows=windows,
        primary=(PRIMARY, "lower"),
        figures=_figures(model, results),
        tables=_tables(model, results, _simple_models(model, histories, progress)) | {"accidents": accidents},
        window_metrics=window_metrics(results.scores, CANDIDATE) if results else {},
        learning=_learning(model),
    )


def evaluate_config(
    dataset: Dataset,
    settings: Settings,
    config: Mapping[str, Any],
    windows: Sequence[date],
    progress: Progress = SILENT,
    work: Work | None = None,
) -> dict[str, float]:
    """Means over given windows of a model fitted by a configuration that a run recorded; goes on as `train` does.

    Raises:
        ModelError: the configuration was made by another version of this software.
        ImpossibleError: there is no window, or no series to score in one.
    """
    try:
        parsed = DemandConfig.model_validate({**OF_OLDER_RUNS, **config})
    except ValidationError as error:
        raise ModelError(
            f"the recorded configuration cannot be used by this version of the software: {error}. Train again."
        ) from error
    country = country_of(dataset, settings)
    code = parsed.data.country if country is None else country.code
    parsed = parsed.model_copy(update={"data": settings.data.model_copy(update={"country": code})})
    results = backtest(dataset, parsed, windows, scoring=MODEL_ALONE, work=work, progress=progress)
    return results.means()


def _say_spacing(dataset: Dataset, settings: Settings, progress: Progress) -> None:
    if dataset.has("daily_sales"):
        for note in spacing_notes(dataset.scan("daily_sales"), settings.data.period):
            progress.say(f"  note: {note}")


def _say_country(country: Country, progress: Progress) -> None:
    """Says whose festivals count where the settings do not."""
    if country.basis == "settings":
        return
    words = {
        "stores": ("the stores", "门店"),
        "regions": ("the stores' regions", "门店地区"),
        "currency": ("the currency", "货币"),
    }
    english, chinese = words[country.basis]
    code, others = country.code, country.others
    ignored = f" {others} stores of other countries get them too." if others else ""
    ignored_zh = f"另有 {others} 家门店在别的国家，也按此计算。" if others else ""
    progress.say(
        f"  country {code}, by {english}: its public holidays and festivals count.{ignored} Another: country under "
        f"[data] in settings.toml.\n"
        f"  国家 {code}（按{chinese}判断）：采用其节假日。{ignored_zh}"
        "如不对，请在 settings.toml 的 [data] 里写明 country。"
    )


def _say_drivers(histories: Histories, progress: Progress) -> None:
    """Says which drivers of the table `drivers` are features, and which are not."""
    drivers = histories.whole().outside
    if drivers is None:
        return
    with progress.step("drivers") as step:
        named = (f"{name} ({'known ahead' if ahead else 'past only'})" for name, ahead in drivers.facts)
        left_out = f"; left out beyond demand.most_drivers: {', '.join(drivers.left_out)}" if drivers.left_out else ""
        step.rows, step.note = drivers.rows.height, ", ".join(named) + left_out


def _scorable(histories: Histories, windows: list[date]) -> list[date]:
    """The windows at whose cutoff some series of the panel was on sale."""
    scorable = []
    for cutoff in windows:
        axis, series, _ = histories.series(cutoff)
        if series.filter(pl.col("end") > axis.count).height:
            scorable.append(cutoff)
    return scorable


def _accidents(histories: Histories, progress: Progress) -> pl.DataFrame:
    """Days whose recorded units the model does not count (`features.demand.accidents.accident_audit`)."""
    history = histories.whole()
    with progress.step("accidents") as step:
        audit = accident_audit(history.accidents, history.series, history.axis)
        step.rows, step.note = audit.height, "days whose units do not count as recorded; see `accidents`"
    return audit


def _learning(model: DemandModel) -> dict[str, Any]:
    if not isinstance(model.mean, MeanModel):
        return {}
    trees = booster_parameters("lightgbm", model.mean.booster)
    totals = model.mean.totals
    return trees | (booster_parameters("lightgbm_totals", totals.trees.booster) if totals is not None else {})


def _figures(model: DemandModel, results: Backtest | None) -> dict[str, Figure]:
    figures = {"importance": importance_figure(model.importance)} if model.importance else {}
    if results is not None:
        figures["calibration"] = calibration_figure(results.pit)
        widest = central_intervals(model.config.demand.quantiles)
        if widest:
            figures["forecast_and_actual"] = total_figure(results.forecasts, widest[0])
    return figures


def _simple_models(model: DemandModel, histories: Histories, progress: Progress) -> pl.DataFrame:
    """Groups of series that follow a simple model (`training.demand.blend.Blend.table`)."""
    blend = model.calibration.blend
    names = histories.whole().series["store_id" if blend.by == "store" else blend.by].unique()
    name_of = dict(zip(codes(names).tolist(), names, strict=True))
    with progress.step("simple models") as step:
        table = blend.table(lambda code: name_of.get(code, "?"))
        step.rows = table.height
        if model.config.competitors:
            step.note = "groups of series follow one in part or whole; see the run's table simple_models"
        else:
            step.note = "none competes with this model"
    return table


def _tables(model: DemandModel, results: Backtest | None, simple_models: pl.DataFrame) -> dict[str, pl.DataFrame]:
    shares = model.importance
    importance = pl.DataFrame({"feature": list(shares), "share": list(shares.values())})
    if results is None:
        return {"importance": importance}
    return {
        "scores": results.scores,
        "sums": results.sums,
        "totals": results.totals,
        "stores": results.by_store(model.config.demand.quantiles),
        "beside_ets": results.ets,
        "calibration": results.calibration(),
        "importance": importance,
        "simple_models": simple_models,
    }
