"""A finished restore that is run again says so and changes nothing; all else that is there is refused as before."""

import json
import os
import shutil
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection
from typer.testing import CliRunner, Result

from retail_brain.cli.app import app
from retail_brain.errors import UnavailableError, UsageError
from retail_brain.files import sha256
from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key, list_keys
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.privacy.traces import find_traces
from serving.upkeep import back_up, restore
from serving.upkeep.restore_mark import finish, finished_at, write_mark

NOW = datetime(2025, 3, 1, 8, 30, 15, tzinfo=UTC)
LATER = NOW + timedelta(days=2)


@pytest.fixture
def source(ingested: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A tenant with a lake and a key, in a home with a database of its own; no address names another one."""
    monkeypatch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
    workspace = Workspace(tmp_path / "first")
    shutil.copytree(ingested, workspace.home)
    with closing(Database(workspace.database_url)) as database:
        upgrade(database)
        create_key("main", database, role="admin", name="小王", now=NOW)
    return workspace


def backed_up(workspace: Workspace, file: Path) -> Path:
    with closing(Database(workspace.database_url)) as database:
        back_up(workspace, Settings(), database, file, NOW)
    return file


@pytest.fixture
def archive(source: Workspace, tmp_path: Path) -> Path:
    return backed_up(source, tmp_path / "b.tar.gz")


@pytest.fixture
def second(tmp_path: Path) -> Workspace:
    """Where it is restored."""
    return Workspace(tmp_path / "second")


@pytest.fixture
def target(source: Workspace, second: Workspace) -> Iterator[Database]:
    with closing(Database(second.database_url)) as database:
        yield database


def call(home: Path, *arguments: object) -> Result:
    return CliRunner().invoke(app, ["--home", str(home), *map(str, arguments)])


def state(home: Path) -> dict[str, tuple[int, str]]:
    """Every file but those that SQLite keeps beside its own: inode and content."""
    files = (path for path in home.rglob("*") if path.is_file() and not path.name.endswith(("-wal", "-shm")))
    return {str(path.relative_to(home)): (path.stat().st_ino, sha256(path)) for path in files}


def test_killed_right_behind_its_last_step_it_is_told_as_done(
    archive: Path, second: Workspace, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules["serving.upkeep.restore"]
    whole = module.finish

    def killed(root: Path) -> None:
        whole(root)
        raise KeyboardInterrupt  # like a kill: no handler of ours runs for it

    with monkeypatch.context() as patch:
        patch.setattr(module, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            restore(archive, second.home, target, "main", NOW)
    target.engine.dispose()
    before = state(second.home)
    result = call(second.home, "restore", archive)
    assert result.exit_code == 0, result.output
    english, chinese, features = result.stdout.strip().split("\n")
    assert english.startswith(
        "note: this backup (tenant main as of 2025-03-01T08:30:15+00:00) was restored here already"
    )
    assert "at 2025-03-01 08:30:15 UTC. It was not restored again: whatever has changed here since stays" in english
    assert f"`retail-brain --home OTHER --tenant main restore {archive}`" in english
    assert "已于 2025-03-01 08:30:15 UTC 恢复到这里，这次没有再次恢复，此后的更改都保留" in chinese
    assert features.startswith("No feature tables are in the backup")  # the killed call could not say it
    assert state(second.home) == before


def test_a_script_reads_that_nothing_was_restored(archive: Path, second: Workspace) -> None:
    first, again = (json.loads(call(second.home, "restore", archive, "--json").stdout) for _ in range(2))
    assert first["ok"]
    assert first["counts"]["files"] > 0
    assert first["counts"]["rows"] >= 2  # the tenant and its key, at least
    assert first["warnings"] == []
    assert again["ok"]
    assert again["counts"] == {"files": 0, "rows": 0}
    assert len(again["warnings"]) == 1
    assert "was not restored again" in again["warnings"][0]


def test_what_was_written_since_stays_and_the_named_way_leads_back(
    archive: Path, second: Workspace, target: Database, tmp_path: Path
) -> None:
    restore(archive, second.home, target, "main", NOW)
    create_key("main", target, role="marketer", name="later", now=LATER)
    second.settings_file.write_text('[data]\ncurrency = "¥"\n')
    report = restore(archive, second.home, target, "main", LATER)
    assert (report.is_repeated, report.restored_at) == (True, NOW)
    assert {key.name for key in list_keys("main", target)} == {"小王", "later"}
    assert "¥" in second.settings_file.read_text()
    result = call(tmp_path / "third", "--tenant", "main", "restore", archive)
    assert result.exit_code == 0, result.output
    with closing(Database(Workspace(tmp_path / "third").database_url)) as third:
        assert [key.name for key in list_keys("main", third)] == ["小王"]
    assert not Workspace(tmp_path / "third").settings_file.exists()


def test_another_backup_is_refused(
    archive: Path, source: Workspace, second: Workspace, target: Database, tmp_path: Path
) -> None:
    restore(archive, second.home, target, "main", NOW)
    source.settings_file.write_text('[data]\ncurrency = "€"\n')
    other = backed_up(source, tmp_path / "other.tar.gz")
    assert isinstance(call(second.home, "restore", other).exception, UsageError)
    with pytest.raises(UsageError, match="exists already"):
        restore(other, second.home, target, "main", NOW)


def test_of_a_tenant_that_is_gone_in_part_nobody_is_told_that_it_was_restored(
    archive: Path, second: Workspace, target: Database
) -> None:
    restore(archive, second.home, target, "main", NOW)
    second.lake.rename(second.home / "away")
    with pytest.raises(UsageError, match="exists already"):
        restore(archive, second.home, target, "main", LATER)
    (second.home / "away").rename(second.lake)
    assert restore(archive, second.home, target, "main", LATER).is_repeated
    # another database: none, one without the tenant, and one in which somebody else made a tenant of that name
    elsewhere = second.home / "elsewhere.db"
    with closing(Database(f"sqlite:///{elsewhere}")) as other:
        with pytest.raises(UsageError, match="exists already"):
            restore(archive, second.home, other, "main", LATER)
        assert not elsewhere.exists()
        upgrade(other)
        with pytest.raises(UsageError, match="exists already"):
            restore(archive, second.home, other, "main", LATER)
        create_key("main", other, role="admin", name="theirs", now=LATER)
        with pytest.raises(UsageError, match="exists already"):
            restore(archive, second.home, other, "main", LATER)


def test_a_home_without_the_record_is_refused_as_before(archive: Path, second: Workspace, target: Database) -> None:
    restore(archive, second.home, target, "main", NOW)
    record = second.root / "restored"
    whole = record.read_bytes()
    for content in (b"", b"\xff\xfe", whole[:64] + b"\nsome day\n"):
        record.write_bytes(content)
        with pytest.raises(UsageError, match="exists already"):
            restore(archive, second.home, target, "main", LATER)
    record.unlink()
    with pytest.raises(UsageError, match="exists already"):
        restore(archive, second.home, target, "main", LATER)


def test_a_mark_of_an_earlier_version_is_gone_on_from(archive: Path, second: Workspace, target: Database) -> None:
    restore(archive, second.home, target, "main", NOW)
    (second.root / "restored").unlink()
    mark = second.root / "being_restored"
    mark.write_text(sha256(archive) + "\n")
    made = datetime.fromtimestamp(int(mark.stat().st_mtime), UTC)
    for _ in range(2):  # as the mark, and as the record that it becomes
        report = restore(archive, second.home, target, "main", LATER)
        assert (report.is_repeated, report.restored_at) == (True, made)
        assert not mark.exists()


def test_a_killed_restore_whose_tenant_others_made_since_is_not_called_done(
    archive: Path, second: Workspace, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["serving.upkeep.restore"], "_import", killed)
        with pytest.raises(KeyboardInterrupt):
            restore(archive, second.home, target, "main", NOW)
    create_key("main", target, role="admin", name="too early", now=LATER)
    with pytest.raises(UsageError, match="already holds tenant main"):
        restore(archive, second.home, target, "main", LATER)
    assert [path.name for path in second.home.iterdir()] == ["var"]  # nothing is left unpacked


def test_a_connection_that_is_lost_at_the_commit_leaves_what_a_rerun_goes_on_from(
    archive: Path, second: Workspace, target: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Database.writing

    @contextmanager
    def lost(database: Database) -> Iterator[Connection]:
        with whole(database) as connection:
            yield connection
        raise UnavailableError("lost", {"problem": "maybe_stored"})

    upgrade(target)
    with monkeypatch.context() as patch:
        patch.setattr(Database, "writing", lost)
        with pytest.raises(UnavailableError, match="lost"):
            restore(archive, second.home, target, "main", NOW)
    assert (second.root / "being_restored").is_file()
    assert restore(archive, second.home, target, "main", LATER).is_repeated
    assert not (second.root / "being_restored").exists()


def test_a_backup_does_not_carry_the_record_on(
    archive: Path, second: Workspace, target: Database, tmp_path: Path
) -> None:
    restore(archive, second.home, target, "main", NOW)
    again = backed_up(second, tmp_path / "again.tar.gz")
    with tarfile.open(again) as tar:
        assert [name for name in tar.getnames() if "restored" in name] == []
    fourth = Workspace(tmp_path / "fourth")
    with closing(Database(fourth.database_url)) as database:
        restore(again, fourth.home, database, "main", LATER)
        assert restore(again, fourth.home, database, "main", LATER).is_repeated
        with pytest.raises(UsageError, match="exists already"):
            restore(archive, fourth.home, database, "main", LATER)


def test_doctor_says_nothing_of_the_record(archive: Path, second: Workspace) -> None:
    before = os.umask(0o077)
    try:
        assert call(second.home, "restore", archive).exit_code == 0
        with_record = call(second.home, "doctor").stdout
        (second.root / "restored").unlink()
        assert "permissions  nothing is open" in with_record
        assert _without_numbers(call(second.home, "doctor").stdout) == _without_numbers(with_record)
    finally:
        os.umask(before)


def _without_numbers(text: str) -> list[str]:
    return [line for line in text.split("\n") if " disk " not in line and " clock " not in line]


def test_a_tenant_without_rows_is_told_as_done_too(ingested: Path, second: Workspace, tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path / 'empty.db'}")) as empty:
        upgrade(empty)
        back_up(Workspace(ingested), Settings(), empty, tmp_path / "bare.tar", NOW)
    with closing(Database(f"sqlite:///{tmp_path / 'second.db'}")) as target:
        assert not restore(tmp_path / "bare.tar", second.home, target, "main", NOW).is_repeated
        assert restore(tmp_path / "bare.tar", second.home, target, "main", LATER).is_repeated


def test_an_erasure_takes_no_part_of_the_record_for_an_id(tmp_path: Path) -> None:
    digest = sha256(Path(__file__))
    write_mark(tmp_path, digest, NOW)
    finish(tmp_path)
    assert finished_at(tmp_path, digest) == NOW
    assert find_traces(tmp_path, [digest[place : place + 5] for place in range(60)]) == []
