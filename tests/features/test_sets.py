"""Named feature sets: which columns they name, what is refused, and that nothing later than the day enters."""

from datetime import date, timedelta

import polars as pl
import pytest

from features.goods.options import GOODS_FEATURES, SERIES_FEATURES
from features.person.table import PERSON_FEATURES
from features.place.table import PLACE_FEATURES
from features.sets import FEATURE_SETS, KEYS, chosen_columns, read_columns
from retail_brain.dataset import Dataset
from retail_brain.errors import UsageError

AS_OF = date(2025, 3, 10)


@pytest.fixture(scope="module")
def chain() -> Dataset:
    rows = [
        (f"T{day}-{person}", AS_OF - timedelta(days=day), f"C{person}", f"P{(day + person) % 4}", 1.0 + day % 3)
        for day in range(80)
        for person in range(3)
        if day % (person + 1) == 0
    ]
    lines = pl.DataFrame(rows, schema=["transaction_id", "day", "customer_id", "product_id", "units"], orient="row")
    lines = lines.select(
        "transaction_id",
        "customer_id",
        "product_id",
        "units",
        pl.col("day").cast(pl.Datetime("us")).alias("sold_at"),
        pl.lit("S1").alias("store_id"),
        pl.lit(5.0).alias("unit_price"),
    )
    return Dataset.from_frames({"transactions": lines})


def test_every_named_column_is_one_of_its_table() -> None:
    tables = {"goods": GOODS_FEATURES, "series": SERIES_FEATURES, "place": PLACE_FEATURES, "person": PERSON_FEATURES}
    assert set(FEATURE_SETS) == set(tables) == set(KEYS)
    for name, groups in tables.items():
        known = {column for columns in groups.values() for column in columns}
        assert set(FEATURE_SETS[name]) <= known, name
        assert len(set(FEATURE_SETS[name])) == len(FEATURE_SETS[name])


def test_sets_and_columns_are_chosen_once_in_the_order_given() -> None:
    chosen = chosen_columns(["goods.cv2", "place", "goods"], ["goods", "place"])
    assert str(chosen[0]) == "goods.cv2"
    assert [str(column) for column in chosen[1 : 1 + len(FEATURE_SETS["place"])]] == [
        f"place.{name}" for name in FEATURE_SETS["place"]
    ]
    assert len(chosen) == len(FEATURE_SETS["place"]) + len(FEATURE_SETS["goods"])


@pytest.mark.parametrize("name", ["weather", "person", "goods.", "", ".units"])
def test_a_set_that_is_unknown_or_of_no_use_to_the_model_is_named(name: str) -> None:
    with pytest.raises(UsageError, match="wanted one of goods, place"):
        chosen_columns([name], ["goods", "place"])


@pytest.mark.parametrize(("name", "problem"), [("goods.colour", "is not in the table"), ("goods.abc", "is no number")])
def test_a_column_that_is_none_or_no_number_is_named_with_those_there_are(
    chain: Dataset, name: str, problem: str
) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        read_columns(chain, AS_OF, chosen_columns([name], ["goods"]))
    assert "units_trend" in str(caught.value)


def test_rows_are_found_by_the_keys_and_people_by_customer(chain: Dataset) -> None:
    wanted = chosen_columns(["goods.zero_share", "person.baskets_91d", "place.basket_value"], list(KEYS))
    frames = read_columns(chain, AS_OF, wanted)
    assert frames["goods"].columns == ["product_id", "goods.zero_share"]
    assert frames["person"].sort("customer_id").rows() == [("C0", 80.0), ("C1", 40.0), ("C2", 27.0)]
    assert frames["place"].schema["place.basket_value"] == pl.Float32


def test_what_happens_after_the_day_changes_nothing(chain: Dataset) -> None:
    day = AS_OF - timedelta(days=20)
    wanted = chosen_columns(list(KEYS), list(KEYS))
    later = chain.frames["transactions"].filter(pl.col("sold_at").dt.date() > day)
    changed = pl.concat(
        [
            chain.frames["transactions"].filter(pl.col("sold_at").dt.date() <= day),
            later.with_columns(pl.col("units") * 50, pl.lit("P9").alias("product_id")),
        ]
    )
    before, after = (
        read_columns(chain, day, wanted),
        read_columns(Dataset.from_frames({"transactions": changed}), day, wanted),
    )
    for table, frame in before.items():
        assert frame.sort(KEYS[table]).equals(after[table].sort(KEYS[table]), null_equal=True), table
