"""Computes features of the due model: purchase rate and recency of a customer x product pair, visits of the person."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from features.person.interactions import purchases, shoppers
from retail_brain.dataset import Dataset
from training.recommender.config import RecommenderConfig
from training.recommender.history import History
from training.recommender.pair_parts import PairParts
from training.recommender.sparse import Ints, Reals

_PRIOR_EVENTS = 5.0
"""Shrinkage: purchases of the broader group that a product's rate counts against. Chosen by judgement, not measured."""
_PRIOR_PERSONAL = 1.0
"""Shrinkage: gaps of the usual length that a person's own count against. Chosen by judgement, not measured."""
_PRIOR_PERSON = 3.0
"""Shrinkage: purchases added to both sides of a person's ratio. Chosen by judgement, not measured."""
_DAYS_NEVER_SEEN = 999
"""Days unseen of people without a visit: longer than any habit. Chosen by judgement, not measured."""


_PHASE_KNOTS = (-2, -1, 0, 1)
"""Knots of the hinges on the log of the running gap over the usual one."""
_DUE_HALF_LIVES_DAYS = (7, 28, 90)
"""Half-lives in days of the decayed purchase counts among the features."""
DUE_COLUMNS = (
    "log_gap",
    "log_usual_gap",
    "log_since_last",
    "phase",
    *(f"phase_above_{knot}" for knot in _PHASE_KNOTS),
    "phase_by_count",
    "log_count",
    "log_since_first",
    *(f"log_decayed_{half_life}d" for half_life in _DUE_HALF_LIVES_DAYS),
    "log_visits_28d",
    "log_visits_90d",
    "log_unseen_days",
    "person_pace",
    "product_trend",
)
"""Names of the columns of `due_features`, in order."""


def purchase_history(dataset: Dataset, as_of: date, config: RecommenderConfig) -> History:
    """A history of purchases alone, without baskets, stores and events: all that `due_features` reads.

    Made for the fit, whose cutoff lies 28 days back: `build_history` would read baskets and events there for nothing.

    Args:
        dataset: needs `transactions`.
        as_of: last visible day.
        config: half-lives of the decayed counts.

    Raises:
        DataError: there is no table `transactions`.
    """
    tables = {name: dataset.frames[name] for name in ("transactions", "products") if dataset.has(name)}
    purchases_dataset = replace(dataset, frames=tables).at(as_of)
    parts = PairParts(purchases_dataset, as_of, config, is_narrow=False)
    customers = shoppers(purchases_dataset, as_of).sort("customer_id").collect()
    listed = purchases_dataset.scan_or_empty("products")
    subcategories = listed.select("product_id", "subcategory").unique("product_id").collect()
    ids = parts.products.unique().sort()
    products = ids.to_frame().join(subcategories, on="product_id", how="left", maintain_order="left")
    pairs = parts.taken(customers["customer_id"], ids)
    no_rows = pl.DataFrame()
    return History(as_of, customers, products, [], pairs, no_rows, no_rows, config.max_core_products)


def days_until_bought(dataset: Dataset, history: History, until: date) -> Ints:
    """Days from `history.as_of` until the next purchase of each pair; the greatest int64 if there is none by `until`.

    Args:
        dataset: must show the days up to `until`.
        history: whose pairs.
        until: last day looked at, inclusive.

    Raises:
        DataError: there is no table `transactions`.
    """
    next_purchases = (
        purchases(dataset.at(until), until)
        .filter(pl.col("date") > history.as_of)
        .group_by("customer_id", "product_id")
        .agg((pl.col("date").min() - pl.lit(history.as_of)).dt.total_days().alias("days"))
        .collect()
    )
    customer_ids, product_ids = history.customers["customer_id"], history.products["product_id"]
    of_known_ids = next_purchases.filter(
        pl.col("customer_id").is_in(customer_ids.implode()), pl.col("product_id").is_in(product_ids.implode())
    )
    codes = [
        of_known_ids[name].cast(pl.Enum(ids)).to_physical().cast(pl.Int64).to_numpy()
        for name, ids in (("customer_id", customer_ids), ("product_id", product_ids))
    ]
    rows = history.find(codes[0], codes[1])
    days = np.full(history.pairs.height, np.iinfo(np.int64).max)
    days[rows[rows >= 0]] = of_known_ids["days"].to_numpy()[rows >= 0]
    return days


@dataclass(frozen=True)
class DueStatistics:
    """What the features of a pair need of all pairs, worked out once per history.

    Attributes:
        usual_gap: of each product, days, see `product_gaps`.
        trend: of each product, log ratio of its purchases of late to those of long.
        pace: of each person, log ratio of their repeats to those expected of anybody with their products.
    """

    usual_gap: Reals
    trend: Reals
    pace: Reals


def due_statistics(history: History) -> DueStatistics:
    """Statistics of products and people over all pairs of a history."""
    repeats, since_first = _repeats(history.pairs), _age(history, history.pairs, "first_on")
    usual_gap = product_gaps(history, repeats, since_first)
    # repeats of each person over those expected of anybody with these products: who comes often, who seldom
    repeats_of_person = np.bincount(history.rows, repeats, history.shape[0])
    expected_repeats = np.bincount(history.rows, since_first / usual_gap[history.columns], history.shape[0])
    pace = np.log((repeats_of_person + _PRIOR_PERSON) / (expected_repeats + _PRIOR_PERSON))
    return DueStatistics(usual_gap, _trend(history), pace)


