"""Rows that are dated on days to come are set aside and said, those that may be plans are not."""

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from retail_brain.errors import DataError
from retail_brain.ingest.days_to_come import last_possible_day, stored_ahead
from retail_brain.ingest.look.rows import describe_rows
from retail_brain.ingest.running_period import waits_for_its_end, without_running_period
from retail_brain.ingest.staging import Staged
from retail_brain.lake import open_lake
from retail_brain.past_days import today
from retail_brain.settings import DataSettings

TODAY = today()


def _day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def _wrong(chain: Any) -> dict[str, dict[str, int]]:
    return {name: dict(table.reasons) for name, table in chain.ingest().tables.items() if table.reasons}


def test_one_receipt_of_2062_moves_no_last_day_and_is_said_in_both_languages(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1", "2,2062-01-01 09:00,A,x,,1,1")
    report = chain.ingest()
    assert report.tables["transactions"].reasons == {"sold_at: in the future": 1}
    assert open_lake(chain.lake).last_day() == date(2025, 1, 1)
    [note] = [note for note in report.tables["transactions"].notes if "2062-01-01" in note]
    assert "1 rows are dated after" in note
    assert "已被隔离" in note


def test_what_was_observed_may_not_be_of_the_future_and_what_is_planned_may(chain: Any) -> None:
    ahead = _day(40)
    chain.write("daily_sales.csv", f"date,store_id,product_id,units\n2025-01-01,A,x,1\n{ahead},A,x,1\n")
    chain.write("inventory.csv", f"date,store_id,product_id,on_hand\n{ahead},A,x,1\n")
    chain.write("events.csv", f"occurred_at,event_type,customer_id\n{ahead} 10:00,view,c\n")
    chain.write("contacts.csv", f"campaign_id,customer_id,contacted_at,is_holdout\nk,c,{ahead} 10:00,false\n")
    chain.write("consents.csv", f"customer_id,channel,granted,changed_at\nc,sms,true,{ahead} 10:00\n")
    chain.write("open_orders.csv", f"store_id,product_id,due_on,units,date\nA,x,{ahead},5,2025-01-01\n")
    chain.write("promotions.csv", f"promotion_id,product_id,valid_from,valid_to\np,x,{ahead},{_day(50)}\n")
    chain.write("prices.csv", f"product_id,valid_from,unit_price\nx,{ahead},1\n")
    chain.write("drivers.csv", f"date,name,value,known_ahead\n{ahead},rain,1,true\n{ahead},heat,1,\n")
    assert _wrong(chain) == {
        name: {f"{column}: in the future": 1}
        for name, column in (
            ("daily_sales", "date"),
            ("consents", "changed_at"),
            ("inventory", "date"),
            ("events", "occurred_at"),
            ("contacts", "contacted_at"),
        )
    }
    # in doubt no contact: a consent of a day that has not come closes
    assert [row["granted"] for row in chain.rows("consents")] == [False]


@pytest.mark.parametrize(
    ("settings", "days", "taken"),
    [
        ({}, 1, True),
        ({}, 2, False),
        ({"future_days": 0}, 1, False),
        ({"future_days": 30}, 30, True),
        ({"period": "week"}, 2, False),
    ],
)
def test_a_day_of_another_zone_is_taken(chain: Any, settings: dict[str, object], days: int, taken: bool) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1", f"2,{_day(days)} 23:59:59,A,x,,1,1")
    assert chain.ingest(**settings).tables["transactions"].quarantined == (0 if taken else 1)


def test_days_beyond_a_century_are_refused_as_a_setting_since_the_calendar_ends() -> None:
    most = last_possible_day("daily_sales", DataSettings(future_days=36_500, period="month"))
    assert most.year == (TODAY + timedelta(days=36_530)).year
    with pytest.raises(ValidationError, match="less than or equal to 36500"):
        DataSettings(future_days=5_000_000)


def test_many_of_them_stop_the_ingest_with_the_setting_named(chain: Any) -> None:
    chain.sell(*(f"{n},2062-01-01,A,x,,1,1" for n in range(20)))
    with pytest.raises(DataError, match=r"in the future \(20 rows\).*data\.future_days"):
        chain.ingest(max_bad=0.05)


@pytest.mark.parametrize(
    ("days", "passed", "is_repeat"),
    [(3, 0, True), (3, 1, True), (3, 2, False), (3, 9, False)],  # tomorrow's rows are taken already
)
def test_the_same_dataset_is_read_again_once_the_day_of_a_row_has_come(
    chain: Any, monkeypatch: pytest.MonkeyPatch, days: int, passed: int, is_repeat: bool
) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1", f"2,{_day(days)},A,x,,1,1", "3,9999-12-31,A,x,,1,1")
    chain.ingest()
    monkeypatch.setattr("retail_brain.ingest.repeats.today", lambda: TODAY + timedelta(days=passed))
    assert chain.ingest().is_repeat is is_repeat


def test_a_row_whose_day_never_comes_is_not_read_again_each_time(chain: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1", "2,9999-12-31,A,x,,1,1")
    first = chain.ingest()
    again = chain.ingest()
    assert again.is_repeat
    assert again.tables["transactions"].reasons == first.tables["transactions"].reasons, "it is said all the same"


def test_the_look_says_them_too(chain: Any, tmp_path: Any) -> None:
    chain.sell("1,2025-01-01,A,x,,1,1", "2,2062-01-01,A,x,,1,1")
    mapping = 'name = "x"\n[tables.transactions]\nfiles = "transactions.csv"\n'
    lines = describe_rows(mapping, chain.folder, tmp_path, 100, DataSettings())
    assert "  1: sold_at: in the future" in lines
    assert any("1 rows are dated after" in line for line in lines)


def test_sales_of_the_future_that_an_earlier_version_took_in_are_said() -> None:
    stored = pl.LazyFrame({"sold_at": [datetime(2025, 1, 1, 9), datetime(2062, 1, 1, 9)]})
    last = last_possible_day("transactions", DataSettings())
    assert "1 rows of transactions" in stored_ahead("transactions", stored, last)[0]
    assert not stored_ahead("transactions", stored.head(1), last)


@pytest.mark.parametrize(
    ("period", "today", "taken"),
    [
        ("week", date(2025, 3, 9), [date(2025, 2, 24), date(2025, 3, 3)]),  # the Sunday on which it ends
        ("week", date(2025, 3, 8), [date(2025, 2, 24)]),
        ("month", date(2025, 3, 30), [date(2025, 2, 24)]),
        ("month", date(2025, 3, 31), [date(2025, 2, 24), date(2025, 3, 3)]),
        ("day", date(2025, 3, 3), [date(2025, 2, 24), date(2025, 3, 3)]),
    ],
)
def test_a_week_or_month_under_way_is_left_out_and_counted(period: Any, today: date, taken: list[date]) -> None:
    rows = pl.LazyFrame({"date": [date(2025, 2, 24), date(2025, 3, 3)]})
    table = Staged(rows, pl.DataFrame(), 2, {}, {}, (), 0.0)
    found = without_running_period("daily_sales", table, period, today)
    assert found.rows.collect()["date"].to_list() == taken
    assert sum(found.left_out.values()) == 2 - len(taken)
    assert all(map(waits_for_its_end, found.left_out))
    assert without_running_period("inventory", table, period, today) is table


def test_the_week_under_way_is_no_part_of_the_lake_and_is_read_again(chain: Any) -> None:
    monday = TODAY - timedelta(days=TODAY.weekday() + 7)
    line = "{},A,x,7\n"
    chain.write("daily_sales.csv", "date,store_id,product_id,units\n" + line.format(monday) + line.format(_day(-2)))
    report = chain.ingest(period="week")
    assert [row["date"] for row in chain.rows("daily_sales")] == [monday]
    assert [rows for reason, rows in report.tables["daily_sales"].left_out.items() if "not over" in reason] == [1]
    assert not chain.ingest(period="week").is_repeat


def test_a_week_under_way_that_the_lake_holds_is_taken_out_once_the_period_is_set(chain: Any) -> None:
    monday = TODAY - timedelta(days=TODAY.weekday() + 7)
    lines = f"{monday},A,x,7\n{_day(-2)},A,x,7\n{_day(-1)},A,x,7\n"
    chain.write("daily_sales.csv", f"date,store_id,product_id,units\n{lines}")
    chain.ingest()
    assert len(chain.rows("daily_sales")) == 3
    report = chain.ingest(period="week").tables["daily_sales"]
    assert [row["date"] for row in chain.rows("daily_sales")] == [monday]
    assert (report.removed, report.unchanged) == (2, 1)
    [note] = [note for note in report.notes if "taken out" in note]
    assert f"2 rows of daily_sales dated {_day(-2)} to {_day(-1)}" in note
    assert "一周还没有结束" in note
    assert not [note for note in chain.ingest(period="week").tables["daily_sales"].notes if "taken out" in note]


def test_totals_may_be_dated_by_the_end_of_their_week() -> None:
    weekly = DataSettings(period="week")
    assert last_possible_day("daily_sales", weekly) - last_possible_day("transactions", weekly) == timedelta(days=6)
