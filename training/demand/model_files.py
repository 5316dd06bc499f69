"""Writes and reads a demand model as plain files, and migrates older formats."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np

from features.demand.feature_matrix import FEATURES, REDEFINED, Vocabulary
from features.demand.outside_drivers import PREFIX
from features.demand.table_features import table_feature_names
from retail_brain.errors import ExtensionError, ModelError, UsageError
from retail_brain.extensions import outside_code
from retail_brain.files import write_json
from training.columns import check_columns, column_definitions
from training.demand.blend import Blend, GroupWeight
from training.demand.calibration import Calibration
from training.demand.common_effects import CommonEffects
from training.demand.config import DemandConfig
from training.demand.dispersion import Dispersion
from training.demand.level_model import LevelModel
from training.demand.mean_model import MeanModel
from training.demand.model_registry import SERIES_MODELS, TREES, series_model
from training.demand.protocol import DemandMean, SeriesForecaster, guarded
from training.demand.simple_models import SIMPLE_MODELS
from training.demand.totals_model import TotalsModel

FORMAT = 7
"""Of `model.json`. A change of what it holds raises it and adds a step to `MIGRATIONS`."""


_OWN_FILES = "mean"
"""Folder of the files that a model other than the boosted trees writes itself."""


def write_model(folder: Path, config: DemandConfig, mean: DemandMean, calibration: Calibration) -> None:
    """Writes `model.json`, `dispersion.npz` and the fitted mean.

    That is `booster.txt` and `group_booster.txt` where there are trees; another model writes into the folder `mean`.
    """
    # "groups", "group_weight" and group_booster.txt are stored names; the code calls them category totals.
    facts = {
        "format": FORMAT,
        "config": config.model_dump(mode="json"),
        "bias": calibration.bias,
        "group_weight": calibration.totals_weight,
        "blend": asdict(calibration.blend),
        **(_tree_facts(mean) if isinstance(mean, MeanModel) else {}),
    }
    write_json(folder / "model.json", facts)
    dispersion = calibration.dispersion
    np.savez(
        folder / "dispersion.npz",
        rates=dispersion.rates,
        splits=dispersion.splits,
        variances=dispersion.variances,
        shared=calibration.common.variances,
    )
    if isinstance(mean, MeanModel):
        _write_trees(folder, mean)
    elif isinstance(mean, SeriesForecaster):
        (folder / _OWN_FILES).mkdir()
        with guarded(mean, "it was written to files"):
            mean.save(folder / _OWN_FILES)


def read_model(folder: Path) -> tuple[DemandConfig, DemandMean, Calibration]:
    """Reads what `write_model` wrote.

    Raises:
        ModelError: a file is missing or damaged, or the model needs columns that this version does not compute, or
            a package that is not installed.
    """
    try:
        facts = migrated(json.loads((folder / "model.json").read_text(encoding="utf-8")), folder)
        config = DemandConfig.model_validate(facts["config"])
        mean = _read_mean(folder, facts, config)
        with np.load(folder / "dispersion.npz", allow_pickle=False) as arrays:
            dispersion = Dispersion(arrays["rates"], arrays["splits"], arrays["variances"])
            shared = CommonEffects(arrays["shared"])
        blend = _read_blend(facts["blend"])
        calibration = Calibration(float(facts["bias"]), dispersion, shared, float(facts["group_weight"]), blend)
    except (OSError, ValueError, KeyError, TypeError, UsageError, lgb.basic.LightGBMError) as error:
        raise ModelError(f"{folder} is not a demand model: {error}. Train it again.") from error
    return config, mean, calibration


def _read_blend(facts: dict[str, Any]) -> Blend:
    weights = tuple(GroupWeight(**group) for group in facts["weights"])
    unknown = {group.model for group in weights} - set(SIMPLE_MODELS)
    if unknown:
        raise ValueError(f"it follows simple models {sorted(unknown)}; this version has {sorted(SIMPLE_MODELS)}")
    return Blend(facts["by"], weights)


def _read_mean(folder: Path, facts: dict[str, Any], config: DemandConfig) -> DemandMean:
    if config.demand.model != TREES:
        return _read_series_model(folder / _OWN_FILES, config)
    columns = _columns(facts, facts["features"], f"the demand model in {folder}", table_feature_names(config.settings))
    booster = _read_booster(folder / "booster.txt", present=facts["has_trees"])
    totals = _read_totals(folder, facts, config)
    return MeanModel(config, _vocabulary(facts["vocabulary"]), booster, totals, columns=columns)


def _read_series_model(folder: Path, config: DemandConfig) -> SeriesForecaster:
    name = config.demand.model
    model = series_model(name)
    if name in SERIES_MODELS:
        return model.load(folder, config)
    try:
        with outside_code("demand_models", name, f"it was read from {folder}"):
            loaded = model.load(folder, config)
    except ExtensionError as error:
        raise ModelError(f"{error} Or train it again.") from error
    if not isinstance(loaded, model):
        raise ModelError(f"the demand model {name!r} was read as a {type(loaded).__name__}; wanted a {model.__name__}.")
    return loaded


def _tree_facts(mean: MeanModel) -> dict[str, object]:
    return {
        "features": list(mean.columns),
        "definitions": dict(REDEFINED),
        "vocabulary": asdict(mean.vocabulary),
        "groups": _totals_facts(mean.totals),
        "has_trees": mean.booster is not None,
    }


def _write_trees(folder: Path, mean: MeanModel) -> None:
    _write_booster(folder / "booster.txt", mean.booster)
    if mean.totals is not None:
        _write_booster(folder / "group_booster.txt", mean.totals.trees.booster)


def _totals_facts(totals: TotalsModel | None) -> dict[str, object] | None:
    if totals is None:
        return None
    trees = totals.trees
    return {
        "features": list(trees.columns),
        "vocabulary": asdict(trees.vocabulary),
        "has_trees": trees.booster is not None,
    }


def _read_totals(folder: Path, facts: dict[str, Any], config: DemandConfig) -> TotalsModel | None:
    stored = facts["groups"]
    if stored is None:
        return None
    booster = _read_booster(folder / "group_booster.txt", present=stored["has_trees"])
    columns = _columns(facts, stored["features"], f"the model of totals in {folder}")
    return TotalsModel(LevelModel(config.for_totals(), _vocabulary(stored["vocabulary"]), booster, columns=columns))


def _columns(facts: dict[str, Any], fitted: list[str], model: str, of_tables: tuple[str, ...] = ()) -> tuple[str, ...]:
    of_drivers = (name for name in fitted if name.startswith(PREFIX))  # of a driver that is gone they are NaN
    present = column_definitions((*FEATURES, *of_tables, *of_drivers), REDEFINED)
    check_columns(column_definitions(fitted, facts["definitions"]), present, model)
    return tuple(fitted)


def _vocabulary(facts: dict[str, list[str]]) -> Vocabulary:
    return Vocabulary(**{name: tuple(words) for name, words in facts.items()})


def _write_booster(path: Path, booster: lgb.Booster | None) -> None:
    if booster is not None:
        path.write_text(booster.model_to_string(), encoding="utf-8")


def _read_booster(path: Path, *, present: bool) -> lgb.Booster | None:
    return lgb.Booster(model_str=path.read_text(encoding="utf-8")) if present else None


def _from_3(facts: dict[str, Any]) -> dict[str, Any]:
    """Format 3 named the features of both models in one list, all of them by their first definition."""
    stored = facts["groups"]
    groups = None if stored is None else stored | {"features": facts["features"]}
    return facts | {"definitions": {}, "groups": groups, "format": 4}


def _from_4(facts: dict[str, Any]) -> dict[str, Any]:
    """Format 4 was fitted on sales in the units of the tables, whatever a product is counted in."""
    return facts | {"config": facts["config"] | {"in_own_units": False}, "format": 5}


def _from_5(facts: dict[str, Any]) -> dict[str, Any]:
    """In format 5 no group of series followed a simple model, and no weekday was closed."""
    return facts | {
        "config": facts["config"] | {"blends": False, "closes": False},
        "blend": asdict(Blend()),
        "format": 6,
    }


def _from_6(facts: dict[str, Any]) -> dict[str, Any]:
    """In format 6 the effects over the horizon were gamma variables, and the level of totals that of 14 days."""
    config = facts["config"] | {"heavy_tails": False, "totals_level_days": [14]}
    return facts | {"config": config, "format": 7}


MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {3: _from_3, 4: _from_4, 5: _from_5, 6: _from_6}
"""From each older format of `model.json` to the next one."""


def migrated(facts: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The facts in the present format.

    Raises:
        ModelError: the format is newer than this software, or too old to be migrated.
    """
    number = facts.get("format")
    while number != FORMAT:
        if number not in MIGRATIONS:
            raise ModelError(
                f"the demand model in {folder} has format {number!r}; this software reads {[*MIGRATIONS, FORMAT]}. "
                "Train and promote a new model, or use the version that made it."
            )
        facts = MIGRATIONS[number](facts)
        number = facts["format"]
    return facts
