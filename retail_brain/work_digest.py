"""Computes a digest of everything a result depends on: visible rows, settings, code and libraries."""

import hashlib
import json
from collections.abc import Mapping

import polars as pl

from retail_brain.code_digest import code_digest
from retail_brain.dataset import Dataset
from retail_brain.tables import TABLES

Summary = tuple[int, str, float]
"""Summary of a table: rows, last time stamp, and the sum of all its number columns."""


def work_digest(
    dataset: Dataset, module: str, *settings: object, summaries: Mapping[str, Summary] | None = None
) -> str:
    """Digest of the inputs of a piece of work; equal digests mean equal results.

    Args:
        dataset: tables that the work reads.
        module: full name of the module that computes; its imports and the lake's code are included.
        settings: everything else that the results depend on: JSON values, or objects whose `str` differs.
        summaries: result of `summarise`, where it was computed already.

    Raises:
        ModuleNotFoundError: there is no such module.
    """
    summaries = summarise(dataset) if summaries is None else summaries
    parts = [summaries, dict(dataset.versions), str(dataset.as_of), settings]
    # decided by hand, and in no table; without any the digest is that of older versions
    parts += [str(dataset.identity_links)] if dataset.identity_links else []
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode())
    digest.update(code_digest(module, "retail_brain.lake").encode("ascii"))
    return digest.hexdigest()


def summarise(dataset: Dataset) -> dict[str, Summary]:
    """Table -> summary. Versions alone would not distinguish two lakes: each begins at version 0.

    Args:
        dataset: tables as of its day.
    """
    names = sorted(dataset.frames)
    queries = [_summary(dataset, name) for name in names]
    frames = pl.collect_all(queries, engine="streaming")
    rows = {name: frame.row(0) for name, frame in zip(names, frames, strict=True)}
    return {name: (int(count), str(last), float(total)) for name, (count, last, total) in rows.items()}


def _summary(dataset: Dataset, name: str) -> pl.LazyFrame:
    table = TABLES[name]
    last = pl.col(table.observed_at).max() if table.observed_at else pl.lit(None)
    amounts = [column for column, kind in table.types.items() if kind == pl.Float64]
    total = pl.sum_horizontal(pl.col(column).sum() for column in amounts) if amounts else pl.lit(0.0)
    return dataset.frames[name].select(pl.len(), last.cast(pl.String).alias("last"), total.round(2).alias("total"))
