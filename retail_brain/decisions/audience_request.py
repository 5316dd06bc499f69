"""The request for an audience, and the facts about people and goods that it is drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

import polars as pl

from retail_brain.decisions.frame_memo import FrameMemo
from retail_brain.decisions.persons import Accounts
from retail_brain.decisions.uplift import Uplift
from retail_brain.errors import ImpossibleError, UsageError
from retail_brain.table_schemas import CHANNELS_OF_CONTACT
from retail_brain.which_day import data_day

Kind = Literal["repeat", "explore", "mixed"]

CHANNEL_ORDER = ("wechat", "app", "sms", "email", "guide")
"""Preference between channels that are equally good for a person: the cheap and quiet ones first."""
NO_SIZE = 2**31
"""Size of a list that nothing limits: more people than there are in any chain."""
LEFT_OVER = {"store_id": pl.String, "product_id": pl.String, "left_over_units": pl.Float64, "sell_by": pl.Date}
"""Columns of left-over goods that matter to an audience; `sell_by` is the last day on which they can be sold."""


@dataclass(frozen=True)
class AudienceRequest:
    """A request for an audience.

    Raises:
        UsageError: neither goods nor a campaign, or a size, kind, channel, share or money that cannot be used.

    Attributes:
        product_ids: goods on offer; may be empty with a campaign, whose goods are meant then.
        size: most people in the list, held-out ones included.
        campaign_id: campaign that the audience is for, if it has one.
        kind: `repeat` for people due to buy the goods again, `explore` for people new to them, `mixed` for both.
        channel: the only channel that may be used; None lets each person's best one be chosen.
        starts_on: first day of contact; None or a past day means the day after `as_of`.
        ends_on: day after the last day of contact; None means four weeks.
        budget: money for all contacts; None for no limit.
        contact_cost: money per contact.
        holdout_share: share of the eligible who are listed but not contacted.
        channels: channels that may be used where several may; empty for any. `channel` goes before it.
        channel_costs: money per contact by channel; the channels not named cost `contact_cost`.
        weekdays: ISO days of the week (1 is Monday) on which people may be contacted.
        any_goods: whether every product is on offer: people come first, and each is told of what suits them best.
        whole_units: whether each contact promises a whole unit of what limits it, as a guide does who offers to put one
            aside; otherwise it promises the chance that the person takes one.
    """

    product_ids: tuple[str, ...]
    size: int
    campaign_id: str | None = None
    kind: Kind = "mixed"
    channel: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    budget: float | None = None
    contact_cost: float = 0.0
    holdout_share: float = 0.1
    channels: tuple[str, ...] = ()
    channel_costs: Mapping[str, float] = field(default_factory=dict)
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    any_goods: bool = False
    whole_units: bool = False

    def __post_init__(self) -> None:
        if not (self.product_ids or self.any_goods) and self.campaign_id is None:
            raise UsageError(
                "an audience needs goods or a campaign; got neither. Name goods (--product) or a campaign "
                "(--campaign).",
                {"problem": "audience_nothing"},
            )
        if self.size < 1:
            raise UsageError(
                f"an audience of {self.size} cannot be found; wanted a size of 1 or more.",
                {"problem": "audience_size", "size": self.size},
            )
        if self.kind not in {"repeat", "explore", "mixed"}:
            raise UsageError(
                f"kind {self.kind!r} is unknown; wanted repeat, explore or mixed.",
                {"problem": "audience_kind", "kind": self.kind},
            )
        unknown = self.allowed_channels - set(CHANNELS_OF_CONTACT)
        if unknown:
            raise UsageError(
                f"channel {min(unknown)!r} is unknown; wanted one of {', '.join(CHANNELS_OF_CONTACT)}.",
                {"problem": "audience_channel", "channel": min(unknown)},
            )
        if not 0 <= self.holdout_share < 1:
            raise UsageError(
                f"holdout share {self.holdout_share} cannot be used; wanted 0 or more and less than 1.",
                {"problem": "audience_holdout", "share": self.holdout_share},
            )
        if self.contact_cost < 0 or (self.budget is not None and self.budget < 0):
            raise UsageError(
                "budget and contact cost are amounts of money; wanted 0 or more.", {"problem": "audience_money"}
            )

    @property
    def allowed_channels(self) -> frozenset[str]:
        """Channels that may be used; empty for any."""
        return frozenset(self.channels) if self.channel is None else frozenset({self.channel})

    def contact_days(self, as_of: date) -> list[date]:
        """The days on which people may be contacted, rising.

        Raises:
            ImpossibleError: there is none: the campaign is over, or none of its days is one of `weekdays`.
        """
        first, last = self.days(as_of)
        every = (first + timedelta(days=number) for number in range((last - first).days + 1))
        days = [day for day in every if day.isoweekday() in self.weekdays]
        if not days:
            raise ImpossibleError(
                f"none of the days from {first} to {last} is one of the weekdays {list(self.weekdays)} (1 is Monday). "
                "Choose other weekdays or a later end.",
                {"problem": "no_weekday", "first": str(first), "last": str(last)},
            )
        return days

    @property
    def holdout_key(self) -> str:
        """Salt of the holdout's hash: the campaign, or the goods where there is none."""
        return self.campaign_id or "products:" + ",".join(sorted(self.product_ids))

    def days(self, as_of: date) -> tuple[date, date]:
        """First and last day of contact.

        Raises:
            ImpossibleError: the campaign is over.
        """
        first = max(data_day(as_of), self.starts_on or as_of)
        last = (self.ends_on - timedelta(days=1)) if self.ends_on else first + timedelta(days=27)
        if last < first:
            raise ImpossibleError(
                f"{self.campaign_id or 'the campaign'} ends before {first}, so nobody can be contacted any more. "
                "Choose a later end, or an earlier --as-of.",
                {"problem": "campaign_ends_before", "first": str(first)},
            )
        return first, last


