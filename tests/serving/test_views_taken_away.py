"""A view whose files were cut is gone for good: no thread that refreshes a part of it beside puts it back."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from retail_brain.errors import UnavailableError
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.http.state import State
from serving.http.tenant import Tenant
from serving.http.tenant_view import TenantView
from serving.store.mapped_files import MappedFiles


@pytest.fixture
def state(tmp_path: Path, synthetic: ModuleType) -> Iterator[State]:
    synthetic.publish_synthetic(Workspace(tmp_path), "first")
    made = State(tmp_path, Settings())
    yield made
    made.stop()


def test_a_view_is_changed_and_taken_away_by_one_thread_at_a_time(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[bool] = []

    def noted(tenant: Tenant, name: str, value: Any) -> None:
        object.__setattr__(tenant, name, value)
        if name == "view":
            held.append(tenant._swapping.locked())

    state.refresh()
    monkeypatch.setattr(Tenant, "__setattr__", noted)
    monkeypatch.setattr(MappedFiles, "cut", lambda _: ["sales"])
    state.refresh()  # takes the view away and opens the same set anew
    assert len(held) >= 2
    assert all(held)


@pytest.mark.parametrize("look", [Tenant.refresh_events, lambda tenant: tenant.forget_events(datetime.now(UTC))])
def test_a_view_that_is_taken_away_during_a_look_disturbs_none(
    state: State, monkeypatch: pytest.MonkeyPatch, look: Any
) -> None:
    state.refresh()
    tenant = state._tenants["main"]
    seen: list[TenantView | None] = [tenant.view]

    def once(_: Tenant) -> TenantView | None:
        return seen.pop() if seen else None

    monkeypatch.setattr(Tenant, "view", property(once, lambda *_: None), raising=False)
    look(tenant)
    assert seen == []


def test_tables_that_could_not_be_looked_at_are_looked_at_again(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    state.refresh()
    with state.database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    def away() -> None:
        raise UnavailableError("away for a moment")

    with monkeypatch.context() as patched:
        patched.setattr(state.database, "revision", away)
        state._look()
    assert state.faults == {}
    state._look()  # nothing was committed since
    assert "which a newer retail-brain made" in state.faults["*"]
