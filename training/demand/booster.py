"""The global model of mean demand: LightGBM (Tweedie) on top of each series' level.

The level enters as the starting score, so that trees learn by what factor demand differs from it: one model serves
products that sell hundreds a day and one a month, and a product without history starts from its like.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from features.demand import FEATURES, IDS, DemandFeatures, PanelFeatures
from features.demand_arrays import Doubles, Floats
from features.demand_history import DemandHistory
from features.demand_panel import DemandPanel, panels
from features.demand_target import FALLING_IN_PRICE
from training.demand.config import DemandConfig

LARGE_SALE_UNITS = 100.0
MIN_TRAINING_ROWS = 300
ROWS_PER_LEAF = 4000
MIN_LEAVES = 15
ROWS_PER_LEAF_ROW = 1000
MAX_ORIGIN_STEP = 3
CELLS_PER_ORIGIN_STEP = 4_000_000
MIN_HISTORY_SEASONS = 2


@dataclass(frozen=True)
class TrainingRows:
    """Drawn rows.

    Attributes:
        features: shape (rows, features).
        demand: units per period, in the series' own measure.
        level: the series' level at the origin, in the same measure.
    """

    features: Floats
    demand: Floats
    level: Floats


def measure(panel: DemandPanel) -> Doubles:
    """Units in which each series is counted while training, shape (n,): 1, or more where a usual sale is huge.

    Goods sold by the gram or the hundredth of a gallon would otherwise drown everything sold by the piece.
    """
    total = panel.sold.sum(axis=1, dtype=np.float64)
    periods = (panel.sold > 0).sum(axis=1)
    scale: Doubles = np.maximum(1.0, total / np.maximum(periods, 1) / LARGE_SALE_UNITS)
    return scale


def fit_booster(history: DemandHistory, features: DemandFeatures, config: DemandConfig) -> lgb.Booster | None:
    """Fits the trees; None where the history is too short to learn anything from."""
    rows = training_rows(history, features, config)
    if rows is None:
        return None
    data = lgb.Dataset(
        rows.features,
        label=rows.demand,
        init_score=np.log(rows.level),
        feature_name=list(FEATURES),
        categorical_feature=list(IDS),
        free_raw_data=True,
    )
    return lgb.train(_parameters(config, rows.demand.size), data, num_boost_round=config.rounds)


def _parameters(config: DemandConfig, rows: int) -> dict[str, object]:
    return {
        "objective": "tweedie",
        "tweedie_variance_power": config.tweedie_power,
        "boost_from_average": False,
        "learning_rate": config.learning_rate,
        "num_leaves": int(np.clip(rows // ROWS_PER_LEAF, min(MIN_LEAVES, config.leaves), config.leaves)),
        "min_data_in_leaf": max(5, min(max(config.min_leaf_rows, rows // ROWS_PER_LEAF_ROW), rows // 200)),
        "feature_fraction": 0.6,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 1.0,
        "max_bin": 127,
        "cat_smooth": 50.0,
        "cat_l2": 20.0,
        "monotone_constraints": [-1 if name in FALLING_IN_PRICE else 0 for name in FEATURES],
        "num_threads": config.threads,
        "seed": config.seed,
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
    }


def training_rows(history: DemandHistory, features: DemandFeatures, config: DemandConfig) -> TrainingRows | None:
    """Rows drawn evenly over series, origins and periods ahead; None where there are too few.

    A chain of many panels looks from every second or third origin in each of them, in turn: what a panel knows at an
    origin is worked out for all its series, however few rows are drawn.
    """
    origins = training_origins(history)
    size = history.series.height
    if not origins or size == 0:
        return None
    wanted = int(np.clip(config.rows_per_series * size, config.min_rows, config.max_rows))
    share = min(1.0, wanted / (size * len(origins) * config.horizon))
    every = int(np.clip(size * history.axis.count // CELLS_PER_ORIGIN_STEP, 1, MAX_ORIGIN_STEP))
    parts = [
        part
        for number, panel in enumerate(panels(history))
        for part in _panel_rows(features.of(panel), origins[number % every :: every], min(1.0, share * every), config)
    ]
    total = sum(part.demand.size for part in parts)
    if total < MIN_TRAINING_ROWS:
        return None
    return TrainingRows(
        _stack_columns([part.features for part in parts], total),
        np.concatenate([part.demand for part in parts]),
        np.concatenate([part.level for part in parts]),
    )


def training_origins(history: DemandHistory) -> list[int]:
    """Origins to learn from: every few periods, far enough from the first one to know a little."""
    rhythm, count = history.axis.rhythm, history.axis.count
    shortest = MIN_HISTORY_SEASONS * min(rhythm.season, 7)
    newest, oldest = count - 2, max(shortest - 1, count - 1 - rhythm.span)
    return list(range(newest, oldest - 1, -rhythm.step))


def _panel_rows(
    features: PanelFeatures, origins: list[int], share: float, config: DemandConfig
) -> Iterator[TrainingRows]:
    panel = features.panel
    unit = measure(panel)
    for origin in origins:
        rng = np.random.default_rng((config.seed, origin, int(panel.series["s"][0])))
        ahead_most = min(config.horizon, panel.axis.count - 1 - origin)
        drawn = rng.random((panel.size, ahead_most), dtype=np.float32) < share
        drawn &= panel.weight[:, origin + 1 : origin + 1 + ahead_most] > 0
        series, ahead = np.divmod(np.flatnonzero(drawn), ahead_most)
        if series.size == 0:
            continue
        target = origin + 1 + ahead
        level = features.level(origin)[series] / unit[series]
        demand = panel.demand[series, target] / unit[series]
        yield TrainingRows(
            features.rows(origin, series, ahead + 1), demand.astype(np.float32), level.astype(np.float32)
        )


def _stack_columns(parts: list[Floats], total: int) -> Floats:
    """Stacks column-major blocks, freeing each as it is copied."""
    out = np.empty((len(FEATURES), total), dtype=np.float32)
    begin = 0
    for number, part in enumerate(parts):
        out[:, begin : begin + part.shape[0]] = part.T
        begin += part.shape[0]
        parts[number] = np.empty((0, 0), dtype=np.float32)
    return out.T


def predict_factor(booster: lgb.Booster, rows: Floats, threads: int) -> Doubles:
    """By what factor demand differs from the level, for each feature row."""
    raw = booster.predict(rows, raw_score=True, num_threads=threads)
    return np.exp(np.clip(np.asarray(raw, dtype=np.float64), -6, 6))