@dataclass(frozen=True)
class AudienceFacts:
    """Tables about people and goods; None where the dataset has no such table.

    Attributes:
        customers: everyone considered: `customer_id`, `home_store_id` where known, and `is_adult`; without that column
            nobody is known to be an adult.
        consents: changes of consent: `customer_id`, `channel`, `granted`, `changed_at` and perhaps `problem`, later
            than the last visible day too; what one account of a person refused stands under every one of them
            (`consents.with_refusals_of_persons`). None: nobody has refused.
        contacts: contacts made: `campaign_id`, `customer_id`, `channel`, `contacted_at`, `is_holdout`.
        responses: `campaign_id`, `customer_id`.
        purchases: one row per customer x product bought: `customer_id`, `product_id`, `bought_on` (last day).
        stock: `store_id`, `product_id`, `on_hand`. None: unknown, so nobody is left out for it.
        values: money that one response with a product earns: `product_id`, `value`.
        names: product_id -> name, for the reasons.
        left_over: columns of LEFT_OVER, where the goods on offer are left-overs: people are told of
            what is left in their own shop only, before it ends. None otherwise.
        caused_share: share of the purchases of contacted people that the contact causes: the rest would have been made
            anyway and earns nothing. None where it was never measured: then every purchase counts.
        left_over_share: the same, as published with the excess stock: until the next publication the advice for a
            line, audiences and campaigns for left-overs go by it. None: none was published.
        left_over_is_measured: whether any campaign is behind that share. None: answers of older versions do not say.
        left_over_campaigns: measured campaigns that it was updated by.
        at_home_only: whether goods must lie in the person's own shop; otherwise any shop of the network will do.
        opt_outs: refusals that came back of contacts: `customer_id`, `channel`, `changed_at`; None: none.
        persons: accounts of persons: `customer_id`, `person_id` and perhaps `first_customer_id`, the account by which
            the person was known first; what happens to one account counts for all of them. None: every customer is a
            person of their own.
        planned: contacts that other campaigns plan: `campaign_id`, `customer_id`, `channel`, `day`, and perhaps
            `repeats` (the source contacts a person again, such as a trigger). None: none.
        told: who is told of what by campaigns, triggers and guides made here, or held out of it, and until when:
            columns `told_elsewhere.TOLD_ROWS`. None: nobody.
        campaigns: of the lake: `campaign_id`, `ends_on` (the day after the last), `product_ids` (null: not named); what
            the people of `contacts` were told of. None: there are none.
        effect_days: days from a contact in which purchases count for its effect.
        promises: units that people of approved campaigns are expected to take: `store_id`, `product_id`, `units`; what
            they leave of the stock is what others may be offered. None: none.
        uplift: what a contact causes for each person, by a model of past contacts withheld at random; None: no such
            model, so people are ranked by their response.
        for_adults: product_ids that only people known to be adults may be told of.
        ends: last days of goods whose listing or season ends: columns of `goods_ends.GOODS_ENDS`; nobody is told of
            goods after theirs. None: no end is known.
        memo: remembers what is the same for many requests on these tables.
    """

    customers: pl.DataFrame
    consents: pl.DataFrame | None = None
    contacts: pl.DataFrame | None = None
    responses: pl.DataFrame | None = None
    purchases: pl.DataFrame | None = None
    stock: pl.DataFrame | None = None
    values: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"product_id": pl.String, "value": pl.Float64})
    )
    names: Mapping[str, str] = field(default_factory=dict)
    left_over: pl.DataFrame | None = None
    caused_share: float | None = None
    left_over_share: float | None = None
    left_over_is_measured: bool | None = None
    left_over_campaigns: int = 0
    at_home_only: bool = False
    planned: pl.DataFrame | None = None
    opt_outs: pl.DataFrame | None = None
    persons: pl.DataFrame | None = None
    promises: pl.DataFrame | None = None
    told: pl.DataFrame | None = None
    campaigns: pl.DataFrame | None = None
    effect_days: int = 1
    uplift: Uplift | None = None
    for_adults: frozenset[str] = frozenset()
    ends: pl.DataFrame | None = None
    memo: FrameMemo = field(default_factory=FrameMemo, compare=False, repr=False)

    @property
    def ranked_by(self) -> Literal["uplift", "response"]:
        """By what people are ranked: what a contact causes for each, or the chance to buy and the share of all."""
        return "response" if self.uplift is None else "uplift"

    @property
    def accounts(self) -> Accounts:
        """Which accounts belong to one person."""
        return Accounts(self.memo.get((self.persons,), "shared accounts", lambda: Accounts.of(self.persons).shared))
