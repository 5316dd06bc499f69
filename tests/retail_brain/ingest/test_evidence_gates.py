"""What is left out because a column cannot be a date, a week or a number changes nothing that is found."""

import polars as pl
import pytest
from polars.testing import assert_series_equal

from retail_brain.ingest.look import columns, date_readings, evidence
from retail_brain.ingest.look.evidence import each_column_once

COLUMNS: dict[str, list[str | None]] = {
    "words": ["Coat", "Hat", "yes", "inf", "nan"],
    "codes": ["g1", "g2", "EUR", "A-17"],
    "codes of exponents": ["1e5", "12E3", "7e1"],
    "few broken numbers": [*map(str, range(95)), "x1", "x2"],
    "many broken numbers": [*map(str, range(80)), *(f"x{n}" for n in range(20))],
    "units": ["2件", "12件", "3 kg"],
    "myriads": ["1.2万", "3億"],
    "currencies": ["12 kr", "Rs. 1,200.50", "US$ 3"],
    "two currencies": ["$ 12", "€ 13"],
    "full width": ["１２", "￥３４"],
    "thousands": ["1.500", "12.800", "980"],
    "ISO": ["2026-01-03", "2026/1/4"],
    "days and blanks": ["2026-01-03", None, "2026-01-05"],
    "days of the first century": ["0026-01-03", "0026-01-05"],
    "moments": ["2026-01-03 10:00", "2026-01-04 24:00"],
    "halves of the day": ["2026-01-03 上午 10:00", "2026-01-04 下午 1:00"],
    "offsets": ["2026-01-03T10:00:00+01:00", "2026-01-04T10:00:00Z"],
    "day first": ["27/04/2015", "03/04/2015"],
    "either first": ["01/04/2015", "03/04/2015 "],
    "full width days": ["２７／０４／２０１５", "０３／０４／２０１５"],
    "month first with a clock": ["04/27/2015, 10:00 PM", "04/03/2015, 9:15 AM"],
    "French clock": ["27/04/2015 à 10h30", "03/04/2015 à 09h15"],
    "zones": ["27.04.2015 10:00 CET", "03.04.2015 11:00 CEST"],
    "named months": ["Apr 27, 2015", "Mai 3, 2015"],
    "months of one language": ["27. svibnja 2015", "3. travnja 2015"],
    "eras": ["令和8年4月1日", "R8.4.2 10:05", "民國115年4月3日"],
    "Buddhist years": ["27/04/2568", "03/04/2568"],
    "weeks": ["2026-W06", "KW 7/2026", "2026年第6周"],
    "weeks or months": ["12/2026", "11/2026"],
    "weeks beyond 12": ["12/2026", "41/2026"],
    "six digits": ["260131", "260201"],
    "serial days": ["45000", "45001,5"],
    "serial days and texts": ["45000", "27/04/2015", "28/04/2015"],
    "parts": ["2026-02-16 (Mon)", "2026-02-17 (Tue)"],
    "times of day": ["10:00", "9:15 PM"],
}


def opened(patch: pytest.MonkeyPatch) -> None:
    """Everything is tried on every column."""
    patch.setattr(date_readings, "_may_be", lambda values, _: len(values) > 0)
    patch.setattr(date_readings, "_has_marks", lambda *_: True)
    patch.setattr(date_readings, "parse_uniform", lambda *_: None)
    patch.setattr(columns, "parse_uniform", lambda *_: None)
    patch.setattr(evidence, "are_words", lambda values: pl.repeat(value=False, n=len(values), eager=True))


@pytest.mark.parametrize("name", COLUMNS)
def test_the_same_is_found_where_everything_is_tried(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values = pl.Series(COLUMNS[name])
    found = evidence.evidence(values)
    days = columns.days_of(values, found) if found.dates else None
    opened(monkeypatch)
    assert evidence.evidence(values) == found
    if days is not None:
        assert_series_equal(columns.days_of(values, found), days, check_names=False)


def test_within_a_look_the_same_values_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    inside = evidence._evidence

    def counted(values: pl.Series) -> evidence.Evidence:
        looked.append(values.name)
        return inside(values)

    monkeypatch.setattr(evidence, "_evidence", counted)
    with each_column_once():
        for name, values in (("a", ["1", "2"]), ("b", ["1", "2"]), ("c", ["1", "2", "2"]), ("d", [1, 2])):
            evidence.evidence(pl.Series(name, values))
    assert looked == ["a", "c", "d"]
    evidence.evidence(pl.Series("e", ["1", "2"]))
    assert looked[-1] == "e"
