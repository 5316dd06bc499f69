"""How likely a person buys a product again within 7, 14 and 28 days, of every pair with a purchase.

A landmark model (van Houwelingen 2007): one logistic regression per horizon on the personal gap shrunk to the product's
and the kind's (gamma-Poisson, the running gap counted as exposure without a purchase, so that censoring does not make
gaps look short), on how far the running gap is along it, and on how often the person comes at all. Fitted on one
window, with an isotonic curve apart for pairs bought once and more often.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from features.person.interactions import interactions, purchases, shoppers
from retail_brain.dataset import Dataset
from retail_brain.errors import ModelError
from retail_brain.files import write_json
from training.recommender.calibration import Curve, fit_curve
from training.recommender.config import RecommenderConfig
from training.recommender.history import History
from training.recommender.sparse import Ints

HORIZONS = (7, 14, 28)
"""Days within which the next purchase is asked for."""
PROBABILITIES = tuple(f"probability_{days}d" for days in HORIZONS)
PRIOR_EVENTS = 5.0
"""Purchases of the broader group that a product's rate counts against. Chosen by judgement, not measured."""
PRIOR_PERSONAL = 1.0
"""Gaps of the usual length that a person's own count against. Chosen by judgement, not measured."""
PRIOR_PERSON = 3.0
"""Purchases, seen and expected, that are added to a person's ratio. Chosen by judgement, not measured."""
MIN_BOUGHT = 200
"""Pairs bought again within the shortest horizon below which nothing is fitted. Chosen by judgement, not measured."""
MAX_FITTED_PAIRS = 60_000
"""Pairs that the model is fitted on; bounds the time. Chosen by judgement, not measured."""
RIDGE = 1.0
"""Ridge penalty on standardised features. Chosen by judgement, not measured."""
STEPS = 8
"""Newton steps of the fit. Chosen by judgement, not measured."""
Reals = npt.NDArray[np.float64]


PHASE_KNOTS = (-2, -1, 0, 1)
"""Knots of the hinges on the log of the running gap over the usual one."""
DUE_HALF_LIVES_DAYS = (7, 28, 90)
"""Half-lives, in days, of the decayed purchase counts that the model asks for."""
DUE_COLUMNS = (
    "log_gap",
    "log_usual_gap",
    "log_since_last",
    "phase",
    *(f"phase_above_{knot}" for knot in PHASE_KNOTS),
    "phase_by_count",
    "log_count",
    "log_since_first",
    *(f"log_decayed_{half_life}d" for half_life in DUE_HALF_LIVES_DAYS),
    "log_visits_28d",
    "log_visits_90d",
    "log_unseen_days",
    "person_pace",
    "product_trend",
)
"""Names of the columns of `due_features`, in order."""


