"""How much memory a demand job will want, said before it begins.

The figures are those of the matrices that live at the same time at the peak, meant to be a little too high rather than
too low. They were counted, not fitted to measured peaks.
"""

from pathlib import Path

import polars as pl

from features.demand import FEATURES
from features.demand_panel import CHUNK_CELLS
from retail_brain.errors import ImpossibleError
from training.demand.config import DemandConfig

LIBRARIES_BYTES = 450_000_000
BYTES_PER_SALE = 80
BYTES_PER_PANEL_CELL = 190
BYTES_PER_ACTUAL_CELL = 8
BYTES_PER_TRAINING_VALUE = 9
BYTES_PER_RESIDUAL_CELL = 120
BYTES_PER_DRAW = 24
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def training_bytes(series: pl.DataFrame, periods: int, config: DemandConfig) -> int:
    """Bytes that backtesting and fitting will want at their peak.

    Args:
        series: one row per series of the panel with `store_id` and `sale_days`.
        periods: periods of history.
        config: how the model will be fitted.
    """
    count = series.height
    rows = min(max(config.rows_per_series * count, config.min_rows), config.max_rows)
    rows = min(rows, count * periods * config.horizon)
    return (
        _history_bytes(series, periods, config.horizon)
        + count * periods * BYTES_PER_ACTUAL_CELL
        + rows * len(FEATURES) * BYTES_PER_TRAINING_VALUE
        + count * config.horizon * BYTES_PER_RESIDUAL_CELL
    )


def forecast_bytes(series: pl.DataFrame, periods: int, horizon: int, paths: int) -> int:
    """Bytes that forecasting store by store will want at its peak; arguments as in `training_bytes`."""
    return _history_bytes(series, periods, horizon) + _largest_store(series) * paths * horizon * BYTES_PER_DRAW


def check_memory(wanted: int, what: str) -> None:
    """Checks that so much memory is there.

    Args:
        wanted: bytes.
        what: the work, for the message.

    Raises:
        ImpossibleError: it is more than the machine, or the limit this program runs under, has left.
    """
    free = available_bytes()
    if free is not None and wanted > free:
        raise ImpossibleError(
            f"{what} would take about {wanted / 1e9:.1f} GB of memory; {free / 1e9:.1f} GB are free. Lower "
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
    """Sales of every series, and the panel of as many whole stores as are looked at together."""
    cells = max(min(CHUNK_CELLS, series.height * (periods + horizon)), _largest_store(series) * (periods + horizon))
    return LIBRARIES_BYTES + int(series["sale_days"].sum()) * BYTES_PER_SALE + cells * BYTES_PER_PANEL_CELL


def _largest_store(series: pl.DataFrame) -> int:
    return max(series.group_by("store_id").len()["len"].to_list(), default=0)
