"""Which share of purchases contacts cause, by hand."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from serving.planning.people.contact_effect import caused_share

SENT = datetime(2025, 1, 10, 12)


def chain(
    people: int, bought_contacted: int, bought_held: int, day: int = 3, until: date = date(2025, 3, 1)
) -> Dataset:
    """As many people in each group; so many of them bought the product of the campaign `day` days after the contact."""
    groups = [
        (f"{name}{number}", held, number < bought)
        for name, held, bought in (("C", False, bought_contacted), ("H", True, bought_held))
        for number in range(people)
    ]
    contacts = [
        {"campaign_id": "K", "customer_id": who, "channel": "sms", "contacted_at": SENT, "is_holdout": held}
        for who, held, _ in groups
    ]
    lines = [
        {"transaction_id": who, "sold_at": SENT + timedelta(days=day), "store_id": "S", "product_id": "P",
         "customer_id": who, "units": 1.0, "unit_price": 1.0}
        for who, _, bought in groups if bought
    ]  # fmt: skip
    campaign = {"campaign_id": "K", "starts_on": SENT.date(), "ends_on": date(2025, 1, 24), "product_ids": ["P"]}
    frames = {
        "contacts": pl.DataFrame(contacts),
        "transactions": pl.DataFrame(lines),
        "campaigns": pl.DataFrame([campaign]),
    }
    return Dataset.from_frames(frames).at(until)


def test_people_held_out_say_what_would_have_been_bought_anyway():
    # 40 of 200 bought after a contact and 10 of 200 without: three in four of the purchases are the contact's.
    assert caused_share(chain(200, 40, 10), 14) == pytest.approx(1 - 10 / 40)


@pytest.mark.parametrize(
    "unclear",
    [
        chain(50, 40, 10),  # too few people
        chain(200, 12, 10),  # no clear difference
        chain(200, 40, 10, day=14),  # bought after the days that count
        chain(200, 40, 10, until=date(2025, 1, 20)),  # the days are not over
    ],
)
def test_what_is_not_clearly_measured_is_not_known(unclear):
    assert caused_share(unclear, 14) is None


def test_without_contacts_nothing_is_known():
    only = {"transactions": chain(1, 1, 1).frames["transactions"].collect()}
    assert caused_share(Dataset.from_frames(only), 14) is None
