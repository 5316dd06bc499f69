"""A backup restored elsewhere gives the same tenant; a damaged or foreign one is refused; a killed restore goes on."""

import json
import shutil
import sys
import tarfile
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from retail_brain.cli.app import app
from retail_brain.errors import DataError, RetailBrainError, UsageError
from retail_brain.files import sha256, write_json
from retail_brain.lake import open_lake
from retail_brain.lake.side_lists import read_list, write_list
from retail_brain.operational.database import Database
from retail_brain.operational.decisions import Decision, store_decisions
from retail_brain.operational.events import Event, store_events
from retail_brain.operational.exports import make_export, pending_exports
from retail_brain.operational.keys import create_key, find_key
from retail_brain.operational.tables import DECISIONS
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.store.answer_set import open_answers
from serving.store.current_answers import current_id
from serving.upkeep import back_up, restore, tenant_rows
from serving.upkeep.archive import ArchiveWriter

NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)


def decision(number: int, name: str) -> Decision:
    return Decision(
        f"d{number}", f"s{number}", name, "牛奶", date(2025, 2, 28), "approved", 12.0, 12.0, "“引号”\u2028", "小李"
    )


@pytest.fixture
def home(ingested: Path, tmp_path: Path, synthetic: ModuleType) -> Path:
    home = tmp_path / "first"
    shutil.copytree(ingested, home)
    workspace = Workspace(home)
    synthetic.publish_synthetic(workspace, "one")
    workspace.settings_file.write_text('[data]\ncurrency = "€"\n')
    # a list beside the tables, as of people who were erased, and what a job measured
    write_list(str(workspace.lake), "shared_cards", pl.DataFrame({"customer_id": ["C00007"]}), {})
    workspace.measured_orders.parent.mkdir()
    workspace.measured_orders.write_bytes(b"measured")
    (workspace.features / "person").mkdir(parents=True)
    (workspace.features / "person" / "0.parquet").write_bytes(b"features")
    return home


@pytest.fixture
def key(database: Database) -> str:
    """Rows of two tenants, so that row numbers have gaps; gives the key of the first."""
    for tenant in ("other", "main"):
        store_decisions(tenant, database, [decision(1, "西湖店"), decision(2, "Grand'Place")], now=NOW)
        make_export(tenant, database, target="orders.csv", made_by="erp", now=NOW)
        store_events(tenant, database, [Event(datetime(2025, 2, 28, 9), "visit", event_id="e1")], now=NOW)
    create_key("other", database, role="admin", name="theirs", now=NOW)
    return create_key("main", database, role="marketer", name="小王", now=NOW)


def rows_without_numbers(database: Database) -> dict[str, list[dict[str, object]]]:
    """All rows of the tenant but for the serial numbers, which are given anew."""
    serial = {"id", "decision_row"}
    return {
        table: [{name: value for name, value in json.loads(row).items() if name not in serial} for row in rows]
        for table, rows in tenant_rows.export_rows("main", database).items()
    }


def restored(archive: Path, home: Path) -> Database:
    """A database beside the restored home, filled with rows of another tenant first."""
    target = Database(Workspace(home).database_url)
    upgrade(target)
    store_decisions("third", target, [decision(7, "elsewhere")], now=NOW)
    restore(archive, home, target, "main", NOW)
    return target


def test_a_file_system_that_refuses_the_seal_stops_no_restore(
    home: Path, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, _mode: int) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    back_up(Workspace(home), Settings(), database, tmp_path / "b.tar", NOW)
    elsewhere, told = Workspace(tmp_path / "second"), list[str]()
    target = Database(elsewhere.database_url)
    monkeypatch.setattr(Path, "chmod", refuse)
    restore(tmp_path / "b.tar", elsewhere.home, target, "main", NOW, told.append)
    target.close()
    assert not (elsewhere.root / "being_restored").exists()
    assert [line for line in told if "writable" in line] == told != []


@pytest.mark.parametrize("name", ["backup.tar", "backup.tar.gz"])
def test_restored_elsewhere_it_is_the_same_tenant(
    home: Path,
    database: Database,
    key: str,
    tmp_path: Path,
    name: str,
) -> None:
    report = back_up(Workspace(home), Settings(), database, tmp_path / name, NOW)
    elsewhere = Workspace(tmp_path / "second")
    target = restored(tmp_path / name, elsewhere.home)
    assert report.has_lake
    assert current_id(elsewhere.answers) == "one"
    assert open_answers(elsewhere.answers / "one").manifest == open_answers(Workspace(home).answers / "one").manifest
    assert all(path.stat().st_mode & 0o222 == 0 for path in (elsewhere.answers / "one").rglob("*") if path.is_file())
    assert elsewhere.settings_file.read_text() == '[data]\ncurrency = "€"\n'
    assert open_lake(str(elsewhere.lake)).scan("transactions").collect().height == 28
    cards = read_list(str(elsewhere.lake), "shared_cards", {})
    assert cards is not None
    assert cards["customer_id"].to_list() == ["C00007"]
    assert elsewhere.measured_orders.read_bytes() == b"measured"
    assert (elsewhere.features / "person" / "0.parquet").read_bytes() == b"features"
    assert find_key(target, key, now=NOW) == find_key(database, key, now=NOW)
    assert pending_exports("main", target)[0].lines[0].decision == decision(1, "西湖店")
    with target.reading() as connection:
        ids = connection.execute(select(DECISIONS.c.tenant_id, DECISIONS.c.decision_id).order_by(DECISIONS.c.id)).all()
    assert [tuple(row) for row in ids] == [("third", "d7"), ("main", "d1"), ("main", "d2")]
    assert rows_without_numbers(target) == rows_without_numbers(database)
    target.close()


