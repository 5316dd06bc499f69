"""Models fitted with feature sets use their columns, keep them in their files, and see nothing later than an origin."""

import runpy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from features.demand import table_features
from features.demand.history import read_history
from features.sets import FEATURE_SETS, read_columns
from retail_brain.dataset import Dataset
from retail_brain.errors import UsageError
from retail_brain.settings import DemandSettings, Settings
from training.demand.config import DemandConfig, preset_config
from training.demand.model import DemandModel
from training.demand.training_frame import training_frame
from training.recommender.config import RecommenderConfig
from training.recommender.model import RecommenderModel

_CHAIN = runpy.run_path(str(Path(__file__).parents[1] / "features" / "demand_chain.py"))
_HABITS = runpy.run_path(str(Path(__file__).parent / "recommender" / "conftest.py"))
SETS = ("goods", "series.cv2", "place")


@pytest.fixture(scope="module")
def chain() -> Dataset:
    return _CHAIN["dataset_of"](_CHAIN["small_chain"](days=120, products=6))


@pytest.fixture(scope="module")
def config() -> DemandConfig:
    settings = Settings(demand=DemandSettings(horizon_periods=7, sample_paths=30, feature_sets=SETS))
    quick = {"rounds": 5, "min_rows": 2_000, "threads": 1}
    return preset_config(settings, "fast").model_copy(update=quick)


def test_a_demand_model_learns_from_table_columns_and_reads_them_back(
    chain: Dataset, config: DemandConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[date] = []

    def counted(data: Dataset, as_of: date, *more: Any) -> Any:
        built.append(as_of)
        return read_columns(data, as_of, *more)

    monkeypatch.setattr(table_features, "read_columns", counted)
    model = DemandModel.fit(chain, config, residuals=())
    assert len(set(built)) == len(built) > 1
    added = [name for name in model.mean.columns if "." in name]
    assert added[0] == f"goods.{FEATURE_SETS['goods'][0]}"
    assert len(added) == len(FEATURE_SETS["goods"]) + 1 + len(FEATURE_SETS["place"])
    model.save(tmp_path)
    again = DemandModel.load(tmp_path)
    built.clear()
    before = [part.mean for part in model.forecast(chain, 7, explain=True)]
    assert built == [chain.as_of], "a forecast needs the last table alone"
    after = [part.mean for part in again.forecast(chain, 7, explain=True)]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


def test_the_training_frame_shows_them_and_an_origin_sees_only_tables_before_it(
    chain: Dataset, config: DemandConfig
) -> None:
    frame = training_frame(chain, config)
    assert frame.schema["goods.zero_share"] == pl.Float32
    assert chain.as_of is not None
    cutoff = chain.as_of - timedelta(days=28)
    tables = read_history(chain, config.settings, 7).tables
    earlier = read_history(chain.at(cutoff), config.settings, 7).tables
    assert tables is not None
    assert earlier is not None
    origin = int(tables.origins[-2])
    newest = earlier.at(int(earlier.origins[-1]))
    same = min(newest.shape[1], tables.series)
    np.testing.assert_array_equal(tables.at(origin)[:, :same], newest[:, :same])
    np.testing.assert_array_equal(tables.at(origin), tables.at(int(tables.origins[-1]) - 1))


def test_a_set_of_no_use_to_the_model_is_refused_by_name(chain: Dataset) -> None:
    settings = Settings(demand=DemandSettings(feature_sets=("person",)))
    with pytest.raises(UsageError, match="'person' is unknown; wanted one of goods, series, place"):
        DemandModel.fit(chain, preset_config(settings, "fast"), residuals=())


def test_the_ranker_learns_from_person_and_goods_columns(tmp_path: Path) -> None:
    dataset = _HABITS["habits"](people=60, days=150)
    plain = RecommenderConfig(cutoffs=1, tuning_seconds=0)
    config = plain.model_copy(
        update={"feature_sets": ("person.regularity", "goods.repeat_rate", "person.recency_days")}
    )
    model = RecommenderModel.fit(dataset, config)
    assert model.ranker.booster is not None
    assert [name for name in model.ranker.booster.feature_name() if "." in name] == [
        "person.regularity",
        "goods.repeat_rate",
        "person.recency_days",
    ]
    model.save(tmp_path)
    before = pl.concat(list(model.score(dataset)))
    after = pl.concat(list(RecommenderModel.load(tmp_path).score(dataset)))
    assert before.equals(after)
    wrong = config.model_copy(update={"feature_sets": ("person.colour",)})
    with pytest.raises(UsageError, match=r"person\.colour"):
        RecommenderModel.fit(dataset, wrong)
