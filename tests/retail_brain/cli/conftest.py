"""A tenant with a lake and a demand champion, for the verbs that answer from it."""

import runpy
import shutil
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from retail_brain.cli.app import app
from retail_brain.settings import DemandSettings, Settings
from retail_brain.workspace import Workspace
from training.bundle import point_champion, write_bundle
from training.demand.config import preset_config
from training.demand.model import DemandModel

_CHAIN = runpy.run_path(str(Path(__file__).parents[2] / "features" / "demand_chain.py"))


@pytest.fixture(scope="module")
def home(home_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tenant with a lake and a demand champion, and neither people nor a recommender; a copy for each file."""
    return Path(shutil.copytree(home_once, tmp_path_factory.mktemp("home"), dirs_exist_ok=True))


@pytest.fixture(scope="session")
def home_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home_once")
    tables = _CHAIN["small_chain"](days=80, products=4)
    sales = tables["daily_sales"]
    series = sales.select("store_id", "product_id").unique(maintain_order=True)
    # counted on the last day: an old count says nothing about the stock of today
    counted = series.with_columns(date=sales["date"].max(), on_hand=pl.lit(1.0))
    tables["inventory"] = pl.concat([tables["inventory"], counted.select(tables["inventory"].columns)])
    (home / "data").mkdir()
    for name, frame in tables.items():
        frame.write_parquet(home / "data" / f"{name}.parquet")
    result = CliRunner().invoke(app, ["--home", str(home), "--quiet", "ingest", str(home / "data")])
    assert result.exit_code == 0, result.output
    settings = Settings(demand=DemandSettings(sample_paths=30, horizon_periods=7))
    quick = preset_config(settings, "fast").model_copy(update={"rounds": 5, "min_rows": 1_000, "threads": 1})
    model = DemandModel.fit(_CHAIN["dataset_of"](tables), quick, residuals=())
    workspace = Workspace(home)
    write_bundle(workspace, "demand", 1, {}, model.save)
    point_champion(workspace, "demand", 1)
    return home
