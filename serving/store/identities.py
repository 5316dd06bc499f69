"""Identity index: from an identifier such as a card or device to the customer's position."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from serving.store.arrays import Array, map_array, write_array
from serving.store.texts import Texts, sorted_ids, write_texts


def write_identities(folder: Path, identities: Mapping[tuple[str, str], int]) -> None:
    """Writes the position of the customer behind each (id_type, id_value)."""
    customers = {identifier(*name): row for name, row in identities.items()}
    texts = sorted_ids(customers)
    write_texts(folder, "identities", texts)
    write_array(folder / "identities.customer.npy", [customers[text] for text in texts], np.int32)


def identifier(id_type: str, id_value: str) -> str:
    """Joins type and value into one text, which is also the event key of an anonymous person."""
    return f"{id_type}\t{id_value}"


class Identities:
    """Customer positions by identifier."""

    def __init__(self, folder: Path) -> None:
        """Maps the files of `write_identities`."""
        self._ids = Texts.open(folder, "identities")
        self._customer: Array = map_array(folder / "identities.customer.npy")

    def find(self, id_type: str, id_value: str) -> int:
        """Position of the customer, or -1."""
        place = self._ids.find(identifier(id_type, id_value))
        return int(self._customer[place]) if place >= 0 else -1
