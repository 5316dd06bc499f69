"""Facts for triggers from published answers, so that API and command line fire on the same causes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from retail_brain.decisions.availability import NO_STORE, NOWHERE
from retail_brain.settings import AudienceSettings
from serving.planning.triggers.source import STAGES
from serving.store.campaigns import PublishedSource
from serving.store.likely_buyers import likely_buyers

_MUTUAL = 5
"""Best complements of the best complement among which the product itself must be for a message to name it.

A tie of one side alone is weak: potatoes beside a gift box. Chosen by eye: of the 127 best complements of the sample
chain 95 stay, those of face masks, ice cream and gift boxes do not; with 3 baby and kitchen goods go too."""


@dataclass(frozen=True)
class PublishedTriggerSource(PublishedSource):
    """The facts of one set of answers; see `serving.planning.triggers.source.TriggerSource`.

    Attributes:
        audience: how many goods stand in for a new one.
    """

    audience: AudienceSettings = field(default_factory=AudienceSettings)

    @property
    def answers_id(self) -> str:
        """Name of the set of answers."""
        return self.answers.manifest.answers_id

    def owner(self, id_type: str, id_value: str) -> str | None:
        """Customer behind an identifier."""
        row = self.answers.identities.find(id_type, id_value)
        return self.answers.customers.ids[row] if row >= 0 else None

    def goes_with(self, product_id: str, store_id: str | None = None) -> str | None:
        """The best complement of a product, where it can be had as offers are; none where the tie is weak."""
        place, complements = self.answers.products.find(product_id), self.answers.complements
        if place < 0 or complements is None:
            return None
        best = complements.get(place)[0][:1]
        store = NO_STORE if store_id is None else max(self.answers.stores.find(store_id), NO_STORE)
        ways = self.answers.availability.ways(np.full(len(best), store), best)
        named = [one for one in best[ways != NOWHERE].tolist() if place in complements.get(one)[0][:_MUTUAL]]
        return self.answers.products.ids[named[0]] if named else None

    def stages(self) -> pl.DataFrame | None:
        """Lifecycle stages; None where the answers hold no person features."""
        person = self.answers.rows.get("person")
        if person is None or "stage_since" not in person.columns:
            return None
        ids = self.answers.customers.ids.series
        rows = person.select("stage", pl.col("stage_since").alias("since"), "last_purchase_on")
        return rows.with_columns(customer_id=ids).select(pl.col(name).cast(kind) for name, kind in STAGES.items())

    def first_purchases(self) -> pl.DataFrame | None:
        """First purchases; None where the answers hold no person features."""
        person = self.answers.rows.get("person")
        if person is None or "first_purchase_on" not in person.columns:
            return None
        ids = self.answers.customers.ids.series
        return person.select(customer_id=ids, first_purchase_on=pl.col("first_purchase_on").cast(pl.Date))

    def restocked(self) -> pl.DataFrame | None:
        """Goods back in stock."""
        return self.answers.rows.get("facts_restocked")

    def price_drops(self) -> pl.DataFrame | None:
        """Prices that fell."""
        return self.answers.rows.get("facts_price_drops")

    def birthdays(self) -> pl.DataFrame | None:
        """Birthdays."""
        return self.answers.rows.get("facts_birthdays")

    def guide_names(self) -> Mapping[str, str]:
        """Names of the guides whom the lake names."""
        named = self.answers.rows.get("guide_names")
        return {} if named is None else dict(named.iter_rows())

    def fitting(self, product_id: str) -> pl.DataFrame:
        """Likely buyers of a product.

        Raises:
            ModelError: there are no scored pairs.
        """
        return likely_buyers(self.answers, self.answers.products.find(product_id), self.audience)
