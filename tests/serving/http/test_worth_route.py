"""What models and people were worth over HTTP: orders, campaigns, backtests, and why something is not known."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from sqlalchemy import delete

from retail_brain.operational.campaign_effects import StoredEffect, store_effect
from retail_brain.operational.database import Database
from retail_brain.operational.tables import CAMPAIGN_EFFECTS
from retail_brain.workspace import Workspace
from serving.http.messages.worth_messages import WorthResponse
from serving.planning.stock.order_value import LEFT_OUT, LINES


@pytest.fixture
def measured(client: Any) -> Iterator[pl.DataFrame]:
    path = Workspace(client.home).measured_orders
    path.parent.mkdir(parents=True, exist_ok=True)
    row = dict.fromkeys(LINES) | {"as_of": "2025-02-01", "decision": "changed", "money_suggested": 10.0}
    rows = [
        row | {"money_human": 7.0, "money_simple": 8.0},
        row | {"decision": "approved", "money_human": 10.0, "money_simple": 9.5},
    ]
    frame = pl.DataFrame(rows).with_columns(pl.col("as_of").str.to_date())
    yield frame.select(pl.col(name).cast(kind) for name, kind in LINES.items())
    path.unlink(missing_ok=True)
    Workspace(client.home).unmeasured_orders.unlink(missing_ok=True)


def test_measured_orders_are_told_in_money(client: Any, measured: pl.DataFrame) -> None:
    before = client.ask("/worth", {}, role="merchandiser")
    WorthResponse.model_validate(before)
    assert (before["orders"]["models"], before["orders"]["reason"]) == (None, "not_measured")
    measured.write_parquet(Workspace(client.home).measured_orders)
    orders = client.ask("/worth", {})["orders"]
    assert (orders["models"], orders["people"], orders["lines"]) == (2.5, -3.0, 2)
    assert (orders["changed"], orders["better"], orders["worse"]) == (1, 0, 1)
    assert (orders["first_day"], orders["last_day"], orders["reason"]) == ("2025-02-01", "2025-02-01", None)
    assert orders["left_out"] is None, "as an older version measured them"
    left_out = [(date(2025, 2, 1), "not_sold", 1), (date(2025, 2, 1), "not_over", 3), (date(2025, 2, 2), "not_over", 4)]
    counts = pl.DataFrame(left_out, schema=LEFT_OUT, orient="row")
    counts.write_parquet(Workspace(client.home).unmeasured_orders)
    told = client.ask("/worth", {})
    WorthResponse.model_validate(told)
    assert told["orders"]["left_out"] == [
        {"reason": "not_over", "lines": 7, "days": 2},
        {"reason": "not_sold", "lines": 1, "days": 1},
    ]
    measured.clear().write_parquet(Workspace(client.home).measured_orders)
    assert client.ask("/worth", {})["orders"]["reason"] == "no_cycle_over"


def test_what_is_not_known_says_why(client: Any) -> None:
    assert client.ask("/worth", {}, role="merchandiser")["campaigns"]["reason"] == "no_access"
    bare = client.ask("/worth", {}, tenant="bare")
    assert bare["campaigns"] == {
        "money": None,
        "campaigns": 0,
        "unclear": 0,
        "looks_left_out": 0,
        "reason": "no_campaign",
    }
    assert [(one["kind"], one["value"]) for one in bare["models"]] == [("demand", None), ("recommender", None)]
    assert {one["reason"] for one in bare["models"]} <= {"no_model", "no_baseline"}
    assert client.refused("/worth", {}, role="marketer") == (403, "forbidden")


def test_money_of_campaigns_is_of_their_newest_looks_and_of_no_test_or_trigger(client: Any) -> None:
    looks = {"spring": (1.0, 40.0), "models:two": (500.0,), "rules:tea": (600.0,), "trigger:lapsed": (700.0,)}
    with closing(Database(Workspace(client.home, "bare").database_url)) as database:
        for name, nets in looks.items():
            for place, net in enumerate(nets):
                now = datetime(2025, 3, 1 + place, tzinfo=UTC)
                numbers = {"value": net, "low": net - 1, "high": net + 1}
                effect = {"is_final": False, "reading": None, "net": numbers}
                look = StoredEffect(name, date(2025, 2, 1 + place), effect, "Li", now)
                store_effect("bare", database, look)
        try:
            told = client.ask("/worth", {}, tenant="bare")["campaigns"]
        finally:
            with database.writing() as connection:
                connection.execute(delete(CAMPAIGN_EFFECTS).where(CAMPAIGN_EFFECTS.c.tenant_id == "bare"))
    assert told == {"money": 40.0, "campaigns": 1, "unclear": 0, "looks_left_out": 0, "reason": None}
