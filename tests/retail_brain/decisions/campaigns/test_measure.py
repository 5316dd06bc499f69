"""What a campaign brought, by hand."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from retail_brain.decisions.campaigns.measure import PEOPLE, PURCHASES, Measured

DAY = date(2025, 3, 1)


def people(told: int = 40, held: int = 40, day: date = DAY) -> pl.DataFrame:
    rows = [
        {
            "customer_id": f"{'h' if number >= told else 'c'}{number}",
            "held": number >= told,
            "channel": "sms" if number % 2 else "app",
            "day": day,
            "store_id": "S1",
            "cost": 0.1,
        }
        for number in range(told + held)
    ]
    return pl.DataFrame(rows, schema=PEOPLE)


def bought(*rows: tuple[str, int, float]) -> pl.DataFrame:
    listed = [(who, f"{who}:{after}", DAY + timedelta(days=after), units, 3 * units) for who, after, units in rows]
    return pl.DataFrame(listed, schema=PURCHASES, orient="row")


def measured(purchases: pl.DataFrame, as_of: date = date(2025, 4, 1), **changes: Any) -> dict[str, Any]:
    return Measured(as_of, 14, changes.get("people", people()), purchases).effect()


HALF = bought(*((f"c{number}", 2, 2.0) for number in range(20)), *((f"h{number}", 3, 1.0) for number in range(40, 50)))


def test_what_was_bought_within_the_days_is_compared() -> None:
    found = measured(HALF)
    assert (found["contacts"], found["holdout"], found["is_final"]) == (40, 40, True)
    buyers = found["outcomes"]["buyers"]
    assert (buyers["contact_mean"], buyers["holdout_mean"], buyers["difference"]) == (0.5, 0.25, 0.25)
    assert found["outcomes"]["units"]["difference"] == 0.75
    assert found["attributed"] == {"buyers": 20, "units": 40.0, "margin": 120.0}
    assert found["caused_share"]["value"] == 0.5
    # 2.25 of margin more for each of 40 people, who cost .1 each
    assert (found["net"]["value"], found["net"]["cost"]) == (86.0, 4.0)
    assert found["net"]["low"] < 86 < found["net"]["high"]


def test_a_receipt_counts_once_and_days_outside_count_not_at_all() -> None:
    twice = pl.concat([HALF, HALF])
    assert measured(twice)["outcomes"]["purchases"]["difference"] == 0.25
    outside = bought(("c1", -1, 1.0), ("c2", 14, 1.0), ("c3", 13, 1.0), ("c4", 0, 1.0))
    assert measured(outside)["attributed"]["buyers"] == 2


def test_before_the_days_are_over_there_is_a_reading_and_no_outcome() -> None:
    found = measured(HALF, DAY + timedelta(days=3))
    assert found["is_final"] is False
    assert found["outcomes"]["buyers"] is None
    assert found["net"] is None
    assert found["reading"]["difference"] == pytest.approx(0.25)
    assert found["reading"]["low"] < 0.25 - 0.2
    assert (found["contacts"], found["people"]) == (40, 80)


def test_people_whose_day_has_not_come_are_not_counted() -> None:
    later = people(day=DAY + timedelta(days=1))
    assert measured(HALF, DAY, people=later)["contacts"] == 0


def test_parts_too_small_for_an_interval_say_so() -> None:
    found = measured(HALF)
    assert [(row["name"], row["contacts"], row["holdout"], row["purchases"]) for row in found["channels"]] == [
        ("app", 20, 20, None),
        ("sms", 20, 20, None),
    ]
    assert found["stores"][0]["purchases"]["difference"] == 0.25
