"""Orders of the published pairs, a part at a time."""

from pathlib import Path

import numpy as np
import pytest

from serving.store.arrays import ColumnWriter, RowWriter, map_array, open_rows, write_array
from serving.store.pair_orders import write_order


@pytest.mark.parametrize("part_pairs", [1, 7, 1_000])
def test_parts_are_sorted_as_all_pairs_at_once(tmp_path: Path, part_pairs: int) -> None:
    generator = np.random.default_rng(3)
    owner = generator.integers(0, 20, 300).astype(np.int32)
    owner[owner == 4] = 5  # one of the catalog has none, and one more than a part holds
    chance = np.round(generator.random(300), 1).astype(np.float32)  # many are equal
    with RowWriter(tmp_path / "chance.arrow", np.float32) as file:
        for block in np.split(chance, [100, 250]):
            file.append(block)
            file._write_batch()  # several batches, as in a file of millions
    write_order(tmp_path, "customer", owner, open_rows(tmp_path, "chance"), 22, part_pairs)
    order = np.lexsort((-chance, owner))
    assert map_array(tmp_path / "pairs.by_customer.npy").tolist() == order.tolist()
    starts = np.searchsorted(owner[order], np.arange(23))
    assert map_array(tmp_path / "pairs.customer_starts.npy").tolist() == starts.tolist()


def test_without_pairs_nobody_has_any(tmp_path: Path) -> None:
    with RowWriter(tmp_path / "chance.arrow", np.float32):
        pass
    write_order(tmp_path, "product", np.zeros(0, np.int32), open_rows(tmp_path, "chance"), 2)
    assert map_array(tmp_path / "pairs.by_product.npy").size == 0
    assert map_array(tmp_path / "pairs.product_starts.npy").tolist() == [0, 0, 0]


def test_a_column_written_in_blocks_has_the_bytes_of_one_written_at_once(tmp_path: Path) -> None:
    values = np.arange(1_000)
    with ColumnWriter(tmp_path / "blocks.npy", np.int32) as file:
        for block in np.split(values, [10, 700]):
            file.append(block)
    write_array(tmp_path / "once.npy", values, np.int32)
    assert (tmp_path / "blocks.npy").read_bytes() == (tmp_path / "once.npy").read_bytes()
