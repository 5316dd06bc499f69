"""Dates with the names of months in the languages of tills and spreadsheets."""

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest.look import look
from retail_brain.ingest.look.evidence import evidence
from retail_brain.ingest.moments import datetime_of
from retail_brain.sources import ColumnFormat
from retail_brain.sources.month_names import MONTH_NAMES, english_month, without_language
from retail_brain.sources.months import month_starts
from tests.retail_brain.ingest.test_look import load, write


def test_every_name_means_one_month() -> None:
    names = [name for all_names in MONTH_NAMES.values() for name in all_names.split("|")]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "written",
    [
        "12-ene-2026", "12. Jan. 2026", "12 janv. 2026", "12 янв. 2026 г.", "12 января 2026",
        "12 de enero de 2026", "12 de janeiro de 2026", "12 gen 2026", "lun. 12 janv. 2026", "12 sty 2026",
        "12 Oca 2026", "12 ledna 2026", "2026. január 12.", "12 ม.ค. 2026", "12 يناير 2026", "12/JAN/2026",
        "12. januar 2026", "12 tammikuuta 2026", "12 Tháng 1 2026", "12-ιαν-2026",
    ],
)  # fmt: skip
def test_day_with_the_name_of_a_month_is_read(written: str) -> None:
    found = evidence(pl.Series([written, written])).dates
    assert len(found) == 1
    read = pl.select(datetime_of(pl.lit(written), pl.String(), ColumnFormat(date_format=found[0]))).item()
    assert read.date() == date(2026, 1, 12)


@pytest.mark.parametrize(
    "written",
    ["15 de septiembre de 2024 16:18 hs.", "15. September 2024 um 16:18 Uhr", "15 сентября 2024 г., 16:18",
     "15 set 2024, 16:18", "15 sept. 2024 à 16h18"],
)  # fmt: skip
def test_time_behind_the_name_of_a_month_is_read(written: str) -> None:
    found = evidence(pl.Series([written])).dates
    read = pl.select(datetime_of(pl.lit(written), pl.String(), ColumnFormat(date_format=found[0]))).item()
    assert read == datetime(2024, 9, 15, 16, 18)


@pytest.mark.parametrize(
    ("written", "month"),
    [("12 AOUT 2026", 8), ("12. Mrz 2026", 3), ("12. Jän. 2026", 1), ("12 NİS 2026", 4), ("12 EKİM 2026", 10),
     ("12 ΜΑΪ 2026", 5)],
)  # fmt: skip
def test_names_in_capitals_or_without_accents_are_read(written: str, month: int) -> None:
    (form,) = evidence(pl.Series([written, written])).dates
    read = pl.select(datetime_of(pl.lit(written), pl.String(), ColumnFormat(date_format=form))).item()
    assert read.date() == date(2026, month, 12)


def test_text_with_a_number_is_no_date() -> None:
    assert evidence(pl.Series(["Rue de mars 12, 3", "Allee 3, 5"])).dates == ()


def test_list_with_german_months_is_loaded_as_proposed(tmp_path: Path) -> None:
    header = ["Bon-Nr", "Datum", "Filiale", "Artikel-Nr", "Menge", "Preis"]
    rows = [[n, f"{n % 28 + 1}. Mär 2026", "1", f"A{n % 3}", n % 3 + 1, "2.50"] for n in range(30)]
    lines = load(tmp_path, write(tmp_path / "bons.csv", header, rows))
    assert {row["sold_at"].date() for row in lines} == {date(2026, 3, n % 28 + 1) for n in range(30)}


def test_name_that_no_language_has_stays() -> None:
    assert (english_month("Août"), english_month("Fructidor")) == ("Aug", "Fructidor")


CROATIAN = ["sij", "velj", "ožu", "tra", "svi", "lip", "srp", "kol", "ruj", "lis", "stu", "pro"]


@pytest.mark.parametrize("months", [CROATIAN, [name.upper() for name in CROATIAN], ["kol", "lip", "srp", "lis"]])
def test_croatian_months_are_known_by_the_other_words_of_the_column(months: list[str]) -> None:
    written = pl.Series([f"{day}. {month} 2026." for month in months for day in (3, 17)])
    found = evidence(written)
    assert found.dates == ("%d %b@hr %Y",)
    assert "no other language" in found.proof
    text = ColumnFormat(date_format=found.dates[0])
    read = written.to_frame("v").select(datetime_of(pl.col("v"), pl.String(), text)).to_series().dt.month()
    numbers = {name: place + 1 for place, name in enumerate(CROATIAN)}
    assert read.to_list()[::2] == [numbers[month.lower()] for month in months]


@pytest.mark.parametrize(
    ("written", "month"),
    [("5. srpnja 2026", 7), ("5. lipnja 2026", 6), ("5. listopada 2026", 10), ("5. prosinca 2026", 12)],
)
def test_whole_croatian_names_are_read(written: str, month: int) -> None:
    (form, *_others) = [form for form in evidence(pl.Series([written, "5. kolovoza 2026"])).dates if form]
    read = pl.select(datetime_of(pl.lit(written), pl.String(), ColumnFormat(date_format=form))).item()
    assert read.date() == date(2026, month, 5)


def test_polish_months_stay_polish() -> None:
    assert evidence(pl.Series(["3 lip 2026", "3 sie 2026", "4 wrz 2026", "5 lis 2026"])).dates == ("%d %b %Y",)


def test_months_that_two_languages_know_apart_are_asked_about_with_both_readings(tmp_path: Path) -> None:
    header = ["Bon-Nr", "Datum", "Filiale", "Artikel-Nr", "Menge", "Preis"]
    rows = [[n, f"{n % 28 + 1} lip 2026", "1", f"A{n % 3}", n % 3 + 1, "2.50"] for n in range(30)]
    seen = look(str(write(tmp_path / "racuni.csv", header, rows)))
    assert any("two readings" in question for question in seen.questions)
    assert all(form in seen.mapping for form in ('"%d %b %Y"', '"%d %b@hr %Y"'))
    # words that are in both and mean the same leave nothing open
    assert evidence(pl.Series(["3 pro 2026", "4 pro 2026"])).dates == ("%d %b %Y",)


def test_a_language_that_is_not_known_apart_is_refused() -> None:
    with pytest.raises(ValueError, match="%b@hr"):
        without_language("%d %b@xx %Y")


def test_columns_of_croatian_months_are_known_by_each_other() -> None:
    assert month_starts(["lip 2024", "kol 2024"]) == {"lip 2024": "2024-06-01", "kol 2024": "2024-08-01"}
    assert month_starts(["lip 2024", "sie 2024"]) == {"lip 2024": "2024-07-01", "sie 2024": "2024-08-01"}
