"""Published inputs of the offer rules: attribute codes of the products, and the customers confirmed as adults."""

from pathlib import Path

import numpy as np

from retail_brain.decisions.offer_rule_definition import ATTRIBUTES
from retail_brain.decisions.offer_rules import Goods
from serving.store.arrays import Array, map_array, write_array
from serving.store.catalog import Catalog
from serving.store.texts import Texts, write_texts


def write_attributes(folder: Path, goods: Goods, adults: Array, chance: Array) -> None:
    """Writes the files of `Attributes`.

    Args:
        folder: the answers being written.
        goods: by position in the catalog of products.
        adults: per customer, whether confirmed as an adult.
        chance: per product, the probability that an anonymous customer buys it within the label days.
    """
    for name in ATTRIBUTES:
        write_array(folder / f"rules.{name}.npy", goods.codes[name], np.int32)
        write_texts(folder, f"rules.{name}", sorted(goods.values[name], key=goods.values[name].__getitem__))
    write_array(folder / "rules.adults.npy", adults, np.bool_)
    write_array(folder / "rules.chance.npy", chance, np.float32)


class Attributes:
    """Attribute codes of products, adult flags of customers, and purchase probabilities of anonymous customers."""

    def __init__(self, folder: Path, products: Catalog) -> None:
        """Maps the files of `write_attributes`."""
        codes: dict[str, Array] = {name: map_array(folder / f"rules.{name}.npy") for name in ATTRIBUTES}
        values: dict[str, dict[str, int]] = {name: _values(folder, name) for name in ATTRIBUTES}
        self.goods = Goods(codes, values, products.find)
        self.adults = map_array(folder / "rules.adults.npy")
        self.chance = map_array(folder / "rules.chance.npy")


def _values(folder: Path, name: str) -> dict[str, int]:
    texts = Texts.open(folder, f"rules.{name}")
    return {texts[code]: code for code in range(len(texts))}
