"""A recommender under test is published beside the champion; where it cannot be, the champion answers alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from retail_brain.dataset import Dataset
from retail_brain.engine import IN_PROCESS
from retail_brain.errors import ExtensionError, ModelError
from retail_brain.operational.database import Database
from retail_brain.operational.model_tests import ModelTest, begin_model_test, running_test
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.store.answer_set import CHALLENGER
from serving.store.answers_manifest import AnswersManifest
from serving.store.publishing import run
from serving.store.publishing.catalogs import Positions

TEST = ModelTest("seasons", 7, 0.5, "Li", datetime(2025, 2, 28, tzinfo=UTC))
NOTHING = AnswersManifest("a", "2025-02-28", "", "day", "¥", 28, [], [], {}, [], {})


class Model:
    """A recommender that is not asked."""

    def on(self, _: object) -> "Model":
        return self


class Said:
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Publishes the challenger of a test by a function; gives the manifest, what was said, and the folder."""
    monkeypatch.setattr(run, "bundle_of", lambda *_: tmp_path)
    monkeypatch.setattr(run, "champion_recommender", lambda *_: Model())

    def published(test: ModelTest | None, write: Any) -> tuple[AnswersManifest, list[str], Path]:
        monkeypatch.setattr(run, "tenant_model_test", lambda _: test)
        monkeypatch.setattr(run, "publish_challenger", write)
        progress: Any = Said()
        given = run._Run(Workspace(tmp_path), Dataset.from_frames({}), Settings(), {}, progress, IN_PROCESS)
        found = run._with_challenger(tmp_path, given, Positions({}, {}, {}), NOTHING)
        return found, progress.lines, tmp_path / CHALLENGER

    return published


def test_the_manifest_says_which_test_is_served(publish: Any) -> None:
    manifest, said, folder = publish(TEST, lambda folder, *_: folder.mkdir())
    assert (manifest.model_test, said, folder.is_dir()) == ({"name": "seasons", "version": 7}, [], True)


def test_without_a_test_nothing_is_added(publish: Any) -> None:
    assert publish(None, lambda *_: pytest.fail("nothing is under test"))[0] is NOTHING


@pytest.mark.parametrize("error", [ModelError("damaged"), ExtensionError("of another package")])
def test_a_version_that_cannot_be_read_is_left_out_and_said(publish: Any, error: Exception) -> None:
    def fail(folder: Path, *_: Any) -> None:
        folder.mkdir()
        raise error

    manifest, said, folder = publish(TEST, fail)
    assert (manifest, folder.exists()) == (NOTHING, False)
    assert said == [f"  LEFT OUT: recommender version 7 of test seasons: {error}"]


def test_publishing_notes_from_when_to_when_the_version_is_left_out(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    run._note_served(workspace, NOTHING)  # there is no database yet, and no test
    assert not (tmp_path / "var").exists()
    database = Database(workspace.database_url)
    upgrade(database)
    begin_model_test("main", database, "seasons", 7, 0.5, by="Li", now=TEST.begun_at)
    run._note_served(workspace, NOTHING)  # it waits for its first publication
    assert running_test("main", database) == TEST
    served = replace(NOTHING, model_test={"name": "seasons", "version": 7})
    for manifest, is_served in ((served, True), (NOTHING, False), (served, True)):
        run._note_served(workspace, manifest)
        test = running_test("main", database)
        assert test is not None
        assert test.is_served is is_served
    ((begun, ended),) = test.left_out
    assert ended is not None
    assert begun < ended
    database.close()


def test_a_gap_that_could_not_be_noted_is_noted_by_the_next_publish(tmp_path: Path) -> None:
    """The database was away just after answers without the version were published."""
    workspace = Workspace(tmp_path)
    database = Database(workspace.database_url)
    upgrade(database)
    begin_model_test("main", database, "seasons", 7, 0.5, by="Li", now=TEST.begun_at)
    served = replace(NOTHING, model_test={"name": "seasons", "version": 7})
    run._note_served(workspace, served)
    without = datetime.now(UTC) + timedelta(days=1)
    run._note_served(workspace, served, (NOTHING, without))
    test = running_test("main", database)
    assert test is not None
    assert test.is_served
    assert [begun for begun, _ in test.left_out] == [without]
    # and what was noted in time is noted once
    run._note_served(workspace, NOTHING, (served, without))
    noted = running_test("main", database)
    run._note_served(workspace, NOTHING, (NOTHING, without + timedelta(days=1)))
    assert running_test("main", database) == noted
    database.close()
