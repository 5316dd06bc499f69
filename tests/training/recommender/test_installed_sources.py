"""Candidate sources of other packages, and the conformance of our own."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from retail_brain.errors import ExtensionError, ModelError, UsageError
from retail_brain.settings import Settings, parse_settings
from serving.planning.people.reasons import WORDS, reason_text
from tests.outside_package import Install
from training.recommender.candidates.conformance import CandidateSourceConformance, small_history, small_receipts
from training.recommender.candidates.pool import block_candidates, people_blocks
from training.recommender.candidates.registry import fit_source
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


HOSTILE = """
    import numpy as np
    import polars as pl
    from scipy import sparse
    from training.recommender.installed_sources import CandidateSource
    from training.recommender.sparse import DenseScores, csr

    class Season:
        name, quota = "season", 5

        def __init__(self, history, scores):
            self.width, self.given = history.shape[1], scores

        def scores(self, people):
            return self.given(people, self.width)

    def source(scores):
        return CandidateSource(lambda history, config, _: Season(history, scores), "In season", "当季")

    def fails(people, width):
        raise ConnectionError("no answer")

    def quits(people, width):
        raise SystemExit(0)

    def writes(people, width):
        people[:] = 0
        return csr(people, people, np.ones(people.size), (people.size, width))

    def at(columns, values=1.0):
        def scores(people, width):
            matrix = csr(np.arange(people.size), np.zeros(people.size, int), np.ones(people.size), (people.size, width))
            matrix.data[:], matrix.indices[:] = values, columns
            return matrix
        return scores

    def twice(people, width):
        rows = np.repeat(np.arange(people.size), 2)
        ones, ends = np.ones(rows.size), np.arange(0, rows.size + 1, 2)
        return sparse.csr_array((ones, np.zeros(rows.size, int), ends), shape=(people.size, width))

    def write_history(history, config, _):
        history.rows[:] = 0

    failing, quitting, writing, doubled = source(fails), source(quits), source(writes), source(twice)
    nan, negative, unknown = source(at(0, np.nan)), source(at(0, -1.0)), source(at(10_000))
    text = source(lambda people, width: [["many"]])
    dense = source(lambda people, width: np.ones((people.size, width)))
    narrow_text = source(lambda people, width: DenseScores(np.full((people.size, 1), "a"), np.array([0])))
    descending = source(lambda people, width: DenseScores(np.ones((people.size, 2), np.float32), np.array([1, 0])))
    empty = source(lambda people, width: DenseScores(np.empty((people.size, 0), np.float32), np.empty(0, int)))
    frame = source(lambda people, width: pl.DataFrame())
    short = source(lambda people, width: csr(people[:0], people[:0], np.ones(0), (0, width)))
    everything = source(lambda people, width: DenseScores(np.ones((people.size, width)), np.arange(width)))
    nothing = CandidateSource(lambda history, config, _: None, "In season", "当季")
    no_fit = CandidateSource(lambda *_: 1 / 0, "In season", "当季")
    vandal = CandidateSource(write_history, "In season", "当季")
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
    rows = next(iter(loaded.score(receipts.at(day), ["C00"])))
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


@pytest.mark.parametrize(
    ("attribute", "says"),
    [
        ("no_fit", "failed while it was fitted on 40 customers and 12 products: ZeroDivisionError"),
        ("nothing", "was fitted to a NoneType"),
        ("vandal", "failed while it was fitted .*read-only"),
        ("failing", "failed while 40 customers were scored: ConnectionError: no answer"),
        ("quitting", "failed while 40 customers were scored: SystemExit"),
        ("nan", "gave 40 scores that are no number and 0 below 0"),
        ("negative", "gave 0 scores that are no number and 40 below 0"),
        ("unknown", "gave scores of the product 10000, which does not exist"),
        ("text", "gave a list of shape None"),
        ("dense", r"gave a ndarray of shape \(40, 12\)"),
        ("narrow_text", "gave a DenseScores with values of shape"),
        ("descending", "gave a DenseScores whose columns are not ascending codes"),
        ("frame", r"gave a DataFrame of shape \(0, 0\)"),
        ("short", r"gave a csr_array of shape \(0, 12\).*wanted a scipy csr_array of shape \(40, 12\)"),
    ],
)
def test_a_hostile_source_is_an_error_that_names_it(install: Install, attribute: str, says: str) -> None:
    install("hostile", HOSTILE, {"candidate_sources": {"season": f"hostile:{attribute}"}})
    with pytest.raises(ExtensionError, match=f"the candidate source 'season' {says}.*hostile 1.2"):
        fit_source("season", small_history(), RecommenderConfig()).scores(np.arange(40))


@pytest.mark.parametrize("attribute", ["doubled", "empty", "everything", "writing"])
def test_odd_but_usable_scores_are_taken_for_what_they_say(install: Install, attribute: str) -> None:
    install("hostile", HOSTILE, {"candidate_sources": {"season": f"hostile:{attribute}"}})
    people, history = np.arange(10), small_history()
    season = fit_source("season", history, RecommenderConfig())
    (block,) = people_blocks(people, history.shape[1], 10_000)
    pool = block_candidates([season], block, history.shape[1])
    assert np.array_equal(people, np.arange(10)), "a source may write to what it is given, and no one else sees it"
    expected = {"doubled": (10, 2.0), "empty": (0, 0.0), "everything": (50, 1.0), "writing": (1, 10.0)}[attribute]
    assert (pool.people.size, float(pool.scores.max(initial=0))) == expected


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