@dataclass(frozen=True)
class DueModel:
    """P(a pair's next purchase within each of HORIZONS).

    Attributes:
        mean: of each feature where it was fitted.
        scale: its standard deviation there.
        weights: horizon x (1 + features); no rows = not fitted, the shrunk gap's Poisson rate answers.
        curves: per horizon the calibration of pairs bought once, and of the others.
        columns: names of the features, in the order of the weights; a later version may compute more.
    """

    mean: Reals
    scale: Reals
    weights: Reals
    curves: Sequence[tuple[Curve, Curve]]
    columns: tuple[str, ...] = DUE_COLUMNS

    def within(self, history: History) -> npt.NDArray[np.float32]:
        """Row per pair of `history.pairs`, column per horizon; NaN for pairs without a purchase, never falling."""
        out = np.full((history.pairs.height, len(HORIZONS)), np.nan, np.float32)
        rows = np.flatnonzero(history.bought)
        if rows.size:
            table = due_features(history)[rows]
            often = history.pairs["purchase_days"].to_numpy()[rows] > 1
            out[rows] = self.probability(table, often)
        return out

    def probability(self, table: Reals, often: npt.NDArray[np.bool_]) -> Reals:
        """Column per horizon for rows of `due_features`.

        Args:
            table: the features.
            often: pairs bought on more than one day.
        """
        if self.weights.shape[0] == 0:
            rate = np.exp(-table[:, [DUE_COLUMNS.index("log_gap")]])
            return np.asarray(-np.expm1(-rate * np.array(HORIZONS)), np.float64)
        own = table[:, [DUE_COLUMNS.index(name) for name in self.columns]]
        raw = _logistic(_standardised(own, self.mean, self.scale) @ self.weights.T)
        columns = [
            np.where(often, more(raw[:, place]), once(raw[:, place])) for place, (once, more) in enumerate(self.curves)
        ]
        return np.maximum.accumulate(np.column_stack(columns), axis=1)

    def save(self, folder: Path) -> None:
        """Writes due.json."""
        curves = [[once.to_json(), more.to_json()] for once, more in self.curves]
        values = {"mean": self.mean.tolist(), "scale": self.scale.tolist(), "weights": self.weights.tolist()}
        write_json(folder / "due.json", values | {"curves": curves})

    @classmethod
    def load(cls, folder: Path, columns: Sequence[str] = DUE_COLUMNS) -> "DueModel":
        """Reads what `save` wrote.

        Args:
            folder: of the recommender.
            columns: names of the features that it was fitted on.

        Raises:
            ModelError: the file is missing or damaged.
        """
        try:
            values = json.loads((folder / "due.json").read_text(encoding="utf-8"))
            curves = [(Curve.from_json(once), Curve.from_json(more)) for once, more in values["curves"]]
            mean, scale = (np.asarray(values[name], np.float64) for name in ("mean", "scale"))
            weights = np.asarray(values["weights"], np.float64).reshape(len(values["curves"]), mean.size + 1)
            return cls(mean, scale, weights, curves, tuple(columns))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"the due dates in {folder} cannot be read: {error}. Train and promote again.") from error


UNFITTED = DueModel(np.zeros(0), np.zeros(0), np.zeros((0, 1)), ())
"""The model that says nothing (NaN)."""


def anchored(
    within: npt.NDArray[np.floating], probability: npt.NDArray[np.floating], label_days: int
) -> npt.NDArray[np.float64]:
    """The due model's shares of time under the ranker's level, so that one pair never has two probabilities.

    With H the hazard that the due model collects until a day, P_h = 1 - (1 - p)^(H(h) / H(label days)): the column of
    the label's own days is the probability itself. H is linear between the horizons and beyond them.

    Args:
        within: row per pair, column per horizon of HORIZONS.
        probability: of the ranker, within `label_days`.
        label_days: of the ranker.
    """
    hazard = -np.log1p(-np.clip(within.astype(np.float64), 1e-9, 1 - 1e-9))
    days = np.array([0, *HORIZONS], np.float64)
    path = np.column_stack([np.zeros(hazard.shape[0]), hazard])
    at = int(np.clip(np.searchsorted(days, label_days, side="left"), 1, days.size - 1))
    slope = (path[:, at] - path[:, at - 1]) / (days[at] - days[at - 1])
    whole = np.maximum(path[:, at - 1] + slope * (label_days - days[at - 1]), 1e-12)
    ceiling = -np.log1p(-np.clip(probability.astype(np.float64), 0, 1 - 1e-9))
    return np.asarray(-np.expm1(-ceiling[:, None] * hazard / whole[:, None]), np.float64)


def fit_due(dataset: Dataset, as_of: date, config: RecommenderConfig) -> DueModel:
    """The model fitted on the last 28 days before `as_of`; UNFITTED where too little was bought again in them.

    Args:
        dataset: sees nothing after `as_of`.
        as_of: last visible day.
        config: of the history.
    """
    cutoff = as_of - timedelta(days=HORIZONS[-1])
    past = bare_history(dataset, cutoff, config)
    first = past.pairs["first_on"].min()
    if not isinstance(first, date) or (cutoff - first).days < config.min_history_days:
        return UNFITTED
    waited = days_until_bought(dataset, past, as_of)
    rows = np.flatnonzero(past.bought)
    table, often = due_features(past)[rows], past.pairs["purchase_days"].to_numpy()[rows] > 1
    return fit_due_table(table, waited[rows], often, seed=config.seed)


