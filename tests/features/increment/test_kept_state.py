"""The kept state of keys: after any changes it has the rows of a whole build, in its order, whatever is kept aside."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from features.increment.kept_state import KeptState
from features.partitions import bucket_of

KEY = ["store_id", "product_id"]
SCHEMA = {"store_id": pl.String, "product_id": pl.String, "value": pl.Int64}
NAMES = st.sampled_from(["", " ", "A", "a", "店", "AB"])
ROWS = st.dictionaries(st.tuples(NAMES, NAMES), st.integers(0, 9), max_size=12)
Rows = dict[tuple[str, str], int]


def frame(rows: Mapping[tuple[str, str], int]) -> pl.DataFrame:
    return pl.DataFrame([(*key, value) for key, value in rows.items()], schema=SCHEMA, orient="row")


def whole(folder: Path, rows: Rows, buckets: int) -> KeptState:
    folder.mkdir()
    for number in range(buckets):
        part = frame(rows).filter(bucket_of("product_id", buckets) == number).sort(KEY)
        part.write_parquet(folder / f"bucket={number:03d}.parquet")
    return KeptState(folder, KEY, "product_id")


@given(ROWS, st.lists(st.tuples(ROWS, st.sets(st.tuples(NAMES, NAMES), max_size=3), st.integers(1, 3)), max_size=3))
def test_changed_new_and_gone_keys_give_the_rows_of_a_whole_build_in_its_order(
    rows: Rows, days: list[tuple[Rows, set[tuple[str, str]], int]]
) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        state = whole(Path(scratch) / "first", rows, 2)
        for number, (came, gone, buckets) in enumerate(days):
            news = {key: value for key, value in came.items() if key not in gone}
            keys = frame(dict.fromkeys([*news, *gone], 0)).select(KEY)
            state = state.with_rows(Path(scratch) / f"day{number}", keys, frame(news), buckets)
            rows = {key: value for key, value in rows.items() if key not in gone} | news
            expected = whole(Path(scratch) / f"fresh{number}", rows, buckets)
            assert len(state.files) == buckets
            for one in range(buckets):
                assert state.bucket(one).rows() == expected.bucket(one).rows()
