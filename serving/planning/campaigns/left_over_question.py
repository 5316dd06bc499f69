"""The one question whom to tell of left-over goods: asked by the advice, by audiences and by proposed campaigns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from retail_brain.decisions.audience_request import NO_SIZE, AudienceRequest

DAYS = 14
"""Days of contact at most: two weeks, in which most of a contact's purchases fall."""
_USUAL_CHANNELS = ("wechat", "sms")
"""Channels where no past campaign says what a contact costs by which channel."""


def contact_costs(costs: Mapping[str, float]) -> dict[str, float]:
    """Channel -> money for a contact, by what past campaigns paid.

    Without guides, whose time is worth more than what is left over.
    """
    usual = costs or dict.fromkeys(_USUAL_CHANNELS, 0.0)
    return {channel: cost for channel, cost in sorted(usual.items()) if channel != "guide"}


def contact_end(last: date, today: date) -> date:
    """Day after the last one on which people are told of goods that are sold until `last`."""
    return today + timedelta(days=min(DAYS, (last - today).days + 1))


@dataclass(frozen=True)
class LeftOverTerms:
    """What is the same for all left-overs of a set of answers.

    Attributes:
        today: first day of contact.
        costs: channel -> money for a contact.
        holdout_share: share of the people who are held out.
        caused_share: share of their purchases that contacts cause; the rest would be bought anyway.
    """

    today: date
    costs: Mapping[str, float]
    holdout_share: float
    caused_share: float

    def request(self, product_ids: tuple[str, ...], last: date, size: int = NO_SIZE) -> AudienceRequest:
        """The question for goods that are sold until `last`: everybody who pays, unless a size is wanted."""
        return AudienceRequest(
            product_ids=product_ids,
            size=size,
            starts_on=self.today,
            ends_on=contact_end(max(last, self.today), self.today),
            holdout_share=self.holdout_share,
            channels=tuple(self.costs),
            channel_costs=self.costs,
        )
