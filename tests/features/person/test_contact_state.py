"""What was known of a person on the day before a contact, by hand."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from features.person.contact_state import (
    CATEGORY_FEATURES,
    DAYS,
    PERSON_FEATURES,
    category_history,
    category_state,
    person_state,
)
from features.person.past_contacts import campaign_categories, past_contacts
from retail_brain.dataset import Dataset

DAY = date(2025, 6, 1)
AT = datetime(2025, 6, 1, 9)


def chain(*more: tuple[str, str, int]) -> Dataset:
    """`a` bought tea 10 and 100 days before, and milk 10 days before; `b` milk 5 days before; others as said."""
    bought = [("a", "T", 10), ("a", "T", 100), ("a", "M", 10), ("b", "M", 5), *more]
    lines = [
        {"transaction_id": str(number), "sold_at": AT - timedelta(days=ago), "store_id": "S", "product_id": product,
         "customer_id": who, "units": 2.0, "unit_price": 3.0, "discount": 1.0 if product == "M" else 0.0,
         "coupon_discount": 0.5 if (product, ago) == ("T", 10) else None}
        for number, (who, product, ago) in enumerate(bought)
    ]  # fmt: skip
    events = [{"occurred_at": AT - timedelta(days=1), "event_type": "view", "customer_id": "b", "product_id": "T"}]
    told = [("K", "a", 20, False), ("K", "a", 200, False), ("K", "a", 30, True), ("K", "a", 0, False)]
    contacts = [
        {"campaign_id": name, "customer_id": who, "contacted_at": AT - timedelta(days=ago), "is_holdout": held}
        for name, who, ago, held in told
    ]
    return Dataset.from_frames(
        {
            "transactions": pl.DataFrame(lines),
            "products": pl.DataFrame({"product_id": ["T", "M"], "category": ["tea", "milk"]}),
            "events": pl.DataFrame(events),
            "contacts": pl.DataFrame(contacts),
            "responses": pl.DataFrame([{"campaign_id": "K", "customer_id": "a", "responded_at": AT - timedelta(9)}]),
            "campaigns": pl.DataFrame(
                [{"campaign_id": "K", "starts_on": DAY, "ends_on": DAY, "product_ids": ["T", "M", "unlisted"]}]
            ),
        }
    )


def keys(*people: str) -> pl.DataFrame:
    return pl.DataFrame({"customer_id": list(people), "day": [DAY] * len(people)})


def test_the_state_of_a_person_by_hand() -> None:
    a, stranger = person_state(chain(), keys("a", "stranger")).to_dicts()
    assert a == pytest.approx(
        {"customer_id": "a", "day": DAY, "visit_days_91d": 1, "visit_days": 2, "spend": 18, "basket_value": 9,
         "days_since_visit": 10, "days_known": 100, "categories": 2, "discount_share": 1 / 3, "coupon_days": 1,
         "coupon_share": 1.05 / 3, "contacts_91d": 1, "responses": 1}
    )  # fmt: skip
    assert [stranger[name] for name in ("visit_days", "coupon_days", "contacts_91d", "spend")] == [0, 0, 0, None]


def test_the_state_towards_a_category_by_hand() -> None:
    dataset, people = chain(), keys("a", "b")
    wanted = people.join(pl.DataFrame({"category": ["tea", "gin"]}), how="cross")
    history = category_history(dataset, people)
    found = {(row["customer_id"], row["category"]): row for row in category_state(history, wanted).to_dicts()}
    tea = found["a", "tea"]
    assert [tea[name] for name in ("category_days_91d", "category_days", "days_since_category")] == [1, 2, 10]
    assert tea["category_share"] == pytest.approx(2 / 3)
    # tea is 2 of a's 3 moments, and 3 of all 5; five usual ones are added
    assert tea["category_liking"] == pytest.approx((2 + 5 * 0.6) / (3 + 5) / 0.6)
    looked = found["b", "tea"]  # looked at, never bought
    assert [looked[name] for name in ("category_days", "category_share")] == [0, 0]
    assert looked["category_liking"] == pytest.approx((1 + 5 * 0.6) / (2 + 5) / 0.6)
    assert found["a", "gin"]["category_liking"] == 1.0


def test_the_day_itself_and_what_comes_after_it_change_nothing() -> None:
    people, wanted = keys("a", "b"), keys("a", "b").with_columns(category=pl.lit("tea"))
    later = chain(("a", "T", 0), ("b", "T", -3), ("a", "M", DAYS + 1))
    for dataset in (chain(), later):
        assert person_state(dataset, people).equals(person_state(chain(), people))
        state = category_state(category_history(dataset, people), wanted)
        assert state.select(CATEGORY_FEATURES).equals(
            category_state(category_history(chain(), people), wanted).select(CATEGORY_FEATURES)
        )


def test_without_events_discounts_contacts_or_categories_the_rest_is_known() -> None:
    frames = {"transactions": chain().frames["transactions"].collect().drop("discount", "coupon_discount")}
    dataset = Dataset.from_frames(frames)
    (a,) = person_state(dataset, keys("a")).to_dicts()
    assert (a["visit_days"], a["discount_share"], a["contacts_91d"]) == (2, None, 0)
    # a share of no coupons would say again how often somebody comes
    assert (a["coupon_days"], a["coupon_share"]) == (0, None)
    assert set(a) == {"customer_id", "day", *PERSON_FEATURES}
    assert category_history(dataset, keys("a"))["category"].to_list() == [None]


def test_past_contacts_say_who_bought_within_the_days_and_leave_out_those_under_way() -> None:
    dataset = chain(("a", "T", 15)).at(DAY)
    rows = past_contacts(dataset, 14).sort("day").select("day", "is_holdout", "bought").collect().rows()
    assert rows == [
        (DAY - timedelta(days=200), False, False),
        (DAY - timedelta(days=30), True, False),
        (DAY - timedelta(days=20), False, True),
    ]
    assert campaign_categories(dataset).collect().rows() == [("K", "milk")]  # of equals the first name
