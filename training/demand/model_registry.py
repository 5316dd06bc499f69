"""Finds demand models by name: built-in ones and those of other packages (`retail_brain.demand_models`)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from features.demand.history import DemandHistory
from retail_brain.errors import ExtensionError, UsageError
from retail_brain.extensions import extension_names, load_extension, outside_code, unusable
from retail_brain.progress import SILENT, Progress
from training.demand.config import DemandConfig
from training.demand.mean_model import MeanModel
from training.demand.models.exponential_smoothing import SeriesSmoothing
from training.demand.models.weekday_level import WeekdayLevel
from training.demand.protocol import DemandMean, SeriesForecaster

TREES: Final = "lightgbm"
"""Name of the boosted trees, the default; the only model with drivers and what-if."""
SERIES_MODELS: Final[Mapping[str, type[SeriesForecaster]]] = MappingProxyType(
    {"exponential_smoothing": SeriesSmoothing, "weekday_level": WeekdayLevel}
)


def demand_model_names() -> tuple[str, ...]:
    """Every name that `settings.demand.model` may have, the default first.

    Raises:
        ExtensionError: a package declares the name of a built-in model.
    """
    declared = extension_names("demand_models")
    taken = sorted({TREES, *SERIES_MODELS} & set(declared))
    if taken:
        raise ExtensionError(
            f"an installed package declares the demand models {taken}, which are built in. Rename its entry points."
        )
    return (TREES, *SERIES_MODELS, *declared)


def series_model(name: str) -> type[SeriesForecaster]:
    """The class of a model other than the boosted trees.

    Raises:
        UsageError: there is no such model.
        ExtensionError: its class cannot be imported or does not keep to the protocol.
    """
    names = demand_model_names()
    if name not in names or name == TREES:
        raise UsageError(
            f"there is no demand model {name!r}; wanted one of {', '.join(names)}. Correct --model or "
            "settings.demand.model, or install the package that declares it."
        )
    return SERIES_MODELS[name] if name in SERIES_MODELS else protocol_class(name, load_extension("demand_models", name))


def check_model_name(name: str) -> None:
    """Checks that a model can be trained, before anything is read.

    Raises:
        UsageError: there is no such model.
        ExtensionError: its class cannot be imported or does not keep to the protocol.
    """
    demand_model_names()  # refuses a package that declares the name of a built-in model
    if name != TREES:
        series_model(name)


def fit_mean(history: DemandHistory, config: DemandConfig, progress: Progress = SILENT) -> DemandMean:
    """Fits the model that the configuration names.

    Raises:
        UsageError: there is no such model.
        ExtensionError: a model of another package fails, or its `fit` gives something else than a model.
    """
    name = config.demand.model
    if name == TREES:
        return MeanModel.fit(history, config)
    model = series_model(name)
    if name in SERIES_MODELS:
        return model.fit(history, config, progress)
    with outside_code("demand_models", name, f"it was fitted on {history.series.height:,} series"):
        fitted = model.fit(history, config, progress)
    if not isinstance(fitted, model) or getattr(fitted, "config", None) is not config:
        raise unusable(
            "demand_models",
            name,
            f"(class {model.__name__}) was fitted to a {type(fitted).__name__}; wanted a {model.__name__} that was "
            "given the configuration (`super().__init__(config)`)",
        )
    return fitted


def protocol_class(name: str, found: object) -> type[SeriesForecaster]:
    """The class of a model, checked against the protocol.

    Raises:
        ExtensionError: it is no subclass of `SeriesForecaster`, or lacks a method or a label.
    """
    if not (isinstance(found, type) and issubclass(found, SeriesForecaster)):
        raise unusable(
            "demand_models", name, f"is {found!r}; wanted a subclass of training.demand.protocol.SeriesForecaster"
        )
    missing = sorted(getattr(found, "__abstractmethods__", ()))
    label = getattr(found, "label", None)
    if missing or not isinstance(label, Mapping) or not all(label.get(language) for language in ("en", "zh")):
        raise unusable(
            "demand_models",
            name,
            f"lacks {missing or 'a label'}; wanted every method of SeriesForecaster and a `label` with texts under "
            f"'en' and 'zh', got {label!r}",
        )
    return found
