"""Drift of the features: how each column's values differ from those of the build before, and whether that is chance.

The population stability index (PSI) is the sum over bins of (q - p) ln(q / p), p the share of rows before and q now.
Bins are tenths of the values before, or the most frequent texts, and one for nulls. By custom it is small below 0.1 and
large from 0.25 on (Siddiqi 2006). Where nothing changed PSI is about chi squared with bins - 1 degrees of freedom times
1/n + 1/m (Yurdakul 2018), so that of a few rows only a very large one says something: `chance` is what 1 of 1,000 such
builds exceeds.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import chi2

from features.protocol import KEYS

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
_TEXTS = 20
"""Most frequent texts that have a bin of their own; the rest shares one. Chosen by judgement, not measured."""
_SAMPLED = 200_000
"""Rows at most of which the bins are counted, every n-th: by chance alone their index is below 0.001, and a table of
millions costs no more than this. Ranges and shares of nulls are of all rows."""
_TENTHS = np.arange(0.1, 0.95, 0.1)


def drift(before: Path, after: Path, as_of_before: date, as_of: date, tables: Sequence[str]) -> pl.DataFrame:
    """One row per column of the feature tables in two folders: DRIFT_COLUMNS, by table and attention, largest first.

    Complexity: one column at a time is in memory.

    Args:
        before: folder of the earlier build, which has every table.
        after: folder of the later one.
        as_of_before: last visible day of the earlier build; days of each build are counted back from its own, or both
            from this one where they differ less so.
        as_of: that of the later one.
        tables: names of the tables; those without keys of their own, such as `identity`, are left out.
    """
    rows = []
    for table in tables:
        if table not in KEYS:
            continue
        old, new = (pl.scan_parquet(folder / table / "*.parquet") for folder in (before, after))
        names = {name: None for scanned in (old, new) for name in scanned.collect_schema().names()}
        for name in names:
            if name not in (*KEYS[table], "as_of"):
                facts = _compared(_values(old, name, as_of_before), _values(new, name, as_of))
                if old.collect_schema().get(name) == pl.Date and "psi" in facts:
                    # a day that stays where it is, such as that of a first sale, is no drift either
                    staying = _compared(_values(old, name, as_of_before), _values(new, name, as_of_before))
                    facts = min(facts, staying, key=lambda one: one.get("psi", np.inf))
                rows.append({"table": table, "column": name} | facts)
    order = pl.col("level").replace_strict({level: place for place, level in enumerate(LEVELS)})
    frame = pl.DataFrame(rows, schema=DRIFT_COLUMNS)
    return frame.sort(order, "psi", "table", "column", descending=[False, True, False, False], nulls_last=True)


def level_of(psi: float, chance: float) -> str:
    """`stable`, `moderate` or `large`; what chance alone may bring is stable.

    >>> level_of(0.3, 0.02), level_of(0.3, 2.0), level_of(0.15, 0.02)
    ('large', 'stable', 'moderate')
    """
    if psi < _MODERATE or psi <= chance:
        return "stable"
    return "large" if psi >= _LARGE else "moderate"


def _values(table: pl.LazyFrame, name: str, as_of: date) -> pl.Series | None:
    """A column as numbers or texts; None where the table lacks it."""
    kind = table.collect_schema().get(name)
    if kind is None:
        return None
    column = pl.col(name)
    if kind == pl.Date:
        column = (pl.lit(as_of) - column).dt.total_days()
    elif isinstance(kind, pl.List):
        column = column.list.len()
    elif kind == pl.Boolean:
        column = column.cast(pl.String)
    if kind not in {pl.String, pl.Boolean}:
        column = column.cast(pl.Float64).fill_nan(None)
    return table.select(column).collect().to_series()


def _compared(before: pl.Series | None, after: pl.Series | None) -> dict[str, Any]:
    facts = {"rows_before": _size(before), "rows": _size(after), "nulls_before": _nulls(before), "nulls": _nulls(after)}
    facts |= dict(zip(("low_before", "high_before"), _range(before), strict=True))
    facts |= dict(zip(("low", "high"), _range(after), strict=True))
    if before is None or after is None:
        return facts | {"level": "gone" if after is None else "new"}
    if before.dtype != after.dtype or not before.len() or not after.len():
        return facts | {"level": "new" if before.dtype != after.dtype or not before.len() else "gone"}
    counts = _counts(*(values.gather_every(max(1, -(-values.len() // _SAMPLED))) for values in (before, after)))
    psi, chance = stability(*counts)
    return facts | {"psi": psi, "chance": chance, "level": level_of(psi, chance), "outside": _outside(before, after)}


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


def _counts(before: pl.Series, after: pl.Series) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Rows by bin of the values before; the last bin is that of nulls."""
    if before.dtype == pl.String:
        frequent = before.drop_nulls().value_counts(sort=True).head(_TEXTS).to_series(0)
        texts: Mapping[str, int] = {text: place for place, text in enumerate(frequent.sort())}
        binned = [
            series.drop_nulls().replace_strict(texts, default=len(texts), return_dtype=pl.Int64).to_numpy()
            for series in (before, after)
        ]
        bins = len(texts) + 1
    else:
        values = [series.drop_nulls().to_numpy() for series in (before, after)]
        finite = values[0][np.isfinite(values[0])]  # a quantile beside infinity is none
        edges = np.unique(np.quantile(finite, _TENTHS)) if len(finite) else np.zeros(0)
        binned, bins = [np.searchsorted(edges, part, side="left") for part in values], len(edges) + 1
    counted = [
        np.append(np.bincount(part.astype(np.int64), minlength=bins), series.null_count()).astype(np.float64)
        for part, series in zip(binned, (before, after), strict=True)
    ]
    return counted[0], counted[1]


def _size(values: pl.Series | None) -> int | None:
    return None if values is None else values.len()


def _nulls(values: pl.Series | None) -> float | None:
    return values.null_count() / values.len() if values is not None and values.len() else None


def _range(values: pl.Series | None) -> tuple[float | None, float | None]:
    if values is None or values.dtype == pl.String:
        return None, None
    low, high = values.min(), values.max()
    assert low is None or isinstance(low, float)
    assert high is None or isinstance(high, float)
    return low, high


def _outside(before: pl.Series, after: pl.Series) -> float | None:
    """Share of values beyond the range before, or of texts that did not occur then."""
    known, values = before.drop_nulls(), after.drop_nulls()
    if not known.len() or not values.len():
        return None
    if known.dtype == pl.String:
        inside = values.is_in(known.unique().implode())
    else:
        low, high = _range(before)
        inside = values.is_between(low, high)
    return 1.0 - int(inside.sum()) / values.len()
