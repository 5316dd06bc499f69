"""Many lines decided in one request: all or none, with both numbers, idempotent, and taken back as one."""

import base64
import io
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_brain.workspace import Workspace
from retail_brain.xlsx import write_workbook

DAY = {"as_of": "2025-02-28"}
WHERE = [{"column": "store_id", "any_of": ["S002"]}, {"column": "category", "any_of": ["类1"]}]  # P0011 to P0020


def view(client: Any, **asked: Any) -> dict[str, Any]:
    """The view as a person sees it: its conditions and totals."""
    totals = client.ask("/listing", {"table": "suggestions", "where": WHERE, "limit": 0} | asked)["totals"]
    return {"where": WHERE, **asked, "seen_lines": totals["lines"], "seen_units": totals["quantity"]}


class Asker:
    """Asks as somebody of the second tenant, in which no other test decides anything; a unit there is ten."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.home = client.home

    def __getattr__(self, name: str) -> Any:
        ask = getattr(self._client, name)
        return lambda *asked, **asker: ask(*asked, **{"tenant": "other"} | asker)


@pytest.fixture
def client(client: Any) -> Iterator[Any]:
    client = Asker(client)
    yield client
    for batch in ("approved1", "changed01", "rejected1", "imported1"):
        client.post("/bulk_decisions", {"withdraw_batch": batch})


def state(client: Any, product_id: str) -> tuple[str, float]:
    where = [*WHERE, {"column": "product_id", "any_of": [product_id]}]
    (row,) = client.ask("/listing", {"table": "suggestions", "where": where})["rows"]
    return row["state"], row["quantity"]


def test_a_view_is_approved_once_and_taken_back_as_one(client: Any) -> None:
    body = DAY | {"batch_id": "approved1", "action": "approve", "view": view(client)}
    looked = client.ask("/bulk_decisions", body | {"check": True})
    assert (looked["stored"], looked["lines"], looked["units"], looked["units_after"]) == (0, 10, 1450.0, 1450.0)
    assert state(client, "P0011") == ("proposed", 100.0)
    answer = client.ask("/bulk_decisions", body, role="merchandiser")
    assert (answer["stored"], answer["cost_after"]) == (10, 2900.0)
    assert state(client, "P0011") == ("approved", 100.0)
    assert client.ask("/bulk_decisions", body)["stored"] == 10, "sent again it counts once"
    assert client.ask("/orders", {"store_id": "S002", "state": "approved"})["total"] == 10
    again = client.ask("/bulk_decisions", body | {"batch_id": "approved2", "check": True})
    assert (again["lines"], again["skipped"]) == (0, {"exported": 0, "same": 10})
    assert client.ask("/bulk_decisions", {"withdraw_batch": "approved1"})["withdrawn"] == 10
    assert state(client, "P0011") == ("proposed", 100.0)


def test_a_share_changes_what_counts_and_says_the_difference(client: Any) -> None:
    body = DAY | {"batch_id": "changed01", "action": "change", "percent": 20, "view": view(client), "packs": "up"}
    looked = client.ask("/bulk_decisions", body | {"check": True})
    # P0012 is sold in packs of 6: 132 are whole packs
    new = [12 * row for row in range(10, 20)]
    assert looked["units_after"] == sum(new)
    assert {row["product_id"]: row["codes"] for row in looked["beyond"]}.keys() >= {"P0020"}
    refused = client.error("/bulk_decisions", body)
    assert (refused["code"], refused["details"]["beyond_lines"]) == ("unconfirmed", looked["beyond_lines"])
    assert state(client, "P0011") == ("proposed", 100.0), "all or none"
    client.ask("/bulk_decisions", body | {"confirm_exception": True})
    assert state(client, "P0012") == ("changed", 132.0)


def test_what_changed_since_is_refused_with_both_numbers(client: Any) -> None:
    seen = view(client)
    body = DAY | {"batch_id": "rejected1", "action": "reject", "reason": "none left"}
    error = client.error("/bulk_decisions", body | {"view": seen | {"seen_units": 100}})
    assert error["code"] == "impossible"
    assert (error["details"]["seen_units"], error["details"]["units"]) == (100, 1450.0)
    lines = [
        {"store_id": "S002", "product_id": f"P00{number}", "seen_quantity": 10 * (number - 1)}
        for number in (13, 14, 15)
    ]
    moved = client.error("/bulk_decisions", body | {"lines": [*lines[:2], lines[2] | {"seen_quantity": 99}]})
    assert moved["details"]["changed"] == [
        {"store_id": "S002", "product_id": "P0015", "seen_quantity": 99.0, "suggested_quantity": 140.0}
    ]
    assert state(client, "P0013") == ("proposed", 120.0)
    assert client.ask("/bulk_decisions", body | {"lines": lines})["stored"] == 3
    assert state(client, "P0013") == ("rejected", 0.0)
    assert client.ask("/bulk_decisions", body | {"lines": lines})["stored"] == 3  # the same once more is no fault
    other = {"store_id": "S002", "product_id": "P0016", "seen_quantity": 150}
    for changed in ({"lines": [other]}, {"lines": lines, "action": "approve"}):
        error = client.error("/bulk_decisions", body | changed)
        about = {"problem": "batch_id_taken", "batch_id": "rejected1", "decisions": 3}
        assert (error["code"], error["details"]) == ("impossible", about)


def _until(ask: Callable[[], Any], status: int) -> Any:
    """The first answer of a status: settings are read a moment after they were written."""
    until = time.monotonic() + 20
    while (response := ask()).status_code != status:
        assert time.monotonic() < until, response.text
        time.sleep(0.05)
    return response


def test_more_lines_than_the_setting_allows_are_refused(client: Any) -> None:
    whole = {"seen_lines": 80, "seen_units": 15600}
    body = DAY | {"batch_id": "approved1", "action": "approve", "view": whole, "check": True}
    assert client.ask("/bulk_decisions", body)["lines"] == 80
    settings = Workspace(client.home, "other").settings_file
    settings.write_text("[serving]\nbulk_lines = 79\n", "utf-8")
    error = _until(lambda: client.post("/bulk_decisions", body), 422).json()["error"]
    settings.unlink()
    _until(lambda: client.post("/bulk_decisions", body), 200)
    assert (error["code"], error["details"]) == (
        "impossible",
        {"problem": "too_many_lines", "lines": 80, "limit": 79},
    )


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({}, (400, "malformed")),
        ({"withdraw_batch": "approved1", "action": "approve"}, (400, "malformed")),
        ({"withdraw_batch": "nothing99"}, (404, "not_found")),
        ({"action": "approve", "lines": []}, (400, "malformed")),
        ({"action": "reject", "view": {"seen_lines": 0, "seen_units": 0}}, (400, "malformed")),
        ({"action": "approve", "percent": 5, "view": {"seen_lines": 0, "seen_units": 0}}, (400, "malformed")),
        (
            {"action": "change", "percent": 5, "quantity": 5, "view": {"seen_lines": 0, "seen_units": 0}},
            (400, "malformed"),
        ),
        ({"action": "change", "packs": None, "view": {"seen_lines": 80, "seen_units": 15600}}, (400, "malformed")),
        ({"action": "approve", "view": {"show": "odd", "seen_lines": 0, "seen_units": 0}}, (404, "not_found")),
        (
            {"action": "approve", "lines": [{"store_id": "S009", "product_id": "P0011", "seen_quantity": 1}]},
            (404, "not_found"),
        ),
        (
            {"action": "approve", "lines": [{"store_id": "S002", "product_id": "P0011", "seen_quantity": 100}] * 2},
            (400, "usage"),
        ),
        (
            {"as_of": "2025-02-27", "action": "approve", "view": {"seen_lines": 80, "seen_units": 15600}},
            (422, "impossible"),
        ),
    ],
)
def test_a_wrong_request_is_refused(client: Any, body: Any, refused: tuple[int, str]) -> None:
    whole = body if not body or "withdraw_batch" in body else DAY | {"batch_id": "wrong0001"} | body
    assert client.refused("/bulk_decisions", whole) == refused


def test_only_who_may_decide_does(client: Any) -> None:
    body = DAY | {"batch_id": "approved1", "action": "approve", "view": {"seen_lines": 0, "seen_units": 0}}
    for role in ("data_scientist", "marketer"):
        assert client.refused("/bulk_decisions", body, role=role) == (403, "forbidden")
        assert client.refused("/changes_file", {"file_name": "a.csv", "content": "YQ=="}, role=role) == (
            403,
            "forbidden",
        )


def sent(content: bytes, name: str = "changes.csv") -> dict[str, str]:
    return {"file_name": name, "content": base64.b64encode(content).decode()}


def test_a_file_of_changes_shows_its_difference_and_then_counts(client: Any, tmp_path: Path) -> None:
    rows = [
        ("S002", "P0013", 120.0, "150", "fair"),  # changed
        ("S002", "P0014", 130.0, "130", None),  # the same
        ("S002", "P0015", 99.0, "20", None),  # suggested otherwise since
        ("S002", "P0016", None, "many", None),
        ("S009", "P0016", None, "4", None),
        ("S002", "P0017", None, "1", None),
        ("S002", "P0017", None, "2", None),
        ("S002", "P0018", None, None, None),  # says nothing
    ]
    names = ("store_id", "product_id", "order_quantity", "quantity", "reason")
    table = pl.DataFrame(rows, schema=names, orient="row")
    write_workbook(tmp_path / "changes.xlsx", {"changes": table})
    for content, name in (
        (table.write_csv().encode(), ".CSV"),
        ((tmp_path / "changes.xlsx").read_bytes(), "c.xlsx"),
    ):
        answer = client.ask("/changes_file", sent(content, name))
        assert [(row["row"], row["code"], row["seen"], row["now"]) for row in answer["problems"]] == [
            (4, "changed_since", 99.0, 140.0),
            (5, "bad_quantity", None, 150.0),
            (6, "unknown_line", None, None),
            (7, "twice", None, 160.0),
            (8, "twice", None, 160.0),
        ]
        assert (answer["rows"], answer["same"], answer["problems_total"], answer["left_out"]) == (8, 2, 5, 0)
        (line,) = answer["lines"]
        assert (line["product_name"], line["quantity"], line["order_quantity"], line["reason"]) == (
            "面包13",
            120.0,
            150.0,
            "fair",
        )
    lines = [{name: line[name] for name in ("store_id", "product_id", "seen_quantity", "order_quantity", "reason")}]
    body = DAY | {"batch_id": "imported1", "action": "change", "lines": lines, "confirm_exception": True}
    assert client.ask("/bulk_decisions", body)["units_after"] == 150.0
    assert state(client, "P0013") == ("changed", 150.0)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sentence_of_a_suggestion_is_no_persons_reason(client: Any, language: str) -> None:
    file = client.post("/listing_file", {"table": "suggestions", "format": "csv"}, language=language).json()
    table = pl.read_csv(base64.b64decode(file["content"])).filter(pl.col("reason").is_not_null()).head(2)
    assert table.height == 2
    table = table.with_columns(quantity=pl.col("quantity") + 1, reason=pl.Series([table["reason"][0], "the fair"]))
    answer = client.ask("/changes_file", sent(table.write_csv().encode()))
    assert [line["reason"] for line in answer["lines"]] == [None, "the fair"]


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        (sent(b"a,b\n1,2\n"), (422, "bad_data")),
        (sent(b"<html></html>"), (422, "bad_data")),
        (sent(b"store_id,product_id,quantity\n", "changes.pdf"), (400, "usage")),
        ({"file_name": "changes.csv", "content": "%%%"}, (400, "usage")),
        ({"file_name": "changes.csv", "content": ""}, (400, "malformed")),
        (sent(b"PK\x03\x04broken", "changes.xlsx"), (422, "bad_data")),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(client: Any, body: Any, refused: tuple[int, str]) -> None:
    assert client.refused("/changes_file", body) == refused
    assert "/tmp" not in client.error("/changes_file", body)["message"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"this is no workbook\n", "changes_file_unreadable"),
        (b"PK\x03\x04broken", "changes_file_unreadable"),
        (b"\n\n", "changes_file_empty"),
    ],
)
def test_a_broken_workbook_is_told_of_as_one(client: Any, content: bytes, problem: str) -> None:
    error = client.error("/changes_file", sent(content, "c.xlsx"))
    assert (error["details"]["problem"], error["details"]["file_name"]) == (problem, "c.xlsx")


def test_a_small_workbook_that_unpacks_to_too_much_is_refused_in_the_language_asked_for(client: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(51_000_000))
    body = sent(packed.getvalue(), "changes.xlsx")
    assert len(body["content"]) < 100_000
    error = client.error("/changes_file", body)
    assert (error["code"], error["details"]["problem"]) == ("bad_data", "changes_file_too_large")
    assert error["message"].startswith("changes.xlsx is too large once it is unpacked: got more than 50,000,000 bytes")
    chinese = client.post("/changes_file", body, language="zh").json()["error"]["message"]
    assert chinese == "“changes.xlsx”解压后过大：最多 50000000 字节。请减少行数分次发送，或改用 CSV 文件。"


@pytest.mark.parametrize("how", ["one", "typed", "share"])
def test_goods_that_are_counted_in_pieces_are_not_ordered_in_parts(client: Any, how: str) -> None:
    line = {"store_id": "S002", "product_id": "P0011", "seen_quantity": 100.0}
    many = DAY | {"batch_id": "pieces001", "action": "change", "confirm_exception": True}
    body, route = {
        "one": (
            {"decisions": [line | DAY | {"action": "change", "order_quantity": 1.5, "confirm_exception": True}]},
            "/decisions",
        ),
        "typed": (many | {"lines": [line | {"order_quantity": 1.5}]}, "/bulk_decisions"),
        "share": (many | {"percent": 1.5, "packs": None, "lines": [line]}, "/bulk_decisions"),
    }[how]
    error = client.error(route, body)
    assert error["details"]["problem"] == "quantity_in_pieces"
    assert "wanted a whole number" in error["message"]
    assert state(client, "P0011") == ("proposed", 100.0)
