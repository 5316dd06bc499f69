"""A demand model as plain files."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np

from features.demand.feature_matrix import FEATURES, Vocabulary
from retail_brain.errors import ModelError
from retail_brain.files import write_json
from training.demand.calibration import Calibration
from training.demand.common_effects import SharedEffects
from training.demand.config import DemandConfig
from training.demand.dispersion import Dispersion
from training.demand.level_model import LevelModel
from training.demand.mean_model import MeanModel
from training.demand.totals_model import GroupModel

FORMAT = 3


def write_model(folder: Path, config: DemandConfig, mean: MeanModel, calibration: Calibration) -> None:
    """Writes `model.json`, `dispersion.npz` and, where there are trees, `booster.txt` and `group_booster.txt`."""
    facts = {
        "format": FORMAT,
        "config": config.model_dump(mode="json"),
        "features": list(FEATURES),
        "vocabulary": asdict(mean.vocabulary),
        "bias": calibration.bias,
        "group_weight": calibration.group_weight,
        "groups": _group_facts(mean.groups),
        "has_trees": mean.booster is not None,
    }
    write_json(folder / "model.json", facts)
    dispersion = calibration.dispersion
    np.savez(
        folder / "dispersion.npz",
        rates=dispersion.rates,
        splits=dispersion.splits,
        variances=dispersion.variances,
        shared=calibration.shared.variances,
    )
    _write_booster(folder / "booster.txt", mean.booster)
    if mean.groups is not None:
        _write_booster(folder / "group_booster.txt", mean.groups.trees.booster)


def read_model(folder: Path) -> tuple[DemandConfig, MeanModel, Calibration]:
    """Reads what `write_model` wrote.

    Raises:
        ModelError: a file is missing, damaged, or of another version.
    """
    try:
        facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        _check(facts, folder)
        config = DemandConfig.model_validate(facts["config"])
        booster = _read_booster(folder / "booster.txt", present=facts["has_trees"])
        mean = MeanModel(
            config, _vocabulary(facts["vocabulary"]), booster, _read_groups(folder, facts["groups"], config)
        )
        with np.load(folder / "dispersion.npz", allow_pickle=False) as arrays:
            dispersion = Dispersion(arrays["rates"], arrays["splits"], arrays["variances"])
            shared = SharedEffects(arrays["shared"])
        calibration = Calibration(float(facts["bias"]), dispersion, shared, float(facts["group_weight"]))
    except (OSError, ValueError, KeyError, TypeError, lgb.basic.LightGBMError) as error:
        raise ModelError(f"{folder} is not a demand model: {error}. Train it again.") from error
    return config, mean, calibration


def _group_facts(groups: GroupModel | None) -> dict[str, object] | None:
    if groups is None:
        return None
    return {"vocabulary": asdict(groups.trees.vocabulary), "has_trees": groups.trees.booster is not None}


def _read_groups(folder: Path, facts: dict[str, Any] | None, config: DemandConfig) -> GroupModel | None:
    if facts is None:
        return None
    booster = _read_booster(folder / "group_booster.txt", present=facts["has_trees"])
    return GroupModel(LevelModel(config.of_groups(), _vocabulary(facts["vocabulary"]), booster))


def _vocabulary(facts: dict[str, list[str]]) -> Vocabulary:
    return Vocabulary(**{name: tuple(words) for name, words in facts.items()})


def _write_booster(path: Path, booster: lgb.Booster | None) -> None:
    if booster is not None:
        path.write_text(booster.model_to_string(), encoding="utf-8")


def _read_booster(path: Path, *, present: bool) -> lgb.Booster | None:
    return lgb.Booster(model_str=path.read_text(encoding="utf-8")) if present else None


def _check(facts: dict[str, object], folder: Path) -> None:
    if facts.get("format") != FORMAT or facts.get("features") != list(FEATURES):
        raise ModelError(
            f"the demand model in {folder} was made by another version of this software, format {facts.get('format')}; "
            f"wanted format {FORMAT} with the present features. Train it again."
        )
