"""People whom workers score get the pairs of the process itself, chosen there too."""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from retail_brain.dataset import Dataset
from retail_brain.engine import Executor, open_executor
from retail_brain.settings import EngineSettings, Settings
from serving.planning.people.offering import RecommendationRequest
from serving.planning.people.recommendations import recommend
from training.recommender.model import RecommenderModel

KINDS = ["pool", pytest.param("ray", marks=pytest.mark.skipif(not find_spec("ray"), reason="needs Ray"))]


@pytest.fixture(scope="module", params=KINDS)
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    with open_executor(EngineSettings(kind=request.param, workers=2)) as opened:
        yield opened


@pytest.mark.parametrize("wish", [{"per_product": 5}, {"products": ["P01", "P20"]}, {"customers": ["C003", "C004"]}])
def test_workers_score_the_same_pairs(
    wish: dict[str, object], habits_model: RecommenderModel, habits_chain: Dataset, executor: Executor
) -> None:
    alone = pl.concat(habits_model.score(habits_chain, **wish))
    found = pl.concat(habits_model.on(executor).score(habits_chain, **wish))
    assert alone.height > 0
    assert_frame_equal(found, alone, rel_tol=1e-9, abs_tol=1e-9)


def test_workers_choose_the_same_goods(
    habits_model: RecommenderModel, habits_chain: Dataset, executor: Executor
) -> None:
    request = RecommendationRequest(k=5, now=datetime(2025, 7, 20, tzinfo=UTC), settings=Settings())
    alone = pl.concat(recommend(habits_chain, habits_model, request))
    found = pl.concat(recommend(habits_chain, habits_model.on(executor), request))
    assert alone["customer_id"].n_unique() == 120
    assert_frame_equal(found, alone, rel_tol=1e-9, abs_tol=1e-9)
