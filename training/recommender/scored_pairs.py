"""Pairs of a block of people with their probabilities; reasons and due dates are worked out for rows that are kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl

from training.recommender.candidates.pool import Candidates
from training.recommender.due_model import PROBABILITIES, DueModel, scaled_to_ranker
from training.recommender.fitted_sources import FittedSources
from training.recommender.ranker import Ranker
from training.recommender.reasons import reason_codes
from training.recommender.repeat_gap import due_days
from training.recommender.sparse import Floats, Ints, Reals

# MLflow's signature of the recommender names the same columns (`training.tracking.packaging`)
SCORED = {
    "customer_id": pl.String,
    "product_id": pl.String,
    "probability": pl.Float64,
    "kind": pl.String,
    "due_on": pl.Date,
    "reason": pl.String,
    "gap_days": pl.Int32,
    **dict.fromkeys(PROBABILITIES, pl.Float64),
}
_PAIR = "pair"
"""Column with the number of a pair in its block, from which the rest is worked out; null in rows that are no pair."""

Choice: TypeAlias = Callable[[pl.DataFrame], pl.DataFrame]
"""Chooses and orders rows of `ScoredPairs.frame`; further rows and columns are kept. Called on several threads.

Of people without a purchase or event it gets whole rows (columns SCORED), whose reasons are worked out already."""


@dataclass(frozen=True)
class ScoredPairs:
    """Scored pairs of a block of people.

    Attributes:
        fitted: sources and features of the day.
        due: says how a repeat pair's probability divides over time.
        block: the pairs.
        features: pairs x features.
        probability: of a purchase within the label's days.
    """

    fitted: FittedSources
    due: DueModel
    block: Candidates
    features: Floats
    probability: Reals

    @classmethod
    def of(cls, fitted: FittedSources, ranker: Ranker, due: DueModel, block: Candidates) -> "ScoredPairs":
        """The candidates of a block with their probabilities."""
        features = fitted.features.table(block)
        probability = ranker.probability(features, fitted.feature_names)
        # trees have seen no pair of somebody who never bought: every training pair belongs to a buyer
        is_cold_start = np.isnan(fitted.features.person[block.people, 0]) & (features[:, 0] == 0)
        if is_cold_start.any():
            probability[is_cold_start] = _cold_start_probability(fitted, block)[is_cold_start]
        return cls(fitted, due, block, features, probability)

    def frame(self) -> pl.DataFrame:
        """One row per pair: the columns of SCORED but the probabilities over time, `reason` empty, and _PAIR."""
        block, history = self.block, self.fitted.history
        since_last, gap = (self._feature(name) for name in ("since_last", "gap"))
        days_until_due = due_days(since_last.astype(float), gap.astype(float))
        is_repeat = self.features[:, 0] > 0
        expected_gap = np.where(is_repeat, gap, self.fitted.features.gaps.product[block.products])
        frame = pl.DataFrame(
            {
                "customer_id": history.customers["customer_id"].gather(block.people),
                "product_id": history.products["product_id"].gather(block.products),
                "probability": self.probability,
                "day": np.where(np.isnan(days_until_due), -1, days_until_due).astype(np.int32),  # -1 = not due
                "gap_days": np.rint(expected_gap).astype(np.int32),
                "is_repeat": is_repeat,
                _PAIR: np.arange(block.people.size),
            }
        )
        due_on = pl.lit(history.as_of) + pl.duration(days=pl.col("day"))
        return frame.with_columns(
            pl.when("is_repeat").then(pl.lit("repeat")).otherwise(pl.lit("explore")).alias("kind"),
            pl.when(pl.col("day") > 0).then(due_on).cast(pl.Date).alias("due_on"),
            pl.lit(None, dtype=pl.String).alias("reason"),
        ).drop("day", "is_repeat")

    def whole(self) -> pl.DataFrame:
        """One row per pair, columns SCORED."""
        return self.explained(self.frame()).select(list(SCORED))

    def explained(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows of `frame`, some or all and in any order, with reasons and probabilities over time, without _PAIR.

        Rows that are no pair of the block (_PAIR is null) keep the reason they have.
        """
        pairs = rows[_PAIR].drop_nulls().to_numpy()
        features = self.features[pairs]
        reasons = reason_codes(self.fitted, self.block.take(pairs), features, self.fitted.feature_names)
        over_time = np.full((pairs.size, len(PROBABILITIES)), np.nan)
        is_repeat = features[:, 0] > 0
        over_time[is_repeat] = self._over_time(pairs[is_repeat])
        columns = [reasons, *map(pl.Series, PROBABILITIES, over_time.T)]
        found = pl.DataFrame(columns).with_columns(pl.col(PROBABILITIES).fill_nan(None))
        if pairs.size < rows.height:
            is_pair = pl.col(_PAIR).is_not_null()
            place = rows.select(pl.when(is_pair).then(is_pair.cum_sum() - 1)).to_series()
            found = found.select(pl.all().gather(place))
            found = found.with_columns(pl.coalesce("reason", rows["reason"]).alias("reason"))
        return rows.drop(_PAIR).with_columns(found.get_columns())

    def _over_time(self, repeat: Ints) -> Reals:
        """Repeat pairs x PROBABILITIES, which agree with the ranker's probability."""
        rows = self.fitted.history.find(self.block.people[repeat], self.block.products[repeat])
        probabilities = self.due.probabilities(self.fitted.history, self.fitted.due_statistics, rows)
        return scaled_to_ranker(probabilities, self.probability[repeat], self.fitted.config.label_days)

    def _feature(self, name: str) -> Floats:
        values: Floats = self.features[:, self.fitted.feature_names.index(name)]
        return values


def _cold_start_probability(fitted: FittedSources, block: Candidates) -> Floats:
    """Probability of each pair for people who never bought: a Poisson rate within the label's days.

    The rate is what an average active person buys, times the product's share in the store (times the segment's lift).
    """
    trending = [source.name for source in fitted.sources].index("trending")
    probability: Floats = -np.expm1(-block.scores[:, trending] * fitted.purchases_per_person)
    return probability
