"""English texts of verbs speak of a single one in the singular."""

import pytest

from retail_brain.counted import agreeing, counted
from retail_brain.progress import Progress


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 rows have no price", "1 row has no price"),
        (
            "note: 1 goods that no table knows are in 1 lines of sales",
            "note: 1 product that no table knows is in 1 line of sales",
        ),
        ("11 rows have no price, 0.1 days, 1,001 rows", "11 rows have no price, 0.1 days, 1,001 rows"),
        ("1 rowsets", "1 rowsets"),
        ("1 shops were closed, 2 are open", "1 shop was closed, 2 are open"),
    ],
)
def test_one_of_something_is_singular(text: str, wanted: str) -> None:
    assert agreeing(text) == wanted


def test_progress_says_one_row(capsys: pytest.CaptureFixture[str]) -> None:
    told = Progress()
    with told.step("write") as step:
        step.rows, step.note = 1, "1 orders -> out.csv"
    told.say("1 rows are set aside")
    said = capsys.readouterr().err
    assert "1 row " in said
    assert "1 order -> out.csv" in said
    assert "1 row is set aside" in said
    assert counted(2, "row") == "2 rows"
