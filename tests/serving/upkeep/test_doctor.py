"""The doctor finds each kind of damage, names what mends it, and changes nothing."""

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest
from typer.testing import CliRunner

from retail_brain.cli.app import app
from retail_brain.dataset import conform
from retail_brain.errors import NoRoomError
from retail_brain.ingest import ingest
from retail_brain.lake import write_table
from retail_brain.lake.difference import ROW
from retail_brain.lake.reading import local_files, open_table
from retail_brain.operational.database import Database
from retail_brain.operational.events import Event, store_events
from retail_brain.operational.jobs import add_job, end_job
from retail_brain.operational.keys import create_key
from retail_brain.operational.model_tests import begin_model_test
from retail_brain.operational.upgrade import upgrade
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from retail_brain.tables import TABLES
from retail_brain.workspace import Workspace
from serving.upkeep import Finding, examine
from serving.upkeep.findings import for_place
from serving.upkeep.tenant_checks import PUT_BACK

NOW = datetime.now(UTC) + timedelta(days=1)  # later than all that the tests make
AS_OF = date(2025, 2, 28)


@pytest.fixture
def home(ingested: Path, tmp_path: Path, synthetic: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a lake, answers of its last day, a key and no models."""
    home = tmp_path / "home"
    before = os.umask(0o077)
    monkeypatch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
    try:
        shutil.copytree(ingested, home)
        synthetic.publish_synthetic(Workspace(home), "first")
        database = Database(Workspace(home).database_url)
        upgrade(database)
        create_key("main", database, role="admin", name="Ms Li", now=datetime.now(UTC))
        database.close()
    finally:
        os.umask(before)
    return home


def wrong(home: Path, **options: bool) -> dict[str, Finding]:
    """Check -> finding, of those that are not well, besides the models that this home never had."""
    findings = [finding for finding in examine(home, NOW, **options) if finding.level != "ok"]
    assert all(finding.remedy for finding in findings)
    return {finding.check: finding for finding in findings if finding.check not in {"bundles", "features", "runs"}}


def snapshot(home: Path) -> dict[str, tuple[int, int]]:
    files = [path for path in home.rglob("*") if path.is_file() and "operational.db" not in path.name]
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def test_a_home_that_is_well_has_no_finding_and_stays_as_it_is(home: Path) -> None:
    before = snapshot(home)
    assert wrong(home) == {}
    assert snapshot(home) == before
    checks = [finding.check for finding in examine(home, NOW)]
    assert {"versions", "disk", "permissions", "database", "clock", "lake", "answers", "keys"} <= set(checks)


@pytest.mark.parametrize("has_customers", [True, False])
def test_a_chain_without_customers_is_not_told_to_train_a_recommender(tmp_path: Path, has_customers: bool) -> None:
    names = ["a", "b"] if has_customers else [None, None]
    sales = pl.DataFrame(
        {"transaction_id": ["1", "2"], "line_no": [1, 1], "store_id": "S", "product_id": "P", "customer_id": names,
         "sold_at": [datetime(2025, 2, 28, 10), datetime(2025, 2, 28, 11)], "units": 1.0, "unit_price": 2.0},
        schema_overrides={"customer_id": pl.String},
    )  # fmt: skip
    (tmp_path / "data").mkdir()
    sales.write_csv(tmp_path / "data" / "transactions.csv")
    ingest(str(tmp_path / "data"), str(Workspace(tmp_path).lake), Settings(), SILENT)
    told = {finding.remedy for finding in examine(tmp_path, NOW) if finding.check == "bundles"}
    verb = f"retail-brain --home {tmp_path} train"
    assert told == {f"{verb} demand", f"{verb} recommender" if has_customers else ""}


def cut_lake(home: Path) -> None:
    file = local_files(open_table(str(Workspace(home).lake), "transactions"))[0].path
    file.write_bytes(file.read_bytes()[:-10])


def lose_lake_file(home: Path) -> None:
    local_files(open_table(str(Workspace(home).lake), "transactions"))[0].path.unlink()


def damage_answers(home: Path) -> None:
    path = Workspace(home).answers / "first" / "pairs.product.npy"
    path.write_bytes(path.read_bytes()[:-8] + bytes(8 * [255]))


def point_nowhere(home: Path) -> None:
    (Workspace(home).answers / "CURRENT").write_bytes(b"\xff\xfe")


def blank_pointer(home: Path) -> None:
    (Workspace(home).answers / "CURRENT").write_bytes(b"")


def lose_pointer(home: Path) -> None:
    (Workspace(home).answers / "CURRENT").unlink()


def misspell_setting(home: Path) -> None:
    Workspace(home).settings_file.write_text("no_such_key = 1\n")


def damage_database(home: Path) -> None:
    for suffix in ("-wal", "-shm"):
        Path(f"{home}/var/operational.db{suffix}").unlink(missing_ok=True)
    with (home / "var" / "operational.db").open("r+b") as file:
        file.seek(4096)
        file.write(bytes(4096))


def point_champion_wrong(home: Path) -> None:
    folder = Workspace(home).bundles / "demand"
    folder.mkdir(parents=True)
    (folder / "CHAMPION").write_text("7\n")


def garble_champion(home: Path) -> None:
    folder = Workspace(home).bundles / "demand"
    folder.mkdir(parents=True)
    (folder / "CHAMPION").write_bytes(b"\xff\xfe seven")


def lose_database(home: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{home}/var/operational.db{suffix}").unlink(missing_ok=True)


def garble_database(home: Path) -> None:
    lose_database(home)
    (home / "var" / "operational.db").write_bytes(b"no database at all" * 1000)


def garble_sales(home: Path) -> None:
    """Other bytes, of the same number, in the place of all rows; the footer that says where they are stays."""
    for file in local_files(open_table(str(Workspace(home).lake), "transactions")):
        content = file.path.read_bytes()
        footer = 8 + int.from_bytes(content[-8:-4], "little")
        file.path.write_bytes(content[:4] + bytes(len(content) - 4 - footer) + content[-footer:])


def cut_features(home: Path) -> None:
    folder = Workspace(home).features
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text('{"as_of"')


def lose_tested_version(home: Path) -> None:
    with closing(Database(Workspace(home).database_url)) as database:
        upgrade(database)
        begin_model_test("main", database, "second", 7, 0.5, by="Li", now=NOW)


@pytest.mark.parametrize(
    ("damage", "check", "text"),
    [
        (garble_sales, "lake", ""),
        (cut_features, "features", "JSON"),
        (lose_tested_version, "model_test", "7"),
        (cut_lake, "lake", "bytes, wanted"),
        (lose_lake_file, "lake", "missing"),
        (damage_answers, "answers", "pairs.product.npy"),
        (point_nowhere, "answers", "decode"),
        (blank_pointer, "answers", "CURRENT holds ''"),
        (lose_pointer, "answers", "the newest is first"),
        (misspell_setting, "settings", "no_such_key"),
        (damage_database, "database", "operational"),
        (point_champion_wrong, "bundles", "7"),
        (garble_champion, "bundles", "CHAMPION"),
        (lose_database, "database", "is gone"),
        (garble_database, "database", "operational"),
    ],
)
def test_damage_is_a_fault_of_the_part_it_is_in(
    home: Path, damage: Callable[[Path], None], check: str, text: str
) -> None:
    damage(home)
    faults = [finding for finding in examine(home, NOW) if finding.level == "fault"]
    assert {finding.check for finding in faults} == {check}
    assert text in faults[0].text
    assert faults[0].remedy


def test_a_remedy_acts_on_the_home_and_the_tenant_that_it_is_about(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "var" / "two").mkdir(mode=0o700)
    (Workspace(home).answers / "CURRENT").chmod(0o644)
    found = [finding for finding in examine(home, NOW) if finding.remedy]
    two = {finding.remedy for finding in found if finding.subject == "two"}
    assert f"retail-brain --home {home} --tenant two ingest DATASET" in two
    assert f"retail-brain --home {home} --tenant two publish" in two
    assert f"retail-brain --home {home} features" in {one.remedy for one in found if one.subject == "main"}
    (folders,) = [one.remedy for one in found if one.check == "permissions"]
    assert folders == f"chmod -R go= {home}/var {home}/mlruns"
    assert {one.subject for one in examine(home, NOW, tenant="two")} == {"home", "two"}
    damaged = for_place(Finding("two", "lake", "fault", "damaged", PUT_BACK), home)
    assert "`retail-brain --home OTHER restore FILE`" in damaged.remedy
    monkeypatch.setenv("RETAIL_BRAIN_HOME", str(home))
    assert "retail-brain --tenant two publish" in {one.remedy for one in examine(home, NOW)}


def test_the_verb_looks_at_the_tenant_that_is_named(home: Path) -> None:
    (home / "var" / "two").mkdir(mode=0o700)
    call = ["--home", str(home), "--tenant", "two", "doctor"]
    assert " main " not in CliRunner().invoke(app, call).output
    assert " main " in CliRunner().invoke(app, [*call[:2], "doctor"]).output


def test_what_may_not_be_read_is_mended_by_rights(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "answers/first")

    monkeypatch.setattr("serving.upkeep.tenant_checks.current_id", closed)
    assert "let the service's user read and write answers/first" in wrong(home)["answers"].remedy


def test_changed_bytes_of_the_same_length_are_found_by_a_deep_look(home: Path) -> None:
    file = local_files(open_table(str(Workspace(home).lake), "transactions"))[0].path
    whole = file.read_bytes()
    middle = len(whole) // 3
    # one byte more in the middle of the values: most such files still read well, with other values
    file.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    assert "lake" not in wrong(home)
    assert "other bytes than its checksum says" in wrong(home, deep=True)["lake"].text


def test_a_deep_look_counts_files_that_have_no_checksum(home: Path) -> None:
    for noted in Workspace(home).lake.glob("*/_checksums.json"):
        noted.unlink()
    [lake] = [finding for finding in examine(home, NOW, deep=True) if finding.check == "lake"]
    assert lake.level == "ok"
    assert "checksums of 0 files agree" in lake.text
    assert "files have none until the next backup" in lake.text


def test_a_job_that_says_nothing_any_more_and_one_that_nobody_takes_are_warnings(home: Path) -> None:
    with closing(Database(Workspace(home).database_url)) as database:
        upgrade(database)
        hour_ago = NOW - timedelta(hours=1)
        for job_id, host in (("job_a", "elsewhere"), ("job_b", None)):
            if host is None:
                end_job("main", database, "job_a", "stopped", now=hour_ago)
            add_job("main", database, job_id, "publish", {}, by="Li", now=hour_ago, host=host, is_gone=lambda _: False)
            found = wrong(home)["jobs"]
            assert (found.level, job_id in found.text, bool(found.remedy)) == ("warning", True, True)
    assert "no worker takes it" in found.text


def test_what_needs_care_soon_is_a_warning(home: Path) -> None:
    (home / "var" / "main.bak").mkdir(mode=0o700)
    (Workspace(home).answers / "CURRENT").chmod(0o644)
    found = wrong(home)
    assert {check: finding.level for check, finding in found.items()} == {
        "folders": "warning",
        "permissions": "warning",
    }
    assert "main.bak" in found["folders"].text
    assert "CURRENT" in found["permissions"].text


def test_keys_of_a_tenant_that_the_home_does_not_hold_are_named(home: Path) -> None:
    with closing(Database(Workspace(home).database_url)) as database:
        key = create_key("north", database, role="admin", name="Li", now=datetime.now(UTC))
        create_key("north", database, role="admin", name="Li", now=datetime.now(UTC), expires_at=datetime.now(UTC))
    found = wrong(home)["tenants"]
    assert found.text == "1 valid key of tenant north, of which the home holds nothing"
    assert "--tenant north" in found.remedy
    assert key not in found.text


def test_a_pointer_full_of_zeros_is_not_read_to_its_end(home: Path) -> None:
    (home / "var/main/answers/CURRENT").write_bytes(bytes(5_000_000))
    found = wrong(home)["answers"]
    assert found.level == "fault"
    assert len(found.text) < 300


def test_a_full_disk_under_the_database_is_mended_by_space(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_full(_database: Database) -> str:
        raise NoRoomError("the operational database cannot be written: its disk is full. Free some space there.")

    monkeypatch.setattr("serving.upkeep.home_checks._damage", is_full)
    assert "free some space" in wrong(home)["database"].remedy
    assert "backup" not in wrong(home)["database"].remedy


def test_a_record_of_tomorrow_means_that_a_clock_was_set_back(home: Path) -> None:
    database = Database(Workspace(home).database_url)
    event = Event(datetime(2025, 2, 28, 9), "visit", customer_id="C00001")
    store_events("main", database, [event], now=NOW + timedelta(days=1))
    database.close()
    assert wrong(home)["clock"].level == "fault"
    assert "events" in wrong(home)["clock"].text


def test_answers_older_than_the_lake_are_named_with_the_days(home: Path, tmp_path: Path) -> None:
    later = {"transaction_id": ["99"], "sold_at": [datetime(2025, 3, 3, 9)], "store_id": ["S001"]}
    (tmp_path / "more").mkdir()
    lines = pl.DataFrame(later | {"product_id": ["P0001"], "units": [1.0], "unit_price": [2.5]})
    lines.write_parquet(tmp_path / "more" / "transactions.parquet")
    assert CliRunner().invoke(app, ["--home", str(home), "--quiet", "ingest", str(tmp_path / "more")]).exit_code == 0
    assert "3 days later" in wrong(home)["answers"].text


def test_a_week_under_way_that_the_lake_holds_is_a_warning(home: Path) -> None:
    days = [date(2025, 2, 24), datetime.now(UTC).date()]
    rows = {"date": days, "store_id": ["S001"] * 2, "product_id": ["P0001"] * 2, "units": [1.0, 2.0]}
    write_table(
        str(Workspace(home).lake), "daily_sales", conform(pl.LazyFrame(rows), TABLES["daily_sales"]).with_row_index(ROW)
    )
    assert "lake" not in wrong(home)
    Workspace(home).settings_file.write_text('[data]\nperiod = "week"\n')
    found = wrong(home)["lake"]
    assert found.level == "warning"
    assert "1 rows of daily_sales" in found.text
    assert "the week is not over" in found.text


def test_the_verb_ends_with_1_for_a_fault_and_strictly_for_a_warning(home: Path) -> None:
    call = ["--home", str(home), "doctor"]
    assert CliRunner().invoke(app, call).exit_code == 0
    assert CliRunner().invoke(app, [*call, "--strict"]).exit_code == 1  # it has no models
    damage_answers(home)
    result = CliRunner().invoke(app, [*call, "--json"])
    assert result.exit_code == 1
    assert '"level": "fault"' in result.output


def test_tables_of_an_earlier_version_are_said_to_hide_keys_and_jobs(home: Path) -> None:
    assert "unseen" not in wrong(home)
    with closing(Database(Workspace(home).database_url)) as database, database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0019'")
    found = wrong(home)
    assert found["database"].level == "warning"
    assert "keys, exports, retention, jobs" in found["unseen"].text


def test_a_folder_where_nothing_was_ingested_is_a_fault(tmp_path: Path) -> None:
    faults = [finding for finding in examine(tmp_path, NOW) if finding.level == "fault"]
    assert [finding.check for finding in faults] == ["folders"]
    assert not (tmp_path / "var").exists()


def test_a_database_copied_without_its_newest_rows_is_a_fault_until_it_is_mended(home: Path) -> None:
    (home / "var" / "operational.db-shm").write_bytes(b"")
    for _ in range(2):  # a look leaves the trace as it is
        found = wrong(home)["database"]
        assert found.level == "fault"
        assert "operational.db-wal" in found.text
    (home / "var" / "operational.db-shm").unlink()
    assert wrong(home) == {}


def test_a_database_that_lost_all_its_rows_with_its_wal_is_a_fault(home: Path) -> None:
    file = home / "var" / "operational.db"
    file.write_bytes(b"")
    found = wrong(home)["database"]
    assert (found.level, "holds no tables" in found.text) == ("fault", True)


def test_a_home_copied_without_the_mark_of_its_database_is_told_of(home: Path) -> None:
    (home / "var" / "operational.db.upgrade").unlink()
    found = wrong(home)["database"]
    assert (found.level, "operational.db.upgrade is missing" in found.text) == ("warning", True)


def test_a_database_of_a_newer_version_is_a_fault_that_no_command_mends(home: Path) -> None:
    with closing(Database(Workspace(home).database_url)) as database, database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    found = wrong(home)["database"]
    assert (found.level, found.remedy) == ("fault", "install the newer version of retail-brain")
