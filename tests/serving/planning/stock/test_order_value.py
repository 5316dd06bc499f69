"""What people's changes were worth, on a chain whose demand is known."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.operational.decisions import Decision, StoredDecision
from retail_brain.operational.suggestion_status import SuggestionStatus
from retail_brain.settings import Settings
from serving.planning.stock.order_value import (
    LEFT_OUT,
    LINES,
    USERS,
    by_user,
    left_out_by_reason,
    measure_decisions,
    worth_of,
)

NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)
AS_OF = date(2025, 2, 28)


@pytest.fixture
def dataset() -> Dataset:
    """Two units a day sold of P, always in stock; 4 on hand on the day of the suggestion."""
    days = [date(2024, 11, 1) + timedelta(days=day) for day in range(150)]
    sales = pl.DataFrame({"date": days, "store_id": "S", "product_id": "P", "units": 2.0, "unit_price": 10.0})
    stock = pl.DataFrame({"date": [AS_OF], "store_id": "S", "product_id": "P", "on_hand": 4.0})
    supply = {"store_id": ["S"], "product_id": ["P"], "lead_time_days": [2.0], "review_period_days": [5.0]}
    costs = {"unit_cost": [6.0], "holding_cost_per_day": [0.1]}
    return Dataset.from_frames({"daily_sales": sales, "inventory": stock, "supply": pl.DataFrame(supply | costs)})


def life(
    product_id: str, quantity: float, *, by: str = "李", as_of: date = AS_OF, suggested: float | None = 10.0
) -> SuggestionStatus:
    name = "approved" if quantity == suggested else "changed"
    decision = Decision(f"d{quantity}", f"s{quantity}", "S", product_id, as_of, name, suggested, quantity, None, by)
    return SuggestionStatus(StoredDecision(1, NOW, decision))


def test_more_than_is_wanted_is_left_and_less_is_lost(dataset):
    lines, _ = measure_decisions(dataset, [life("P", 10.0), life("P", 14.0), life("P", 6.0)], Settings())
    table = {row["order_quantity"]: row for row in lines.iter_rows(named=True)}
    assert dict(lines.schema) == LINES
    assert (table[14.0]["arrives_on"], table[14.0]["next_arrives_on"]) == (date(2025, 3, 3), date(2025, 3, 8))
    assert {row["demand"] for row in table.values()} == {10.0}
    assert (table[10.0]["lost_human"], table[10.0]["left_human"]) == (0, 0)
    assert (table[14.0]["lost_human"], table[14.0]["left_human"]) == (0, 4)
    assert (table[6.0]["lost_human"], table[6.0]["lost_suggested"]) == (4, 0)
    assert table[10.0]["money_suggested"] == pytest.approx(10 * 4 - 0.1 * (8 + 6 + 4 + 2))
    assert table[14.0]["money_human"] == pytest.approx(10 * 4 - 0.1 * (12 + 10 + 8 + 6 + 4))


def test_models_and_people_are_measured_beside_a_simple_rule(dataset):
    # two a day for the seven days until the following delivery, less 4 on hand: 10
    lines, _ = measure_decisions(dataset, [life("P", 14.0, suggested=14.0), life("P", 6.0)], Settings())
    assert lines["simple_quantity"].to_list() == [10.0, 10.0]
    assert lines["left_simple"].to_list() == [0.0, 0.0]
    found = worth_of(lines)
    assert (found["lines"], found["changed"], found["better"], found["worse"]) == (2, 1, 0, 1)
    # of the first suggestion four units more are held for five days; the second is what the simple rule says
    assert found["models"] == pytest.approx(-4 * 5 * 0.1)
    assert found["people"] == pytest.approx((lines["money_human"] - lines["money_suggested"]).sum())
    none = {"lines": 0, "models": None, "people": None, "changed": 0, "better": 0, "worse": 0}
    assert worth_of(lines.clear()) == none


def test_nobody_is_credited_with_more_than_came(dataset):
    ordered = life("P", 14.0)
    short = replace(ordered, received_units=6.0, received_on=date(2025, 3, 3))
    whole = replace(ordered, received_units=14.0, received_on=date(2025, 3, 3))
    measured = {
        name: measure_decisions(dataset, [one], Settings())[0].row(0, named=True)
        for name, one in (("short", short), ("whole", whole), ("untold", ordered))
    }
    assert {measured["short"][f"lost_{whose}"] for whose in ("suggested", "human", "simple")} == {4.0}
    assert measured["short"]["money_human"] == measured["short"]["money_suggested"]
    assert measured["whole"] == measured["untold"]


def test_people_are_told_apart(dataset):
    decided = [life("P", 10.0), life("P", 6.0, by="王"), life("P", 14.0, by="王")]
    users = by_user(measure_decisions(dataset, decided, Settings())[0])
    assert dict(users.schema) == USERS
    assert users.select("decided_by", "decision", "lines", "better", "worse").rows() == [
        ("王", "changed", 2, 0, 2),
        ("李", "approved", 1, 0, 0),
    ]
    assert users["lost_units"].to_list() == [4, 0]


@pytest.mark.parametrize(
    ("running", "reason"),
    [
        (life("P", 10.0, as_of=date(2025, 3, 28)), "not_over"),
        (life("P", 10.0, as_of=date(2025, 3, 30)), "not_over"),
        (life("P", 10.0, as_of=date(2025, 4, 30)), "not_over"),
        (life("Q", 10.0), "not_sold"),
        (life("P", 10.0, as_of=date(2024, 1, 1)), "not_sold"),
        (life("P", 10.0, suggested=None), "no_suggestion"),
    ],
)
def test_what_is_not_over_or_not_known_is_left_out_and_counted(dataset, running, reason):
    lines, left_out = measure_decisions(dataset, [running], Settings())
    assert lines.is_empty()
    assert dict(left_out.schema) == LEFT_OUT
    assert left_out.rows() == [(running.stored.decision.as_of, reason, 1)]
    lines, left_out = measure_decisions(dataset, [], Settings())
    assert (by_user(lines).height, left_out_by_reason(left_out)) == (0, [])


def test_every_decided_line_is_measured_or_counted_with_its_reason(dataset):
    days = [date(2025, 3, 28), date(2025, 3, 29)]
    decided = [life("P", 10.0), life("Q", 10.0), *(life("P", 10.0, as_of=day) for day in days)]
    lines, left_out = measure_decisions(dataset, decided, Settings())
    assert lines.height == 1
    assert left_out_by_reason(left_out) == [
        {"reason": "not_over", "lines": 2, "days": 2},
        {"reason": "not_sold", "lines": 1, "days": 1},
    ]
