"""Goods for adults, from the tables of a dataset to the facts of an audience."""

from datetime import date, datetime

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.settings import Settings
from serving.planning.people.audience_facts import read_facts

AS_OF = date(2026, 2, 28)


def test_flags_of_goods_and_ages_of_people_become_facts() -> None:
    sold = {"transaction_id": ["t1"], "sold_at": [datetime(2026, 2, 1)], "store_id": ["S"], "product_id": ["wine"]}
    sold |= {"units": [1.0], "unit_price": [9.0], "customer_id": ["a"], "channel": ["store"]}
    products = pl.DataFrame({"product_id": ["wine", "tea"], "name": ["wine", "tea"], "age_restricted": ["yes", None]})
    customers = pl.DataFrame({"customer_id": ["a", "b", "c"], "birth_year": [1990, 2012, None]})
    dataset = Dataset.from_frames(
        {"transactions": pl.DataFrame(sold), "products": products, "customers": customers}
    ).at(AS_OF)
    facts = read_facts(dataset, AS_OF, ["wine", "tea"], Settings())
    assert facts.for_adults == frozenset(["wine"])
    assert dict(facts.customers.select("customer_id", "is_adult").iter_rows()) == {"a": True, "b": False, "c": False}
