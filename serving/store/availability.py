"""Stock of the published answers: the arrays of `Availability`, mapped into memory."""

from pathlib import Path

import numpy as np

from retail_brain.decisions.availability import Availability
from serving.store.arrays import map_array, write_array

_FIELDS = {
    "keys": np.int64,
    "starts": np.int64,
    "units": np.float32,
    "shipper": np.int32,
    "named": np.bool_,
    "counted": np.bool_,
    "stocked": np.int32,
    "ships": np.bool_,
    "sells": np.bool_,
    "online": np.bool_,
    "place": np.float64,
    "region": np.int32,
}


def write_availability(folder: Path, availability: Availability) -> None:
    """Writes one array per field."""
    for name, dtype in _FIELDS.items():
        write_array(folder / f"shelves.{name}.npy", getattr(availability, name), dtype)


def open_availability(folder: Path) -> Availability:
    """Maps what `write_availability` wrote."""
    return Availability(**{name: map_array(folder / f"shelves.{name}.npy") for name in _FIELDS})
