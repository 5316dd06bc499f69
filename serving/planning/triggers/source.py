"""What triggers are evaluated from, wherever it was read: the facts of campaigns, and what changed of late."""

from collections.abc import Mapping
from typing import Protocol

import polars as pl

from serving.planning.campaigns.inputs import CampaignSource

STAGES = {"customer_id": pl.String, "stage": pl.String, "since": pl.Date, "last_purchase_on": pl.Date}
"""One row per customer: the lifecycle stage of their person, and its first day."""


class TriggerSource(CampaignSource, Protocol):
    """Facts for triggers as of one day. None stands for what the published answers do not know."""

    @property
    def answers_id(self) -> str:
        """Name of the set of answers that the facts are of: while it stays, no table changes."""
        ...

    def owner(self, id_type: str, id_value: str) -> str | None:
        """Customer behind an identifier such as a device; None where nobody is known by it."""
        ...

    def goes_with(self, product_id: str, store_id: str | None = None) -> str | None:
        """The product bought most often with another, where a store (None: any) has it; None: the tie is weak."""
        ...

    def stages(self) -> pl.DataFrame | None:
        """Lifecycle stages: columns STAGES."""
        ...

    def first_purchases(self) -> pl.DataFrame | None:
        """Day of the first purchase of customers: `customer_id`, `first_purchase_on`."""
        ...

    def restocked(self) -> pl.DataFrame | None:
        """Goods back in stock: columns `changes.RESTOCKED`."""
        ...

    def price_drops(self) -> pl.DataFrame | None:
        """Prices that fell: columns `changes.PRICE_DROPS`."""
        ...

    def birthdays(self) -> pl.DataFrame | None:
        """Birthdays: columns `changes.BIRTHDAYS`."""
        ...

    def guide_names(self) -> Mapping[str, str]:
        """Guide_id -> name, where there is one."""
        ...

    def fitting(self, product_id: str) -> pl.DataFrame:
        """Likely buyers of a product, most probable first: scored pairs, of a new product those of goods like it."""
        ...
