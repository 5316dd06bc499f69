"""One tenant's fault stays that tenant's: damaged answers, bad settings, foreign folders, a database that is away."""

import asyncio
import json
import shutil
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import anyio
import anyio.from_thread
import pytest
from polars.exceptions import PanicException
from sqlalchemy import insert

from retail_brain.errors import NoRoomError, UnavailableError
from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.operational.tables import CAMPAIGNS
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import ServingSettings, Settings
from retail_brain.workspace import Workspace
from serving.http.access import Principal
from serving.http.admission import Admission
from serving.http.app import Api
from serving.http.errors import HttpError
from serving.http.keyring import Keyring
from serving.http.refusals import in_words
from serving.http.runtime import Runtime
from serving.http.state import State
from serving.http.tenant import Tenant
from serving.store.answer_set import open_answers
from serving.store.current_answers import current_id
from serving.upkeep.doctor import examine

Publish = Callable[..., Path]


@pytest.fixture
def home(tmp_path: Path, synthetic: ModuleType) -> Path:
    for tenant in ("main", "other"):
        synthetic.publish_synthetic(Workspace(tmp_path, tenant), "first")
    return tmp_path


@pytest.fixture
def state(home: Path) -> Iterator[State]:
    made = State(home, Settings())
    made.refresh()
    yield made
    made.stop()


