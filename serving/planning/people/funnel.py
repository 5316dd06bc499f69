"""How the people of a chain stood and moved in the past, by the rules of its settings."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from features.identity.resolve import resolve_identities
from features.jobs import feature_options
from features.person.funnel import guides_on, people_moves, people_on
from features.person.lifecycle import LifecycleRules
from features.records import buyer_lines
from features.references import buyer_references, reference_day
from retail_brain.dataset import Dataset
from retail_brain.settings import Settings


@dataclass(frozen=True)
class PeoplePast:
    """A chain's people, to be looked at as of any day up to its last one.

    Attributes:
        dataset: the lake as of the last visible day.
        day: the last visible one.
        identities: whose accounts and identifiers are one person.
        rules: lifecycle thresholds, with the typical gap of the chain.
    """

    dataset: Dataset
    day: date
    identities: pl.LazyFrame
    rules: LifecycleRules

    @classmethod
    def open(cls, dataset: Dataset, settings: Settings) -> "PeoplePast":
        """By the rules of a tenant's settings.

        Raises:
            MissingTableError: the dataset has no sales table.
            NotFoundError: no sale is visible.
        """
        day = dataset.as_of or dataset.last_day()
        dataset.at(day).last_day()  # on a day before all sales there is nobody to count, which is to be said
        options = feature_options(settings)
        identities = resolve_identities(dataset, day, options.identity).collect().lazy()
        since = reference_day(dataset, day)
        buyers = buyer_references(buyer_lines(dataset, since), since)
        return cls(dataset, day, identities, options.rules.of_chain(buyers.typical_gap_days))

    def moves(self, months: int, guide_moves: pl.DataFrame | None = None) -> pl.DataFrame:
        """One row per month's end x how people were before and are then; see `features.person.funnel.people_moves`."""
        return people_moves(self.dataset, self.identities, self.rules, self.day, months, guide_moves)

    def on(self, day: date) -> pl.DataFrame:
        """One row per person known by a day, without moves of guides; see `features.person.funnel.people_on`."""
        return people_on(self.dataset.at(day), self.identities, self.rules, day, guides_on(None, day))


def tenant_moves(
    dataset: Dataset, settings: Settings, months: int, guide_moves: pl.DataFrame | None = None
) -> pl.DataFrame:
    """One row per month's end x how people were before and are then; see `features.person.funnel.people_moves`.

    Args:
        dataset: the lake as of the last visible day.
        settings: of the tenant: identity and lifecycle rules.
        months: months to go back; each needs one pass over purchases and events.
        guide_moves: people whom another guide got; None where it is not asked who looks after whom.

    Raises:
        MissingTableError: the dataset has no sales table.
    """
    return PeoplePast.open(dataset, settings).moves(months, guide_moves)
