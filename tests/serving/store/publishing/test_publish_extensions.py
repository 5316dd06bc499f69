"""Publishing where code of another package fails: the other model's answers are published, and the reason is said."""

from datetime import date
from pathlib import Path

import pytest

from retail_brain.dataset import Dataset
from retail_brain.errors import ExtensionError
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings, parse_settings
from retail_brain.workspace import Workspace
from serving.store.answer_set import open_answers
from serving.store.current_answers import current_id
from serving.store.publishing.run import publish
from tests.outside_package import Install
from training.bundle import point_champion, write_bundle
from training.demand.config import preset_config
from training.demand.model import DemandModel
from training.recommender.candidates.conformance import small_receipts
from training.recommender.config import RankerConfig, RecommenderConfig
from training.recommender.model import RecommenderModel

DAY = date(2025, 3, 31)
CODE = """
    import numpy as np
    from retail_brain.decisions.order_policies import OrderPolicy
    from training.recommender.installed_sources import CandidateSource
    from training.recommender.sparse import csr

    class Season:
        name, quota = "season", 1

        def __init__(self, history):
            self.width = history.shape[1]

        def scores(self, people):
            if BROKEN == "season":
                raise LookupError("the season is over")
            return csr(people * 0 + np.arange(people.size), people * 0, np.ones(people.size), (people.size, self.width))

    def order(inputs):
        if BROKEN == "mine":
            raise LookupError("no price list")
        return inputs.required.cycle_demand

    BROKEN = ""
    season = CandidateSource(lambda history, config, _: Season(history), "In season", "当季")
    mine = OrderPolicy(order, "Ordered for a cycle", "按一个周期订货")
"""


@pytest.fixture
def settings(install: Install) -> Settings:
    entries = {"candidate_sources": {"season": "fragile:season"}, "order_policies": {"mine": "fragile:mine"}}
    install("fragile", CODE, entries)
    demand = {"model": "weekday_level", "horizon_periods": 7, "sample_paths": 20}
    return parse_settings({"demand": demand, "replenishment": {"policy": "mine"}}, "test")


@pytest.fixture
def receipts() -> Dataset:
    return small_receipts().at(DAY)


@pytest.fixture
def workspace(tmp_path: Path, settings: Settings, receipts: Dataset) -> Workspace:
    workspace = Workspace(tmp_path)
    demand = DemandModel.fit(receipts, preset_config(settings, "fast"), residuals=())
    write_bundle(workspace, "demand", 1, {}, demand.save)
    point_champion(workspace, "demand", 1)
    ranker = RankerConfig(rounds=3, wide_pairs=100, num_threads=1)
    config = RecommenderConfig(sources=("own", "trending", "season"), cutoffs=1, ranker=ranker)
    write_bundle(workspace, "recommender", 1, {}, RecommenderModel.fit(receipts, config).save)
    point_champion(workspace, "recommender", 1)
    return workspace


@pytest.mark.parametrize(
    ("broken", "left_out", "stays"), [("season", "recommender", "demand"), ("mine", "demand", "recommender")]
)
def test_what_the_other_model_answers_is_published(
    workspace: Workspace,
    receipts: Dataset,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
    left_out: str,
    stays: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = open_answers(workspace.answers / publish(workspace, receipts, settings, SILENT))
    assert set(whole.manifest.bundles) == {"demand", "recommender"}
    monkeypatch.setattr("fragile.BROKEN", broken)
    answers = open_answers(workspace.answers / publish(workspace, receipts, settings, Progress()))
    assert set(answers.manifest.bundles) == {stays}
    assert f"{broken!r} failed while" in answers.manifest.left_out[left_out]
    assert (answers.suggestions is None) == (left_out == "demand")
    assert (answers.pairs is None) == (left_out == "recommender")
    assert f"LEFT OUT: answers of the {left_out} model" in capsys.readouterr().err


def test_where_nothing_else_could_be_published_the_last_answers_stay(
    workspace: Workspace, receipts: Dataset, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace.bundles / "recommender" / "CHAMPION").unlink()
    good = publish(workspace, receipts, settings, SILENT)
    monkeypatch.setattr("fragile.BROKEN", "mine")
    with pytest.raises(ExtensionError, match="'mine' failed while"):
        publish(workspace, receipts, settings, SILENT)
    assert current_id(workspace.answers) == good
    assert sorted(path.name for path in workspace.answers.iterdir()) == sorted(["CURRENT", good])
