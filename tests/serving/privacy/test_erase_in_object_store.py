"""Erasing a planted person whose lake is in an object store: the same proof, over every file of the bucket."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from retail_brain.cli.app import app
from retail_brain.errors import NotFoundError
from retail_brain.lake import open_lake
from retail_brain.settings import Settings
from serving.privacy import erase as erasing
from tests.object_store import ObjectStore, keep_lake_in, object_store, s3_server
from tests.planted_person import IDS, OTHER, PERSON, Home, opened, plant

__all__ = ["object_store", "s3_server"]


@pytest.fixture
def home(object_store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
    settings = Settings(lake_uri=f"{object_store.uri}/main", storage_options=object_store.options)
    keep_lake_in(tmp_path / "home", f"{object_store.uri}/main", object_store.options)
    plant(tmp_path, settings)
    yield from opened(tmp_path, settings)


def objects_with(store: ObjectStore, ids: list[str]) -> list[str]:
    """Keys of objects that hold an id, by boto3 and without our search."""
    bucket = store.uri.removeprefix("s3://")
    found = []
    for key in store.keys(""):
        body = store.client.get_object(Bucket=bucket, Key=key)["Body"].read()
        text = pl.read_parquet(body).write_json() if key.endswith(".parquet") else body.decode()
        found += [key] if any(one in text or one in key for one in ids) else []
    return found


def test_nothing_is_found_in_the_bucket_after_an_erasure_and_others_stay(home: Home, object_store: ObjectStore) -> None:
    before, rows = " ".join(objects_with(object_store, IDS)), home.rows("transactions").height
    for part in ("transactions/", "_delta_log", "customers/", "identities/", "quarantine/"):
        assert part in before, part
    assert {name.removeprefix(f"{object_store.uri}/") for name in home.found() if "s3:" in name} == set(before.split())
    report = home.run()
    assert (report.traces, home.found()) == ([], [])
    assert report.lake == {"transactions": 21, "customers": 2, "identities": 4, "consents": 2, "events": 2}
    assert report.set_aside > 0
    assert report.history_files > 0
    assert objects_with(object_store, IDS) == []
    assert home.rows("transactions").height == rows
    assert home.rows("customers")["customer_id"].to_list() == [OTHER]
    assert any("noncurrent versions" in line for line in report.by_hand)
    with pytest.raises(NotFoundError, match="was erased"):
        open_lake(home.place.lake, home.place.settings.storage_options, {"transactions": 0})
    # the older export does not bring the person back
    home.ingest_again()
    assert (home.found(), objects_with(object_store, IDS)) == ([], [])


def test_an_erasure_killed_on_the_way_is_finished_by_the_verb_which_then_finds_nothing(
    home: Home, object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["--home", str(home.place.workspace.home), "--quiet", "privacy", *words])
        return done.exit_code, done.stdout

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "drop_history", dies)
        with pytest.raises(KeyboardInterrupt):
            home.run()
    assert run("erase")[0] == 0
    assert run("search", PERSON) == (0, "nothing was found\n")
    assert objects_with(object_store, IDS) == []
    bucket = object_store.uri.removeprefix("s3://")
    object_store.client.put_object(Bucket=bucket, Key=f"main/lists/{PERSON}.csv", Body=b"1")
    object_store.client.put_object(Bucket=bucket, Key="main/lists/of_may.csv", Body=f"id\n{PERSON}\n".encode())
    code, said = run("search", PERSON)
    assert code == 1
    assert said.split("\n")[:2] == [
        f"{object_store.uri}/main/lists/[erased].csv",
        f"{object_store.uri}/main/lists/of_may.csv",
    ]