def fit_due_table(table: Reals, waited: Ints, often: npt.NDArray[np.bool_], *, seed: int = 0) -> DueModel:
    """The model of rows of `due_features` whose next purchase is known; see `days_until_bought`."""
    if int((waited <= HORIZONS[0]).sum()) < MIN_BOUGHT:
        return UNFITTED
    some = np.sort(np.random.default_rng(seed).permutation(table.shape[0])[:MAX_FITTED_PAIRS])
    mean, scale = table[some].mean(axis=0), table[some].std(axis=0) + 1e-9
    fitted = _standardised(table[some], mean, scale)
    weights = np.stack([_fit_logistic(fitted, waited[some] <= days) for days in HORIZONS])
    raw = _logistic(_standardised(table, mean, scale) @ weights.T)
    curves = [_curves(raw[:, place], waited <= days, often) for place, days in enumerate(HORIZONS)]
    return DueModel(mean, scale, weights, curves)


def bare_history(dataset: Dataset, as_of: date, config: RecommenderConfig) -> History:
    """What `due_features` asks of a history and nothing else: who bought what when, without baskets and events."""
    frames = {name: dataset.frames[name] for name in ("transactions", "products") if dataset.has(name)}
    known = replace(dataset, frames=frames).at(as_of)
    pairs = interactions(known, as_of, config.half_lives_days, sort=False).collect()
    customers = shoppers(known, as_of).sort("customer_id").collect()
    kinds = known.scan_or_empty("products").select("product_id", "subcategory").unique("product_id").collect()
    ids = pairs["product_id"].unique().sort()
    products = ids.to_frame().join(kinds, on="product_id", how="left", maintain_order="left")
    people, goods = pl.Enum(customers["customer_id"]), pl.Enum(ids)
    coded = pairs.select(
        pl.col("customer_id").cast(people).to_physical().cast(pl.Int64).alias("person"),
        pl.col("product_id").cast(goods).to_physical().cast(pl.Int64).alias("product"),
        pl.exclude("customer_id", "product_id"),
    ).sort("person", "product")
    nothing = pl.DataFrame()
    return History(as_of, customers, products, [], coded, nothing, nothing, config.max_core_products)


def days_until_bought(dataset: Dataset, history: History, until: date) -> Ints:
    """Per pair of `history.pairs`: days from its day until the next purchase, very many if there is none by `until`."""
    after = (
        purchases(dataset.at(until), until)
        .filter(pl.col("date") > history.as_of)
        .group_by("customer_id", "product_id")
        .agg((pl.col("date").min() - pl.lit(history.as_of)).dt.total_days().alias("days"))
        .collect()
    )
    people, goods = history.customers["customer_id"], history.products["product_id"]
    known = after.filter(pl.col("customer_id").is_in(people.implode()), pl.col("product_id").is_in(goods.implode()))
    codes = [
        known[name].cast(pl.Enum(ids)).to_physical().cast(pl.Int64).to_numpy()
        for name, ids in (("customer_id", people), ("product_id", goods))
    ]
    at = history.find(codes[0], codes[1])
    waited = np.full(history.pairs.height, np.iinfo(np.int64).max)
    waited[at[at >= 0]] = known["days"].to_numpy()[at >= 0]
    return waited


