"""Receipts, and where each suggestion stands, on SQLite and PostgreSQL."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from retail_brain.errors import ImpossibleError, NotFoundError, UnconfirmedError
from retail_brain.operational.audit import list_audit
from retail_brain.operational.database import Database
from retail_brain.operational.decisions import Decision, store_decisions
from retail_brain.operational.exports import make_export, mark_delivered
from retail_brain.operational.goods_receipts import GoodsReceipt, store_goods_receipts
from retail_brain.operational.suggestion_status import SuggestionStatus, statuses_mark, suggestion_statuses
from retail_brain.operational.tables import RECEIPTS

NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)
DAY = date(2025, 2, 28)
APPROVED = Decision("d1", "s1", "西湖店", "牛奶", DAY, "approved", 12.0, 12.0, None, "小李")
PART = GoodsReceipt("r1", "s1", 8.0, date(2025, 3, 3), "two boxes broken", "erp")


def only(database: Database) -> SuggestionStatus:
    (life,) = suggestion_statuses("main", database)
    return life


def test_a_suggestion_goes_from_approved_to_exported_to_received(database: Database) -> None:
    store_decisions("main", database, [APPROVED], now=NOW)
    assert (only(database).state, only(database).received_units) == ("approved", None)
    export = make_export("main", database, target="orders.csv", made_by="erp", now=NOW)
    assert export is not None
    assert only(database).state == "approved"
    mark_delivered("main", database, export.export_id, now=NOW)
    assert (only(database).state, only(database).exported_at) == ("exported", NOW)
    assert store_goods_receipts("main", database, [PART], now=NOW) == 1
    life = only(database)
    assert (life.state, life.received_units, life.open_units, life.is_short) == ("received", 8.0, 4.0, True)
    store_goods_receipts(
        "main", database, [replace(PART, receipt_id="r2", units=4.0, received_on=date(2025, 3, 5))], now=NOW
    )
    life = only(database)
    assert (life.received_units, life.received_on, life.open_units, life.is_short) == (12.0, date(2025, 3, 5), 0, False)


def test_telling_a_receipt_again_changes_nothing_and_a_correction_is_a_receipt(database: Database) -> None:
    store_decisions("main", database, [APPROVED], now=NOW)
    assert store_goods_receipts("main", database, [PART, PART], now=NOW) == 1
    assert store_goods_receipts("main", database, [PART], now=NOW) == 0
    assert [deed.action for deed in list_audit("main", database)] == ["orders.received", "suggestion.approved"]
    store_goods_receipts("main", database, [replace(PART, receipt_id="r2", units=-8.0)], now=NOW)
    assert (only(database).received_units, only(database).state) == (0.0, "approved")
    with database.reading() as connection:
        assert list(connection.execute(select(RECEIPTS.c.units).order_by(RECEIPTS.c.id)).scalars()) == [8.0, -8.0]


def test_what_cannot_be_is_refused_whole(database: Database) -> None:
    store_decisions("main", database, [APPROVED], now=NOW)
    with pytest.raises(NotFoundError, match="never decided here"):
        store_goods_receipts("main", database, [PART, replace(PART, receipt_id="r2", suggestion_id="s9")], now=NOW)
    assert only(database).received_units is None
    store_goods_receipts("main", database, [PART], now=NOW)
    with pytest.raises(ImpossibleError, match="send the difference"):
        store_goods_receipts("main", database, [replace(PART, units=9.0)], now=NOW)
    with pytest.raises(NotFoundError):
        store_goods_receipts("other", database, [PART], now=NOW)


def test_a_later_decision_counts_and_earlier_days_can_be_left_out(database: Database) -> None:
    store_decisions("main", database, [APPROVED], now=NOW)
    again = replace(APPROVED, decision_id="d2", decision="changed", quantity=6.0)
    store_decisions("main", database, [again], now=NOW)
    assert only(database).stored.decision == again
    assert suggestion_statuses("main", database, since=date(2025, 3, 1)) == []
    assert suggestion_statuses("other", database) == []


def test_the_mark_moves_with_decisions_deliveries_and_receipts(database: Database) -> None:
    marks = [statuses_mark("main", database)]
    store_decisions("main", database, [APPROVED], now=NOW)
    marks.append(statuses_mark("main", database))
    export = make_export("main", database, target="o.csv", made_by="erp", now=NOW)
    assert export is not None
    mark_delivered("main", database, export.export_id, now=NOW)
    marks.append(statuses_mark("main", database))
    store_goods_receipts("main", database, [PART], now=NOW)
    marks.append(statuses_mark("main", database))
    assert len(set(marks)) == 4
    assert statuses_mark("main", database) == marks[-1]
    assert statuses_mark("other", database) == (0, 0, 0, None)


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        ({"units": 1e9}, "units", r"more than 36 \(3 times the 12 ordered\)"),
        ({"units": 37.0}, "units", "to 37, more than 36"),
        ({"units": -1.0}, "negative", "to -1, less than nothing"),
        ({"received_on": date(2999, 1, 1)}, "late_day", "is dated 2999-01-01, later than 2025-04-01"),
        ({"received_on": date(2025, 2, 27)}, "early_day", "before its order was suggested"),
    ],
)
def test_a_receipt_beyond_the_usual_is_refused_with_the_limit_until_it_is_confirmed(
    database: Database, change: dict[str, object], code: str, told: str
) -> None:
    store_decisions("main", database, [APPROVED], now=NOW)
    odd = replace(PART, receipt_id="odd", **change)  # type: ignore[arg-type]  # fields by name
    good = replace(PART, receipt_id="good", units=0.0)
    with pytest.raises(UnconfirmedError, match=told) as caught:
        store_goods_receipts("main", database, [good, odd], now=NOW)
    assert [problem["code"] for problem in caught.value.details["problems"]] == [code]
    assert only(database).received_units is None
    assert store_goods_receipts("main", database, [good, odd], now=NOW, confirmed={"odd"}) == 2
    assert only(database).received_units == odd.units
    marked = [deed.details.get("is_exception") for deed in list_audit("main", database) if "receipt_id" in deed.details]
    assert sorted(marked, key=str) == [None, True]


def test_parts_add_up_to_the_limit_of_their_order(database: Database) -> None:
    store_decisions("main", database, [APPROVED], now=NOW)
    parts = [replace(PART, receipt_id=f"r{place}", units=12.0) for place in range(4)]
    assert store_goods_receipts("main", database, parts[:3], now=NOW) == 3
    with pytest.raises(UnconfirmedError, match="to 48"):
        store_goods_receipts("main", database, parts, now=NOW)
    assert store_goods_receipts("main", database, [replace(PART, receipt_id="back", units=-36.0)], now=NOW) == 1
