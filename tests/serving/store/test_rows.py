"""Rows of one store, found without reading those of the others."""

import polars as pl
import pytest

from retail_brain.decisions.frame_memo import FrameMemo
from serving.store.rows import rows_of_store

LINES = pl.DataFrame(
    {
        "line": [1, 2, 3, 4, 5, 6],
        "from": ["S2", "é", None, "S10", "S2", "S2"],
        "to": ["S1", "S2", "S1", None, "S2", "é"],
    }
)


@pytest.mark.parametrize("columns", [("from",), ("to",), ("from", "to")])
@pytest.mark.parametrize("store_id", ["S1", "S10", "S2", "é", "S", "z", ""])
def test_the_rows_are_those_of_a_filter_in_their_order(store_id: str, columns: tuple[str, ...]) -> None:
    memo = FrameMemo()
    wanted = LINES.filter(pl.any_horizontal(pl.col(columns) == store_id))
    for _ in range(2):
        assert rows_of_store(LINES, store_id, columns, memo).equals(wanted)
    assert rows_of_store(LINES.clear(), store_id, columns, memo).equals(LINES.clear())


def test_the_places_of_all_stores_are_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from serving.store import rows

    found: list[tuple[str, ...]] = []
    work = rows._rows_by_store
    monkeypatch.setattr(rows, "_rows_by_store", lambda frame, columns: found.append(columns) or work(frame, columns))
    memo = FrameMemo()
    for store_id in ("S1", "S2", "S10"):
        rows_of_store(LINES, store_id, ("from",), memo)
    rows_of_store(LINES, "S1", ("to",), memo)
    assert found == [("from",), ("to",)]
