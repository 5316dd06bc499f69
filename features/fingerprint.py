"""What a feature run depends on: the rows it can see, the options and the code."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.tables import TABLES

Summary = tuple[int, str, float]
"""Rows, the last time stamp, and the sum of all amounts."""


def summarise(dataset: Dataset) -> dict[str, Summary]:
    """A table's name -> its summary. Versions alone would not tell two lakes apart: each begins at 0."""
    names = sorted(dataset.frames)
    queries = [_summary(dataset, name) for name in names]
    found = pl.collect_all(queries, engine="streaming")
    return {
        name: (int(row[0]), str(row[1]), float(row[2]))
        for name, row in zip(names, (f.row(0) for f in found), strict=True)
    }


def _summary(dataset: Dataset, name: str) -> pl.LazyFrame:
    table = TABLES[name]
    last = pl.col(table.observed_at).max() if table.observed_at else pl.lit(None)
    amounts = [column for column, kind in table.types.items() if kind == pl.Float64]
    total = pl.sum_horizontal(pl.col(column).sum() for column in amounts) if amounts else pl.lit(0.0)
    return dataset.frames[name].select(pl.len(), last.cast(pl.String).alias("last"), total.round(2).alias("total"))


def fingerprint(summaries: Mapping[str, Summary], versions: Mapping[str, int], *settings: str) -> str:
    """A digest of all that decides the features, the code of this package included."""
    digest = hashlib.sha256(json.dumps([summaries, versions, settings], sort_keys=True).encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
