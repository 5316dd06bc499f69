"""Segments over HTTP: counted, saved, used by an audience; who may, and features of another day."""

from datetime import datetime
from typing import Any

import polars as pl
import pytest

from features.jobs import build_features
from retail_brain.ingest import ingest
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace

GOLD = {"expression": "level = gold and not bought(last 7 days)"}


def _prepare(client: Any, tmp_path: Any, day: int) -> None:
    """The lake and the features of tenant `other`, as of a day of February 2025; its answers are of the 28th."""
    workspace = Workspace(client.home, "other")
    customers = [f"C{number:05d}" for number in range(1, 61)]
    levels = ["gold" if number % 2 else "basic" for number in range(1, 61)]
    pl.DataFrame({"customer_id": customers, "level": levels}).write_parquet(tmp_path / "customers.parquet")
    receipts = {"transaction_id": ["a", "b"], "customer_id": ["C00001", "C00003"], "product_id": ["P0001"] * 2}
    receipts |= {"sold_at": [datetime(2025, 2, 3, 9), datetime(2025, 2, day, 9)], "store_id": ["S001"] * 2}
    frame = pl.DataFrame(receipts).with_columns(units=pl.lit(1.0), unit_price=pl.lit(5.0))
    frame.write_parquet(tmp_path / "transactions.parquet")
    ingest(str(tmp_path), str(workspace.lake), Settings(), SILENT)
    dataset = open_lake(str(workspace.lake))
    build_features(dataset, workspace.features, dataset.last_day())


@pytest.fixture(scope="module")
def ready(client: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    _prepare(client, tmp_path_factory.mktemp("data"), 28)
    return client


def test_a_segment_is_counted_saved_and_limits_an_audience(ready: Any) -> None:
    counted = ready.ask("/segments", GOLD | {"action": "count"}, tenant="other")
    assert (counted["count"]["people"], counted["count"]["of"], counted["as_of"]) == (29, 60, "2025-02-28")
    saved = ready.ask("/segments", GOLD | {"action": "save", "name": "金卡", "version": 0}, tenant="other")
    assert (saved["segments"][0]["text"], saved["segments"][0]["people"]) == (GOLD["expression"], 29)
    assert saved["segments"][0]["owner"] == "admin先生"
    assert [row["name"] for row in ready.ask("/segments", {}, tenant="other")["segments"]] == ["金卡"]
    assert ready.ask("/segments", {})["segments"] == []
    page = ready.ask("/segments", {"action": "members", "name": "金卡", "limit": 2, "offset": 1}, tenant="other")
    assert [row["customer_ids"] for row in page["members"]] == [["C00005"], ["C00007"]]
    assert page["total"] == 29
    assert page["warnings"] == []  # this lake has no consents
    asked = {"product_ids": ["P0001", "P0002", "P0003"], "size": 500}
    everybody = ready.ask("/audience", asked, tenant="other")["audience"]
    some = ready.ask("/audience", asked | {"segment": "金卡"}, tenant="other")["audience"]
    is_gold = {row["customer_id"] for row in everybody if int(row["customer_id"][1:]) % 2} - {"C00003"}
    assert {row["customer_id"] for row in some} == is_gold & {f"C{number:05d}" for number in range(1, 61)}
    assert some


def test_warnings_and_columns_come_in_the_language_of_the_reader(ready: Any) -> None:
    asked = {"action": "count", "expression": "level = platinum or did(last 3 days)"}
    assert "level = 'platinum'" in ready.ask("/segments", asked, tenant="other")["warnings"][0]
    assert "顾客的 level" in ready.ask("/segments", asked, tenant="other", language="zh")["warnings"][0]
    columns = ready.ask("/segments", {"action": "columns"}, tenant="other")["columns"]
    meanings = {(one["table"], one["column"]): (one["kind"], one["meaning"]) for one in columns}
    assert meanings["people", "level"] == ("text", None)  # an own column, which the dictionary does not know
    assert meanings["people", "known_on"] == ("day", "first day of any record")
    chinese = ready.ask("/segments", {"action": "columns"}, tenant="other", language="zh")["columns"]
    assert ("known_on", "首次有记录的日子") in {(one["column"], one["meaning"]) for one in chinese}


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"action": "count"}, (400, "malformed")),
        ({"action": "save", "expression": "level = gold"}, (400, "malformed")),
        ({"action": "count", "expression": "level ="}, (422, "impossible")),
        ({"action": "count", "expression": {"op": "and"}}, (422, "impossible")),
        ({"action": "count", "expression": "lvl = gold"}, (422, "impossible")),
        ({"action": "members", "name": "nobody"}, (404, "not_found")),
        ({"action": "save", "name": "金卡", "expression": "level = gold", "version": 9}, (409, "conflict")),
    ],
)
def test_what_cannot_be_done_is_refused(ready: Any, body: dict[str, Any], wanted: tuple[int, str]) -> None:
    assert ready.refused("/segments", body, tenant="other") == wanted


def test_a_merchandiser_sees_no_people_and_a_segment_of_two_days_is_refused(ready: Any, tmp_path: Any) -> None:
    assert ready.refused("/segments", {}, tenant="other", role="merchandiser") == (403, "forbidden")
    pointer = Workspace(ready.home, "other").features
    moved = pointer.rename(pointer.with_name("features-of-the-day"))
    assert ready.refused("/segments", GOLD | {"action": "count"}, tenant="other") == (404, "not_found")
    try:
        workspace = Workspace(ready.home, "other")
        dataset = open_lake(str(workspace.lake))
        build_features(dataset, workspace.features, datetime(2025, 2, 20).date())
        assert ready.refused("/segments", GOLD | {"action": "count"}, tenant="other") == (422, "impossible")
    finally:
        pointer.rename(tmp_path / "old")
        moved.rename(pointer)
