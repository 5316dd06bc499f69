import json
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from features.jobs import FEATURE_TABLES, FeatureOptions, FeatureReport, arrow_function, build_features, scan_features
from features.person.table import PERSON_RECORDS, PersonOptions, person_features
from features.steps import series
from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError, MissingTableError, NotFoundError

AS_OF = date(2025, 6, 30)
KEYS = {
    "identity": ["id_type", "id_value"],
    "person": ["person_id"],
    "goods": ["product_id"],
    "series": ["store_id", "product_id"],
    "place": ["store_id"],
}


def small(sample: Dataset, stores: tuple[str, ...] = ("S01", "S02", "S03", "S04", "W01")) -> dict[str, pl.DataFrame]:
    """A part of the sample chain that builds in a second."""
    frames = {name: frame.collect() for name, frame in sample.frames.items()}
    here = pl.col("store_id").is_in(stores)
    goods = pl.col("product_id").is_in([f"P{n:03d}" for n in range(1, 31)])
    since = pl.col("sold_at") >= datetime(2025, 3, 1)
    frames["transactions"] = frames["transactions"].filter(here & goods & since)
    frames["inventory"] = frames["inventory"].filter(here & goods & (pl.col("date") >= date(2025, 4, 1)))
    frames["events"] = frames["events"].filter(pl.col("occurred_at") >= datetime(2025, 3, 1))
    return frames


@pytest.fixture(scope="module")
def frames(sample: Dataset) -> dict[str, pl.DataFrame]:
    return small(sample)