def due_features(history: History, statistics: DueStatistics | None = None, rows: Ints | None = None) -> Reals:
    """Features of the due model: row per pair of `history.pairs`, columns DUE_COLUMNS.

    Times and gaps are logarithms of days; the first column is the log of the shrunk personal gap, from which the model
    answers where it could not be fitted.

    Args:
        history: purchases up to a day.
        statistics: of the history, if they were worked out before.
        rows: of `history.pairs`; None = all.
    """
    statistics = statistics or due_statistics(history)
    pairs = history.pairs if rows is None else history.pairs[rows]
    people, products = (pairs[name].cast(pl.Int64).to_numpy() for name in ("person", "product"))
    purchase_days = pairs["purchase_days"].to_numpy().astype(np.float64)
    since_first, since_last = (_age(history, pairs, name) for name in ("first_on", "last_on"))
    usual_gap = statistics.usual_gap[products]
    gap = (since_first - since_last + _PRIOR_PERSONAL * usual_gap) / (_repeats(pairs) + _PRIOR_PERSONAL)
    # where the running gap stands: 0 = as long as the usual one; half a day where the purchase was on the last day
    phase = np.log(np.maximum(since_last, 0.5) / gap)
    # of the people asked for alone: a block of pairs names a few of a million
    whose, place = np.unique(people, return_inverse=True)
    customers = history.customers.select("visits_28d", "visits_90d", "last_visit_on")[whose]
    days_unseen = (pl.lit(history.as_of) - pl.col("last_visit_on")).dt.total_days().fill_null(_DAYS_NEVER_SEEN)
    columns = {
        "log_gap": np.log(gap),
        "log_usual_gap": np.log(usual_gap),
        "log_since_last": np.log1p(since_last),
        "phase": phase,
        # hinges, because the probability rises towards the usual gap and falls beyond it
        **{f"phase_above_{knot}": np.maximum(phase - knot, 0) for knot in _PHASE_KNOTS},
        # a product bought once has no gap of its own: its phase counts half
        "phase_by_count": np.minimum(purchase_days, 2) * phase,
        "log_count": np.log(np.maximum(purchase_days, 1)),
        "log_since_first": np.log1p(since_first),
        **{
            # 0.02 keeps the log finite where everything has decayed
            f"log_decayed_{half_life}d": np.log(_decayed_purchases(pairs, half_life) + 0.02)
            for half_life in _DUE_HALF_LIVES_DAYS
        },
        "log_visits_28d": np.log1p(customers["visits_28d"].fill_null(0).to_numpy())[place],
        "log_visits_90d": np.log1p(customers["visits_90d"].fill_null(0).to_numpy())[place],
        "log_unseen_days": np.log1p(customers.select(days_unseen).to_series().to_numpy())[place],
        "person_pace": statistics.pace[people],
        "product_trend": statistics.trend[products],
    }
    return np.stack([columns[name] for name in DUE_COLUMNS], axis=1).astype(np.float64)


def _repeats(pairs: pl.DataFrame) -> Reals:
    """Purchases of each pair after its first."""
    repeats: Reals = np.maximum(pairs["purchase_days"].to_numpy().astype(np.float64) - 1, 0)
    return repeats


def product_gaps(history: History, repeats: Reals, since_first: Reals) -> Reals:
    """Mean days between purchases of each product by those who bought it, shrunk to its subcategory and that to all.

    A gamma-Poisson rate: the days since the last purchase are exposure without an event. Without them gaps would look
    short, because the long ones have not ended yet.

    Args:
        history: whose products and pairs.
        repeats: purchases of each pair after its first.
        since_first: days since the first purchase of each pair.
    """
    kind, kinds = history.attribute_codes("subcategory")
    chain_rate = max(repeats.sum(), 1.0) / max(since_first.sum(), 1.0)
    kind_of_pair = kind[history.columns].astype(np.int64)
    kind_rate = (np.bincount(kind_of_pair, repeats, kinds) + _PRIOR_EVENTS) / (
        np.bincount(kind_of_pair, since_first, kinds) + _PRIOR_EVENTS / chain_rate
    )
    size = history.shape[1]
    rate = (np.bincount(history.columns, repeats, size) + _PRIOR_EVENTS) / (
        np.bincount(history.columns, since_first, size) + _PRIOR_EVENTS / kind_rate[kind]
    )
    return np.asarray(1 / rate, np.float64)


def _age(history: History, pairs: pl.DataFrame, column: str) -> Reals:
    """Days from a date column of some pairs to `as_of`; 0 where it is null."""
    days = (pl.lit(history.as_of) - pl.col(column)).dt.total_days().cast(pl.Float64).fill_null(0)
    return pairs.select(days).to_series().to_numpy()


def _decayed_purchases(pairs: pl.DataFrame, half_life_days: int) -> Reals:
    # half-lives are a setting: the nearest that the history has
    half_lives = [int(name[8:-1]) for name in pairs.columns if name.startswith("decayed_") and name.endswith("d")]
    nearest = min(half_lives, key=lambda days: abs(days - half_life_days))
    return pairs[f"decayed_{nearest}d"].to_numpy().astype(np.float64)


def _trend(history: History) -> Reals:
    """Log ratio of each product's purchases with a half-life of 28 days to those with 90."""
    recent, months = (
        np.bincount(history.columns, _decayed_purchases(history.pairs, days), history.shape[1]) for days in (28, 90)
    )
    return np.asarray(np.log((recent + 0.5) / (months + 0.5)), np.float64)
