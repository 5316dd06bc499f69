"""Drift of the features: how each column's values differ from those of the build before, and whether that is chance.

The population stability index (PSI) is the sum over bins of (q - p) ln(q / p), p the share of rows before and q now.
Bins are tenths of the values before, or the most frequent texts, and one for nulls. By custom it is small below 0.1 and
large from 0.25 on (Siddiqi 2006). Where nothing changed PSI is about chi squared with bins - 1 degrees of freedom times
1/n + 1/m (Yurdakul 2018), so that of a few rows only a very large one says something: `chance` is what 1 of 1,000 such
builds exceeds.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import chi2

from features.sketches import Sketch, Sketches, take_sketches, write_sketches

DRIFT_COLUMNS: Final = pl.Schema(
    {
        "table": pl.String,
        "column": pl.String,
        "level": pl.String,
        "psi": pl.Float64,
        "chance": pl.Float64,
        "rows_before": pl.Int64,
        "rows": pl.Int64,
        "nulls_before": pl.Float64,
        "nulls": pl.Float64,
        "low_before": pl.Float64,
        "high_before": pl.Float64,
        "low": pl.Float64,
        "high": pl.Float64,
        "outside": pl.Float64,
    }
)
"""One row per column of a feature table. `nulls` are shares of rows; `low` and `high` the least and the largest number
(of days: how many before the last visible one; of lists: their length); `outside` is the share of values beyond the
range before. `level` is `stable`, `moderate`, `large`, or `new` and `gone` of columns that only one build has."""
LEVELS: Final = ("large", "moderate", "new", "gone", "stable")
"""In the order of attention."""
_MODERATE, _LARGE = 0.1, 0.25
"""Customary borders of PSI (Siddiqi 2006)."""
_CHANCE = 0.999
"""Share of builds without any change whose PSI lies below `chance`: some hundred columns are looked at each time."""


def drift(
    before: Path,
    after: Path,
    as_of_before: date,
    as_of: date,
    tables: Sequence[str],
    kept: Sketches | None = None,
    keep: Path | None = None,
) -> pl.DataFrame:
    """One row per column of the feature tables in two folders: DRIFT_COLUMNS, by table and attention, largest first.

    Complexity: one file of a table at a time is in memory; those before are read only where their sketches are missing.

    Args:
        before: folder of the earlier build, which has every table.
        after: folder of the later one.
        as_of_before: last visible day of the earlier build; days of each build are counted back from its own, or both
            from this one where they differ less so.
        as_of: that of the later one.
        tables: names of the tables; those without keys of their own, such as `identity`, are left out.
        kept: sketches of the earlier build.
        keep: file for the sketches of the later one.
    """
    old = take_sketches(before, as_of_before, tables) if kept is None else kept
    days = (as_of - as_of_before).days
    new = take_sketches(after, as_of, tables, old, days)
    rows = []
    for table, columns in new.items():
        for name in {**old.get(table, {}), **columns}:
            one, other = old.get(table, {}).get(name), columns.get(name)
            facts = _compared(one, other)
            if one and other and not one.is_text and not other.is_text:
                # a day that stays where it is, such as that of a first sale, is no drift either, nor is a day's growth
                others = [other.staying(days)] if one.is_date and other.is_date else []
                others += other.grown(one, days) if other.grows else []
                readings = [facts, *(_compared(one, reading) for reading in others)]
                facts = min(readings, key=lambda found: found.get("psi", np.inf))
            rows.append({"table": table, "column": name} | facts)
    if keep is not None:
        write_sketches(new, keep)
    order = pl.col("level").replace_strict({level: place for place, level in enumerate(LEVELS)})
    frame = pl.DataFrame(rows, schema=DRIFT_COLUMNS)
    return frame.sort(order, "psi", "table", "column", descending=[False, True, False, False], nulls_last=True)


def _level_of(psi: float, chance: float) -> str:
    """`stable`, `moderate` or `large`; what chance alone may bring is stable.

    >>> _level_of(0.3, 0.02), _level_of(0.3, 2.0), _level_of(0.15, 0.02)
    ('large', 'stable', 'moderate')
    """
    if psi < _MODERATE or psi <= chance:
        return "stable"
    return "large" if psi >= _LARGE else "moderate"


def _compared(before: Sketch | None, after: Sketch | None) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for sketch, label in ((before, "_before"), (after, "")):
        if sketch is not None:
            ranged = {f"low{label}": sketch.low, f"high{label}": sketch.high}
            facts |= {f"rows{label}": sketch.rows, f"nulls{label}": sketch.null_share} | ranged
    if before is None or after is None:
        return facts | {"level": "gone" if after is None else "new"}
    if before.is_text != after.is_text or not before.rows or not after.rows:
        return facts | {"level": "new" if before.is_text != after.is_text or not before.rows else "gone"}
    psi, chance = stability(before.counts, after.counts_in(before))
    is_known = before.nulls < before.rows and after.nulls < after.rows
    outside = after.outside / after.asked if is_known and after.asked else None
    return facts | {"psi": psi, "chance": chance, "level": _level_of(psi, chance), "outside": outside}


def stability(before: npt.NDArray[np.float64], after: npt.NDArray[np.float64]) -> tuple[float, float]:
    """PSI of counts by bin, and what it may be by chance.

    Half a row is added to each bin, so that an empty one is no infinite change.

    >>> [round(value, 3) for value in stability(np.array([500.0, 500.0]), np.array([400.0, 600.0]))]
    [0.04, 0.022]
    """
    shares = [(counts + 0.5) / (counts.sum() + 0.5 * len(counts)) for counts in (before, after)]
    psi = float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
    free = max(int(((before + after) > 0).sum()) - 1, 1)
    return psi, float(chi2.ppf(_CHANCE, free) * (1 / before.sum() + 1 / after.sum()))
