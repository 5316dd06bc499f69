"""Fits the global model of mean demand: LightGBM with Tweedie loss, relative to each series' level.

The level enters as the starting score, so that trees learn by what factor demand differs from it: one model serves
products that sell hundreds a day and one a month, and a product without history starts from its peer groups.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import lightgbm as lgb
import numpy as np

from features.demand.arrays import Doubles, Floats
from features.demand.feature_matrix import IDS, DemandFeatures, PanelFeatures
from features.demand.history import DemandHistory
from features.demand.panel import build_panel, panel_ranges
from features.demand.target_period import FALLING_IN_PRICE
from training.demand.config import DemandConfig
from training.demand.training_rows import Draw, Plan, panel_draws

MIN_TRAINING_ROWS = 300
"""Rows below which no trees are fitted and the level alone forecasts. Chosen by judgement, not measured."""
_ROWS_PER_LEAF = 4000
"""Training rows for each leaf of a tree: larger leaves were chosen on three stores of M5 (docs/benchmarks.md)."""
_MIN_LEAVES = 15
"""Leaves that a tree may have however few the rows. Chosen by judgement, not measured."""
_ROWS_PER_LEAF_ROW = 1000
"""Training rows for each row that a leaf must have; chosen likewise."""
WHOLE_ROWS = 200_000
"""Up to so many rows are kept as a matrix; of more only a sample is, which the trees' bins are found from."""
SAMPLE_ROWS = 50_000
"""Rows that LightGBM's bins are found on where the rows are too many to hold. Chosen by judgement, not measured."""
SAMPLE_ORIGIN_STEP = 2
"""Origins between those that give rows to that sample. Chosen by judgement, not measured."""
_ROWS_PER_THREAD = 2000
"""Rows predicted below which another thread costs more than it gives. Chosen by judgement, not measured."""


_NEVER_MISSING = (0, 2)
"""`decision_type` in LightGBM's files of a number that was never missing: bit 0 marks categories, 1 the side of missing
values, 2 and 3 their kind (0: there were none)."""


class _Rows(lgb.Sequence):  # type: ignore[misc]  # LightGBM has no types
    """The rows of one draw, worked out when LightGBM asks for them: draw after draw, all rows of each at once."""

    def __init__(self, rows: int, source: Iterator[Floats]) -> None:
        self._rows = self.batch_size = rows
        self._source = source

    def __len__(self) -> int:
        return self._rows

    def __getitem__(self, index: object) -> Floats:
        return np.ascontiguousarray(next(self._source))


class _TrainingPanels:
    """Features of a history's panels, as often as wanted; a single one is built once."""

    def __init__(self, history: DemandHistory, features: DemandFeatures) -> None:
        self._history, self._features = history, features
        self._ranges = panel_ranges(history)
        self._only: PanelFeatures | None = None
        if len(self._ranges) == 1:
            self._only = self.panel(0)

    def __len__(self) -> int:
        return len(self._ranges)

    def panel(self, number: int) -> PanelFeatures:
        """One panel's features. A caller that wants the next should have let go of it: a panel is large."""
        return self._only or self._features.for_panel(build_panel(self._history, *self._ranges[number]))


def fit_booster(history: DemandHistory, features: DemandFeatures, config: DemandConfig) -> lgb.Booster | None:
    """Fits the trees; None where the history is too short to learn anything from."""
    data = training_data(history, features, config)
    return None if data is None else lgb.train(data.params, data, num_boost_round=config.rounds)


def training_data(history: DemandHistory, features: DemandFeatures, config: DemandConfig) -> lgb.Dataset | None:
    """Rows drawn evenly over series, origins and periods ahead, binned; None where there are too few.

    Features of many rows never exist as a whole: a first look at the panels draws the rows and keeps the features of
    some, from which the bins are found; a second one works out all, origin by origin, and LightGBM bins them.
    """
    plan = Plan.from_history(history, config)
    if not plan.origins:
        return None
    panels_of_history = _TrainingPanels(history, features)
    draws: list[list[Draw]] = []
    sample: list[Floats] = []
    for number in range(len(panels_of_history)):
        features_of_panel = panels_of_history.panel(number)
        draws.append(list(panel_draws(features_of_panel, plan.panel_origins(number), plan.share, config)))
        sample.extend(draw.features(features_of_panel) for draw in _sampled(draws[-1], plan.rows, config.seed))
        del features_of_panel
    all_draws = [draw for drawn in draws for draw in drawn]
    rows = sum(draw.size for draw in all_draws)
    if rows < MIN_TRAINING_ROWS:
        return None
    params = _parameters(config, rows, features.names)
    label = np.concatenate([draw.demand for draw in all_draws])
    fields = {
        "label": label,
        "init_score": np.log(np.concatenate([draw.level for draw in all_draws])),
        "params": params,
    }
    sample_rows = _stack(sample)
    if plan.rows <= WHOLE_ROWS:
        return _dataset(sample_rows, features.names, **fields).construct()
    params["feature_pre_filter"] = False
    bins = _dataset(sample_rows, features.names, label=np.zeros(len(sample_rows)), params=params).construct()
    del sample_rows
    source = _one_by_one(panels_of_history, draws)
    streamed = [_Rows(draw.size, source) for draw in all_draws]
    return _dataset(streamed, features.names, reference=bins, **fields).construct()


