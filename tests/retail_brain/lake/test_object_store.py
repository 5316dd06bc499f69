"""A lake in an object store holds what a local one holds: writers that meet, killed writers' files, and the verbs."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from retail_brain.cli import main
from retail_brain.dataset import conform
from retail_brain.lake import open_lake, orphan_files, remove_orphan_files, write_table
from retail_brain.lake.difference import ROW
from retail_brain.tables import TABLES
from retail_brain.workspace import Workspace
from serving.upkeep.doctor import examine
from tests.object_store import ObjectStore, keep_lake_in, object_store, s3_server

__all__ = ["object_store", "s3_server"]


def receipts(till: str) -> pl.LazyFrame:
    """Ten receipts of a till, a day each."""
    frame = pl.DataFrame(
        {
            "transaction_id": [f"{till}-{day}" for day in range(10)],
            "sold_at": [datetime(2025, 1, 1 + day) for day in range(10)],
            "store_id": "A",
            "product_id": "tea",
            "units": 1.0,
            "unit_price": 2.0,
        }
    )
    return conform(frame.lazy(), TABLES["transactions"]).with_row_index(ROW)


def test_writers_that_meet_lose_no_row(object_store: ObjectStore) -> None:
    tills = [f"till {number}" for number in range(4)]
    with ThreadPoolExecutor(len(tills)) as writers:
        list(
            writers.map(
                lambda till: write_table(object_store.uri, "transactions", receipts(till), object_store.options), tills
            )
        )
    stored = open_lake(object_store.uri, object_store.options).scan("transactions").collect()
    assert sorted(stored["transaction_id"]) == sorted(f"{till}-{day}" for till in tills for day in range(10))
    assert open_lake(object_store.uri, object_store.options).versions == {"transactions": 3}


def test_files_of_killed_writers_go_when_they_are_old(
    object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for till in ("a", "b"):
        write_table(object_store.uri, "transactions", receipts(till), object_store.options)
    referenced = object_store.keys("transactions/part-")
    bucket = object_store.uri.removeprefix("s3://")
    object_store.client.put_object(Bucket=bucket, Key="transactions/part-odd.parquet", Body=b"half a file")
    assert remove_orphan_files(object_store.uri, "transactions", object_store.options) == 0
    # every file of the bucket is old by now
    monkeypatch.setattr(orphan_files, "ORPHAN_SECONDS", -timedelta(days=1).total_seconds())
    assert remove_orphan_files(object_store.uri, "transactions", object_store.options) == 1
    assert object_store.keys("transactions/part-") == referenced
    assert open_lake(object_store.uri, object_store.options).scan("transactions").collect().height == 20


def test_nothing_goes_where_a_commit_is_missing(object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for till in ("a", "b"):
        write_table(object_store.uri, "transactions", receipts(till), object_store.options)
    bucket = object_store.uri.removeprefix("s3://")
    object_store.client.delete_object(Bucket=bucket, Key=f"transactions/_delta_log/{0:020}.json")
    monkeypatch.setattr(orphan_files, "ORPHAN_SECONDS", -timedelta(days=1).total_seconds())
    assert remove_orphan_files(object_store.uri, "transactions", object_store.options) == 0
    assert len(object_store.keys("transactions/part-")) == 2


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs a verb of the command line; returns its exit code."""

    def call(home: Path, *words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["retail-brain", "--home", str(home), "--quiet", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return call


def tables(home: Path) -> dict[str, pl.DataFrame]:
    folder = Workspace(home, "main").root / "features"
    return {str(path.relative_to(folder)): pl.read_parquet(path) for path in sorted(folder.rglob("*.parquet"))}


def test_verbs_find_in_a_bucket_what_they_find_in_a_folder(
    object_store: ObjectStore, tmp_path: Path, run: Callable[..., int]
) -> None:
    export = tmp_path / "export"
    export.mkdir()
    receipts("a").drop(ROW).collect().write_csv(export / "transactions.csv")
    (export / "consents.csv").write_text(
        "customer_id,channel,granted,changed_at\nc1,sms,true,2025-01-01\nc2,sms,true,2025-01-01\nc1,sms,?,2025-01-02\n"
    )
    local, remote = tmp_path / "local", tmp_path / "remote"
    keep_lake_in(remote, f"{object_store.uri}/main", object_store.options)
    for home in (local, remote):
        for verb in (
            ("ingest", str(export)),
            ("ingest", str(export)),
            ("features",),
            ("tables",),
            ("quarantine", "list"),
        ):
            assert run(home, *verb) == 0
    assert object_store.keys("main/transactions/")
    assert not Workspace(remote, "main").lake.exists()
    expected, found = tables(local), tables(remote)
    assert list(found) == list(expected) != []
    for name, frame in expected.items():
        assert frame.equals(found[name]), name


def test_a_bucket_that_is_not_there_is_named(
    object_store: ObjectStore, tmp_path: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    receipts("a").drop(ROW).collect().write_csv(tmp_path / "transactions.csv")
    keep_lake_in(tmp_path / "home", "s3://no-such-bucket/main", object_store.options)
    assert run(tmp_path / "home", "ingest", str(tmp_path)) == 1
    said = capsys.readouterr().err
    assert "the lake s3://no-such-bucket/main cannot be reached: " in said
    assert "NoSuchBucket" in said


def test_doctor_says_how_a_bucket_that_is_not_there_is_mended(object_store: ObjectStore, tmp_path: Path) -> None:
    keep_lake_in(tmp_path, "s3://no-such-bucket/main", object_store.options)
    (lake,) = [one for one in examine(tmp_path, datetime.now(UTC)) if one.check == "lake"]
    assert lake.level == "fault"
    assert "NoSuchBucket" in lake.text
    assert "make the bucket" in lake.remedy  # its files may all be well: no backup is wanted
    assert "backup" not in lake.remedy
