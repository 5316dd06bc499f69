"""Returns the training rows of the demand model as a frame with named columns."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from features.demand.feature_matrix import DemandFeatures, PanelFeatures, Vocabulary
from features.demand.history import read_history
from features.demand.panel import build_panel, panel_ranges
from retail_brain.dataset import Dataset
from training.demand.config import DemandConfig
from training.demand.training_rows import Draw, Plan, panel_draws


def training_frame(dataset: Dataset, config: DemandConfig) -> pl.DataFrame:
    """One row per series x origin x period ahead: the very rows that a fit with this configuration draws.

    Columns: `store_id`, `product_id`, `origin` (first day of the last visible period), `date` (first day of the period
    foretold), `demand` and `level` (per period, in the product's own unit, `features.demand.own_units`; of goods of
    which hundreds sell in a measure of their own, see `training_rows.measure`), then one column per feature. The trees
    learn by what factor demand differs from the level.

    Complexity: all rows at once in memory, 4 bytes per feature and row.

    Raises:
        MissingTableError: neither `transactions` nor `daily_sales` is there.
        NotFoundError: no sale is visible.
    """
    history = read_history(dataset, config.settings, config.horizon, in_own_units=config.in_own_units)
    features = DemandFeatures(history, Vocabulary.from_history(history))
    plan = Plan.from_history(history, config)
    frames: list[pl.DataFrame] = []
    for number, bounds in enumerate(panel_ranges(history)):
        panel = features.for_panel(build_panel(history, *bounds))
        draws = panel_draws(panel, plan.panel_origins(number), plan.share, config)
        frames.extend(_draw_frame(panel, draw) for draw in draws)
    return pl.concat(frames) if frames else pl.DataFrame(schema=_schema(features.names))


def _schema(names: Sequence[str]) -> dict[str, type[pl.DataType]]:
    return {
        "store_id": pl.String,
        "product_id": pl.String,
        "origin": pl.Date,
        "date": pl.Date,
        "demand": pl.Float32,
        "level": pl.Float32,
        **dict.fromkeys(names, pl.Float32),
    }


def _draw_frame(panel: PanelFeatures, draw: Draw) -> pl.DataFrame:
    axis = panel.panel.axis
    days = np.array(axis.starts(0, axis.count), dtype="datetime64[D]")
    names = panel.panel.series.select("store_id", "product_id")[draw.series]
    columns = {
        "origin": np.full(draw.size, days[draw.origin]),
        "date": days[draw.origin + draw.ahead.astype(np.int64)],
        "demand": draw.demand,
        "level": draw.level,
    }
    rows = pl.DataFrame(np.asarray(draw.features(panel)), schema=list(panel.names))
    return pl.concat([names, pl.DataFrame(columns), rows], how="horizontal").select(
        pl.col(name).cast(kind) for name, kind in _schema(panel.names).items()
    )