def _dataset(data: Floats | list[_Rows], names: Sequence[str], **more: Any) -> lgb.Dataset:
    return lgb.Dataset(data, feature_name=list(names), categorical_feature=list(IDS), free_raw_data=True, **more)


def _sampled(draws: list[Draw], rows: int, seed: int) -> Iterator[Draw]:
    """The draws, or of many `rows` about `SAMPLE_ROWS` at every second origin."""
    share = SAMPLE_ORIGIN_STEP * SAMPLE_ROWS / rows
    for draw in draws if rows <= WHOLE_ROWS else draws[::SAMPLE_ORIGIN_STEP]:
        if rows <= WHOLE_ROWS:
            yield draw
        else:
            rng = np.random.default_rng((seed, draw.origin, draw.size))
            yield draw.some(rng.random(draw.size) < share)


def _one_by_one(panels_of_history: _TrainingPanels, draws: list[list[Draw]]) -> Iterator[Floats]:
    for number, drawn in enumerate(draws):
        features_of_panel = panels_of_history.panel(number)
        for draw in drawn:
            yield draw.features(features_of_panel)
        del features_of_panel


def _parameters(config: DemandConfig, rows: int, names: Sequence[str]) -> dict[str, Any]:
    return {
        "objective": "tweedie",
        "tweedie_variance_power": config.tweedie_power,
        "boost_from_average": False,
        "learning_rate": config.learning_rate,
        "num_leaves": int(np.clip(rows // _ROWS_PER_LEAF, min(_MIN_LEAVES, config.leaves), config.leaves)),
        "min_data_in_leaf": max(5, min(max(config.min_leaf_rows, rows // _ROWS_PER_LEAF_ROW), rows // 200)),
        "feature_fraction": 0.6,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 1.0,
        "max_bin": 127,
        "cat_smooth": 50.0,
        "cat_l2": 20.0,
        "monotone_constraints": [-1 if name in FALLING_IN_PRICE else 0 for name in names],
        "num_threads": config.threads,
        "seed": config.seed,
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
    }


def _stack(parts: list[Floats]) -> Floats:
    """Stacks blocks kept feature by feature, freeing each as it is copied; shape (rows, features)."""
    out = np.empty((parts[0].shape[1], sum(map(len, parts))), dtype=np.float32)
    begin = 0
    for number, part in enumerate(parts):
        out[:, begin : begin + len(part)] = part.T
        begin += len(part)
        parts[number] = part[:0].copy()
    return out.T


def never_missing(booster: lgb.Booster) -> list[int]:
    """Numbers of the features that trees split on and that were known in all training rows.

    LightGBM takes a missing value there for 0, whatever 0 means (LightGBM, Advanced Topics: Missing Value Handle).
    """
    found: set[int] = set()
    features: list[int] = []
    for line in booster.model_to_string().splitlines():
        name, _, values = line.partition("=")
        if name == "split_feature":
            features = [int(value) for value in values.split()]
        elif name == "decision_type":
            kinds = [int(value) for value in values.split()]
            found.update(feature for feature, kind in zip(features, kinds, strict=True) if kind in _NEVER_MISSING)
    return sorted(found)


def predict_factor(booster: lgb.Booster, rows: Floats, threads: int) -> Doubles:
    """By what factor demand differs from the level, for each feature row."""
    used_threads = min(threads, 1 + len(rows) // _ROWS_PER_THREAD)
    raw = booster.predict(rows, raw_score=True, num_threads=used_threads)
    return np.exp(np.clip(np.asarray(raw, dtype=np.float64), -6, 6))
