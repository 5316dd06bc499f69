"""The registered model as MLflow loads it (models from code): plain files in, predictions out.

Whoever holds a run can score with `mlflow.pyfunc.load_model("models:/demand@champion")` and
`predict(frame, params={"lake": URI})`; serving does not use this, it reads bundles.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import polars as pl
from mlflow.pyfunc import PythonModel

from retail_brain.lake import open_lake


class RetailBrainModel(PythonModel):  # type: ignore[misc]  # MLflow ships no types
    """Forecasts for store x product rows, or scored pairs for customer rows."""

    def load_context(self, context: Any) -> None:
        """Remembers where the model's files are and which kind it is."""
        self._folder = Path(context.artifacts["model"])
        self._kind = context.model_config["kind"]

    def predict(
        self,
        context: Any,  # noqa: ARG002  # MLflow passes it
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """One row per store x product x date (demand) or customer x product (recommender).

        Args:
            context: given by MLflow.
            model_input: columns `store_id` and `product_id`, or `customer_id`.
            params: `lake`, the URI of the lake to read, and `horizon` in periods for demand (default 28).
        """
        given = params or {}
        lake = open_lake(str(given["lake"]))
        dataset = lake.at(lake.last_day())
        if self._kind == "demand":
            model = import_module("training.demand.model").DemandModel.load(self._folder)
            wanted = pl.from_pandas(model_input).select("store_id", "product_id").unique()
            parts = [
                part.paths.series.with_columns(
                    pl.Series("date", [part.paths.dates.to_list()] * part.paths.series.height),
                    pl.Series("forecast", part.mean.tolist()),
                ).explode("date", "forecast")
                for part in model.forecast(
                    dataset,
                    int(given.get("horizon", 28)),
                    stores=wanted["store_id"].unique().to_list(),
                    products=wanted["product_id"].unique().to_list(),
                )
            ]
            return pl.concat(parts).join(wanted, on=["store_id", "product_id"], how="semi").to_pandas()
        recommender = import_module("training.recommender.model").RecommenderModel.load(self._folder)
        people = model_input["customer_id"].astype(str).tolist()
        return pl.concat(list(recommender.score(dataset, people))).to_pandas()


mlflow.models.set_model(RetailBrainModel())
