"""Days of other calendars: eras of Japan and Taiwan, Buddhist years with months by name, weeks without a word."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest.look import look
from retail_brain.ingest.look.evidence import evidence
from retail_brain.ingest.moments import datetime_of
from retail_brain.ingest.numbers import parse_numbers
from retail_brain.sources import ColumnFormat
from tests.retail_brain.ingest.test_look import Row, write


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("令和8年4月1日", datetime(2026, 4, 1)),
        ("令和元年5月1日", datetime(2019, 5, 1)),
        ("R8/04/01 10:05", datetime(2026, 4, 1, 10, 5)),
        ("令和8年4月1日(水) 午後3:05", datetime(2026, 4, 1, 15, 5)),
        ("民國115年4月1日", datetime(2026, 4, 1)),
        ("30 เม.ย. 2569", datetime(2026, 4, 30)),
        ("29/02/2567 10:05", datetime(2024, 2, 29, 10, 5)),
        ("2026년 4월 1일", datetime(2026, 4, 1)),
        ("٢٠٢٦/٠٤/٠١", datetime(2026, 4, 1)),
        ("14/2026", datetime(2026, 3, 30)),
        ("CW 14/2026", datetime(2026, 3, 30)),
        ("2026年第14週", datetime(2026, 3, 30)),
    ],
)
def test_days_are_read_by_what_is_said_of_them(text: str, moment: datetime) -> None:
    seen = evidence(pl.Series([text]))
    form = ColumnFormat(date_format=seen.dates[0], years_ahead=seen.years_ahead)
    assert pl.DataFrame({"v": [text]}).select(datetime_of(pl.col("v"), pl.String(), form)).item() == moment


def test_eras_are_read_beside_another_form() -> None:
    form = ColumnFormat(date_format=("era", "%Y-%m-%d %H:%M"))
    given = pl.DataFrame({"v": ["令和8年4月1日 10:05", "2026-04-01 10:06", "令和8年4月2日"]})
    read = given.select(datetime_of(pl.col("v"), pl.String(), form))["v"].to_list()
    assert read == [datetime(2026, 4, 1, 10, 5), datetime(2026, 4, 1, 10, 6), datetime(2026, 4, 2)]


def test_number_and_year_that_may_be_a_month_are_no_week() -> None:
    assert evidence(pl.Series(["04/2026", "05/2026"])).dates == ()


def test_digits_of_other_scripts_are_numbers() -> None:
    assert parse_numbers(pl.Series(["١٢٫٥٠", "๑๒"]), ColumnFormat()).to_list() == [12.5, 12.0]


def test_weeks_of_a_report_ask_for_the_period(tmp_path: Path) -> None:
    rows: list[Row] = [
        [f"{week}/2026", shop, f"G{good}", (week + good) % 7, round((week + good) % 7 * (1.5 + good), 2)]
        for week in range(11, 16)
        for shop in ("S1", "S2")
        for good in range(5)
    ]
    seen = look(str(write(tmp_path / "weeks.csv", ["KW", "Filiale", "Artikel-Nr", "Menge", "Umsatz"], rows)))
    assert 'date = { column = "KW", format = "week" }' in seen.mapping
    assert any('set data.period to "week"' in line for line in seen.lines)
