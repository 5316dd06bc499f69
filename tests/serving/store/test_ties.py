"""Goods are named beside others only where the tie is mutual and the best one can be had."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from retail_brain.decisions.availability import IN_STORE, NOWHERE
from serving.store.triggers import PublishedTriggerSource

IDS = ["milk", "nappies", "potatoes", "gift box", "a", "b", "c", "d", "e"]


def source(best: dict[str, list[str]], gone: tuple[str, ...] = ()) -> PublishedTriggerSource:
    places = {name: np.array([IDS.index(one) for one in others], np.int64) for name, others in best.items()}
    complements = SimpleNamespace(get=lambda at: (places.get(IDS[at], np.zeros(0, np.int64)), None))

    def ways(_stores: Any, products: Any) -> Any:
        return np.array([NOWHERE if IDS[one] in gone else IN_STORE for one in products.tolist()], np.int8)

    products = SimpleNamespace(find=lambda name: IDS.index(name) if name in IDS else -1, ids=IDS)
    stores = SimpleNamespace(find=lambda _: 0)
    answers: Any = SimpleNamespace(
        products=products, stores=stores, complements=complements, availability=SimpleNamespace(ways=ways)
    )
    return PublishedTriggerSource(answers)


TIES = {
    "milk": ["nappies", "a"],
    "nappies": ["a", "b", "milk"],
    "gift box": ["potatoes", "milk"],
    "potatoes": ["a", "b", "c", "d", "e", "gift box"],
    "a": ["milk"],
}


@pytest.mark.parametrize(
    ("product", "named"),
    [("milk", "nappies"), ("gift box", None), ("b", None), ("nobody's", None)],
)
def test_goods_of_one_side_alone_are_not_named(product: str, named: str | None) -> None:
    assert source(TIES).goes_with(product, "S1") == named


def test_where_the_best_cannot_be_had_none_is_named() -> None:
    assert source(TIES, gone=("nappies",)).goes_with("milk") is None
