"""Scores forecasts of store, department and chain totals, summed from the joint sample paths."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from features.demand.arrays import Bools, Doubles, Floats
from retail_brain.outputs import quantile_column
from training.demand.common_effects import GROUPINGS
from training.metrics import bias, central_intervals, coverage, mean_pinball, wape

SUM_PERIODS = (7, 28)
"""Periods over which sums are scored: a week and four weeks of days."""
_KEY = ["store_id", "department"]


class TotalScores:
    """Adds up paths, means and units of the series of a window, by store and department."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], tuple[Doubles, Doubles, Doubles]] = {}

    def add(self, series: pl.DataFrame, mean: Doubles, paths: Floats, units: Floats | Doubles, known: Bools) -> None:
        """Adds series; periods whose units are not known count nowhere.

        Args:
            series: columns store_id and department.
            mean: shape (n, H).
            paths: shape (n, paths, H).
            units: shape (n, H), what came.
            known: shape (n, H).
        """
        places = series.select(_KEY).with_row_index("row").group_by(_KEY, maintain_order=True).agg("row")
        for store, department, rows in places.iter_rows():
            counts = known[rows]
            drawn = paths[rows] if counts.all() else paths[rows] * counts[:, None, :]
            parts = (
                drawn.sum(axis=0, dtype=np.float64),
                (mean[rows] * counts).sum(axis=0),
                (units[rows] * counts).sum(axis=0, dtype=np.float64),
            )
            old = self._found.get((store, department))
            joined = parts if old is None else tuple(a + b for a, b in zip(old, parts, strict=True))
            self._found[store, department] = (joined[0], joined[1], joined[2])

    def scores(self, cutoff: date, quantiles: Sequence[float]) -> pl.DataFrame:
        """One row per grouping x periods summed (1, 7 and 28, where there are so many).

        Columns: cutoff, total, periods, wape, bias, pinball, coverage_NN of each band, and the number of rows.
        """
        tables = []
        for grouping in GROUPINGS:
            parts = self._grouped(grouping)
            for periods in (1, *SUM_PERIODS):
                if parts[0][1].size < periods:
                    continue
                frame = pl.concat([_frame(*part, periods, quantiles) for part in parts])
                covered = [coverage(low, high) for low, high in central_intervals(quantiles)]
                measures = frame.select(wape(), bias(), mean_pinball(quantiles), *covered, pl.len().alias("rows"))
                names = [pl.lit(grouping).alias("total"), pl.lit(periods).alias("periods")]
                tables.append(measures.select(pl.lit(cutoff).alias("cutoff"), *names, pl.all()))
        return pl.concat(tables)

    def _grouped(self, grouping: str) -> list[tuple[Doubles, Doubles, Doubles]]:
        named = {"chain": (False, False), "department": (False, True), "store": (True, False)}
        by_store, by_department = named.get(grouping, (True, True))
        out: dict[tuple[str, str], tuple[Doubles, Doubles, Doubles]] = {}
        for (store, department), (paths, mean, units) in self._found.items():
            key = (store if by_store else "", department if by_department else "")
            old = out.get(key)
            out[key] = (paths, mean, units) if old is None else (old[0] + paths, old[1] + mean, old[2] + units)
        return list(out.values())


def _frame(paths: Doubles, mean: Doubles, units: Doubles, periods: int, quantiles: Sequence[float]) -> pl.DataFrame:
    whole = units.size // periods * periods
    drawn = paths[:, :whole].reshape(len(paths), -1, periods).sum(axis=2)
    values = np.quantile(drawn, quantiles, axis=0)
    columns = {quantile_column(q): values[number] for number, q in enumerate(quantiles)}
    sums = {"units": units, "forecast": mean}
    return pl.DataFrame({name: part[:whole].reshape(-1, periods).sum(axis=1) for name, part in sums.items()} | columns)
