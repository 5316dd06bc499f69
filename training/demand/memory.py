"""Estimates the peak memory of a demand job before it starts.

The figures are those of what lives at the same time at the peak, and were set so that the sum lies a little above the
largest resident size that was measured on one, two and four stores of M5 (docs/benchmarks.md). They are meant to be a
little too high rather than too low.
"""

from pathlib import Path

import polars as pl

from features.demand.feature_matrix import FEATURES
from features.demand.panel import series_ranges
from retail_brain.errors import ImpossibleError
from training.demand.booster import SAMPLE_ROWS, WHOLE_ROWS
from training.demand.config import DemandConfig

_LIBRARIES_BYTES = 420_000_000
"""With what reading sales leaves to the allocators."""
_BYTES_PER_SALE = 120
"""Bytes. Set, as all of these, from peaks measured on M5: tests/benchmarks/m5_memory.py, docs/benchmarks.md."""
_BYTES_PER_PANEL_CELL = 100
"""Bytes for each series x period of a panel (measured there)."""
_BYTES_PER_ACTUAL_CELL = 8
"""Bytes for each series x period of what was sold: one float."""
_BYTES_PER_MATRIX_VALUE = 9
"""Bytes for each value of the matrix of features (measured there)."""
_BYTES_PER_BINNED_ROW = 120
"""Bytes for each row that LightGBM holds in bins (measured there)."""
_BYTES_PER_SCORED_VALUE = 90
"""Bytes for each value of a window's scores (measured there)."""
_COLUMNS_BESIDE_QUANTILES = 4
"""Columns of a window's scores beside the quantiles."""
_BYTES_PER_KEPT_CELL = 230
"""Bytes for each series x period of a window that is kept: 150 (measured there), and 80 for the forecasts of five
simple models in single and, while weights are fitted, double precision (counted: 14 MB on a store of M5, whose peak was
.87 GB with and without them)."""
_BYTES_PER_DRAW = 16
"""Bytes for each draw of a path while a store is drawn (measured there)."""
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def training_bytes(series: pl.DataFrame, periods: int, config: DemandConfig) -> int:
    """Bytes that backtesting and fitting will want at their peak.

    Args:
        series: one row per series of the panel with `store_id` and `sale_days`.
        periods: periods of history.
        config: how the model will be fitted.
    """
    count, horizon = series.height, config.horizon
    rows = min(max(config.rows_per_series * count, config.min_rows), config.max_rows, count * periods * horizon)
    binned = SAMPLE_ROWS * len(FEATURES) * _BYTES_PER_MATRIX_VALUE + rows * _BYTES_PER_BINNED_ROW
    fitting = rows * len(FEATURES) * _BYTES_PER_MATRIX_VALUE if rows <= WHOLE_ROWS else binned
    columns = _COLUMNS_BESIDE_QUANTILES + len(config.demand.quantiles)
    per_cell = columns * _BYTES_PER_SCORED_VALUE + config.demand.backtest_windows * _BYTES_PER_KEPT_CELL
    scoring = count * horizon * per_cell
    scoring += _largest_panel(series, periods + horizon) * config.demand.sample_paths * horizon * _BYTES_PER_DRAW
    history_bytes = _history_bytes(series, periods, horizon) + count * periods * _BYTES_PER_ACTUAL_CELL
    return history_bytes + max(fitting, scoring)


def forecast_bytes(series: pl.DataFrame, periods: int, horizon: int, paths: int) -> int:
    """Bytes that forecasting store by store will want at its peak; arguments as in `training_bytes`."""
    return _history_bytes(series, periods, horizon) + _largest_store(series) * paths * horizon * _BYTES_PER_DRAW


def check_memory(needed: int, what: str) -> None:
    """Checks that so much memory is there.

    Args:
        needed: bytes.
        what: the work, for the message.

    Raises:
        ImpossibleError: it is more than the machine, or the limit this program runs under, has left.
    """
    free = available_bytes()
    if free is not None and needed > free:
        raise ImpossibleError(
            f"{what} would take about {needed / 1e9:.1f} GB of memory; {free / 1e9:.1f} GB are free. Lower "
            "settings.demand.panel_series, history_days or sample_paths, raise min_sale_days, or use a larger machine."
        )


def available_bytes() -> int | None:
    """Memory that is free for this program, in bytes; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    free = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    limits = [int(path.read_text(encoding="ascii")) for path in _LIMITS if path.is_file() and _is_number(path)]
    return min([*free, *limits], default=None)


def _is_number(path: Path) -> bool:
    return path.read_text(encoding="ascii").strip().isdigit()


def _history_bytes(series: pl.DataFrame, periods: int, horizon: int) -> int:
    """Libraries, sales of every series, and two panels: the next is built while the last is still there."""
    width = periods + horizon
    cells = min(2 * _largest_panel(series, width), series.height) * width
    return _LIBRARIES_BYTES + int(series["sale_days"].sum()) * _BYTES_PER_SALE + cells * _BYTES_PER_PANEL_CELL


def _largest_panel(series: pl.DataFrame, width: int) -> int:
    """Series of the largest panel of whole stores."""
    return max((end - begin for begin, end in series_ranges(series, width)), default=0)


def _largest_store(series: pl.DataFrame) -> int:
    return max(series.group_by("store_id").len()["len"].to_list(), default=0)
