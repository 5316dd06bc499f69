"""A service that still runs an earlier version than the one that publishes keeps what it has, and says so."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy.exc import IntegrityError
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from retail_brain import __version__
from retail_brain.errors import UnavailableError
from retail_brain.operational.revision import HEAD
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.http.middleware import Layer
from serving.http.refusals import in_words
from serving.http.runtime import Runtime
from serving.http.state import State
from serving.store.answer_set import open_answers
from serving.store.answers_manifest import FORMAT, LAYOUT, NewerAnswersError

LATER = "99.0.0"


@pytest.fixture
def home(tmp_path: Path, synthetic: ModuleType) -> Path:
    synthetic.publish_synthetic(Workspace(tmp_path), "first")
    return tmp_path


@pytest.fixture
def begin(home: Path) -> Iterator[Callable[[], State]]:
    made: list[State] = []

    def begun() -> State:
        made.append(State(home, Settings()))
        made[-1].refresh()
        return made[-1]

    yield begun
    for state in made:
        state.stop()


def make_newer(home: Path, name: str, **values: Any) -> None:
    manifest = Workspace(home).answers / name / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"software": LATER} | values))


def answers_of(state: State) -> str | None:
    view = state.view("main")
    return None if view is None else view.answers.manifest.answers_id


@pytest.mark.parametrize("values", [{"format": FORMAT + 1}, {"layout": LAYOUT + 1}], ids=str)
def test_a_newer_set_is_not_taken_and_named(
    home: Path,
    begin: Callable[[], State],
    synthetic: ModuleType,
    values: dict[str, int],
    caplog: pytest.LogCaptureFixture,
) -> None:
    state = begin()
    synthetic.publish_synthetic(Workspace(home), "second")
    make_newer(home, "second", **values)
    caplog.set_level(logging.WARNING, "bentoml.retail_brain")
    state.refresh()
    assert (answers_of(state), state.newer) == ("first", ("main",))
    assert f"published by retail-brain {LATER}" in state.faults["main"]
    assert "start the service again" in state.faults["main"]
    assert sum("keeps what it has" in one.getMessage() for one in caplog.records) == 1
    state.refresh()  # not opened again, and still known as newer
    assert (answers_of(state), state.newer) == ("first", ("main",))
    synthetic.publish_synthetic(Workspace(home), "third")
    state.refresh()
    assert (answers_of(state), state.newer, state.faults) == ("third", (), {})


def test_who_starts_with_nothing_but_newer_answers_says_why(home: Path, begin: Callable[[], State]) -> None:
    make_newer(home, "first", layout=LAYOUT + 1)
    state = begin()
    error = state.no_answers("main")
    assert (error.status, error.code, error.details["problem"], error.retry_after) == (
        503, "at_fault", "answers_newer", 10,
    )  # fmt: skip
    assert "newer version" in str(error)
    assert "更新版本" in in_words(error, "zh")


def test_a_newer_set_that_opens_and_cannot_be_worked_with_is_not_taken(
    home: Path, begin: Callable[[], State], synthetic: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = begin()
    synthetic.publish_synthetic(Workspace(home), "second")
    make_newer(home, "second")

    def broken(*_: object, **__: object) -> None:
        raise KeyError("column_of_later")

    monkeypatch.setattr("serving.http.tenant_view.order_lines", broken)
    state.refresh()
    assert (answers_of(state), state.newer) == ("first", ("main",))
    assert "column_of_later" in state.faults["main"]


def test_a_set_that_names_no_version_is_one_of_an_earlier(
    home: Path, begin: Callable[[], State], synthetic: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = begin()
    synthetic.publish_synthetic(Workspace(home), "second")
    path = Workspace(home).answers / "second" / "manifest.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    assert values.pop("software") == __version__
    path.write_text(json.dumps(values), encoding="utf-8")

    def broken(*_: object, **__: object) -> None:
        raise KeyError("column_of_earlier")

    monkeypatch.setattr("serving.http.tenant_view.order_lines", broken)
    state.refresh()
    assert (answers_of(state), state.newer) == ("first", ())
    assert "published by an earlier version, cannot be used" in state.faults["main"]


def test_files_of_a_newer_version_that_end_in_any_error_are_newer(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("column_of_later")

    monkeypatch.setattr("serving.store.answer_set.SalesHistory", broken)
    folder = Workspace(home).answers / "first"
    make_newer(home, "first")
    with pytest.raises(NewerAnswersError, match=LATER):
        open_answers(folder)


def test_a_database_that_a_newer_version_changed_is_named_and_read_on(
    home: Path, begin: Callable[[], State], synthetic: ModuleType
) -> None:
    state = begin()
    with state.database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    synthetic.publish_synthetic(Workspace(home), "second")
    state._look()
    assert "which a newer retail-brain made" in state.faults["*"]
    assert answers_of(state) == "second"
    with pytest.raises(UnavailableError, match="newer retail-brain"), state.database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO tenants (tenant_id) VALUES ('x')")  # a column of later is not given
    with state.database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{HEAD}'")
    with pytest.raises(IntegrityError), state.database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO tenants (tenant_id) VALUES ('x')")
    state._look()
    assert state.faults == {}


@pytest.mark.parametrize(
    ("tenants", "status", "told"),
    [(("main",), 200, "1 with answers of a newer version"), ((), 503, "newer version")],
)
def test_readyz_says_that_answers_are_newer(tenants: tuple[str, ...], status: int, told: str) -> None:
    serving = SimpleNamespace(serving=None)
    state = SimpleNamespace(
        tenants=tenants, faults={"main": "newer"}, writes_fault="", newer=("main",), settings=serving
    )
    answered = PlainTextResponse("\n", status)
    answer = TestClient(Layer(answered, Runtime(state=cast("Any", state)), ())).get("/readyz")
    assert answer.status_code == status
    assert told in answer.text
    assert len(answer.content) == int(answer.headers["content-length"])
    assert "main" not in answer.text  # asked without a key
