"""Inputs of what-if questions: one compressed feature sheet per series, and the demand model that reads it."""

import threading
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from serving.store.arrays import Array, map_array, write_array
from serving.store.series_index import KeyIndex, write_keys
from training.demand.mean_model import MeanModel
from training.demand.model import DemandModel
from training.demand.what_if import Sheet

MODEL = "what_if.model"
_FACTS = ("usual_price", "seen_low", "seen_high", "unit_cost")
_LEVEL = 1
"""Of zlib: most columns of a sheet are the same in every period, so the quickest level packs nearly as small."""


@dataclass(frozen=True)
class PlacedSheet:
    """A feature sheet with the positions of its store and product."""

    store: int
    product: int
    sheet: Sheet


class SheetWriter:
    """Writes sheets one by one, so that they need not fit in memory."""

    def __init__(self, folder: Path, n_products: int) -> None:
        """Opens the file of packed sheets."""
        self._folder = folder
        self._n_products = n_products
        self._file = (folder / "what_if.bytes").open("wb")
        self._starts = [0]
        self._facts: list[list[float]] = []
        self._keys: list[tuple[int, int]] = []
        self._widths = (0, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Closes the file; the index is written where all sheets are there."""
        if kind is None:
            self.close()
        else:
            self._file.close()

    def add(self, sheets: Iterable[PlacedSheet]) -> None:
        """Appends sheets; all must have the same periods and columns."""
        for placed in sheets:
            sheet = placed.sheet
            self._widths = (sheet.rows.shape[1], sheet.promoted.shape[1])
            columns = (sheet.rows.T, sheet.promoted.T, sheet.plain.T, sheet.scale[None], sheet.price[None])
            packed = zlib.compress(np.concatenate(columns, dtype=np.float32).tobytes(), _LEVEL)
            self._file.write(packed)
            self._starts.append(self._starts[-1] + len(packed))
            self._facts.append([getattr(sheet, name) for name in _FACTS])
            self._keys.append((placed.store, placed.product))

    def close(self) -> int:
        """Writes index and facts; returns the number of sheets."""
        self._file.close()
        keys = np.array(self._keys, dtype=np.int64).reshape(-1, 2)
        write_keys(
            self._folder,
            "what_if",
            keys[:, 0],
            keys[:, 1],
            n_products=self._n_products,
            rows=np.arange(len(keys)),
        )
        write_array(self._folder / "what_if.starts.npy", self._starts, np.int64)
        write_array(self._folder / "what_if.facts.npy", np.reshape(self._facts, (-1, len(_FACTS))), np.float64)
        write_array(self._folder / "what_if.widths.npy", self._widths, np.int64)
        return len(keys)


class WhatIfSheets:
    """Feature sheets by store and product position; only the model stays in memory, from the first question on."""

    def __init__(self, folder: Path, n_products: int) -> None:
        """Maps the files of `SheetWriter`."""
        self._folder = folder
        self._index = KeyIndex(folder, "what_if", n_products)
        self._starts = map_array(folder / "what_if.starts.npy")
        self._facts = map_array(folder / "what_if.facts.npy")
        self._widths = tuple(map_array(folder / "what_if.widths.npy").tolist())
        self._bytes = np.memmap(folder / "what_if.bytes", np.uint8, "r") if len(self._index) else np.zeros(0, np.uint8)
        self._mean: MeanModel | None = None
        self._lock = threading.Lock()

    def get(self, store: int, product: int) -> Sheet | None:
        """Feature sheet of a series; None where the model does not forecast it."""
        row = self._index.find(store, product)
        if row is None:
            return None
        packed = self._bytes[int(self._starts[row]) : int(self._starts[row + 1])]
        features, target = self._widths
        columns = np.frombuffer(zlib.decompress(packed.tobytes()), np.float32)
        columns = columns.reshape(features + 2 * target + 2, -1)
        parts: list[Array] = np.split(columns, np.cumsum([features, target, target, 1]), axis=0)
        facts = dict(zip(_FACTS, self._facts[row].tolist(), strict=True))
        return Sheet(parts[0].T, parts[1].T, parts[2].T, parts[3][0], parts[4][0], **facts)

    def mean(self) -> MeanModel:
        """The demand model, loaded on first use; it computes in one thread.

        Raises:
            ModelError: its files are damaged or of another version of this software.
        """
        # Handlers run in threads: without the lock, two first questions would load the model twice.
        with self._lock:
            if self._mean is None:
                mean = DemandModel.load(self._folder / MODEL).mean
                assert isinstance(mean, MeanModel)
                # one thread: a question is small, and the service answers several at once
                alone = mean.config.model_copy(update={"threads": 1})
                self._mean = replace(mean, config=alone, totals=None)
            return self._mean
