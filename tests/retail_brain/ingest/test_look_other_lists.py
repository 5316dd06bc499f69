"""Lists whose shape says what they are: people who blocked a channel, counts of stock, a column per day of goods."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look
from tests.retail_brain.ingest.test_look import Row, load, write


def people(*further: list[str]) -> list[Row]:
    return [
        [f"c{n}@x.org", f"Name {n}", "2026-01-02", *(values[n % len(values)] for values in further)] for n in range(40)
    ]


@pytest.mark.parametrize(
    "names",
    [("EMAIL_BLOCKLISTED", "SMS_BLOCKLISTED"), ("Email blacklisted", "SMS blacklisted"), ("邮件黑名单", "短信黑名单")],
)
def test_who_is_on_a_list_of_blocked_people_is_not_to_be_contacted(tmp_path: Path, names: tuple[str, str]) -> None:
    rows = people(["false", "true", "false"], ["false"])
    seen = look(str(write(tmp_path / "contacts.csv", ["EMAIL", "NAME", "ADDED_TIME", *names], rows)))
    assert 'granted = { column = "granted", true = ["false"], false = ["true"] }' in seen.mapping
    assert 'names = "channel"' in seen.mapping


@pytest.mark.parametrize(
    "words", [["subscribed", "unsubscribed", "bounced"], ["已订阅", "已退订"], ["aktiv", "abgemeldet"]]
)
def test_a_word_of_refusal_in_any_column_of_people_is_asked_about(tmp_path: Path, words: list[str]) -> None:
    seen = look(str(write(tmp_path / "people.csv", ["Email", "Name", "Joined on", "State"], people(words))))
    assert any("'State' may hold who refuses to be contacted" in question for question in seen.questions)


def test_members_with_what_they_spent_are_people(tmp_path: Path) -> None:
    header = ["客户ID", "客户姓名", "手机号", "成为会员时间", "累计消费金额"]
    rows = [[f"K{n}", f"张{n}", f"138{n:08}", "2026-01-02 10:00:00", f"{n * 10}.00"] for n in range(40)]
    seen = look(str(write(tmp_path / "会员.csv", header, rows)))
    assert 'customer_id = "客户ID"' in seen.mapping
    assert 'joined_on = "成为会员时间"' in seen.mapping


def test_what_was_counted_is_the_stock(tmp_path: Path) -> None:
    header = ["Location", "SKU", "Product", "Expected", "Counted", "Count date"]
    rows = [["North", f"G-{n}", f"good {n}", 10 + n, 9 + n, "2026-05-31"] for n in range(12)]
    seen = look(str(write(tmp_path / "stocktake.csv", header, rows)))
    assert 'on_hand = "Counted"' in seen.mapping


def test_a_column_per_day_beside_names_of_goods_is_no_list_of_goods(tmp_path: Path) -> None:
    days = [f"2026-05-{day:02}" for day in range(1, 15)]
    rows = [[f"G-{n}", f"good {n}", *((n * day) % 4 for day in range(14))] for n in range(12)]
    sold = load(tmp_path, write(tmp_path / "sales_by_day.csv", ["SKU", "Product", *days], rows), table="daily_sales")
    assert len(sold) == 12 * 14
