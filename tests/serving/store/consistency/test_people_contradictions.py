"""Contradictions between left-over goods and the people told of them, and of what is said of their rhythm."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.decisions.excess_stock import LEFTOVERS
from retail_brain.settings import AudienceSettings
from serving.store.arrays import MappedRows
from serving.store.consistency import people
from serving.store.consistency.report import summarised

END = date(2025, 3, 5)


def lines(found: pl.DataFrame) -> dict[str, int]:
    return dict(summarised(found).filter(pl.col("lines") > 0).select("check", "lines").rows())


class Pairs:
    """C is told the first reason of Q, and the second of P; the two lie in two pieces of the file."""

    codes = MappedRows([np.array([[0, 0, 0, 0]]), np.array([[0, 0, 1, 0]])], (4,), np.int32)
    customer, product = np.array([0, 0]), np.array([1, 0])

    def __init__(self, codes: list[str | None]) -> None:
        self.every_reason_code = codes


def names(*ids: str) -> SimpleNamespace:
    return SimpleNamespace(ids=SimpleNamespace(take=lambda rows: [ids[row] for row in rows]))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch):
    """Runs the check on an audience by hand: chance as shown and as of the product alone, day, group."""

    def run(rows: list[tuple[float, float, date, str]], left: float) -> dict[str, int]:
        names = [f"C{number}" for number in range(len(rows))]
        audience = pl.DataFrame(
            {
                "customer_id": names,
                "product_id": "P",
                "probability": [row[0] for row in rows],
                "send_on": [row[2] for row in rows],
                "group": [row[3] for row in rows],
            }
        )
        own = pl.DataFrame({"customer_id": names, "product_id": "P", "own": [row[1] for row in rows]})
        monkeypatch.setattr(people, "left_over_audiences", lambda *_: [("S", audience)])
        monkeypatch.setattr(people, "_own_chances", lambda *_: own)
        excess = {"store_id": "S", "product_id": "P", "left_over_units": left, "value_at_risk": 9.0, "sell_by": END}
        leftovers = pl.DataFrame([excess], schema=LEFTOVERS)
        answers = SimpleNamespace(pairs=True)
        return lines(people.audience_contradictions(answers, leftovers, AudienceSettings()))

    return run


def test_as_many_people_as_what_is_left_is_good_for_are_no_contradiction(told):
    assert told([(0.5, 0.5, END, "contact")] * 4, left=2.0) == {}
    assert told([(0.5, 0.5, END, "contact")] * 6, left=2.0) == {"people_beyond_left_over": 6}
    assert told([(0.5, 0.5, END, "holdout")] * 9, left=2.0) == {}, "people held out are told nothing"


def test_a_day_after_the_end_and_the_chance_of_any_product_are_found(told):
    late, other = (0.5, 0.5, END + timedelta(days=1), "contact"), (0.9, 0.5, END, "contact")
    assert told([late, other, (0.5, 0.5, END, "contact")], left=9.0) == {
        "sent_after_end": 1,
        "chance_of_any_product": 1,
    }


@pytest.mark.parametrize(("shown", "expected"), [(0.4, {}), (0.1, {}), (0.46, {"chance_of_any_product": 1})])
def test_the_chance_of_another_card_of_the_person_is_the_chance_of_the_product(monkeypatch, shown, expected):
    # The person A holds the cards A and B; A is contacted, and either score may count.
    ids = pl.Series(["A", "B", "C"])
    audience = {"customer_id": "A", "product_id": "P", "probability": shown, "send_on": END, "group": "contact"}
    monkeypatch.setattr(people, "left_over_audiences", lambda *_: [("S", pl.DataFrame([audience]))])
    answers = SimpleNamespace(
        pairs=SimpleNamespace(
            customer=np.array([0, 1, 2]), probability=np.array([0.1, 0.4, 0.46]), of_product=lambda _: np.arange(3)
        ),
        products=SimpleNamespace(find=lambda _: 0),
        customers=SimpleNamespace(find_many=lambda wanted: np.array([ids.to_list().index(one) for one in wanted])),
        rows={"facts_persons": pl.DataFrame({"customer_id": ids, "person_id": ["A", "A", "C"]})},
    )
    excess = {"store_id": "S", "product_id": "P", "left_over_units": 9.0, "value_at_risk": 9.0, "sell_by": END}
    leftovers = pl.DataFrame([excess], schema=LEFTOVERS)
    assert lines(people.audience_contradictions(answers, leftovers, AudienceSettings())) == expected


@pytest.mark.parametrize(("days", "expected"), [(12, {}), (10, {}), (17, {"mean_for_median": 1})])
def test_a_rhythm_that_is_not_the_median_of_the_gaps_is_found(monkeypatch, days, expected):
    # Gaps of 10, 12 and 40 days: the median is 12, the mean 20.7.
    bought = [datetime(2025, 1, 1) + timedelta(days=day) for day in (0, 10, 22, 62)]
    transactions = pl.DataFrame(
        {
            "transaction_id": ["1", "2", "3", "4"], "sold_at": bought, "store_id": "S", "product_id": "P",
            "customer_id": "C", "units": 1.0, "unit_price": 1.0,
        }
    )  # fmt: skip
    pairs = Pairs([None, f"every_days:{days}"])
    answers = SimpleNamespace(pairs=pairs, customers=names("C"), products=names("P", "Q"))
    found = people.rhythm_contradictions(answers, Dataset.from_frames({"transactions": transactions}))
    assert lines(found) == expected


@pytest.mark.parametrize(("said", "expected"), [(20, {}), (10, {"mean_for_median": 1})])
def test_what_was_brought_back_on_a_later_day_is_no_purchase_of_a_rhythm(said, expected):
    # Kept are the purchases of the days 0, 20 and 40; those of 10 and 30 went back on the day after.
    units = {0: 1.0, 10: 5.0, 11: -5.0, 20: 1.0, 30: 5.0, 31: -5.0, 40: 1.0}
    transactions = pl.DataFrame(
        {
            "transaction_id": [str(day) for day in units], "store_id": "S", "product_id": "P", "customer_id": "C",
            "sold_at": [datetime(2025, 1, 1) + timedelta(days=day) for day in units], "units": list(units.values()),
            "unit_price": 1.0, "channel": "store",
        }
    )  # fmt: skip
    answers = SimpleNamespace(
        pairs=Pairs(["popular", f"every_days:{said}"]), customers=names("C"), products=names("P", "Q")
    )
    found = people.rhythm_contradictions(answers, Dataset.from_frames({"transactions": transactions}))
    assert lines(found) == expected
