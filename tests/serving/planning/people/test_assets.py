"""What became of people whose guide left, and the verb that writes it beside the counts by month."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from retail_brain.api import open_tenant
from retail_brain.cli.app import app
from retail_brain.dataset import Dataset
from retail_brain.errors import NotFoundError
from retail_brain.operational.guides import Move, StoredGuide, StoredMove
from retail_brain.settings import Settings
from serving.planning.people.assets import GuideBook, tenant_assets

NOON = datetime(2026, 2, 11, 12, tzinfo=UTC)
SOLD = [
    ("stayed", datetime(2026, 1, 20), 10.0),
    ("stayed", datetime(2026, 2, 20), 30.0),
    # the card of the same person that is looked after by the same guide
    ("stayed too", datetime(2026, 2, 9), 5.0),
    # a third card of the person, which nobody looks after
    ("stayed as well", datetime(2026, 2, 20), 4.0),
    # silent for longer than three usual gaps: active on the day before the guide left, not on the last day
    ("went", datetime(2025, 11, 18), 7.0),
    ("others'", datetime(2026, 2, 1), 99.0),
]


def _tables() -> dict[str, pl.DataFrame]:
    sold = pl.DataFrame(SOLD, schema=["customer_id", "sold_at", "unit_price"], orient="row").with_row_index("id")
    receipts = sold.select(
        pl.col("id").cast(pl.String).alias("transaction_id"),
        "customer_id",
        "sold_at",
        "unit_price",
        store_id=pl.lit("S1"),
        product_id=pl.lit("P"),
        units=pl.lit(1.0),
    )
    customers = {
        "customer_id": ["stayed", "stayed too", "stayed as well", "went", "others'"],
        "home_store_id": ["S1", "S1", "S1", "S2", "S1"],
        "guide_id": ["G1", "G1", None, "G1", "G2"],
    }
    phones = {
        "id_type": ["phone"] * 3,
        "id_value": ["13800000001"] * 3,
        "customer_id": ["stayed", "stayed too", "stayed as well"],
        "source": ["crm"] * 3,
    }
    return {"transactions": receipts, "customers": pl.DataFrame(customers), "identities": pl.DataFrame(phones)}


def _book(left_on: date | None) -> GuideBook:
    moved = [
        Move("stayed", "G2", "G1"),
        Move("stayed too", "G2", "G1"),
        Move("went", None, "G1"),
        Move("stayed", "G3", "G2"),  # later, and no part of the departure
    ]
    guide = StoredGuide("G1", 2, None, None, None, left_on, "admin", NOON)
    return GuideBook([guide], [StoredMove(move, "same_shop", "admin", NOON) for move in moved])


def test_what_left_with_a_guide_is_counted_in_people_and_money() -> None:
    dataset = Dataset.from_frames(_tables(), as_of=date(2026, 2, 28))
    found = tenant_assets(dataset, Settings(), 2, _book(date(2026, 2, 10)))
    (row,) = found.departed().iter_rows(named=True)
    assert row == {
        "guide_id": "G1",
        "left_on": date(2026, 2, 10),
        "people": 2,
        "reassigned": 1,
        "active_before": 2,
        "active_now": 1,
        "reachable_now": 2,
        "sales_before": 10 + 5 + 7,
        "sales_after": 30 + 4,
        "days_after": 19,
    }
    # those of G1 went to nobody and to G3, whom the last move names
    guides = {row["guide_id"]: row["known"] for row in found.rows().iter_rows(named=True) if row["level"] == "guide"}
    assert guides["G3"] + guides[None] + guides["G2"] == 3


@pytest.mark.parametrize("left_on", [None, date(2025, 12, 31)])
def test_guides_who_are_back_or_left_long_ago_are_no_departures(left_on: date | None) -> None:
    dataset = Dataset.from_frames(_tables(), as_of=date(2026, 2, 28))
    assert tenant_assets(dataset, Settings(), 2, _book(left_on)).departed().is_empty()


def test_the_verb_and_the_notebook_say_the_same_without_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
    data, out = tmp_path / "data", tmp_path / "assets.csv"
    data.mkdir()
    for name, rows in _tables().items():
        rows.write_parquet(data / f"{name}.parquet")
    verb = ["--home", str(tmp_path), "--quiet"]
    assert CliRunner().invoke(app, [*verb, "ingest", str(data)]).exit_code == 0
    done = CliRunner().invoke(app, [*verb, "assets", "--months", "1", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert done.stdout.split() == [
        "2026-02-20",
        "3",
        "known",
        "3",
        "reachable",
        "2",
        "active",
        "1",
        "gained",
        "1",
        "lost",
    ]
    rows = open_tenant("main", tmp_path).assets(1).rows
    assert pl.read_csv(out, try_parse_dates=True)["known"].to_list() == rows["known"].to_list()
    assert pl.read_csv(tmp_path / "assets_departures.csv").is_empty()
    assert not (tmp_path / "var" / "operational.db").exists()


def test_a_day_before_all_sales_is_said() -> None:
    dataset = Dataset.from_frames(_tables(), as_of=date(1999, 1, 1))
    with pytest.raises(NotFoundError, match="no sales are visible"):
        tenant_assets(dataset, Settings(), 2, _book(None))


def test_the_verb_refuses_months_that_cannot_be(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["--home", str(tmp_path), "assets", "--months", "0", "--out", str(tmp_path / "a.csv")]
    )
    assert done.exit_code == 2
