"""A day's new rows give the tables that a build from nothing gives, and most rows are not computed for it."""

import runpy
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features import jobs
from features.increment import kept_state
from features.jobs import FEATURE_TABLES, FeatureOptions, FeatureReport, TableName, build_features, scan_features
from features.steps import kept_table, people, series
from retail_brain.progress import Progress

_CHAIN = runpy.run_path(str(Path(__file__).with_name("growing_chain.py")))
TODAY, PEOPLE, growing_chain, line, noon = (_CHAIN[n] for n in ("TODAY", "PEOPLE", "growing_chain", "line", "noon"))
GrowingChain = _CHAIN["GrowingChain"]
TOMORROW = TODAY + timedelta(days=1)


def build(chain: GrowingChain, out: Path, as_of: date, buckets: int = 2) -> FeatureReport:
    return build_features(chain.dataset(as_of), out, as_of, options=FeatureOptions(buckets=buckets))


_FROM_NOTHING: dict[tuple[date, bytes], dict[TableName, pl.DataFrame]] = {}
"""(Day, digest of every file of the chain) -> tables of a build from nothing: several tests end with the same rows."""


def assert_as_from_nothing(chain: GrowingChain, out: Path, as_of: date) -> None:
    key = as_of, chain.digest()
    if key not in _FROM_NOTHING:
        fresh = out.with_name(f"fresh {as_of}")
        build(chain, fresh, as_of)
        _FROM_NOTHING[key] = tables(fresh)
    assert_equal(tables(out), _FROM_NOTHING[key])


def tables(folder: Path) -> dict[TableName, pl.DataFrame]:
    return {table: scan_features(folder, table).collect() for table in FEATURE_TABLES}


def assert_equal(found: dict[TableName, pl.DataFrame], expected: dict[TableName, pl.DataFrame]) -> None:
    """Rows and their order: those of a build from nothing."""
    for table in FEATURE_TABLES:
        assert_frame_equal(found[table], expected[table], rel_tol=1e-9, abs_tol=1e-9)


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[GrowingChain, FeatureReport]:
    """The chain (`lake`) and beside it its tables as of TODAY (`features`), which every test begins from."""
    folder = tmp_path_factory.mktemp("growing")
    chain = growing_chain(folder / "lake")
    return chain, build(chain, folder / "features", TODAY)


@pytest.fixture
def chain(built_once: tuple[GrowingChain, FeatureReport], tmp_path: Path) -> GrowingChain:
    """A copy for one test."""
    return built_once[0].copied(tmp_path / "lake")


@pytest.fixture
def out(built_once: tuple[GrowingChain, FeatureReport], tmp_path: Path) -> Path:
    """A copy of the tables as of TODAY for one test."""
    return Path(shutil.copytree(built_once[0].folder.with_name("features"), tmp_path / "features"))


def test_a_further_day_is_taken_in_and_equals_a_build_from_nothing(chain, out, built_once):
    assert set(built_once[1].rebuilt) == set(FEATURE_TABLES)
    for number in range(1, 4):
        report = build(chain, out, TODAY + timedelta(days=number))
        assert set(report.rebuilt) == {"place"}
        assert_as_from_nothing(chain, out, TODAY + timedelta(days=number))


def test_after_many_changes_what_is_kept_is_written_anew(chain, out, monkeypatch):
    first = {file.stat().st_ino for file in (out / "state" / "series").glob("bucket=*")}
    build(chain, out, TOMORROW)
    assert {file.stat().st_ino for file in (out / "state" / "series").glob("bucket=*")} == first
    monkeypatch.setattr(kept_state, "_MOST_ASIDE", 0.0)
    build(chain, out, TOMORROW + timedelta(days=1))
    assert first.isdisjoint(file.stat().st_ino for file in (out / "state" / "series").glob("bucket=*"))
    assert not list((out / "state").rglob("keys.parquet"))
    assert_as_from_nothing(chain, out, TOMORROW + timedelta(days=1))