def test_no_row_or_file_of_another_tenant_leaves(
    home: Path,
    database: Database,
    key: str,
    tmp_path: Path,
    synthetic: ModuleType,
) -> None:
    synthetic.publish_synthetic(Workspace(home, "other"), "theirs")
    back_up(Workspace(home), Settings(), database, tmp_path / "b.tar", NOW)
    with tarfile.open(tmp_path / "b.tar") as tar:
        content = b"".join(file.read() for member in tar if (file := tar.extractfile(member)))
    assert b"theirs" not in content
    assert "小王".encode() in content


def test_without_the_lake_its_place_and_versions_are_named(
    home: Path,
    database: Database,
    tmp_path: Path,
) -> None:
    report = back_up(Workspace(home), Settings(), database, tmp_path / "b.tar", NOW, with_lake=False)
    assert not report.has_lake
    target = Database(Workspace(tmp_path / "second").database_url)
    manifest = restore(tmp_path / "b.tar", tmp_path / "second", target, "main", NOW).manifest
    assert manifest.lake == str(Workspace(home).lake)
    assert manifest.lake_versions == {"transactions": 0}
    target.close()


def cut(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])


def change(archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    position = content.index(b"currency")
    content[position : position + 8] = b"CURRENCY"
    archive.write_bytes(content)


def no_archive(archive: Path) -> None:
    archive.write_bytes(b"hello")


@pytest.mark.parametrize("damage", [cut, change, no_archive])
def test_a_damaged_backup_is_refused_and_leaves_nothing(
    home: Path,
    database: Database,
    key: str,
    tmp_path: Path,
    damage: object,
) -> None:
    back_up(Workspace(home), Settings(), database, tmp_path / "b.tar", NOW)
    damage(tmp_path / "b.tar")  # type: ignore[operator]
    second = tmp_path / "second"
    target = Database(Workspace(second).database_url)
    with pytest.raises(DataError, match=r"b\.tar"):
        restore(tmp_path / "b.tar", second, target, "main", NOW)
    assert not Workspace(second).root.exists()
    assert not tenant_rows.has_rows("main", target)
    target.close()


def test_a_tenant_that_is_there_or_another_name_is_refused(
    home: Path,
    database: Database,
    key: str,
    tmp_path: Path,
) -> None:
    back_up(Workspace(home), Settings(), database, tmp_path / "b.tar", NOW)
    with pytest.raises(UsageError, match="exists already"):
        restore(tmp_path / "b.tar", home, database, "main", NOW)
    with pytest.raises(UsageError, match="already holds tenant main"):
        restore(tmp_path / "b.tar", tmp_path / "second", database, "main", NOW)
    with pytest.raises(UsageError, match="holds tenant 'main', asked for 'berlin'"):
        restore(tmp_path / "b.tar", tmp_path / "second", database, "berlin", NOW)
    assert not Workspace(tmp_path / "second", "berlin").root.exists()


@pytest.mark.parametrize("moment", ["before the rows", "after the rows"])
def test_a_killed_restore_is_run_again(
    home: Path,
    database: Database,
    key: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    module = sys.modules["serving.upkeep.restore"]
    back_up(Workspace(home), Settings(), database, tmp_path / "b.tar", NOW)
    second = Workspace(tmp_path / "second")
    target = Database(second.database_url)
    whole = module._import

    def killed(*arguments: object) -> None:
        if moment == "after the rows":
            whole(*arguments)
        raise KeyboardInterrupt  # like a kill: no handler of ours runs for it

    with monkeypatch.context() as patch:
        patch.setattr(module, "_import", killed)
        with pytest.raises(KeyboardInterrupt):
            restore(tmp_path / "b.tar", second.home, target, "main", NOW)
    assert second.root.is_dir()
    restore(tmp_path / "b.tar", second.home, target, "main", NOW)
    assert find_key(target, key, now=NOW) is not None
    assert sorted(path.name for path in second.root.iterdir()) == [
        "answers",
        "features",
        "lake",
        "measured",
        "restored",
        "settings.toml",
    ]
    target.close()


def test_a_set_that_is_removed_while_it_is_copied_is_said_and_leaves_no_file(
    home: Path,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from retail_brain.errors import RetailBrainError
    from serving.upkeep.archive import ArchiveWriter

    whole = ArchiveWriter.add_file

    def removed(self: ArchiveWriter, name: str, path: Path) -> None:
        if "/answers/" in name:
            shutil.rmtree(path.parent, ignore_errors=True)
        whole(self, name, path)

    monkeypatch.setattr(ArchiveWriter, "add_file", removed)
    with pytest.raises(RetailBrainError, match="Run the backup again"):
        back_up(Workspace(home), Settings(), database, tmp_path / "b.tar", NOW)
    assert not (tmp_path / "b.tar").exists()


def _change(path: Path) -> None:
    """Changes the last byte, so that the size stays."""
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("damaged", ["lake/transactions/*.parquet", "answers/one/*.npy", "bundles/demand/2/model.txt"])
def test_a_backup_is_not_replaced_by_one_of_a_damaged_tenant(
    home: Path, database: Database, tmp_path: Path, damaged: str
) -> None:
    workspace = Workspace(home)
    for version in (1, 2):
        folder = workspace.bundles / "demand" / str(version)
        folder.mkdir(parents=True)
        (folder / "model.txt").write_text("model")
        write_json(folder / "manifest.json", {"files": {"model.txt": sha256(folder / "model.txt")}})
    (workspace.bundles / "demand" / "CHAMPION").write_text("2\n")
    assert back_up(workspace, Settings(), database, tmp_path / "b.tar", NOW).damaged == ()
    # the same name each night: a whole tenant may be backed up over it, and earlier models do no harm
    _change(workspace.bundles / "demand" / "1" / "model.txt")
    assert back_up(workspace, Settings(), database, tmp_path / "b.tar", NOW).damaged == ("bundles/demand/1/model.txt",)
    good = sha256(tmp_path / "b.tar")
    path = next(path for path in sorted(workspace.root.glob(damaged)))
    _change(path)
    with pytest.raises(DataError, match=f"1 missing or damaged file .{path.relative_to(workspace.root).as_posix()}"):
        back_up(workspace, Settings(), database, tmp_path / "b.tar", NOW)
    path.unlink()
    with pytest.raises(DataError, match="missing or damaged"):
        back_up(workspace, Settings(), database, tmp_path / "b.tar", NOW)
    assert sha256(tmp_path / "b.tar") == good
    assert [one.name for one in tmp_path.glob("b.tar*")] == ["b.tar"]


def test_a_lake_of_an_earlier_version_gets_its_checksums_by_a_backup_and_by_a_restore(
    home: Path, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = Workspace(home).lake / "transactions" / "_checksums.json"
    checksums = noted.read_text()
    noted.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["serving.upkeep.wholeness"], "note_lake_checksums", lambda *_: None)
        back_up(Workspace(home), Settings(), database, tmp_path / "b.tar", NOW)
    assert not noted.exists()
    restored(tmp_path / "b.tar", tmp_path / "second").close()
    assert (Workspace(tmp_path / "second").lake / "transactions" / "_checksums.json").read_text() == checksums
    back_up(Workspace(home), Settings(), database, tmp_path / "b.tar", NOW)
    assert noted.read_text() == checksums


def test_a_file_of_the_lake_without_a_checksum_is_decoded(home: Path, database: Database, tmp_path: Path) -> None:
    folder = Workspace(home).lake / "transactions"
    (folder / "_checksums.json").unlink()
    path = next(folder.glob("*.parquet"))
    content = bytearray(path.read_bytes())
    content[4 : len(content) // 2] = bytes(len(content) // 2 - 4)
    path.write_bytes(content)
    with pytest.raises(DataError, match=path.name):
        back_up(Workspace(home), Settings(), database, tmp_path / "b.tar", NOW)
    assert not (folder / "_checksums.json").exists()


@pytest.mark.parametrize("is_removed", [False, True], ids=["after the last file", "with a file still to be read"])
def test_features_that_are_built_anew_while_they_are_copied_give_no_backup(
    home: Path, database: Database, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_removed: bool
) -> None:
    copy = ArchiveWriter.add_folder

    def copy_and_build(archive: ArchiveWriter, name: str, folder: Path) -> None:
        copy(archive, name, folder)
        if folder.name == "features":
            folder.rename(tmp_path / "before")
            folder.mkdir()
            if is_removed:
                archive.add_file(f"{name}/person/1.parquet", folder / "person" / "1.parquet")

    monkeypatch.setattr(ArchiveWriter, "add_folder", copy_and_build)
    with pytest.raises(RetailBrainError, match="built anew while they were copied"):
        back_up(Workspace(home), Settings(), database, tmp_path / "backup.tar", NOW)
    assert not (tmp_path / "backup.tar").exists()


def test_a_backup_without_features_restores_and_says_what_is_missing(
    home: Path, database: Database, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(Workspace(home).features)
    back_up(Workspace(home), Settings(), database, tmp_path / "backup.tar", NOW)
    monkeypatch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
    result = CliRunner().invoke(app, ["--home", str(tmp_path / "second"), "restore", str(tmp_path / "backup.tar")])
    assert result.exit_code == 0, result.output
    assert "No feature tables are in the backup" in result.output