def run_apart(function: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    """Runs a coroutine in a thread of its own: a browser test may hold this thread's loop."""
    with anyio.from_thread.start_blocking_portal() as portal:
        return portal.call(function, *arguments)


def answers_of(state: State, tenant: str) -> str | None:
    view = state.view(tenant)
    return None if view is None else view.answers.manifest.answers_id


def holdout_of(state: State, tenant: str) -> float:
    view = state.view(tenant)
    assert view is not None
    return view.settings.audience.holdout_share


@pytest.mark.parametrize("has_earlier", [True, False])
def test_a_file_that_is_cut_short_while_it_is_mapped_is_noticed_before_it_is_read(
    home: Path, state: State, synthetic: ModuleType, has_earlier: bool
) -> None:
    if has_earlier:
        synthetic.publish_synthetic(Workspace(home, "main"), "second")
        state.refresh()
    served = "second" if has_earlier else "first"
    assert answers_of(state, "main") == served
    file = Workspace(home, "main").answers / served / "forecasts.mean.npy"
    file = file if file.exists() else max(file.parent.glob("*.npy"), key=lambda path: path.stat().st_size)
    with file.open("r+b") as opened:
        opened.truncate(0)
    state.refresh()
    assert answers_of(state, "main") == ("first" if has_earlier else None)
    assert (answers_of(state, "other"), "main" in state.faults) == ("first", True)


@pytest.mark.parametrize("damage", ["no json", "[]", json.dumps({"format": 99})])
def test_an_unreadable_manifest_leaves_the_other_tenants_fresh(
    home: Path, state: State, synthetic: ModuleType, damage: str
) -> None:
    synthetic.publish_synthetic(Workspace(home, "other"), "second")
    synthetic.publish_synthetic(Workspace(home, "main"), "second")
    manifest = Workspace(home, "main").answers / "second" / "manifest.json"
    whole = manifest.read_text()
    manifest.write_text(damage)
    state.refresh()
    assert answers_of(state, "other") == "second"
    assert answers_of(state, "main") == "first"
    assert list(state.faults) == ["main"]
    assert "second" in state.faults["main"]
    manifest.write_text(whole)
    synthetic.publish_synthetic(Workspace(home, "main"), "third")
    state.refresh()
    assert answers_of(state, "main") == "third"
    assert state.faults == {}


def test_a_foreign_folder_and_bad_settings_are_named_and_tried_again(home: Path, synthetic: ModuleType) -> None:
    (home / "var" / "main.bak" / "answers").mkdir(parents=True)
    (home / "var" / "main.bak" / "answers" / "CURRENT").write_text("first\n")
    settings = Workspace(home, "other").settings_file
    settings.write_text("no_such_key = 1\n")
    state = State(home, Settings())
    state.refresh()
    assert state.tenants == ("main",)
    assert sorted(state.faults) == ["main.bak", "other"]
    assert "no_such_key" in state.faults["other"]
    settings.unlink()
    state.refresh()
    assert state.tenants == ("main", "other")
    assert list(state.faults) == ["main.bak"]
    state.stop()


@pytest.mark.parametrize("content", ["[audience\n", "[audience]\nholdout_share = 7\n"])
def test_settings_that_turn_bad_are_a_fault_until_they_are_mended(
    home: Path, state: State, synthetic: ModuleType, content: str
) -> None:
    settings_file = Workspace(home, "other").settings_file
    settings_file.write_text("[audience]\nholdout_share = 0.25\n")
    state.refresh()
    assert state.faults == {}
    assert holdout_of(state, "other") == 0.25
    settings_file.write_text(content)
    synthetic.publish_synthetic(Workspace(home, "other"), "second")
    state.refresh()
    assert list(state.faults) == ["other"]
    assert str(settings_file) in state.faults["other"]
    assert (answers_of(state, "other"), holdout_of(state, "other")) == ("second", 0.25)
    state.refresh()
    assert list(state.faults) == ["other"]
    settings_file.write_text("[audience]\nholdout_share = 0.5\n")
    state.refresh()
    assert state.faults == {}
    assert holdout_of(state, "other") == 0.5
    settings_file.unlink()
    state.refresh()
    assert holdout_of(state, "other") == Settings().audience.holdout_share


def test_a_settings_file_that_cannot_be_read_is_a_fault_too(home: Path, state: State) -> None:
    Workspace(home, "other").settings_file.mkdir()
    state.refresh()
    assert "settings.toml is a folder" in state.faults["other"]
    assert state.tenants == ("main", "other")


def test_bad_settings_and_a_damaged_set_are_both_named(home: Path, state: State, synthetic: ModuleType) -> None:
    workspace = Workspace(home, "main")
    synthetic.publish_synthetic(workspace, "second")
    (workspace.answers / "second" / "manifest.json").write_text("{}")
    workspace.settings_file.write_text("no_such_key = 1\n")
    for _ in range(2):
        state.refresh()
        assert "no_such_key" in state.faults["main"]
        assert "second" in state.faults["main"]
    workspace.settings_file.unlink()
    state.refresh()
    assert "no_such_key" not in state.faults["main"]
    assert answers_of(state, "main") == "first"


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe", b"../..\n", b"nope\n"])
def test_a_pointer_that_cannot_be_read_is_a_fault_and_the_newest_whole_set_serves(
    home: Path, state: State, synthetic: ModuleType, content: bytes
) -> None:
    workspace = Workspace(home, "main")
    synthetic.publish_synthetic(workspace, "second")
    pointer = workspace.answers / "CURRENT"
    pointer.write_bytes(content)
    begun = State(home, Settings())
    for _ in range(2):
        state.refresh()
        begun.refresh()
        assert (answers_of(state, "main"), answers_of(begun, "main")) == ("first", "second")
        assert list(state.faults) == list(begun.faults) == ["main"]
    pointer.write_text("second\n")
    state.refresh()
    begun.refresh()
    assert (answers_of(state, "main"), state.faults, begun.faults) == ("second", {}, {})
    begun.stop()


def test_a_pointer_that_is_missing_is_a_fault_where_there_are_sets_and_what_was_taken_away_stays_so(
    home: Path, state: State
) -> None:
    answers = Workspace(home, "main").answers
    (answers / "CURRENT").unlink()
    begun = State(home, Settings())
    for one, served in ((state, "first"), (begun, None)):
        one.refresh()
        assert answers_of(one, "main") == served
        assert "CURRENT is missing, though sets of answers lie beside it; the newest is first" in one.faults["main"]
    begun.stop()
    shutil.rmtree(answers)
    state.refresh()
    assert answers_of(state, "main") == "first"
    assert "CURRENT is gone" in state.faults["main"]


def test_who_asks_a_tenant_at_fault_is_not_told_to_publish_and_not_what_is_wrong(home: Path) -> None:
    Workspace(home, "main").settings_file.write_text("no_such_key = 1\n")
    state = State(home, Settings())
    state.refresh()
    refusal = state.no_answers("main")
    assert (refusal.status, refusal.code, refusal.retry_after) == (503, "at_fault", 10)
    assert "retail-brain doctor" in str(refusal)
    assert "publish" not in str(refusal)
    assert "no_such_key" not in str(refusal)
    assert "读不出" in in_words(refusal, "zh")
    assert state.no_answers("nobody").code == "not_published"
    state.stop()


def test_eight_changed_bytes_are_noticed_and_the_set_before_serves(home: Path, synthetic: ModuleType) -> None:
    workspace = Workspace(home, "main")
    synthetic.publish_synthetic(workspace, "second")
    damaged = workspace.answers / "second" / "pairs.product.npy"
    content = bytearray(damaged.read_bytes())
    content[-8:] = bytes(8 * [255])
    damaged.write_bytes(content)
    state = State(home, Settings())
    state.refresh()
    assert answers_of(state, "main") == "first"
    assert "pairs.product.npy differ from their checksums" in state.faults["main"]
    state.refresh()
    assert answers_of(state, "main") == "first"
    assert "pairs.product.npy" in state.faults["main"]
    assert state.is_ready
    state.stop()


def test_answers_without_checksums_are_those_of_version_0_1_and_are_read(home: Path) -> None:
    folder = Workspace(home, "main").answers / "first"
    values = json.loads((folder / "manifest.json").read_text())
    assert len(values.pop("files")) > 50
    (folder / "manifest.json").write_text(json.dumps(values))
    assert open_answers(folder).manifest.files == {}


def test_a_database_that_is_away_is_waited_for_and_the_thread_lives(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = State(home, Settings(serving=ServingSettings(poll_seconds=0.02)))

    def away(*_: object) -> None:
        raise UnavailableError("the operational database postgresql://somebody@db.internal/x does not answer")

    seen: list[tuple[tuple[str, ...], list[str]]] = []
    state.on_refresh = lambda looked: seen.append((looked.tenants, list(looked.faults)))
    with monkeypatch.context() as patch:
        patch.setattr("serving.http.state.upgrade", away)
        state.start()
        assert not state.is_ready
        assert seen[0] == ((), ["*"])
    with anyio.from_thread.start_blocking_portal() as portal:

        async def until_ready() -> None:
            with anyio.fail_after(10):
                while not state.is_ready or state.faults:
                    await anyio.sleep(0.01)

        portal.call(until_ready)
    assert state.tenants == ("main", "other")
    assert seen[-1] == (("main", "other"), [])
    state.stop()


def test_the_thread_outlives_what_goes_wrong_beside_the_looks(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = State(home, Settings(serving=ServingSettings(poll_seconds=0.01)))
    looks = []

    def uncounted(_state: State) -> None:
        looks.append(1)
        raise OSError(28, "No space left on device")

    def broken(*_: object) -> None:
        raise RuntimeError("dictionary changed size during iteration")

    state.on_refresh = uncounted
    monkeypatch.setattr(Tenant, "forget_events", broken)
    state.start()
    assert wait_until(lambda: len(looks) > 3 and "*" not in state.faults)
    assert state.is_ready
    state.stop()


@pytest.mark.parametrize("fault", [PanicException, SystemExit, RecursionError])
@pytest.mark.parametrize("place", ["refresh", "prepare", "forget_events"])
def test_the_thread_outlives_what_is_no_exception_and_other_tenants_stay_fresh(
    home: Path, monkeypatch: pytest.MonkeyPatch, synthetic: ModuleType, place: str, fault: type[BaseException]
) -> None:
    state, looks = State(home, Settings(serving=ServingSettings(poll_seconds=0.01))), []
    state.on_refresh = lambda _: looks.append(1)
    state.start()
    whole = getattr(Tenant, place)

    def broken(tenant: Tenant, *arguments: Any) -> Any:
        if vars(tenant)["_workspace"].tenant == "main":
            raise fault
        return whole(tenant, *arguments)

    monkeypatch.setattr("serving.http.state._FORGET_SECONDS", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(Tenant, place, broken)
        synthetic.publish_synthetic(Workspace(home, "other"), "second")
        assert wait_until(lambda: answers_of(state, "other") == "second")
        before = len(looks)
        assert wait_until(lambda: len(looks) > before + 2)
        assert state.is_ready
        if place == "refresh":
            assert fault.__name__ in state.faults["main"]
    assert wait_until(lambda: not state.faults)
    state.stop()


def test_a_thread_that_ended_and_one_that_hangs_are_not_ready(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = State(home, Settings(serving=ServingSettings(poll_seconds=0.01)))
    with monkeypatch.context() as patch:
        patch.setattr(State, "_keep_fresh", lambda _: None)
        state.start()
        assert wait_until(lambda: not state.is_ready)
    state.stop()
    hung = State(home, Settings())
    hung.start()
    assert hung.is_ready
    late = time.monotonic() + 121
    monkeypatch.setattr("serving.http.state.time.monotonic", lambda: late)
    assert not hung.is_ready
    monkeypatch.undo()
    hung.stop()


def wait_until(is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + 60
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture
def key(home: Path) -> str:
    database = Database(Workspace(home).database_url)
    upgrade(database)
    made = create_key("main", database, role="admin", name="n", now=datetime.now(UTC))
    database.close()
    return made


def test_a_known_key_opens_while_the_database_is_away_and_others_hear_503(
    home: Path, state: State, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(serving=ServingSettings(key_cache_seconds=0, key_grace_seconds=60))
    state.settings = settings
    ring = Keyring()

    def ask(given: str) -> Principal:
        return run_apart(ring.principal, f"Bearer {given}".encode(), state)

    assert ask(key).tenant == "main"

    def away(*_: object, **__: object) -> None:
        raise UnavailableError("away")

    monkeypatch.setattr("serving.http.keyring.find_key", away)
    assert ask(key).tenant == "main"
    with pytest.raises(UnavailableError):
        ask("another")
    state.settings = Settings(serving=ServingSettings(key_cache_seconds=0, key_grace_seconds=0))
    ring_late = Keyring()
    with pytest.raises(UnavailableError):
        run_apart(ring_late.principal, f"Bearer {key}".encode(), state)


def test_a_database_that_hangs_holds_one_request_for_the_limit_and_others_not_at_all(
    state: State, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = ServingSettings(key_cache_seconds=0, key_grace_seconds=60, key_look_up_seconds=0.2)
    state.settings = Settings(serving=limits)
    ring, asked, released = Keyring(), [], threading.Event()
    header = f"Bearer {key}".encode()
    assert run_apart(ring.principal, header, state).tenant == "main"

    def hang(*_: object, **__: object) -> None:
        asked.append(1)
        released.wait(30)

    monkeypatch.setattr("serving.http.keyring.find_key", hang)

    async def several() -> list[Principal]:
        return list(await asyncio.gather(*(ring.principal(header, state) for _ in range(5))))

    assert {principal.tenant for principal in run_apart(several)} == {"main"}
    # on a busy machine the thread that asks may begin only after the others were answered
    for _ in range(500):
        if asked:
            break
        time.sleep(0.02)
    assert len(asked) == 1
    with pytest.raises(UnavailableError, match="whose a key is"):
        run_apart(ring.principal, b"Bearer rb_0_unknown", state)
    released.set()


@pytest.mark.parametrize(("kind", "reason"), [(UnavailableError, "database"), (NoRoomError, "disk_full")])
def test_the_answer_to_an_absent_or_full_database_names_nothing_and_is_counted(
    state: State, monkeypatch: pytest.MonkeyPatch, kind: type[UnavailableError], reason: str
) -> None:
    def away(*_: object, **__: object) -> None:
        raise kind("the operational database postgresql://somebody@db.internal/x does not answer")

    counted: list[str] = []
    meter: Any = SimpleNamespace(unavailable=counted.append)
    monkeypatch.setattr("serving.http.keyring.find_key", away)
    sent: list[dict[str, Any]] = []

    async def ask() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"{}", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "path": "/overview", "method": "POST", "headers": [(b"authorization", b"Bearer x")]}
        await Api(Runtime(state=state, meter=meter))(scope, receive, send)

    run_apart(ask)
    assert counted == [reason]
    assert sent[0]["status"] == 503
    assert (b"retry-after", b"5") in sent[0]["headers"]
    assert (b"cache-control", b"no-store") in sent[0]["headers"]
    error = json.loads(sent[1]["body"])["error"]
    assert error["code"] == "unavailable"
    assert "somebody" not in error["message"]
    assert "db.internal" not in error["message"]
    assert error["details"] == ({"problem": "disk_full"} if reason == "disk_full" else {})


def test_waiting_bodies_take_no_place_of_those_that_are_answered() -> None:
    limits = ServingSettings(max_in_flight=2, max_in_flight_per_key=1, max_waiting=3, max_waiting_per_address=2)
    gate = Admission()
    with gate.waiting("a", "k", limits), gate.waiting("a", "k", limits):
        with pytest.raises(HttpError) as one_address, gate.waiting("a", "k", limits):
            pass
        assert (one_address.value.status, one_address.value.retry_after) == (429, 1)
        with gate.waiting("b", "k", limits), pytest.raises(HttpError), gate.waiting("c", "k", limits):
            pass
        with gate.answering("k1", limits), gate.answering("k2", limits), pytest.raises(HttpError) as full:
            gate.answering("k3", limits).__enter__()
        assert "too many requests at once" in str(full.value)
    with gate.answering("k1", limits):
        with pytest.raises(HttpError, match="this key"):
            gate.answering("k1", limits).__enter__()
        with gate.answering("k2", limits):
            pass
    with gate.waiting("a", "k", limits), gate.waiting("a", "k", limits):
        pass


def test_bodies_awaited_are_limited_by_key_too() -> None:
    limits, gate = ServingSettings(max_waiting_per_key=1), Admission()
    with gate.waiting("a", "k1", limits), gate.waiting("a", "k2", limits):
        with pytest.raises(HttpError, match="this key") as caught:
            gate.waiting("b", "k1", limits).__enter__()
        assert caught.value.status == 429
    with gate.waiting("b", "k1", limits):
        pass


def test_the_pointer_still_names_the_damaged_set_for_people_to_mend(home: Path, synthetic: ModuleType) -> None:
    workspace = Workspace(home, "main")
    synthetic.publish_synthetic(workspace, "second")
    (workspace.answers / "second" / "manifest.json").write_text("{}")
    state = State(home, Settings())
    state.refresh()
    assert current_id(workspace.answers) == "second"
    assert answers_of(state, "main") == "first"
    state.stop()


def test_the_database_is_asked_for_news_only_after_something_was_committed(
    home: Path, state: State, synthetic: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Tenant, "_ask_database", lambda tenant: asked.append(tenant._workspace.tenant))
    state.refresh()
    state.refresh()
    assert asked == []
    synthetic.publish_synthetic(Workspace(home, "other"), "second")
    state.refresh()
    assert (asked, answers_of(state, "other")) == ([], "second"), "files are looked at every time"
    outside = Database(Workspace(home).database_url)
    create_key("main", outside, role="admin", name="a", now=datetime.now(UTC))
    outside.close()
    state.refresh()
    assert asked == ["main", "other"]
    state.refresh()
    assert asked == ["main", "other"]


def test_a_look_that_failed_is_made_again_though_nothing_was_committed(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask(tenant: Tenant) -> None:
        asked.append(tenant._workspace.tenant)
        if len(asked) == 1:
            raise UnavailableError("the operational database does not answer.")

    create_key("main", state.database, role="admin", name="a", now=datetime.now(UTC))
    monkeypatch.setattr(Tenant, "_ask_database", ask)
    state.refresh()
    assert list(state.faults) == ["main"]
    state.refresh()
    state.refresh()
    assert (asked, state.faults) == (["main", "other", "main"], {})


def test_lists_are_worked_out_once_before_anybody_asks_and_again_for_new_answers(
    state: State, home: Path, synthetic: ModuleType
) -> None:
    first, other = state.view("main"), state.view("other")
    assert first is not None
    assert other is not None
    # what one tenant cannot work out stays its own trouble
    other.__dict__["settings"] = None
    state._prepare()
    assert "order_lines" in first.__dict__
    assert "order_lines" not in other.__dict__
    synthetic.publish_synthetic(Workspace(home, "main"), "second")
    state.refresh()
    second = state.view("main")
    assert second is not None
    assert "order_lines" not in second.__dict__
    state._prepare()
    assert "order_lines" in second.__dict__


def test_an_approved_campaign_that_cannot_be_read_is_said_and_the_tenant_is_served(
    home: Path, state: State, caplog: pytest.LogCaptureFixture
) -> None:
    row = {"tenant_id": "main", "campaign_id": "odd", "version": 3, "state": "approved", "definition": []}
    made = {"created_by": "Li", "created_at": state.now(), "changed_by": "Li", "changed_at": state.now()}
    with state.database.writing() as connection:
        state.database.ensure_tenant("main", connection, now=state.now())
        connection.execute(insert(CAMPAIGNS).values(**row, **made, approved_by="Li", approved_at=state.now()))
    again = State(home, Settings())  # a new worker
    try:
        again.refresh()
        assert set(again.tenants) == {"main", "other"}
        assert "odd" in again.faults["main"]
        assert "campaign stop" in caplog.text
    finally:
        again.stop()
    found = [one for one in examine(home, state.now(), tenant="main") if one.check == "campaigns"]
    assert [one.level for one in found] == ["fault"]
    assert found[0].remedy.endswith("campaign stop odd")