def test_a_chain_that_grew_has_the_buckets_of_a_build_from_nothing(chain, tmp_path, monkeypatch):
    out = tmp_path / "features"
    lines = chain.dataset(TODAY).scan("transactions").collect().height
    monkeypatch.setattr(jobs, "_ROWS_PER_BUCKET", 4 * lines)

    def build_all(folder: Path, as_of: date) -> FeatureReport:
        return build_features(chain.dataset(as_of), folder, as_of)

    build_all(out, TODAY)
    monkeypatch.setattr(jobs, "_ROWS_PER_BUCKET", lines // 2)
    assert "person" not in build_all(out, TOMORROW).rebuilt
    build_all(tmp_path / "fresh", TOMORROW)
    files = [sorted(file.name for file in (folder / "person").iterdir()) for folder in (out, tmp_path / "fresh")]
    assert files[0] == files[1] != ["bucket=000.parquet"]
    assert_equal(tables(out), tables(tmp_path / "fresh"))


def test_several_days_at_once_and_without_promotions(tmp_path):
    chain = growing_chain(tmp_path / "lake", with_promotions=False)
    build(chain, tmp_path / "features", TODAY)
    report = build(chain, tmp_path / "features", TODAY + timedelta(days=2))
    assert set(report.rebuilt) == {"place"}
    assert_as_from_nothing(chain, tmp_path / "features", TODAY + timedelta(days=2))


@pytest.mark.parametrize("with_promotions", [True, False])
def test_people_and_series_of_which_something_is_too_long_ago_are_only_renewed(tmp_path, monkeypatch, with_promotions):
    renewed = {"people": 0, "series": 0}

    def count(module: ModuleType, name: str, of: str) -> None:
        real = getattr(module, name)

        def counted(state: pl.LazyFrame, *others: object) -> pl.LazyFrame:
            renewed[of] += state.collect().height
            return real(state, *others)

        monkeypatch.setattr(module, name, counted)

    count(people, "renewed_windows", "people")
    count(series, "renewed_series", "series")
    monkeypatch.setattr(kept_table, "_MANY_LEFT", 0)
    chain, out = growing_chain(tmp_path / "lake", with_promotions=with_promotions), tmp_path / "features"
    # sold on the day that leaves a window, some never again
    late = [line(9400 + ago, noon(TODAY - timedelta(days=ago - 1)), "C1", 3, shop=4) for ago in (28, 56, 91, 365)]
    chain.add("transactions", pl.DataFrame(late))
    build(chain, out, TODAY)
    chain.add("transactions", pl.DataFrame([line(9401, noon(TOMORROW), "C2", 3)]))
    for ahead in (1, 2):
        assert not {"person", "series"} & set(build(chain, out, TODAY + timedelta(days=ahead)).rebuilt)
    assert renewed["people"] > 0.02 * PEOPLE
    assert renewed["series"] > PEOPLE * 0.02
    assert_as_from_nothing(chain, out, TODAY + timedelta(days=2))


def receipts(chain: GrowingChain) -> None:
    new = [line(9001, noon(TOMORROW), "C1", 3), line(9001, noon(TOMORROW), "C1", 4, units=-1.0)]
    chain.add("transactions", pl.DataFrame([*new, line(9002, noon(TOMORROW), "never seen", 5, shop=2)]))


def late(chain: GrowingChain) -> None:
    chain.add("transactions", pl.DataFrame([line(9003, noon(TODAY - timedelta(days=9)), "C2", 3)]))


def corrected(chain: GrowingChain) -> None:
    rows = chain.rows("transactions").sort("sold_at")
    dearer = pl.when(pl.int_range(pl.len()) == pl.len() - 60).then(99.0).otherwise("unit_price")
    chain.rewrite("transactions", rows.with_columns(unit_price=dearer).sample(fraction=1.0, shuffle=True, seed=3))


def taken_back(chain: GrowingChain) -> None:
    rows = chain.rows("transactions").with_row_index("n")
    day = pl.col("sold_at").dt.date()
    someone = rows.filter(day > TODAY - timedelta(days=19), day <= TODAY).drop_nulls("customer_id")["n"][0]
    chain.rewrite("transactions", rows.filter(pl.col("n") != someone).drop("n"))


def new_shop(chain: GrowingChain) -> None:
    chain.add("stores", pl.DataFrame({"store_id": ["S9"]}))
    chain.add("transactions", pl.DataFrame([line(9004, noon(TOMORROW), "C7", 3, shop=9)]))


def joined_accounts(chain: GrowingChain) -> None:
    phone = {"id_type": "phone", "id_value": "10", "source": "crm", "first_seen": TOMORROW}
    chain.add("identities", pl.DataFrame([{**phone, "customer_id": "C300"}, {**phone, "customer_id": "C0"}]))


def refused(chain: GrowingChain) -> None:
    refusal = {"customer_id": "C5", "channel": "sms", "granted": False, "changed_at": noon(TOMORROW)}
    chain.add("consents", pl.DataFrame([refusal]))


def promoted(chain: GrowingChain) -> None:
    row = {"promotion_id": "new", "valid_from": TODAY - timedelta(days=3), "valid_to": TODAY + timedelta(days=9)}
    chain.add("promotions", pl.DataFrame([{**row, "store_id": "S1", "product_id": "P3"}]))
    chain.add("promotions", pl.DataFrame([{**row, "promotion_id": "all", "store_id": None, "product_id": "P4"}]))


def counted(chain: GrowingChain) -> None:
    count = {"date": TOMORROW, "store_id": "S1", "product_id": "P1", "on_hand": 7.0}
    chain.add("inventory", pl.DataFrame([count, {**count, "product_id": "only counted"}]))


@pytest.mark.parametrize(
    "change",
    [receipts, late, corrected, taken_back, new_shop, joined_accounts, refused, promoted, counted],
    ids=lambda change: change.__name__,
)
def test_what_comes_late_is_corrected_or_is_new_is_taken_in(chain, out, change: Callable[[GrowingChain], None]):
    change(chain)
    report = build(chain, out, TOMORROW)
    others = {"identity"} if change is joined_accounts else set()
    assert set(report.rebuilt) == {"place", *others}
    assert_as_from_nothing(chain, out, TOMORROW)


def test_rows_that_go_without_others_in_their_place_are_taken_out(chain, tmp_path):
    chain.add("transactions", pl.DataFrame([line(9300, noon(TODAY), "C1", 3), line(9301, noon(TODAY), "C7", 5)]))
    out = tmp_path / "features"
    build(chain, out, TODAY)
    chain.files["transactions"].pop()  # the file stays, as a lake keeps those of its earlier versions
    assert "person" not in build(chain, out, TOMORROW).rebuilt
    assert_as_from_nothing(chain, out, TOMORROW)


def before_the_month_ended(chain: GrowingChain) -> None:
    old = [line(9100 + n, noon(TODAY - timedelta(days=60 + n % 20)), f"C{n}", 3) for n in range(40)]
    chain.add("transactions", pl.DataFrame(old))


def in_many_months(chain: GrowingChain) -> None:
    old = [line(9200 + n, noon(TODAY - timedelta(days=30 * n)), None, 3) for n in range(6)]
    chain.add("transactions", pl.DataFrame(old).with_columns(pl.col("customer_id").cast(pl.String)))


def dearer_products(chain: GrowingChain) -> None:
    chain.rewrite("products", chain.rows("products").with_columns(category=pl.lit("all"), list_price=pl.lit(25.0)))


def erased(chain: GrowingChain) -> None:
    for table in ("transactions", "customers", "identities", "events", "consents", "contacts"):
        chain.rewrite(table, chain.rows(table).filter(pl.col("customer_id") != "C1"), forget=True)


@pytest.mark.parametrize(
    ("change", "tables", "reason"),
    [
        (before_the_month_ended, {"person"}, "typical gap moved: receipts up to 2025-05-31 came late"),
        (in_many_months, {"goods", "person"}, "since 2025-06-20"),
        (dearer_products, {"person"}, "have something new"),
        (erased, {"identity", "person", "series", "goods"}, "rows were erased"),
    ],
)
def test_what_cannot_be_taken_in_is_computed_anew_and_said(chain, out, change, tables, reason):
    change(chain)
    report = build(chain, out, TOMORROW)
    assert set(report.rebuilt) == {"place", *tables}
    assert all(reason in report.rebuilt[table] for table in tables)
    assert_as_from_nothing(chain, out, TOMORROW)
    if change is erased:
        kept = pl.scan_parquet(out / "state" / "person" / "bucket=*.parquet")
        assert kept.filter(pl.col("person_id") == "C1").collect().is_empty()
        assert scan_features(out, "person").filter(pl.col("person_id") == "C1").collect().is_empty()


def test_a_new_reference_day_an_earlier_day_and_another_table_begin_from_nothing(chain, out):
    assert "of a later day, 2025-06-20" in build(chain, out, TODAY - timedelta(days=1)).rebuilt["series"]
    chain.add("responses", pl.DataFrame({"campaign_id": ["A"], "customer_id": ["C3"], "responded_at": [noon(TODAY)]}))
    assert "other tables" in build(chain, out, TODAY).rebuilt["person"]
    july = date(2025, 7, 7)
    report = build(chain, out, july)
    assert "which is of 2025-06-30 now" in report.rebuilt["person"]
    assert_as_from_nothing(chain, out, july)


def test_tables_of_an_older_version_are_built_anew_once(chain, out):
    manifest = out / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"settings"', '"of an older version"'))
    assert "another version" in build(chain, out, TOMORROW).rebuilt["person"]
    assert "person" not in build(chain, out, TOMORROW + timedelta(days=1)).rebuilt


class Said:
    """Keeps the lines that a run says."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def timed(self, name: str, rows: int | None, seconds: float, note: str) -> None:
        pass

    def said(self, text: str) -> None:
        self.lines.append(text)


def test_why_all_tables_are_computed_anew_is_said(chain, out):
    """After an erasure there is nothing to begin from, and the run takes long: it says so."""
    said = Said()
    progress = Progress(quiet=True, listener=said)
    erased(chain)
    day = chain.dataset(TOMORROW)
    build_features(day, out, TOMORROW, progress, options=FeatureOptions(buckets=2))
    assert "  All tables computed anew (rows were erased from the lake)." in said.lines


def test_missing_files_of_what_was_kept_are_no_error(chain, out):
    for file in (out / "state" / "series").iterdir():
        file.unlink()
    next((out / "state" / "goods" / "months").iterdir()).unlink()
    report = build(chain, out, TOMORROW)
    assert "missing" in report.rebuilt["series"]
    assert "missing" in report.rebuilt["goods"]
    assert "person" not in report.rebuilt
    (out / "state" / "products.parquet").unlink()
    assert "missing" in build(chain, out, TOMORROW + timedelta(days=1)).rebuilt["person"]
    assert_as_from_nothing(chain, out, TOMORROW + timedelta(days=1))


@pytest.mark.parametrize(
    "kept", ["series/bucket=*.parquet", "person/bucket=*.parquet", "past_sales.parquet", "goods/buyers.parquet"]
)
def test_damaged_files_of_what_was_kept_begin_all_tables_anew_and_it_is_said(chain, out, kept):
    for file in (out / "state").glob(kept):
        file.write_bytes(b"PAR1" + b"x" * 100)
    report = build(chain, out, TOMORROW)
    assert set(report.rebuilt) == {"identity", "person", "series", "goods", "place"}
    assert all("damaged" in reason for reason in report.rebuilt.values())
    assert_as_from_nothing(chain, out, TOMORROW)


def test_a_run_that_is_killed_leaves_the_tables_before_and_goes_on(chain, out, monkeypatch):
    before = {file: file.stat().st_ino for file in out.rglob("*") if file.is_file()}

    def stop(*_: object) -> pl.LazyFrame:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(series, "series_on", stop)
        with pytest.raises(KeyboardInterrupt):
            build(chain, out, TOMORROW)
    assert {file: file.stat().st_ino for file in out.rglob("*") if file.is_file()} == before
    assert set(build(chain, out, TOMORROW).rebuilt) == {"place"}
    assert_as_from_nothing(chain, out, TOMORROW)