@pytest.fixture(scope="module")
def built(frames, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    return build(frames, tmp_path_factory.mktemp("built") / "features")


def build(frames: dict[str, pl.DataFrame], out: Path, as_of: date = AS_OF, **options) -> dict[str, pl.DataFrame]:
    build_features(Dataset.from_frames(frames), out, as_of, options=FeatureOptions(**options))
    return {name: scan_features(out, name).collect().sort(KEYS[name]) for name in FEATURE_TABLES}


def assert_same(found: dict[str, pl.DataFrame], expected: dict[str, pl.DataFrame]) -> None:
    for name in FEATURE_TABLES:
        assert_frame_equal(found[name], expected[name])


def test_rows_after_as_of_change_no_table(frames, built, tmp_path):
    after = {"transactions": "sold_at", "events": "occurred_at", "inventory": "date", "contacts": "contacted_at"}
    after |= {
        "consents": "changed_at",
        "responses": "responded_at",
        "identities": "first_seen",
        "customers": "joined_on",
    }
    seen = {**frames}
    for name, column in after.items():
        seen[name] = frames[name].filter(pl.col(column).cast(pl.Date) <= AS_OF)
        assert seen[name].height < frames[name].height
    for name in ("promotions", "prices", "assortment"):
        column = "listed_from" if name == "assortment" else "valid_from"
        seen[name] = frames[name].filter(pl.col(column) <= AS_OF)
    changed = {
        **frames,
        "transactions": frames["transactions"].with_columns(
            pl.when(pl.col("sold_at").dt.date() > AS_OF).then(99.0).otherwise("units").alias("units")
        ),
    }
    assert_same(build(seen, tmp_path / "cut"), built)
    assert_same(build(changed, tmp_path / "changed"), built)


def test_row_order_and_number_of_buckets_change_nothing(frames, built, tmp_path):
    mixed = {name: frame.sample(fraction=1.0, shuffle=True, seed=9) for name, frame in frames.items()}
    assert_same(build(mixed, tmp_path / "mixed", buckets=7), built)


def test_every_row_of_the_inputs_has_its_feature_row(frames, built):
    lines = frames["transactions"].filter(pl.col("sold_at").dt.date() <= AS_OF)
    assert set(lines["product_id"]) <= set(built["goods"]["product_id"])
    assert set(lines["store_id"]) <= set(built["place"]["store_id"])
    assert set(lines.select("store_id", "product_id").unique().iter_rows()) <= set(
        built["series"].select("store_id", "product_id").iter_rows()
    )
    accounts = built["person"]["customer_ids"].explode().drop_nulls()
    assert accounts.n_unique() == len(accounts)
    assert set(lines["customer_id"].drop_nulls()) <= set(accounts)
    assert built["person"]["spend"].sum() == pytest.approx(
        lines.filter(pl.col("customer_id").is_not_null()).select((pl.col("units") * pl.col("unit_price")).sum()).item()
    )


@pytest.mark.parametrize(
    "missing",
    [
        {"products", "customers", "identities", "events", "consents", "contacts", "responses"},
        {"stores", "inventory", "promotions", "campaigns"},
    ],
)
def test_missing_optional_tables_leave_nulls(frames, tmp_path, missing):
    found = build({name: frame for name, frame in frames.items() if name not in missing}, tmp_path / "out")
    assert all(found[name].height for name in FEATURE_TABLES if name != "identity")
    if "identities" in missing:
        assert found["identity"].is_empty()
        assert found["person"]["top_categories"].null_count() == found["person"].height
        assert set(found["person"]["stage"]) <= {"friend", "old_friend", "sleeping", "lost"}
        assert found["person"]["is_contactable"].all()
    else:
        assert found["goods"]["on_hand"].null_count() == found["goods"].height
        assert found["place"]["region"].null_count() == found["place"].height


def test_daily_sales_alone_give_goods_and_places_but_no_persons(tmp_path):
    days = pl.DataFrame(
        {"date": [AS_OF - timedelta(days=n) for n in range(40)], "store_id": "店", "product_id": "货", "units": 2.0}
    )
    found = build({"daily_sales": days}, tmp_path / "out")
    assert (found["person"].height, found["identity"].height) == (0, 0)
    assert found["goods"].select("units_28d", "price_mean", "penetration").row(0) == (56.0, None, None)
    assert found["place"].select("units_28d", "baskets_28d").row(0) == (56.0, None)


def test_one_line_by_one_customer_is_enough(tmp_path):
    line = pl.DataFrame(
        {
            "transaction_id": ["1"],
            "sold_at": [datetime(2025, 6, 30, 9)],
            "store_id": ["店"],
            "product_id": ["货"],
            "customer_id": ["人"],
            "units": [-1.0],
            "unit_price": [5.0],
        }
    )
    found = build({"transactions": line}, tmp_path / "out")
    assert [found[name].height for name in ("person", "goods", "series", "place")] == [1, 1, 1, 1]
    assert found["person"].select("stage", "spend", "baskets").row(0) == ("stranger", -5.0, 0)


def test_no_sales_to_see_is_an_error_that_says_so(frames, tmp_path):
    with pytest.raises(MissingTableError, match="transactions or daily_sales"):
        build({"stores": frames["stores"]}, tmp_path / "out")
    with pytest.raises(NotFoundError, match="on or before 2020-01-01"):
        build(frames, tmp_path / "out", date(2020, 1, 1))
    early = Dataset.from_frames(frames, as_of=date(2025, 5, 1))
    with pytest.raises(ImpossibleError, match="opened as of 2025-05-01"):
        build_features(early, tmp_path / "out", AS_OF)
    with pytest.raises(NotFoundError, match="Run `retail-brain features`"):
        scan_features(tmp_path / "out", "person")


def test_an_interrupted_run_leaves_the_old_tables_and_is_taken_up(frames, built, tmp_path, monkeypatch):
    out = tmp_path / "features"
    out.mkdir()
    (out / "old").touch()
    dataset = Dataset(
        {name: frame.lazy() for name, frame in Dataset.from_frames(frames).frames.items()}, {"transactions": 3}
    )

    def stop(*_: object) -> pl.LazyFrame:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(series, "series_on", stop)
        with pytest.raises(KeyboardInterrupt):
            build_features(dataset, out, AS_OF, options=FeatureOptions(buckets=2))
    assert [path.name for path in out.iterdir()] == ["old"]
    done = {path.name: path.stat().st_mtime_ns for path in (tmp_path / ".features.work").rglob("done/person/*.parquet")}
    assert len(done) == 2
    build_features(dataset, out, AS_OF, options=FeatureOptions(buckets=2))
    assert {path.name: path.stat().st_mtime_ns for path in (out / "person").glob("*.parquet")} == done
    assert not (out / "old").exists()
    assert not list(tmp_path.glob(".features.*"))
    assert_same({name: scan_features(out, name).collect().sort(KEYS[name]) for name in FEATURE_TABLES}, built)
    assert json.loads((out / "manifest.json").read_text())["versions"] == {"transactions": 3}


def test_what_is_built_already_is_not_built_again_unless_a_row_differs(frames, tmp_path):
    def build_at(tables: dict[str, pl.DataFrame]) -> tuple[FeatureReport, int]:
        dataset = Dataset(Dataset.from_frames(tables).frames, {"transactions": 0})
        report = build_features(dataset, tmp_path / "out", AS_OF)
        return report, (tmp_path / "out" / "manifest.json").stat().st_mtime_ns

    first, again = build_at(frames), build_at(frames)
    assert again == first
    dearer = frames["transactions"].with_columns(
        pl.when(pl.int_range(pl.len()) == 5).then(pl.col("unit_price") + 1).otherwise("unit_price").alias("unit_price")
    )
    assert build_at({**frames, "transactions": dearer})[1] != first[1]


def test_the_bucket_function_takes_and_gives_arrow(built):
    records = pl.DataFrame(schema=dict(PERSON_RECORDS)).to_arrow()
    table = arrow_function(lambda frame: person_features(frame, AS_OF, PersonOptions()))(records)
    assert isinstance(table, pa.Table)
    assert table.column_names == built["person"].columns


def test_joined_accounts_share_one_history(frames, built):
    joined = built["person"].filter(pl.col("customer_ids").list.len() > 1)
    assert joined.height > 10
    lines = frames["transactions"].filter(pl.col("sold_at").dt.date() <= AS_OF)
    for accounts, spend in joined.select("customer_ids", "spend").head(5).iter_rows():
        mine = lines.filter(pl.col("customer_id").is_in(accounts)).select(pl.col("units") * pl.col("unit_price"))
        assert (spend or 0.0) == pytest.approx(mine["units"].sum())
