"""Arrays written in blocks, and rows found by store and product."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.store.arrays import RowWriter, map_array, open_rows, write_array
from serving.store.series_index import KeyIndex, write_keys

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), max_size=30)


@pytest.mark.parametrize("batch_bytes", [1, 40, 2**20])
@pytest.mark.parametrize("blocks", [[], [0], [3], [2, 0, 5], [1] * 12])
def test_blocks_are_read_as_one_array(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocks: list[int], batch_bytes: int
) -> None:
    monkeypatch.setattr("serving.store.arrays._BATCH_BYTES", batch_bytes)
    rows = [np.arange(size * 2, dtype=np.float32).reshape(size, 2) + size for size in blocks]
    with RowWriter(tmp_path / "a.arrow", np.float32, (2,)) as writer:
        for block in rows:
            writer.append(block)
    mapped, whole = open_rows(tmp_path, "a"), np.concatenate([np.zeros((0, 2), np.float32), *rows])
    assert mapped.shape == whole.shape
    assert mapped.dtype == np.float32
    asked = np.random.default_rng(0).permutation(len(whole))
    np.testing.assert_array_equal(mapped[asked], whole[asked])
    assert [mapped.row(row).tolist() for row in range(len(mapped))] == whole.tolist()
    with pytest.raises(IndexError):
        mapped.row(len(whole))


def test_scalars_are_rows_too(tmp_path: Path) -> None:
    with RowWriter(tmp_path / "a.arrow", np.int32) as writer:
        writer.append(np.array([4, 5]))
    assert open_rows(tmp_path, "a")[np.array([1, 0, 1])].tolist() == [5, 4, 5]


def test_rows_of_version_0_1_are_read(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(6, dtype=np.float32).reshape(3, 2))
    assert open_rows(tmp_path, "a").row(2).tolist() == [4.0, 5.0]
    assert open_rows(tmp_path, "a").shape == (3, 2)


def test_a_block_of_another_shape_is_refused(tmp_path: Path) -> None:
    with RowWriter(tmp_path / "a.arrow", np.int32, (2,)) as writer, pytest.raises(ValueError, match="do not fit"):
        writer.append(np.zeros((3, 4), np.int32))


def test_a_mapped_array_cannot_be_written_to(tmp_path: Path) -> None:
    write_array(tmp_path / "a.npy", np.arange(3), np.int32)
    with pytest.raises(ValueError, match="read-only"):
        map_array(tmp_path / "a.npy")[0] = 7


@given(pairs=PAIRS)
def test_rows_are_found_where_a_dictionary_says_they_are(
    tmp_path_factory: object, pairs: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("keys")  # type: ignore[attr-defined]
    stores = np.array([pair[0] for pair in pairs], dtype=np.int64)
    products = np.array([pair[1] for pair in pairs], dtype=np.int64)
    write_keys(folder, "k", stores, products, n_products=7, rows=np.arange(len(pairs)) * 10)
    known = {pair: row * 10 for row, pair in enumerate(pairs)}
    index = KeyIndex(folder, "k", 7)
    assert len(index) == len(known)
    for store in range(5):
        assert [index.find(store, product) for product in range(7)] == [known.get((store, p)) for p in range(7)]
        rows, found = index.find_many(store, np.arange(7))
        assert found.tolist() == [(store, product) in known for product in range(7)]
        assert rows[found].tolist() == [known[store, product] for product in range(7) if (store, product) in known]
        here, _ = index.of_store(store)
        assert here.tolist() == sorted(product for s, product in known if s == store)
