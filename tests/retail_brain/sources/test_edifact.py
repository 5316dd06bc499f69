"""EDIFACT messages: a row per line with what stands above it, and refusals of what is not whole."""

from datetime import date
from pathlib import Path

import pytest

from retail_brain.errors import DataError
from retail_brain.sources.base import FileTable
from retail_brain.sources.files import open_file
from tests.retail_brain.ingest.test_look import load

LINE = ["LIN+1++4000001:EN", "IMD+F++:::K?+ffe:gro?'?:", "MOA+203:-39,90", "QTY+153:-2:PCE", "PRI+AAE:19,95"]
MESSAGE = [
    "UNH+1+SLSRPT:D:96A:UN", "BGM+73E::9+R1+9", "DTM+137:20260907:102", "LOC+162+571001::9", "LOC+5+North",
    "DTM+356:20260831:102", *LINE, "LIN+2++4000002:EN", "QTY+153:3", "MOA+203:1.50",
    "LOC+162+571002::9", "DTM+356:202609011530:203", "LIN+3++4000001:EN", "QTY+153:1", "RFF+ON:7", "RFF+ON:8",
    "UNS+S", "MOA+79:99", "UNT+20+1",
]  # fmt: skip


def opened(folder: Path, segments: list[str], una: str = "UNA:+,? '", between: str = "\r\n") -> FileTable:
    path = folder / "report.edi"
    whole = ["UNB+UNOC:3+1:14+2:14+260907:0412+SR1", *segments]
    path.write_text(una + "".join(f"{one}'{between}" for one in whole), encoding="latin-1")
    return open_file(path, folder)


@pytest.mark.parametrize("between", ["", "\n"])
@pytest.mark.parametrize("una", ["", "UNA:+,? '", "UNA:+.? '\n"])
def test_a_row_per_line_has_the_place_and_day_above_it(tmp_path: Path, una: str, between: str) -> None:
    table = opened(tmp_path, [*MESSAGE, "UNZ+1+SR1"], una, between)
    first, second, third = table.frame.collect().to_dicts()
    assert (first["store (LOC+162)"], first["LOC+5"], first["sales date (DTM+356)"]) == (
        "571001",
        "North",
        "2026-08-31",
    )
    assert (first["item code (LIN)"], first["units sold (QTY+153)"], first["measure (QTY+153)"]) == (
        "4000001",
        "-2",
        "PCE",
    )
    assert (first["amount (MOA+203)"], first["unit price (PRI+AAE)"]) == ("-39.90", "19.95")
    assert first["description (IMD)"] == "K+ffe gro':"
    assert (second["store (LOC+162)"], second["amount (MOA+203)"], second["unit price (PRI+AAE)"]) == (
        "571001",
        "1.50",
        None,
    )
    assert (third["store (LOC+162)"], third["LOC+5"], third["sales date (DTM+356)"]) == (
        "571002",
        None,
        "2026-09-01 15:30",
    )
    assert (third["RFF+ON"], third["amount (MOA+203)"], third["DTM+137"]) == ("7;8", None, "2026-09-07")
    assert table.notes == (
        "report.edi: EDIFACT (1 SLSRPT D 96A), one row per LIN",
        "report.edi: 1 segments of sums (behind UNS) are not read",
    )


@pytest.mark.parametrize(
    ("segments", "says"),
    [
        (MESSAGE[:9], "is cut short"),
        (MESSAGE, "is cut short"),
        ([MESSAGE[0], *MESSAGE[-1:], "UNZ+1+SR1"], "has no lines of goods"),
    ],
)
def test_what_is_not_whole_or_has_no_lines_is_refused(tmp_path: Path, segments: list[str], says: str) -> None:
    with pytest.raises(DataError, match=says):
        opened(tmp_path, segments)


def test_reports_of_several_weeks_are_sales_of_days(tmp_path: Path) -> None:
    folder = tmp_path / "edi"
    folder.mkdir()
    for week in range(3):
        segments = ["UNB+UNOC:3+1:14+2:14+260907:0412+SR1"]
        for day in range(7):
            segments += [f"UNH+{day}+SLSRPT:D:96A:UN", f"BGM+73E::9+R{week}{day}+9"]
            for shop in range(2):
                segments += [f"LOC+162+57900012345{shop}8::9", f"DTM+356:202609{1 + 7 * week + day:02}:102"]
                for good in range(4):
                    units = 1 + (day + shop + good) % 3
                    segments += [f"LIN+{good}++573370216422{good}:EN", f"MOA+203:{units * (good + 1) * 5},00"]
                    segments += [f"QTY+153:{units}:PCE", f"PRI+AAE:{(good + 1) * 5},00"]
            segments += [f"UNT+9+{day}"]
        text = "UNA:+,? '" + "".join(f"{one}'" for one in [*segments, "UNZ+7+SR1"])
        (folder / f"SLSRPT_{week}.edi").write_text(text, encoding="ascii")
    sold = load(tmp_path, folder, "daily_sales")
    assert len(sold) == 3 * 7 * 2 * 4
    first = min(sold, key=lambda row: (str(row["date"]), str(row["store_id"]), str(row["product_id"])))
    assert (first["date"], first["store_id"], first["product_id"]) == (
        date(2026, 9, 1),
        "5790001234508",
        "5733702164220",
    )
    assert (first["units"], first["unit_price"]) == (1, 5.0)
