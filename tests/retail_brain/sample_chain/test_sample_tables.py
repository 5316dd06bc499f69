"""The committed sample: whole, valid, and the same as its manifest says."""

import json
from pathlib import Path

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.errors import MissingTableError
from retail_brain.files import sha256
from retail_brain.sample_chain.write import VERSION
from retail_brain.tables import TABLES

PRESENT = sorted(set(TABLES) - {"daily_sales", "category_sales", "drivers", "open_orders", "sales_plans"})


@pytest.mark.parametrize("name", PRESENT)
def test_every_row_passes_the_schema(sample: Dataset, name: str) -> None:
    frame = sample.scan(name).select(TABLES[name].schema.column_names()).collect()
    _, failures = TABLES[name].schema.filter(frame)
    assert frame.height > 0
    assert failures.counts() == {}


@pytest.mark.parametrize("name", PRESENT)
def test_ids_refer_to_rows_that_exist(sample: Dataset, name: str) -> None:
    for column, table in TABLES[name].references.items():
        known = sample.scan(table).select(pl.first()).collect().to_series()
        used = sample.scan(name).select(pl.col(column).drop_nulls().unique()).collect().to_series()
        assert set(used) <= set(known), (name, column)


def test_manifest_names_every_file_with_its_checksum_and_rows(sample_folder: Path) -> None:
    manifest = json.loads((sample_folder / "MANIFEST.json").read_text(encoding="utf-8"))
    on_disk = {path.relative_to(sample_folder).as_posix() for path in sample_folder.rglob("*.parquet")}
    assert set(manifest["files"]) == on_disk
    assert manifest["generator_version"] == VERSION
    for name, entry in manifest["files"].items():
        assert sha256(sample_folder / name) == entry["sha256"], name
        assert pl.scan_parquet(sample_folder / name).select(pl.len()).collect().item() == entry["rows"], name


def test_truth_cannot_be_read_as_a_table(sample: Dataset, truth: dict[str, pl.DataFrame]) -> None:
    assert truth
    assert not set(truth) & set(TABLES)
    for name, frame in truth.items():
        assert not sample.has(name)
        with pytest.raises(MissingTableError):
            Dataset.from_frames({name: frame})


def test_folder_is_small_enough_to_be_committed(sample_folder: Path) -> None:
    assert sum(path.stat().st_size for path in sample_folder.rglob("*.parquet")) < 6_000_000


def test_a_receipt_is_one_person_at_one_moment_in_one_store(sample: Dataset) -> None:
    several = (
        sample.scan("transactions")
        .group_by("transaction_id")
        .agg(pl.col("sold_at", "store_id", "customer_id", "channel").n_unique())
        .filter(pl.max_horizontal("sold_at", "store_id", "customer_id", "channel") > 1)
        .collect()
    )
    assert several.is_empty()


def test_nobody_buys_before_joining(sample: Dataset) -> None:
    joined = sample.scan("customers").select("customer_id", "joined_on")
    bought = sample.scan("transactions").join(joined, on="customer_id")
    assert bought.filter(pl.col("sold_at").dt.date() < pl.col("joined_on")).collect().is_empty()


def test_plans_reach_beyond_the_last_day(sample: Dataset) -> None:
    last = sample.last_day()
    assert sample.scan("calendar").filter(pl.col("date") > last).collect().height > 5
    assert sample.scan("promotions").filter(pl.col("valid_from") > last).collect().height > 20
    planned = sample.scan("campaigns").filter(pl.col("starts_on") > last).select("campaign_id").collect().to_series()
    assert len(planned) == 1
    assert sample.scan("contacts").filter(pl.col("campaign_id").is_in(planned.implode())).collect().is_empty()


def test_identifiers_are_shared_conflicting_and_without_customer(sample: Dataset) -> None:
    identities = sample.scan("identities").collect()
    shared = identities.drop_nulls("customer_id").group_by("id_type", "id_value").agg(pl.col("customer_id").n_unique())
    assert shared.filter(pl.col("customer_id") > 1)["id_type"].unique().sort().to_list() == [
        "device",
        "email",
        "openid",
        "phone",
    ]
    orphans = identities.filter(pl.col("customer_id").is_null())
    resolved = orphans.join(identities.drop_nulls("customer_id"), on=["id_type", "id_value"], how="semi")
    assert orphans.height > 500
    assert 100 < resolved.height < orphans.height


def test_prices_paid_are_shelf_or_promotion_prices(sample: Dataset) -> None:
    prices = sample.scan("prices").select("product_id", "unit_price")
    promoted = sample.scan("promotions").select("product_id", "unit_price")
    allowed = pl.concat([prices, promoted]).unique()
    strange = sample.scan("transactions").join(allowed, on=["product_id", "unit_price"], how="anti").collect()
    assert strange.is_empty()
