import shutil
from pathlib import Path

import polars as pl
import pytest

from retail_brain.dataset import conform
from retail_brain.errors import NotFoundError
from retail_brain.lake import open_lake, write_table
from retail_brain.lake.difference import ROW
from retail_brain.lake.snapshot import table_snapshots
from retail_brain.tables import TABLES


def stores(*names: str) -> pl.LazyFrame:
    return conform(pl.LazyFrame({"store_id": list(names)}), TABLES["stores"]).with_row_index(ROW)


def test_digest_names_the_data_wherever_the_lake_lies(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    write_table(str(lake), "stores", stores("A"))
    write_table(str(lake), "stores", stores("A", "B"))
    shutil.copytree(lake, tmp_path / "另 one")
    (old,) = table_snapshots(str(lake), {"stores": 0})
    (new,) = table_snapshots(str(lake), {"stores": 1})
    (copy,) = table_snapshots(str(tmp_path / "另 one"), {"stores": 1})
    assert (old.rows, new.rows, copy.rows) == (1, 2, 2)
    assert old.digest != new.digest == copy.digest
    assert new.columns["store_id"] == pl.String
    with pytest.raises(NotFoundError, match="no version 7"):
        table_snapshots(str(lake), {"stores": 7})


@pytest.mark.parametrize("folder", ["with blank", "零售", "100%"])
def test_lake_may_lie_under_any_folder(tmp_path: Path, folder: str) -> None:
    lake = str(tmp_path / folder)
    write_table(lake, "stores", stores("A"))
    write_table(lake, "stores", stores("A", "B"))
    assert open_lake(lake).scan("stores").select("store_id").collect()["store_id"].sort().to_list() == ["A", "B"]
