"""Reports whose shop, day and receipt stand on the first row of their group alone, with sums between the groups."""

from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest import ingest
from retail_brain.ingest.look import look
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import DataSettings, Settings

_SHOPS, _DAYS, _RECEIPTS = ("Kallio", "Töölö"), 6, 3


def _report(total: str, *, anew: bool) -> tuple[str, int]:
    """Lines of a report, and how many of them are sales; receipts are numbered anew in every shop where `anew`."""
    rows, sold, number = ["Shop,Day,Receipt no,SKU,Product,Quantity,Amount"], 0, 100
    for place, shop in enumerate(_SHOPS):
        number = 100 if anew else number
        first_of_shop = shop
        for day in range(_DAYS):
            first_of_day = f"2026-09-{day + 1 + place:02}"
            day_units, day_money = 0, 0
            for receipt in range(_RECEIPTS):
                number += 1
                first = str(number)
                for line in range(1 + (day + receipt + place) % 3):
                    units, price = 1 + (line + day) % 3, 3 + (day + receipt + 2 * line) % 5
                    goods = f"G{price},Tea {price}"
                    rows.append(f"{first_of_shop},{first_of_day},{first},{goods},{units},{units * price}")
                    first_of_shop = first_of_day = first = ""
                    day_units, day_money, sold = day_units + units, day_money + units * price, sold + 1
            rows.append(f",2026-09-{day + 1 + place:02} {total},,,,{day_units},{day_money}")
    return "\n".join(rows) + "\n", sold


def _loaded(folder: Path, text: str) -> pl.DataFrame:
    (folder / "report.csv").write_text(text, encoding="utf-8")
    seen = look(str(folder / "report.csv"))
    assert not seen.questions
    (folder / "m.toml").write_text(seen.mapping, encoding="utf-8")
    ingest(str(folder / "m.toml"), str(folder / "lake"), Settings(data=DataSettings(max_quarantine_share=1.0)), SILENT)
    return open_lake(str(folder / "lake")).scan("transactions").collect()


@pytest.mark.parametrize("total", ["total", "yhteensä", "összesen"])
@pytest.mark.parametrize("anew", [False, True])
def test_shop_day_and_receipt_of_groups_are_filled_down(tmp_path: Path, total: str, *, anew: bool) -> None:
    text, lines = _report(total, anew=anew)
    sold = _loaded(tmp_path, text)
    assert sold.height == lines
    assert sold["transaction_id"].n_unique() == len(_SHOPS) * _DAYS * _RECEIPTS
    assert sorted(sold["store_id"].unique()) == sorted(_SHOPS)
    assert sold["sold_at"].dt.date().n_unique() == _DAYS + 1
    assert sold.group_by("transaction_id").agg(pl.col("sold_at").n_unique())["sold_at"].max() == 1
