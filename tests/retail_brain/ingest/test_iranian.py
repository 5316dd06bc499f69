"""Days of the Iranian calendar, with digits of Persian or of ASCII."""

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest.look import look
from retail_brain.ingest.look.evidence import evidence
from retail_brain.ingest.moments import date_of, datetime_of
from retail_brain.sources import ColumnFormat

FORM = ColumnFormat(date_format="iranian")
DAYS = [
    ("۱۴۰۵/۰۶/۱۲", date(2026, 9, 3)),
    ("1375-12-30", date(1997, 3, 20)),
    ("1399/12/30", date(2021, 3, 20)),
    ("1403/12/30", date(2025, 3, 20)),
    ("1404/1/1", date(2025, 3, 21)),
    ("1404/12/30", None),
    ("1404/07/31", None),
    ("1404/13/01", None),
    ("2026/09/03", None),
]


@pytest.mark.parametrize(("text", "day"), DAYS)
def test_days_are_those_of_the_common_calendar(text: str, day: date | None) -> None:
    frame = pl.DataFrame({"day": [text]})
    assert frame.select(date_of(pl.col("day"), pl.String(), FORM)).item() == day


def test_a_time_of_day_may_stand_behind_it() -> None:
    frame = pl.DataFrame({"at": ["۱۴۰۵/۰۶/۳۱ ۱۹:۲۳", "1405/06/31"]})
    moments = frame.select(datetime_of(pl.col("at"), pl.String(), FORM)).to_series().to_list()
    assert moments == [datetime(2026, 9, 22, 19, 23), datetime(2026, 9, 22)]


def test_a_look_tells_them_by_their_years() -> None:
    assert evidence(pl.Series(["۱۴۰۵/۰۶/۳۱", "۱۴۰۵/۰۶/۰۲"])).dates == ("iranian",)
    assert evidence(pl.Series(["1405/06/31", "1405/06/02"])).dates == ("iranian",)
    assert evidence(pl.Series(["2026/06/30", "2026/06/02"])).dates != ("iranian",)


def test_a_look_at_persian_orders_knows_their_moments_and_states(tmp_path: Path) -> None:
    states = ["تحویل شده", "لغو شده", "ارسال شده", "در حال پردازش", "تحویل شده", "تحویل شده"]
    rows = [
        f"{526_978_000 + n * 7_919 % 90_001},۱۴۰۵/۰۶/{n % 30 + 1:02},۱۹:{n % 60:02},DKP-{n % 5},"
        f"{1 + n % 3},{(1 + n % 5) * 1000},{(1 + n % 3) * (1 + n % 5) * 1000},{states[n % 6]}"
        for n in range(60)
    ]
    digits = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
    lines = [",".join(c.translate(digits) if i in (1, 2) else c for i, c in enumerate(r.split(","))) for r in rows]
    path = tmp_path / "orders.csv"
    names = "شناسه سفارش,تاریخ ثبت سفارش,ساعت ثبت,کد کالا,تعداد,قیمت واحد,مبلغ قابل پرداخت,وضعیت"
    path.write_text("\n".join([names, *lines, ""]), encoding="utf-8")
    seen = look(str(path))
    assert 'sold_at = { columns = ["تاریخ ثبت سفارش", "ساعت ثبت"], format = "iranian" }' in seen.mapping
    assert "where = '''\"وضعیت\" IS NULL OR \"وضعیت\" NOT IN ('لغو شده')'''" in seen.mapping
    assert any("transactions: 50 rows looked at, 0 would be set aside" in line for line in seen.lines)
