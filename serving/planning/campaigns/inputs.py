"""What a campaign is planned from, wherever it was read: published answers or a dataset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import polars as pl

from retail_brain.decisions.audience_request import AudienceFacts
from retail_brain.decisions.told_elsewhere import TOLD_ROWS
from retail_brain.errors import ImpossibleError
from serving.planning.campaigns.experiments import Experiments
from serving.planning.campaigns.standing import unreadable_text


class CampaignSource(Protocol):
    """Facts for campaigns as of one day. A package or another part of the service may bring a source of its own."""

    @property
    def as_of(self) -> date:
        """Last visible day."""
        ...

    def goods(self) -> pl.DataFrame:
        """One row per product: `product_id`, and `category` and `launched_on` where known."""
        ...

    def stores(self) -> Sequence[str]:
        """Ids of every shop."""
        ...

    def lake_campaigns(self) -> Sequence[str]:
        """Ids of the campaigns of the lake's table `campaigns`."""
        ...

    def left_over(self) -> pl.DataFrame:
        """Excess stock, one row per store x product, most money at risk first: columns LEFTOVERS."""
        ...

    def segments(self) -> pl.DataFrame:
        """One row per customer: `customer_id` and `segment`, the stage of their life as a customer."""
        ...

    def people_of(self, segment: str) -> Sequence[str] | None:
        """Ids of the people of a named segment; None where no such segment is known."""
        ...

    def facts(self, product_ids: Sequence[str] | None) -> AudienceFacts:
        """Facts about all people and these goods (None: all goods)."""
        ...

    def names(self, product_ids: Sequence[str]) -> Mapping[str, str]:
        """Product_id -> name, where there is one."""
        ...

    def channel_costs(self) -> Mapping[str, float]:
        """Channel -> usual money for a contact, of the channels that past campaigns used."""
        ...

    def pairs(self, product_ids: Sequence[str] | None, customer_ids: Sequence[str] | None) -> pl.DataFrame:
        """Scored pairs of goods and people (None: all of them): the columns that an audience asks for."""
        ...


@dataclass(frozen=True)
class OtherPlans:
    """What the approved campaigns leave of people, caps and stock, and what is to be learned from those that are over.

    Attributes:
        contacts: contacts that are planned or made, of triggers and guides too: `campaign_id`, `customer_id`,
            `channel`, `day`, and whether the source `repeats`: contacts a person again.
        opt_outs: refusals that came back of contacts: `customer_id`, `channel`, `changed_at`.
        promises: units that their people are expected to take: `store_id`, `product_id`, `units`.
        told: who is told of what, or held out of it, until when; see `AudienceFacts.told`.
        unreadable: approved campaigns that nobody can read; nobody new is contacted while there are any.
        experiments: campaigns that are over and measured, which uplift is learned from; None where it is not learned.
    """

    contacts: pl.DataFrame
    promises: pl.DataFrame
    opt_outs: pl.DataFrame | None = None
    experiments: Experiments | None = None
    told: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=TOLD_ROWS))
    unreadable: tuple[str, ...] = ()

    def fault(self) -> ImpossibleError | None:
        """Why no contacts can be planned beside campaigns that nobody can read; None where there are none."""
        if not self.unreadable:
            return None
        return ImpossibleError(
            unreadable_text(self.unreadable),
            {"problem": "campaigns_unreadable", "campaign_ids": list(self.unreadable)},
        )

    def check_readable(self) -> None:
        """Refuses to plan contacts beside campaigns that nobody can read.

        Raises:
            ImpossibleError: there are some; they are named.
        """
        if (fault := self.fault()) is not None:
            raise fault

    @classmethod
    def none(cls) -> "OtherPlans":
        """No other campaign."""
        contacts = {"campaign_id": pl.String, "customer_id": pl.String, "channel": pl.String, "day": pl.Date}
        contacts |= {"repeats": pl.Boolean}
        promises = {"store_id": pl.String, "product_id": pl.String, "units": pl.Float64}
        return cls(pl.DataFrame(schema=contacts), pl.DataFrame(schema=promises))
