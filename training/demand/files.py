"""A demand model as plain files."""

import json
from pathlib import Path

import lightgbm as lgb
import numpy as np

from features.demand import FEATURES, Vocabulary
from retail_brain.errors import ModelError
from retail_brain.files import write_json
from training.demand.calibration import Calibration
from training.demand.config import DemandConfig
from training.demand.dispersion import Dispersion
from training.demand.mean import MeanModel
from training.demand.shared import SharedEffects

FORMAT = 2


def write_model(folder: Path, config: DemandConfig, mean: MeanModel, calibration: Calibration) -> None:
    """Writes `model.json`, `dispersion.npz` and, where there are trees, `booster.txt`."""
    vocabulary = mean.vocabulary
    facts = {
        "format": FORMAT,
        "config": config.model_dump(mode="json"),
        "features": list(FEATURES),
        "vocabulary": {
            "stores": vocabulary.stores,
            "departments": vocabulary.departments,
            "categories": vocabulary.categories,
            "event_types": vocabulary.event_types,
        },
        "bias": calibration.bias,
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
    if mean.booster is not None:
        (folder / "booster.txt").write_text(mean.booster.model_to_string(), encoding="utf-8")


def read_model(folder: Path) -> tuple[DemandConfig, MeanModel, Calibration]:
    """Reads what `write_model` wrote.

    Raises:
        ModelError: a file is missing, damaged, or of another version.
    """
    try:
        facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        _check(facts, folder)
        config = DemandConfig.model_validate(facts["config"])
        vocabulary = Vocabulary(**{name: tuple(words) for name, words in facts["vocabulary"].items()})
        text = (folder / "booster.txt").read_text(encoding="utf-8") if facts["has_trees"] else None
        booster = None if text is None else lgb.Booster(model_str=text)
        with np.load(folder / "dispersion.npz", allow_pickle=False) as arrays:
            dispersion = Dispersion(arrays["rates"], arrays["splits"], arrays["variances"])
            shared = SharedEffects(arrays["shared"])
    except (OSError, ValueError, KeyError, TypeError, lgb.basic.LightGBMError) as error:
        raise ModelError(f"{folder} is not a demand model: {error}. Train it again.") from error
    return config, MeanModel(config, vocabulary, booster), Calibration(float(facts["bias"]), dispersion, shared)


def _check(facts: dict[str, object], folder: Path) -> None:
    if facts.get("format") != FORMAT or facts.get("features") != list(FEATURES):
        raise ModelError(
            f"the demand model in {folder} was made by another version of this software, format {facts.get('format')}; "
            f"wanted format {FORMAT} with the present features. Train it again."
        )
