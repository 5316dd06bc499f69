"""Numbers of a chain that every person's features rest on, fitted as of a reference day and kept with the tables."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from features.person.churn import ChurnModel
from features.person.lifecycle import LifecycleRules, fit_churn_of_past
from features.person.repeat_buying import MIN_REPEAT_BUYERS, RepeatBuying, fit_repeat_buying
from features.person.rfm import RfmEdges
from features.person.spending import Spending, fit_spending
from features.records import buyer_lines
from features.references import buyer_references
from retail_brain.dataset import Dataset


@dataclass(frozen=True)
class ChainNumbers:
    """What buyers of a chain have in common; a model is None where there are too few buyers to fit it.

    Attributes:
        since: the reference day that they hold as of.
        typical_gap_days: days between purchases of a typical buyer, or None where nobody has bought twice.
        churn: churn risk by silence.
        repeat_buying: purchases expected.
        spending: amounts expected.
        rfm: borders between fifths of buyers.
    """

    since: date
    typical_gap_days: float | None
    churn: ChurnModel | None
    repeat_buying: RepeatBuying | None
    spending: Spending | None
    rfm: RfmEdges | None

    @classmethod
    def fit(cls, dataset: Dataset, since: date, rules: LifecycleRules) -> "ChainNumbers":
        """Fits everything on the lines up to the reference day.

        Args:
            dataset: canonical tables.
            since: result of `features.references.reference_day`.
            rules: thresholds of rhythm and silence.

        Raises:
            MissingTableError: the dataset has no sales table.
        """
        found = buyer_references(buyer_lines(dataset, since), since)
        again = found.buyers.filter(pl.col("repeats") > 0).height
        return cls(
            since,
            found.typical_gap_days,
            fit_churn_of_past(found.days.lazy(), since, rules.of_chain(found.typical_gap_days)),
            # a young chain has too few repeat buyers: its features stay null, and the rest of the job goes on
            fit_repeat_buying(found.buyers) if again >= MIN_REPEAT_BUYERS else None,
            fit_spending(found.buyers),
            RfmEdges.of(found.buyers),
        )

    def of_rules(self, rules: LifecycleRules) -> LifecycleRules:
        """The rules with the typical gap and the churn risk of this chain."""
        own = rules.of_chain(self.typical_gap_days)
        return own if self.churn is None else replace(own, churn=self.churn)

    def to_json(self) -> dict[str, Any]:
        """As JSON values, which `from_json` takes."""
        return asdict(self) | {"since": str(self.since)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "ChainNumbers":
        """What `to_json` gave."""
        rfm = values["rfm"]
        return cls(
            date.fromisoformat(values["since"]),
            values["typical_gap_days"],
            ChurnModel(**values["churn"]) if values["churn"] else None,
            RepeatBuying(**values["repeat_buying"]) if values["repeat_buying"] else None,
            Spending(**values["spending"]) if values["spending"] else None,
            RfmEdges(*(tuple(rfm[name]) for name in ("recency", "frequency", "monetary"))) if rfm else None,
        )
