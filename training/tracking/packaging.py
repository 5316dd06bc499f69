"""Packages a model for MLflow: its signature, pip requirements, and the code that reads its files."""

import zipfile
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from mlflow.models import ModelSignature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema

import retail_brain
from retail_brain.outputs import quantile_column
from training.bundle import Kind

_CODE_PACKAGES = ("retail_brain", "features", "training")
_LIBRARIES = (
    "dataframely",
    "deltalake",
    "holidays",
    "implicit",
    "lightgbm",
    "mlflow",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "pydantic",
    "rich",
    "scipy",
    "threadpoolctl",
)
"""Libraries that the code in `_CODE_PACKAGES` imports to load a model and predict, by name in the package index."""

_QUANTILES = (0.1, 0.5, 0.9)
"""Probabilities of the quantile columns in the example of a model's signature."""
# `training.recommender.scoring.SCORED` in MLflow's types, written out: to import it would load LightGBM for every verb
# that only reads the registry
_SCORED_COLUMNS = {
    "customer_id": "string",
    "product_id": "string",
    "probability": "double",
    "kind": "string",
    "due_on": "datetime",
    "reason": "string",
    "gap_days": "integer",
    "probability_7d": "double",
    "probability_14d": "double",
    "probability_28d": "double",
}
_OPTIONAL_COLUMNS = frozenset({"due_on", "gap_days", "probability_7d", "probability_14d", "probability_28d"})


def signature(kind: Kind, config: Mapping[str, Any]) -> ModelSignature:
    """Signature of `training.mlflow_predict.predict`: columns of input and output, and its parameters.

    Args:
        kind: demand or recommender.
        config: how the model was fitted; its horizon (periods) and quantiles are the defaults of those parameters.
    """
    data_params = [ParamSpec(name, "string", None) for name in ("lake", "home")]
    data_params += [ParamSpec("tenant", "string", "main"), ParamSpec("as_of", "string", None)]
    if kind == "recommender":
        outputs = [
            ColSpec(dtype, name, required=name not in _OPTIONAL_COLUMNS) for name, dtype in _SCORED_COLUMNS.items()
        ]
        params = [*data_params, ParamSpec("k", "long", 0)]
        return ModelSignature(Schema([ColSpec("string", "customer_id")]), Schema(outputs), ParamSchema(params))
    quantiles = _quantiles(config)
    keys = [ColSpec("string", name) for name in ("store_id", "product_id")]
    numbers = [ColSpec("double", name) for name in ("forecast", *map(quantile_column, quantiles))]
    params = [
        *data_params,
        ParamSpec("horizon", "long", int(config.get("horizon", 28))),
        ParamSpec("quantiles", "double", list(quantiles), shape=(-1,)),
    ]
    return ModelSignature(Schema(keys), Schema([*keys, ColSpec("datetime", "date"), *numbers]), ParamSchema(params))


def requirements() -> list[str]:
    """Pip requirements: the libraries in the versions installed here; all of them are in the public index."""
    # retail-brain itself is not named: it is in no index, so pip would fail; its code travels as a zip file
    return [f"{name}=={version}" for name in _LIBRARIES if (version := _version(name)) is not None]


def write_code(target: Path) -> None:
    """Writes the sources of the packages that load a model into a zip file, which Python can import from."""
    root = Path(retail_brain.__file__).resolve().parent.parent
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for package in _CODE_PACKAGES:
            for path in sorted((root / package).rglob("*.py")):
                archive.write(path, path.relative_to(root).as_posix())


def _quantiles(config: Mapping[str, Any]) -> Sequence[float]:
    demand = config.get("demand")
    values = demand.get("quantiles") if isinstance(demand, Mapping) else None
    return [float(value) for value in values] if values else list(_QUANTILES)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
