"""A home of an earlier version, moved to another folder: settings, published answers, keys and publishing all work."""

import shutil
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from retail_brain.dataset import Dataset
from retail_brain.lake import open_lake
from retail_brain.operational.database import Database
from retail_brain.operational.keys import list_keys
from retail_brain.operational.upgrade import upgrade
from retail_brain.progress import SILENT
from retail_brain.settings import Settings, load_settings
from retail_brain.workspace import Workspace
from serving.http.state import State
from serving.store.answer_set import Answers, open_answers
from serving.store.current_answers import current_id
from serving.store.publishing.run import publish
from training.bundle import champion
from training.demand.what_if import ask
from training.promotion import promote


@pytest.fixture
def moved(expected: Path, tmp_path: Path) -> Workspace:
    """The home unpacked anew, in a folder of another name; it may be written to."""
    with tarfile.open(expected / "home.tar.xz") as archive:
        archive.extractall(tmp_path / "moved home", filter="data")
    return Workspace(tmp_path / "moved home")


@pytest.fixture
def state(moved: Workspace) -> Iterator[State]:
    """A worker of the service on that home."""
    state = State(moved.home, Settings())
    state.start()
    yield state
    state.stop()


DECIDED_ANEW = ("transfers", "leftovers", "attention", "suggestions", "anomalies", "stock")
"""Decisions that newer versions take otherwise, on the same models and data: one plan of all stock,
with orders of the warehouses; anomalies, which older versions did not look for; and what customers may buy, which were
all goods on hand."""


def answered(answers: Answers) -> tuple[object, ...]:
    """Some of every part: forecasts, an order, a person's goods, similar goods."""
    assert answers.forecasts is not None
    assert answers.suggestions is not None
    assert answers.pairs is not None
    assert answers.similar is not None
    series = [(store, product) for store in range(len(answers.stores)) for product in range(len(answers.products))]
    forecasts = [answers.forecasts.get(store, product, 7) for store, product in series]
    counts = {name: count for name, count in answers.manifest.counts.items() if name not in DECIDED_ANEW}
    return forecasts, counts, answers.manifest.as_of


def test_a_worker_serves_the_published_answers_of_a_moved_home(state: State) -> None:
    view = state.view("main")
    assert view is not None
    assert view.settings.data.country == "CN"
    parts = {"forecasts", "suggestions", "what_if", "network", "pairs", "similar", "complements"}
    assert set(view.answers.manifest.parts) == parts
    assert view.answers.suggestions is not None
    assert len(view.answers.suggestions) == view.answers.manifest.counts["suggestions"] > 0


def test_older_answers_say_what_another_price_would_do(moved: Workspace) -> None:
    current = current_id(moved.answers)
    assert current is not None
    answers = open_answers(moved.answers / current)
    assert answers.what_if is not None
    asked = 0
    for store in range(len(answers.stores)):
        for product in range(len(answers.products)):
            sheet = answers.what_if.get(store, product)
            if sheet is not None and sheet.usual_price > 0:
                mean, usual = answers.what_if.mean(), sheet.usual_price
                for elasticity in (None, -1.5):
                    cheap, dear = (
                        ask(mean, sheet, 7, price=usual * share, promotion=None, elasticity=elasticity)
                        for share in (0.8, 1.2)
                    )
                    assert (dear.changed <= cheap.changed).all()
                asked += 1
    assert asked > 0


def test_publishing_in_a_moved_home_gives_the_same_answers_again(moved: Workspace) -> None:
    before = current_id(moved.answers)
    assert before is not None
    old = answered(open_answers(moved.answers / before))
    lake: Dataset = open_lake(str(moved.lake))
    new = publish(moved, lake.at(lake.last_day()), load_settings(moved), SILENT)
    answers = open_answers(moved.answers / new)
    assert answers.manifest.left_out == {}
    assert answered(answers) == old


def test_keys_of_a_moved_home_are_known(moved: Workspace) -> None:
    with closing(Database(moved.database_url)) as database:
        upgrade(database)
        assert [key.name for key in list_keys("main", database)] == ["fixture"]


def test_a_registered_model_of_a_moved_home_is_exported_again_by_promote(moved: Workspace) -> None:
    bundle = moved.bundles / "demand" / "1"
    before = (bundle / "booster.txt").read_bytes()
    shutil.rmtree(bundle)
    result = promote(moved, "demand", load_settings(moved), lambda _: open_lake(str(moved.lake)))
    assert result.promoted
    assert (champion(moved, "demand") / "booster.txt").read_bytes() == before
