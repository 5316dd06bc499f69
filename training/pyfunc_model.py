"""Loads a registered model in MLflow (models from code) and passes `predict` to the code that reads its files.

MLflow copies this file beside the model, so it stays as it was when the model was logged. It only finds the code:
the installed package where there is one, because a newer version reads older models, and otherwise the code that was
stored with the model. Serving does not use this, it reads bundles.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.pyfunc import PythonModel

_PACKAGES = ("retail_brain", "features", "training")


class RetailBrainModel(PythonModel):  # type: ignore[misc]  # MLflow ships no types
    """Forecasts for store x product rows, or scored pairs for customer rows."""

    def load_context(self, context: Any) -> None:
        """Remembers where the model's files are and which kind it is, and finds the code that reads them.

        Raises:
            ImportError: a library is not installed, or packages of another project have the names of ours.
        """
        self._folder = Path(context.artifacts["model"])
        self._kind = context.model_config["kind"]
        self._predict = _find_code(Path(context.artifacts["code"]) if "code" in context.artifacts else None)

    def predict(
        self,
        context: Any,  # noqa: ARG002  # MLflow passes it
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Forecasts or scored pairs for a frame of keys, see `training.mlflow_predict.predict`."""
        return self._predict(self._kind, self._folder, model_input, params or {})


def _find_code(stored: Path | None) -> Any:
    try:
        return import_module("training.mlflow_predict").predict
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing.split(".")[0] not in _PACKAGES:
            raise ImportError(_advice(f"the library {missing} is not installed")) from error
        imported = [name for name in _PACKAGES if name in sys.modules]
        # a package that is imported already, such as a folder `training` of the caller's own, hides the stored code
        if stored is None or imported:
            raise ImportError(_advice(f"{missing} is not in the package(s) {imported} of this process")) from error
    sys.path.insert(0, str(stored))
    try:
        return import_module("training.mlflow_predict").predict
    except ModuleNotFoundError as error:
        raise ImportError(_advice(f"the library {error.name} is not installed")) from error


def _advice(problem: str) -> str:
    return (
        f"this model cannot be used here: {problem}. Install the model's requirements.txt (`mlflow models serve` and "
        "`mlflow.pyfunc.get_model_dependencies` use it), and the package retail-brain where folders of your own are "
        f"called {', '.join(_PACKAGES)}."
    )


mlflow.models.set_model(RetailBrainModel())
