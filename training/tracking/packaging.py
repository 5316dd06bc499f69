"""What MLflow stores beside a model's own files: its signature, the libraries it needs and the code that reads it."""

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

CODE_PACKAGES = ("retail_brain", "features", "training")
LIBRARIES = (
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
"""What the code in `CODE_PACKAGES` imports to load a model and predict, by name in the package index."""

_QUANTILES = (0.1, 0.5, 0.9)
"""Probabilities of the quantile columns in the example of a model's signature."""
_PAIRS = {
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
_OPTIONAL = frozenset({"due_on", "gap_days", "probability_7d", "probability_14d", "probability_28d"})


def signature(kind: Kind, config: Mapping[str, Any]) -> ModelSignature:
    """Columns in, columns out and parameters of `training.mlflow_predict.predict`.

    Args:
        kind: which model.
        config: how it was fitted; horizon and quantiles are the defaults of those parameters.
    """
    source = [ParamSpec(name, "string", None) for name in ("lake", "home")]
    source += [ParamSpec("tenant", "string", "main"), ParamSpec("as_of", "string", None)]
    if kind == "recommender":
        outputs = [ColSpec(dtype, name, required=name not in _OPTIONAL) for name, dtype in _PAIRS.items()]
        params = [*source, ParamSpec("k", "long", 0)]
        return ModelSignature(Schema([ColSpec("string", "customer_id")]), Schema(outputs), ParamSchema(params))
    quantiles = _quantiles(config)
    keys = [ColSpec("string", name) for name in ("store_id", "product_id")]
    numbers = [ColSpec("double", name) for name in ("forecast", *map(quantile_column, quantiles))]
    params = [
        *source,
        ParamSpec("horizon", "long", int(config.get("horizon", 28))),
        ParamSpec("quantiles", "double", list(quantiles), shape=(-1,)),
    ]
    return ModelSignature(Schema(keys), Schema([*keys, ColSpec("datetime", "date"), *numbers]), ParamSchema(params))


def requirements() -> list[str]:
    """The libraries in the versions that are in use here, as pip takes them; all of them are in the public index."""
    return [f"{name}=={version}" for name in LIBRARIES if (version := _version(name)) is not None]


def write_code(target: Path) -> None:
    """Writes the packages that load a model into a zip file, which Python imports from."""
    root = Path(retail_brain.__file__).resolve().parent.parent
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for package in CODE_PACKAGES:
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
