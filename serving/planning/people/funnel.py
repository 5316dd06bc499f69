"""How the people of a chain move between lifecycle stages, by the rules of its settings."""

import polars as pl

from features.identity.resolve import resolve_identities
from features.jobs import feature_options
from features.person.funnel import stage_moves
from features.records import buyer_lines
from features.references import buyer_references
from retail_brain.dataset import Dataset
from retail_brain.settings import Settings


def tenant_moves(dataset: Dataset, settings: Settings, months: int) -> pl.DataFrame:
    """One row per month's end x store x stage before x stage after; see `features.person.funnel.stage_moves`.

    Args:
        dataset: the lake as of the last visible day.
        settings: of the tenant: identity and lifecycle rules.
        months: months to go back; each needs one pass over purchases and events.

    Raises:
        MissingTableError: the dataset has no sales table.
    """
    day = dataset.as_of or dataset.last_day()
    options = feature_options(settings)
    identities = resolve_identities(dataset, day, options.identity).collect().lazy()
    buyers = buyer_references(buyer_lines(dataset, day, identities), day)
    return stage_moves(dataset, identities, options.rules.of_chain(buyers.typical_gap_days), day, months)
