from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest

from retail_brain.dataset import Dataset, conform
from retail_brain.errors import NotFoundError, UsageError
from retail_brain.lake import write_table
from retail_brain.lake.difference import ROW
from retail_brain.outputs import SeriesFilter
from retail_brain.tables import TABLES
from retail_brain.workspace import Workspace
from training.demand.model import DemandModel
from training.jobs import Trained
from training.tracking import Tracking


def test_registered_model_predicts_as_documented(
    tmp_path: Path, small_chain: Callable[..., Any], chain: Dataset, model: DemandModel
) -> None:
    home = Workspace(tmp_path)
    for name, frame in small_chain().items():
        write_table(str(home.lake), name, conform(frame.lazy(), TABLES[name]).with_row_index(ROW))
    trained = Trained(model, model.config.model_dump(mode="json"), {"pinball": 1.0}, [], ("pinball", "lower"))
    Tracking(home).log("demand", trained, {}, chain.last_day(), {})
    mlflow.set_tracking_uri(f"sqlite:///{home.mlruns / 'mlflow.db'}")
    try:
        loaded = mlflow.pyfunc.load_model("models:/demand/1")
    finally:
        mlflow.set_tracking_uri(None)
    frame = pd.DataFrame({"store_id": ["S0", "S1"], "product_id": ["P00", "P03"]})
    answer = loaded.predict(frame, params={"lake": str(home.lake), "horizon": 3, "quantiles": [0.25, 0.9]})
    assert answer[["store_id", "product_id"]].drop_duplicates().to_numpy().tolist() == [["S0", "P00"], ["S1", "P03"]]
    assert list(answer.columns) == ["store_id", "product_id", "date", "forecast", "forecast_p25", "forecast_p90"]
    assert len(answer) == 2 * 3
    (store,) = model.forecast(chain, 3, SeriesFilter(["S0"], ["P00"]))
    assert answer["forecast"][:3].tolist() == pytest.approx(store.mean[0].tolist())
    assert len(loaded.predict(frame, params={"home": str(tmp_path)})) == 2 * model.config.horizon
    with pytest.raises(UsageError, match="none was named"):
        loaded.predict(frame)
    with pytest.raises(NotFoundError, match="S9"):
        loaded.predict(frame.assign(store_id="S9"), params={"home": str(tmp_path)})