def due_features(history: History) -> Reals:
    """Row per pair of `history.pairs`, columns DUE_COLUMNS; the first is the log of the shrunk gap, in days."""
    pairs, rows, columns = history.pairs, history.rows, history.columns
    count = pairs["purchase_days"].to_numpy().astype(np.float64)
    since_first, since_last = (_age(history, name) for name in ("first_on", "last_on"))
    usual = product_gaps(history, np.maximum(count - 1, 0), since_first)
    gap = (since_first - since_last + PRIOR_PERSONAL * usual[columns]) / (np.maximum(count - 1, 0) + PRIOR_PERSONAL)
    seen = np.bincount(rows, np.maximum(count - 1, 0), history.shape[0])
    awaited = np.bincount(rows, since_first / usual[columns], history.shape[0])
    phase = np.log(np.maximum(since_last, 0.5) / gap)
    hinges = [np.maximum(phase - knot, 0) for knot in PHASE_KNOTS]
    faded = [np.log(_faded(history, half_life) + 0.02) for half_life in DUE_HALF_LIVES_DAYS]
    people = history.customers
    visits = [np.log1p(people[name].fill_null(0).to_numpy())[rows] for name in ("visits_28d", "visits_90d")]
    unseen = (pl.lit(history.as_of) - pl.col("last_visit_on")).dt.total_days().fill_null(999)
    unseen_days = people.select(unseen).to_series().to_numpy()
    table = [np.log(gap), np.log(usual[columns]), np.log1p(since_last), phase, *hinges, np.minimum(count, 2) * phase]
    table += [np.log(np.maximum(count, 1)), np.log1p(since_first), *faded, *visits, np.log1p(unseen_days)[rows]]
    table += [np.log((seen + PRIOR_PERSON) / (awaited + PRIOR_PERSON))[rows], _trend(history)[columns]]
    return np.stack(table, axis=1).astype(np.float64)


def product_gaps(history: History, again: Reals, since_first: Reals) -> Reals:
    """Days between purchases of each product by those who bought it, running gaps counted, shrunk to its kind's.

    Args:
        history: whose products.
        again: purchases after the first of each pair.
        since_first: days since the first of each pair.
    """
    kind, kinds = history.attribute_codes("subcategory")
    overall = max(again.sum(), 1.0) / max(since_first.sum(), 1.0)
    of_kind = kind[history.columns].astype(np.int64)
    by_kind = (np.bincount(of_kind, again, kinds) + PRIOR_EVENTS) / (
        np.bincount(of_kind, since_first, kinds) + PRIOR_EVENTS / overall
    )
    size = history.shape[1]
    rate = (np.bincount(history.columns, again, size) + PRIOR_EVENTS) / (
        np.bincount(history.columns, since_first, size) + PRIOR_EVENTS / by_kind[kind]
    )
    return np.asarray(1 / rate, np.float64)


def _age(history: History, column: str) -> Reals:
    days = (pl.lit(history.as_of) - pl.col(column)).dt.total_days().cast(pl.Float64).fill_null(0)
    return history.pairs.select(days).to_series().to_numpy()


def _faded(history: History, half_life_days: int) -> Reals:
    held = [int(name[8:-1]) for name in history.pairs.columns if name.startswith("decayed_")]
    nearest = min(held, key=lambda days: abs(days - half_life_days))
    return history.pairs[f"decayed_{nearest}d"].to_numpy().astype(np.float64)


def _trend(history: History) -> Reals:
    """Log of each product's sales of late over those of the last months."""
    late, before = (np.bincount(history.columns, _faded(history, days), history.shape[1]) for days in (28, 90))
    return np.asarray(np.log((late + 0.5) / (before + 0.5)), np.float64)


def _standardised(table: Reals, mean: Reals, scale: Reals) -> Reals:
    return np.column_stack([np.ones(table.shape[0]), (table - mean) / scale])


def _logistic(score: Reals) -> Reals:
    return np.asarray(1 / (1 + np.exp(-np.clip(score, -30, 30))), np.float64)


def _fit_logistic(table: Reals, label: npt.NDArray[np.bool_]) -> Reals:
    """Ridge logistic regression by Newton's steps; the first column is the constant."""
    weights = np.zeros(table.shape[1])
    penalty = RIDGE * np.eye(table.shape[1])
    penalty[0, 0] = 1e-9
    for _ in range(STEPS):
        expected = _logistic(table @ weights)
        spread = expected * (1 - expected) + 1e-9
        curvature = (table * spread[:, None]).T @ table + penalty
        weights = weights + np.linalg.solve(curvature, table.T @ (label - expected) - penalty @ weights)
    return weights


def _curves(raw: Reals, label: npt.NDArray[np.bool_], often: npt.NDArray[np.bool_]) -> tuple[Curve, Curve]:
    once, more = (fit_curve(raw[part], label[part], np.ones(int(part.sum()))) for part in (~often, often))
    return once, more
