"""What approved campaigns add to demand."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.operational.campaign_contacts import campaign_contacts, mark_sent
from retail_brain.operational.database import Database
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.planning.campaigns import life
from serving.planning.campaigns.demand import CampaignBook, planned_units, tenant_units, units_per_purchase

SETTINGS = Settings()
NOW = datetime(2025, 3, 1, 9, tzinfo=UTC)
TWICE = pl.DataFrame({"product_id": ["P1"], "units_per_purchase": [2.0]})


def test_the_contacted_add_what_they_are_expected_to_buy_more_and_the_held_out_nothing(
    database: Database, make_source: Any, define: Any, change: Any
) -> None:
    desk = life.Desk(database, make_source(people=40), SETTINGS)
    life.save(desk, change("spring"), define(holdout_share=0.3))
    stored = life.preview(desk, change("spring", 1))
    assert planned_units("main", database, desk.source.as_of, TWICE, SETTINGS.campaigns).is_empty()
    life.approve(desk, change("spring", 2))
    assert stored.preview is not None
    extra = planned_units("main", database, desk.source.as_of, TWICE, SETTINGS.campaigns)
    assert extra["units"].sum() == pytest.approx(2 * stored.preview["caused_purchases"], abs=1e-3)
    assert (extra["date"].min(), extra["date"].max()) == (date(2025, 3, 1), date(2025, 3, 14))
    in_doubt = planned_units("main", database, date(2025, 3, 10), TWICE, SETTINGS.campaigns)
    people = [one.contact for one in campaign_contacts("main", database, "spring")]
    mark_sent("main", database, "spring", people, today=desk.today, by="Li", now=NOW)
    later = planned_units("main", database, date(2025, 3, 10), TWICE, SETTINGS.campaigns)
    assert later.equals(extra.filter(pl.col("date") > date(2025, 3, 10)))
    assert later.equals(in_doubt)  # the list may have been taken elsewhere
    book = CampaignBook.read("main", database, desk.source.as_of, TWICE, SETTINGS)
    assert book.units["S1", "P1"]["2025-03-01"] == pytest.approx(extra.row(0, named=True)["units"])


def test_a_stop_before_anybody_was_told_takes_the_extra_units_away(
    database: Database, make_source: Any, define: Any, change: Any
) -> None:
    desk = life.Desk(database, make_source(people=4), SETTINGS)
    life.save(desk, change("spring"), define())
    life.preview(desk, change("spring", 1))
    life.approve(desk, change("spring", 2))
    assert planned_units("main", database, desk.source.as_of, TWICE, SETTINGS.campaigns).height
    life.stop(desk, change("spring", 3), "why")
    assert planned_units("main", database, desk.source.as_of, TWICE, SETTINGS.campaigns).is_empty()


def test_a_tenant_that_never_wrote_anything_gets_no_database_by_asking(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
    lines = {"transaction_id": ["t"], "sold_at": [date(2025, 2, 28)], "store_id": ["S1"], "product_id": ["P1"]}
    lines |= {"customer_id": ["c"], "units": [3.0], "unit_price": [1.0]}
    sold = pl.DataFrame(lines).with_columns(pl.col("sold_at").cast(pl.Datetime("us")))
    dataset = Dataset.from_frames({"transactions": sold}).at(date(2025, 2, 28))
    assert tenant_units(Workspace(tmp_path), dataset, SETTINGS.campaigns).is_empty()
    assert not (tmp_path / "var" / "operational.db").exists()
    assert units_per_purchase(dataset).rows() == [("P1", 3.0)]
