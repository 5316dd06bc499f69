"""How stores do over HTTP: sums and ratios in one place, nulls with their reason, and what changed."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from retail_brain.files import write_text
from serving.planning.stock.exceptions import EXCEPTIONS
from serving.planning.stock.performance import PERFORMANCE, PLANNED, STOCK_NOW, TREND
from serving.store import head_office as figures
from serving.store.current_answers import current_id, make_current
from serving.store.publishing.performance import CHANGES, publish_changes
from serving.store.rows import map_rows, write_rows


def test_ratios_of_a_region_and_of_all_are_those_of_sums(client: Any) -> None:
    answer = client.ask("/head_office", {})
    total, stores = answer["total"], {row["store_id"]: row for row in answer["stores"]}
    assert (total["sales"], total["sales_last_year"], total["sales_change"]) == (150.0, 80.0, 0.875)
    assert total["margin_share"] == pytest.approx(35 / 130, abs=1e-4)
    assert total["fill_rate"] == pytest.approx(30 / 40)
    assert total["cover_days"] == pytest.approx(145 / ((50 + 45) / 28), abs=1e-3)
    assert stores["S001"]["sales_trend"] == pytest.approx(10 / 90, abs=1e-4)
    assert (stores["S002"]["sales_last_year"], stores["S002"]["sales_change"]) == (None, None)
    assert [(row["name"], row["sales"]) for row in answer["regions"]] == [("杭州", 100.0), ("苏州", 50.0)]
    assert (total["weeks"][-2:], total["weeks_last_year"][-2:]) == ([10.0, 30.0], [None, 20.0])


def test_stock_and_its_cover_stand_against_last_year(client: Any) -> None:
    first = next(row for row in client.ask("/head_office", {})["stores"] if row["store_id"] == "S001")
    assert (first["stock_value"], first["stock_value_last_year"]) == (100.0, 80.0)
    # 28 days of goods that cost 50 now and 60 then
    assert (first["cover_days"], first["cover_days_last_year"]) == (56.0, round(28 * 80 / 60, 4))


def test_what_is_not_known_says_why(client: Any) -> None:
    answer = client.ask("/head_office", {})
    assert (answer["total"]["waste"], answer["reasons"]) == (
        None,
        {"waste": "no_write_offs", "sales_plan": "no_plan"},
    )
    assert client.refused("/head_office", {}, tenant="bare") == (422, "model")
    assert client.refused("/head_office", {}, role="marketer") == (403, "forbidden")
    assert client.refused("/head_office", {"changes": -1}) == (400, "malformed")


def test_sales_stand_against_the_plan_of_every_store(monkeypatch: pytest.MonkeyPatch) -> None:
    names = pl.DataFrame({"store_id": ["S1", "S2"], "store_name": ["One", "Two"], "region": ["North", "South"]})
    monkeypatch.setattr(figures, "places", lambda _: names)
    monkeypatch.setattr(figures, "coordinates", lambda _: {})
    sold = [{"store_id": store, "window": "now", "sales": 80.0, "units": 8.0} for store in ("S1", "S2")]
    rows = {"performance": pl.DataFrame(sold, schema=PERFORMANCE), "performance_stock": pl.DataFrame(schema=STOCK_NOW)}
    rows["performance_weeks"] = pl.DataFrame(schema=TREND)
    rows["performance_plan"] = pl.DataFrame(
        {"store_id": ["S1", "S2"], "sales_plan": [100.0, 60.0], "margin_plan": [30.0, None]}, schema=PLANNED
    )
    told = figures.head_office(SimpleNamespace(rows=rows))
    assert told is not None
    total = told["total"]
    assert (total["sales_plan"], total["sales_to_plan"], total["margin_plan"]) == (160.0, 0.0, None)
    assert {row["store_id"]: row["sales_to_plan"] for row in told["stores"]} == {"S1": -0.2, "S2": 0.3333}
    rows["performance_plan"] = rows["performance_plan"].head(1)
    part = figures.head_office(SimpleNamespace(rows=rows))
    assert part is not None
    assert (part["total"]["sales_plan"], part["reasons"]["sales_plan"]) == (None, "plan_not_whole")
    assert [row["sales_plan"] for row in part["regions"]] == [100.0, None]


def test_a_shop_that_closed_has_no_figures_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    # what a key of the closed shop sees: sales of last year alone
    names = pl.DataFrame({"store_id": ["S1"], "store_name": ["One"], "region": ["North"]})
    monkeypatch.setattr(figures, "places", lambda _: names)
    sums = pl.DataFrame([{"store_id": "S1", "window": "last_year", "sales": 80.0, "units": 8.0}], schema=PERFORMANCE)
    rows = {"performance": sums, "performance_stock": pl.DataFrame(schema=STOCK_NOW)}
    told = figures.head_office(SimpleNamespace(rows=rows | {"performance_weeks": pl.DataFrame(schema=TREND)}))
    assert told is not None
    assert (told["total"], told["stores"], told["regions"]) == (None, [], [])
    assert told["reasons"] == {"waste": "no_write_offs", "sales": "no_sales"}


def test_a_warehouse_stands_among_the_stores_with_its_stock(monkeypatch: pytest.MonkeyPatch) -> None:
    names = pl.DataFrame({"store_id": ["S1", "D1"], "store_name": ["One", None], "region": ["North", "North"]})
    monkeypatch.setattr(figures, "places", lambda _: names)
    sums = pl.DataFrame([{"store_id": "S1", "window": "now", "sales": 80.0, "units": 8.0}], schema=PERFORMANCE)
    told_of = {"store_id": ["S1", "D1"], "stock_value": [30.0, 900.0], "doubtful_stock_value": [4.0, None]}
    held = pl.DataFrame(told_of | {"doubtful_stock_lines": [1.0, 2.0]}, schema_overrides=STOCK_NOW)
    stock = pl.concat([pl.DataFrame(schema=STOCK_NOW), held], how="diagonal")
    rows = {"performance": sums, "performance_stock": stock, "performance_weeks": pl.DataFrame(schema=TREND)}
    rows["line_stores"] = pl.DataFrame(
        {"store_id": ["S1", "D1"], "region": ["North"] * 2, "latitude": [30.5, None], "longitude": [120.0, 121.0]}
    )
    told = figures.head_office(SimpleNamespace(rows=rows))
    assert told is not None
    assert [(row["name"], row["sales"], row["stock_value"]) for row in told["stores"]] == [
        ("One", 80.0, 30.0),
        ("D1", None, 900.0),  # without a name it is called by its id
    ]
    assert told["total"]["stock_value"] == sum(row["stock_value"] for row in told["stores"])
    assert [row["shop_stock_value"] for row in (told["total"], told["regions"][0])] == [30.0, 30.0]
    assert (told["total"]["doubtful_stock_value"], told["total"]["doubtful_stock_lines"]) == (4.0, 3.0)
    assert [(row["latitude"], row["longitude"]) for row in told["stores"]] == [(30.5, 120.0), (None, None)]


def test_a_shop_that_closed_of_late_is_no_warehouse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        figures, "places", lambda _: pl.DataFrame({"store_id": "S1", "store_name": "One", "region": "A"})
    )
    held = pl.DataFrame({"store_id": ["S1"], "stock_value": [30.0]}, schema_overrides=STOCK_NOW)
    stock = pl.concat([pl.DataFrame(schema=STOCK_NOW), held], how="diagonal")
    weeks = pl.DataFrame([{"store_id": "S1", "window": "now", "week": 12, "sales": 5.0}], schema=TREND)
    rows = {"performance": pl.DataFrame(schema=PERFORMANCE), "performance_stock": stock, "performance_weeks": weeks}
    told = figures.head_office(SimpleNamespace(rows=rows))
    assert told is not None
    assert [(row["sales"], row["shop_stock_value"]) for row in told["stores"]] == [(None, 30.0)]


def test_sales_without_any_price_are_not_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        figures, "places", lambda _: pl.DataFrame({"store_id": "S1", "store_name": "One", "region": "A"})
    )
    sums = pl.DataFrame([{"store_id": "S1", "window": "now", "units": 8.0, "unpriced_units": 8.0}], schema=PERFORMANCE)
    rows = {"performance": sums, "performance_stock": pl.DataFrame(schema=STOCK_NOW)}
    told = figures.head_office(SimpleNamespace(rows=rows | {"performance_weeks": pl.DataFrame(schema=TREND)}))
    assert told is not None
    assert (told["total"]["sales"], told["reasons"]["sales"]) == (None, "no_prices")


def test_changes_name_what_is_new_and_what_is_gone(client: Any) -> None:
    changes = client.ask("/head_office", {}, language="zh")["changes"]
    assert changes["since"] == "2025-02-27"
    assert (changes["new"]["lines"], changes["new"]["money"]) == (1, 9.0)
    new = changes["new"]["rows"][0]
    assert (new["store_name"], new["product_name"], new["reason"]) == ("西湖店", "面包1", "原因")
    assert client.ask("/head_office", {"changes": 0})["changes"]["gone"] == {"lines": 1, "money": 4.0, "rows": []}


def exceptions(*rows: tuple[str, str, float]) -> pl.DataFrame:
    told = [(kind, money, store, "tea", None, 1.0, "why", "原因") for kind, store, money in rows]
    return pl.DataFrame(told, schema=EXCEPTIONS, orient="row")


@pytest.mark.parametrize(
    ("name", "content"),
    [("CURRENT", b"\xff\xfe"), ("before/manifest.json", b"{"), ("before/attention.arrow", b"no arrow")],
)
def test_answers_that_are_damaged_stop_no_publication(
    tmp_path: Path, synthetic: Any, name: str, content: bytes
) -> None:
    before, now = tmp_path / "before", tmp_path / "now"
    for folder in (before, now):
        folder.mkdir()
        write_rows(folder, "attention", exceptions(("stockout", "S1", 5.0)))
    synthetic.write_manifest(before, synthetic.manifest("before", []))
    write_text(tmp_path / "CURRENT", "before\n")
    (tmp_path / name).write_bytes(content)
    assert publish_changes(now, tmp_path, date(2025, 3, 1))
    assert not (now / "changes.arrow").exists()
    make_current(tmp_path, "now")
    assert current_id(tmp_path) == "now"


def test_exceptions_are_compared_with_the_answers_before(tmp_path: Path, synthetic: Any) -> None:
    before, now = tmp_path / "before", tmp_path / "now"
    for folder in (before, now):
        folder.mkdir()
    day = date(2025, 3, 1)
    publish_changes(now, tmp_path, day)
    assert not (now / "changes.arrow").exists(), "nothing was published before"
    write_rows(before, "attention", exceptions(("stockout", "S1", 5.0), ("phantom", "S1", 3.0)))
    write_rows(now, "attention", exceptions(("stockout", "S1", 8.0), ("stockout", "S2", 2.0)))
    synthetic.write_manifest(before, synthetic.manifest("before", []))
    write_text(tmp_path / "CURRENT", "before\n")
    publish_changes(now, tmp_path, date(2025, 2, 27))
    assert not (now / "changes.arrow").exists(), "what is there is of a later day"
    publish_changes(now, tmp_path, day)
    made = map_rows(now, "changes")
    assert made.select("change", "kind", "store_id").rows() == [("new", "stockout", "S2"), ("gone", "phantom", "S1")]
    assert made["before"].unique().to_list() == [date(2025, 2, 28)]


def test_answers_of_the_same_day_are_compared_with_the_last_earlier_day(tmp_path: Path, synthetic: Any) -> None:
    """The current answers (28 February) had lost a phantom and gained S2 since the 27th; S2 went since, S3 came."""
    current, now = tmp_path / "current", tmp_path / "now"
    for folder in (current, now):
        folder.mkdir()
    write_rows(current, "attention", exceptions(("stockout", "S1", 5.0), ("stockout", "S2", 2.0)))
    told = [("new", "stockout", "S2", 2.0), ("gone", "phantom", "S1", 3.0)]
    rows = [(change, kind, store, "tea", None, money, 1.0, "why", "原因") for change, kind, store, money in told]
    changes = pl.DataFrame([(*row, date(2025, 2, 27)) for row in rows], schema=CHANGES, orient="row")
    write_rows(current, "changes", changes)
    synthetic.write_manifest(current, synthetic.manifest("current", []))
    write_text(tmp_path / "CURRENT", "current\n")
    write_rows(now, "attention", exceptions(("stockout", "S1", 5.0), ("stockout", "S3", 1.0)))
    publish_changes(now, tmp_path, date(2025, 2, 28))
    made = map_rows(now, "changes")
    assert made.select("change", "kind", "store_id").rows() == [("new", "stockout", "S3"), ("gone", "phantom", "S1")]
    assert made["before"].unique().to_list() == [date(2025, 2, 27)]


def test_a_day_without_changes_is_kept_for_further_answers_of_that_day(tmp_path: Path, synthetic: Any) -> None:
    """Nothing changed from the 27th to the first answers of the 28th; the second ones of the 28th have S3."""
    folders = [tmp_path / name for name in ("earlier", "first", "second")]
    listed = [("S1",), ("S1",), ("S1", "S3")]
    for folder, shops, day in zip(folders, listed, (27, 28, 28), strict=True):
        folder.mkdir()
        write_rows(folder, "attention", exceptions(*(("stockout", shop, 5.0) for shop in shops)))
        publish_changes(folder, tmp_path, date(2025, 2, day))
        manifest = replace(synthetic.manifest(folder.name, []), as_of=f"2025-02-{day}")
        synthetic.write_manifest(folder, manifest)
        write_text(tmp_path / "CURRENT", f"{folder.name}\n")
    assert map_rows(tmp_path / "first", "changes").is_empty()
    made = map_rows(tmp_path / "second", "changes")
    assert made.select("change", "store_id", "before").rows() == [("new", "S3", date(2025, 2, 27))]


def test_further_publications_of_the_first_day_are_compared_with_its_first(tmp_path: Path, synthetic: Any) -> None:
    current, now = tmp_path / "current", tmp_path / "now"
    for folder in (current, now):
        folder.mkdir()
        write_rows(folder, "attention", exceptions(("stockout", folder.name, 5.0)))
    synthetic.write_manifest(current, synthetic.manifest("current", []))
    write_text(tmp_path / "CURRENT", "current\n")
    publish_changes(now, tmp_path, date(2025, 2, 28))
    made = map_rows(now, "changes").sort("change")
    assert made.select("change", "store_id", "before").rows() == [
        ("gone", "current", date(2025, 2, 28)),
        ("new", "now", date(2025, 2, 28)),
    ]
    third = tmp_path / "third"
    third.mkdir()
    write_rows(third, "attention", exceptions(("stockout", "now", 5.0), ("stockout", "third", 5.0)))
    synthetic.write_manifest(now, synthetic.manifest("now", []))
    write_text(tmp_path / "CURRENT", "now\n")
    publish_changes(third, tmp_path, date(2025, 2, 28))
    made = map_rows(third, "changes").sort("change", "store_id")
    assert made["store_id"].to_list() == ["current", "now", "third"]


def test_a_week_without_prices_is_unknown_and_one_without_sales_is_nought(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        figures, "places", lambda _: pl.DataFrame({"store_id": "S1", "store_name": "One", "region": "A"})
    )
    sums = pl.DataFrame([{"store_id": "S1", "window": "now", "units": 8.0, "sales": 5.0}], schema=PERFORMANCE)
    weeks = pl.DataFrame(
        [("S1", "now", 0, 5.0), ("S1", "now", 1, None), ("S1", "now", 3, 2.0)], schema=TREND, orient="row"
    )
    rows = {"performance": sums, "performance_stock": pl.DataFrame(schema=STOCK_NOW), "performance_weeks": weeks}
    told = figures.head_office(SimpleNamespace(rows=rows))
    assert told is not None
    assert told["total"]["weeks"][-3:] == [0.0, None, 5.0]
    # the history begins in the fourth week back: before it nothing is known, unless a year ago is
    assert told["total"]["weeks"][-5:-3] == [None, 2.0]
    older = pl.concat([weeks, pl.DataFrame([("S1", "last_year", 0, 1.0)], schema=TREND, orient="row")])
    assert figures.head_office(SimpleNamespace(rows=rows | {"performance_weeks": older}))["total"]["weeks"][0] == 0.0
