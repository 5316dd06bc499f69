"""Lists printed to a file, page by page: heads come again, in the midst of a shop as well."""

from pathlib import Path

import polars as pl
import pytest

from retail_brain.ingest.look import look
from retail_brain.ingest.look.groups import group_columns


def _page(number: int, lines: list[str]) -> str:
    head = [
        f"Hinterland Tools (Pty) Ltd                                  Page : {number}",
        "Quantities by Store                                Date : 30/09/26 17:42",
        "",
        "Code      Description          Unit      On Hand   Sales Ord       Value",
        "-" * 72,
    ]
    return "\n".join([*head, *lines, ""])


def _printed(feed: str = "\f") -> str:
    goods = [
        f"T{n:03}      {'Hammer ' + 'abcdefghij'[n]:<20} EA    {1_000 + n:>8,}.00        0.00     {n:>4}.00"
        for n in range(10)
    ]
    sums = [f"{'-' * 12:>51}", "Total for store                    1,000.00                          45.00", ""]
    pages = [
        _page(1, ["Store : 001  Main street", *goods[:6]]),
        _page(2, [*goods[6:], *sums, "Store : 002  North", *goods[:4]]),
        _page(3, [*goods[4:], *sums, "Grand total                        2,000.00                          90.00"]),
    ]
    return feed.join(pages)


@pytest.mark.parametrize("feed", ["\f", "\f\n"])
def test_heads_of_pages_are_no_lines_and_break_no_shop(tmp_path: Path, feed: str) -> None:
    path = tmp_path / "INVQTY.TXT"
    path.write_text(_printed(feed), encoding="utf-8")
    seen = look(str(path))
    assert 'group_rows = ["Store"]' in seen.mapping
    assert 'on_hand = "On Hand"' in seen.mapping
    assert 'product_id = "Code"' in seen.mapping
    assert "  left out 10: lines of the head of a page once more" in seen.lines
    assert [question for question in seen.questions if "of which day" not in question] == []


def test_levels_of_one_kind_have_names_of_their_own() -> None:
    heads = [[text, None, None, None, None] for text in ("Alpha", "Beta", "Gamma", "Delta")]
    lines = [["A1", "North", "Tools", "2026-03-01", "2"], ["A2", "South", "Tools", "2026-03-02", "3"]]
    columns = ["product", "store", "category", "date", "units"]
    names = group_columns(pl.DataFrame([*heads, *lines, *heads, *lines], schema=columns, orient="row"))
    assert len(set(names)) == len(names) == len(heads)
