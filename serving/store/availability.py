"""Published stock availability: the arrays of `Availability` as npy files.

The files are called `shelves.*`: a name of version 0.1 that stays, so that older answers can be read.
"""

from pathlib import Path

import numpy as np

from retail_brain.decisions.availability import Availability
from retail_brain.settings import NetworkSettings
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
_UNKNOWN = "shelves.unknown.npy"
_PICKUP_KM = "shelves.pickup_km.npy"


def write_availability(folder: Path, availability: Availability) -> None:
    """Writes one npy file per field."""
    for name, dtype in _FIELDS.items():
        write_array(folder / f"shelves.{name}.npy", getattr(availability, name), dtype)
    write_array(folder / _UNKNOWN, availability.unknown, np.int64)
    write_array(folder / _PICKUP_KM, np.array([availability.pickup_km]), np.float64)


def open_availability(folder: Path) -> Availability:
    """Opens the availability that `write_availability` wrote."""
    fields = {name: map_array(folder / f"shelves.{name}.npy") for name in _FIELDS}
    is_stored = (folder / _PICKUP_KM).exists()  # version 0.1 had no such file and used the default distance
    pickup_km = float(map_array(folder / _PICKUP_KM)[0]) if is_stored else NetworkSettings().pickup_km
    # versions before 0.2 took every count as it was
    unknown = map_array(folder / _UNKNOWN) if (folder / _UNKNOWN).exists() else np.zeros(0, np.int64)
    return Availability(**fields, unknown=unknown, pickup_km=pickup_km)
