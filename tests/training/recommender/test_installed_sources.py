"""Candidate sources of other packages, and the conformance of our own."""

import json
from datetime import date
from pathlib import Path

import pytest

from retail_brain.errors import ExtensionError, ModelError, UsageError
from retail_brain.settings import Settings, parse_settings
from serving.planning.people.reasons import WORDS, reason_text
from tests.outside_package import Install
from training.recommender.candidates.conformance import CandidateSourceConformance, small_receipts
from training.recommender.config import RankerConfig, RecommenderConfig
from training.recommender.installed_sources import REASON_CODES, SOURCE_NAMES, declared_source, ordered_sources
from training.recommender.jobs import preset_config
from training.recommender.model import RecommenderModel
from training.recommender.tuning import tune

LETTERS = """
    import numpy as np
    from training.recommender.installed_sources import CandidateSource
    from training.recommender.sparse import csr

    class LastProduct:
        name = "season"
        quota = 5

        def __init__(self, history, weight):
            self.width, self.weight = history.shape[1], weight

        def scores(self, people):
            many = people.size
            columns, values = np.full(many, self.width - 1), np.full(many, self.weight)
            return csr(np.arange(many), columns, values, (many, self.width))

    def fit(history, config, parameters):
        return LastProduct(history, parameters["weight"])

    season = CandidateSource(fit, "In season now", "当季商品", {"weight": (1.0, 2.0)})
    mute = CandidateSource(fit, "", "当季商品")
"""


def installed(install: Install, name: str, attribute: str) -> None:
    install("season_package", LETTERS, {"candidate_sources": {name: f"season_package:{attribute}"}})


def with_season() -> Settings:
    return parse_settings({"recommender": {"sources": ["season", *SOURCE_NAMES]}}, "test")


@pytest.mark.parametrize("built_in", SOURCE_NAMES)
class TestBuiltIn(CandidateSourceConformance):
    @pytest.fixture(autouse=True)
    def _choose(self, built_in: str) -> None:
        self.name = built_in


class TestSeason(CandidateSourceConformance):
    name = "season"

    @pytest.fixture(autouse=True)
    def _install(self, install: Install) -> None:
        installed(install, "season", "season")


def test_outside_source_is_fitted_proposes_and_gives_its_own_reason(install: Install, tmp_path: Path) -> None:
    installed(install, "season", "season")
    config = preset_config(with_season(), "fast").model_copy(
        update={"ranker": RankerConfig(rounds=5, wide_pairs=200, num_threads=1), "cutoffs": 1, "min_candidates": 0}
    )
    assert config.sources == (*SOURCE_NAMES, "season")
    receipts, day = small_receipts(), date(2025, 3, 31)
    model = RecommenderModel.fit(receipts, config, as_of=day)
    model.save(tmp_path)
    loaded = RecommenderModel.load(tmp_path)
    names = {source.name for source in loaded.fit_sources(receipts, day).sources}
    assert names == {*SOURCE_NAMES, "season"}
    rows = next(iter(loaded.score(receipts, ["C00"], as_of=day)))
    proposed = rows.filter(rows["product_id"] == "P11")
    assert proposed["reason"].to_list() == ["season"], "only this source proposes P11 to a customer of P00 to P05"
    assert reason_text("season", "en") == "In season now"
    assert reason_text("season", "zh") == "当季商品"


def test_bundle_of_a_source_that_is_gone_refuses_by_its_name(tmp_path: Path) -> None:
    model = RecommenderModel.fit(small_receipts(), RecommenderConfig(cutoffs=1), as_of=date(2025, 3, 31))
    model.save(tmp_path)
    described = json.loads((tmp_path / "recommender.json").read_text())
    described["sources"].append("season")
    (tmp_path / "recommender.json").write_text(json.dumps(described))
    with pytest.raises(ModelError, match=r"fitted with the candidate sources \['season'\], which no installed package"):
        RecommenderModel.load(tmp_path)


def test_declared_parameters_are_tuned(install: Install) -> None:
    installed(install, "season", "season")
    config = RecommenderConfig(sources=(*SOURCE_NAMES, "season"), tuning_trials=1)
    tuned = tune(small_receipts(), date(2025, 3, 1), config)
    assert tuned.trials.filter(tuned.trials["source"] == "season")["value"].to_list() == [1.0, 2.0]
    assert tuned.config.source_parameters == {"season": {"weight": 1.0}}, (
        "the second does no better, so the first stays"
    )


def test_source_without_words_is_refused_by_name(install: Install) -> None:
    installed(install, "season", "mute")
    with pytest.raises(ExtensionError, match="'season' has no reason_en"):
        preset_config(with_season(), "fast")


@pytest.mark.parametrize("name", ["popular", "als", "Season"])
def test_name_that_is_taken_or_no_column_name_is_refused(install: Install, name: str) -> None:
    installed(install, name, "season")
    with pytest.raises(ExtensionError, match=f"'{name}' cannot have this name"):
        declared_source(name)


def test_source_that_is_not_installed_is_refused_by_the_settings() -> None:
    with pytest.raises(UsageError, match=r"recommender.sources.0 = 'season'.*wanted one of"):
        with_season()


def test_recommender_needs_own_and_trending_goods() -> None:
    with pytest.raises(UsageError, match=r"lacks \['trending'\]"):
        ordered_sources([name for name in SOURCE_NAMES if name != "trending"])


def test_every_word_of_ours_is_reserved() -> None:
    assert set(REASON_CODES) == set(WORDS)
