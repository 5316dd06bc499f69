"""Rows that are sums of the rows beside them are told by their numbers, in any language and at any level."""

import tracemalloc
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest.look import look
from retail_brain.ingest.look.draft import Proposal, toml_of
from retail_brain.ingest.look.filled_down import alike_with
from retail_brain.ingest.look.sums_of_rows import sums_of_rows
from tests.retail_brain.ingest.test_look import Row, load, write

HEADER = ["Shop", "Day", "SKU", "Article", "Pieces", "Turnover"]
SOLD = [
    (
        shop,
        date(2026, 4, 1) + timedelta(days=day),
        f"A{good}",
        (day * 5 + good * 3 + shop) % 9 - (good == 3),
        2.25 + good,
    )
    for shop in range(3)
    for day in range(4)
    for good in range(1, 6)
]
"""Shop, day, good, units (some below 0) and price."""


def lines(shop: int, day: date) -> list[Row]:
    return [
        [f"S{s}", d, good, f"Thing {good}", u, round(u * p, 2)] for s, d, good, u, p in SOLD if (s, d) == (shop, day)
    ]


def total(rows: list[Row], *said: str) -> Row:
    """A row of sums with words in its first cells."""
    cells = [*said, *[""] * (4 - len(said))]
    return [*cells, sum(int(str(row[4])) for row in rows), round(sum(float(str(row[5])) for row in rows), 2)]


def report(*, above: bool) -> list[Row]:
    """The lines with a sum of every day, of every shop and of all, below or above them."""
    rows: list[Row] = []
    everything: list[Row] = []
    for shop in range(3):
        of_shop: list[Row] = []
        block: list[Row] = []
        for day in dict.fromkeys(day for _, day, *_ in SOLD):
            of_day = lines(shop, day)
            of_shop += of_day
            said = total(of_day, f"S{shop}", f"{day} yekûn")
            block += [said, *of_day] if above else [*of_day, said]
        said = total(of_shop, f"S{shop} yekûn")
        rows += [said, *block] if above else [*block, said]
        everything += of_shop
    said = total(everything, "Yekûn")
    return [said, *rows] if above else [*rows, said]


@pytest.mark.parametrize("above", [False, True])
def test_sums_of_days_shops_and_all_in_a_language_without_words_here_count_once(tmp_path: Path, *, above: bool) -> None:
    path = write(tmp_path / "report.csv", HEADER, report(above=above))
    says = look(str(path)).lines
    assert any("16 rows are sums of the rows beside them" in line for line in says)
    sold = load(tmp_path, path, "daily_sales")
    assert sum(float(str(row["units"])) for row in sold) == sum(units for *_, units, _ in SOLD)
    assert len(sold) == len(SOLD)
    assert {row["store_id"] for row in sold} == {"S0", "S1", "S2"}


def test_lines_without_a_code_that_are_no_sums_stay(tmp_path: Path) -> None:
    rows = report(above=False)
    rows.insert(3, ["S0", "2026-04-01", "", "Bag", 2, "0.40"])  # the sums no longer hold it
    sold = pl.DataFrame([list(map(str, row)) for row in rows], schema=HEADER, orient="row")
    assert sums_of_rows(sold.with_columns(pl.col(pl.String).replace("", None))) is None


def test_single_pieces_beside_single_pieces_are_no_sums() -> None:
    rows = [[str(n), None if n % 3 else f"K{n}", "1", "2.50"] for n in range(60)]
    assert sums_of_rows(pl.DataFrame(rows, schema=["receipt", "customer", "units", "price"], orient="row")) is None


def test_long_codes_are_no_sums_and_stop_nothing() -> None:
    rows = [[str(9_400_000_000_000_000 + n), "Box" if n % 4 else None, "2"] for n in range(200)]
    assert sums_of_rows(pl.DataFrame(rows, schema=["barcode", "packing", "units"], orient="row")) is None


def test_conditions_of_sums_and_of_states_hold_together() -> None:
    made = Proposal("daily_sales", {"where": "?'''\"State\" <> 'void''''\n'''TRUE'''"})
    written = toml_of("a.csv", made, {"where": "'''(\"SKU\" <> '')'''"})
    assert """# where = '''((\"SKU\" <> '')) AND (\"State\" <> 'void')'''""" in written
    assert """# where = '''((\"SKU\" <> '')) AND (TRUE)'''""" in written


def test_sums_are_left_out_also_where_the_day_is_filled_down(tmp_path: Path) -> None:
    rows: list[Row] = []
    for day in dict.fromkeys(day for _, day, *_ in SOLD):
        of_day = [row for shop in range(3) for row in lines(shop, day)]
        shown = [[*row[:1], str(day) if number % 2 == 0 else "", *row[2:]] for number, row in enumerate(of_day)]
        rows += [*shown, total(of_day, "Yekûn")]
    path = write(tmp_path / "report.csv", HEADER, rows)
    assert '"Day"' not in look(str(path)).mapping.partition("where = ")[2].partition("\n")[0]
    sold = load(tmp_path, path, "daily_sales")
    assert (len(sold), {row["store_id"] for row in sold}) == (len(SOLD), {"S0", "S1", "S2"})


def test_words_of_a_sum_are_not_filled_into_the_lines_below_it() -> None:
    sample = pl.DataFrame({"shop": ["A", None, "Sum", None], "day": ["1", None, None, "2"]})
    assert alike_with(sample, pl.Series([False, False, True, False]), ["shop", "day"]) == ["day"]


def test_many_blank_customers_beside_zeros_are_looked_at_quickly() -> None:
    count = 20_000
    rows = {
        "receipt": [str(n) for n in range(count)],
        "customer": [None if n % 5 < 2 else f"K{n}" for n in range(count)],
        "discount": ["0.00"] * (count - 1) + ["5.00"],
        "rebate": ["0.00"] * count,
    }
    tracemalloc.start()
    assert sums_of_rows(pl.DataFrame(rows)) is None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * 2**20
