"""What people's changes were worth, on a chain whose demand is known."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.operational.decisions import Decision, StoredDecision
from retail_brain.operational.suggestion_status import SuggestionStatus
from retail_brain.settings import Settings
from serving.planning.stock.order_value import LINES, USERS, by_user, measure_decisions, worth_of

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
    product_id: str, quantity: float, *, by: str = "李", as_of: date = AS_OF, suggested: float = 10.0
) -> SuggestionStatus:
    name = "approved" if quantity == suggested else "changed"
    decision = Decision(f"d{quantity}", f"s{quantity}", "S", product_id, as_of, name, suggested, quantity, None, by)
    return SuggestionStatus(StoredDecision(1, NOW, decision))


def test_more_than_is_wanted_is_left_and_less_is_lost(dataset):
    lines = measure_decisions(dataset, [life("P", 10.0), life("P", 14.0), life("P", 6.0)], Settings())
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
    lines = measure_decisions(dataset, [life("P", 14.0, suggested=14.0), life("P", 6.0)], Settings())
    assert lines["simple_quantity"].to_list() == [10.0, 10.0]
    assert lines["left_simple"].to_list() == [0.0, 0.0]
    found = worth_of(lines)
    assert (found["lines"], found["changed"], found["better"], found["worse"]) == (2, 1, 0, 1)
    # of the first suggestion four units more are held for five days; the second is what the simple rule says
    assert found["models"] == pytest.approx(-4 * 5 * 0.1)
    assert found["people"] == pytest.approx((lines["money_human"] - lines["money_suggested"]).sum())
    none = {"lines": 0, "models": None, "people": None, "changed": 0, "better": 0, "worse": 0}
    assert worth_of(lines.clear()) == none


def test_people_are_told_apart(dataset):
    decided = [life("P", 10.0), life("P", 6.0, by="王"), life("P", 14.0, by="王")]
    users = by_user(measure_decisions(dataset, decided, Settings()))
    assert dict(users.schema) == USERS
    assert users.select("decided_by", "decision", "lines", "better", "worse").rows() == [
        ("王", "changed", 2, 0, 2),
        ("李", "approved", 1, 0, 0),
    ]
    assert users["lost_units"].to_list() == [4, 0]


@pytest.mark.parametrize(
    "running", [life("P", 10.0, as_of=date(2025, 3, 28)), life("Q", 10.0), life("P", 10.0, as_of=date(2024, 1, 1))]
)
def test_what_is_not_over_or_not_known_is_left_out(dataset, running):
    assert measure_decisions(dataset, [running], Settings()).is_empty()
    assert by_user(measure_decisions(dataset, [], Settings())).is_empty()
