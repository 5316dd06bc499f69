"""Goods that nobody has bought yet reach those who buy their like."""

from datetime import timedelta

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset
from training.recommender.candidates.new_goods import NewGoods
from training.recommender.config import NewGoodsConfig
from training.recommender.history import build_history
from training.recommender.sparse import chosen_columns

from .conftest import SMALL, START, habits

AS_OF = START + timedelta(days=199)


def with_launches(chain: Dataset) -> Dataset:
    """N0 and N4 came in last week, in the categories of the first and of the third taste; N1 comes in a month."""
    known = chain.scan("products").collect()
    launches = pl.DataFrame(
        {
            "product_id": ["N0", "N4", "N1"],
            "name": ["新品零", "新品四", "未到"],
            "category": ["类0", "类4", "类0"],
            "launched_on": [AS_OF - timedelta(days=7), AS_OF - timedelta(days=7), AS_OF + timedelta(days=30)],
        }
    )
    return Dataset.from_frames(
        {"transactions": chain.scan("transactions"), "products": pl.concat([known, launches], how="diagonal_relaxed")}
    )


def test_a_new_good_is_offered_to_those_who_buy_its_category_and_not_before_it_is_there():
    history = build_history(with_launches(habits()), AS_OF, SMALL)
    ids = history.products["product_id"].to_list()
    people = history.people(["C000", "C002"])  # of the first and of the third taste
    scores = chosen_columns(NewGoods(history, NewGoodsConfig()).scores(people), np.arange(len(ids)))
    first, third = scores[:, ids.index("N0")], scores[:, ids.index("N4")]
    assert first[0] > 0
    assert first[1] == 0
    assert third[1] > 0
    assert third[0] == 0
    assert "N1" not in ids
    old = [ids.index(name) for name in ids if name.startswith("P")]
    assert scores[:, old].sum() == 0
