"""The registered model as MLflow loads it (models from code): plain files in, predictions out.

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
        """Remembers where the model's files are and which kind it is."""
        self._folder = Path(context.artifacts["model"])
        self._kind = context.model_config["kind"]
        self._predict = _find_code(Path(context.artifacts["code"]) if "code" in context.artifacts else None)

    def predict(
        self,
        context: Any,  # noqa: ARG002  # MLflow passes it
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """See `training.mlflow_predict.predict`."""
        return self._predict(self._kind, self._folder, model_input, params or {})


def _find_code(stored: Path | None) -> Any:
    try:
        return import_module("training.mlflow_predict").predict
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing.split(".")[0] not in _PACKAGES:
            raise ImportError(_advice(f"the library {missing} is not installed")) from error
        foreign = [name for name in _PACKAGES if name in sys.modules]
        if stored is None or foreign:
            raise ImportError(_advice(f"{missing} is not in the package(s) {foreign} of this process")) from error
    sys.path.insert(0, str(stored))
    try:
        return import_module("training.mlflow_predict").predict
    except ModuleNotFoundError as error:
        raise ImportError(_advice(f"the library {error.name} is not installed")) from error


def _advice(what: str) -> str:
    return (
        f"this model cannot be used here: {what}. Install the model's requirements.txt (`mlflow models serve` and "
        "`mlflow.pyfunc.get_model_dependencies` use it), and the package retail-brain where folders of your own are "
        f"called {', '.join(_PACKAGES)}."
    )


mlflow.models.set_model(RetailBrainModel())
