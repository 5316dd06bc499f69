"""Settings of the recommender, audiences, campaigns, triggers and guides."""

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from retail_brain.settings.section import Section, installed_name

SourceName = Literal["own", "neighbours", "user_cf", "item_item", "als", "trending", "new_goods", "spectral"]
"""Built-in candidate sources of the recommender; other packages add more, see `RecommenderSettings.sources`."""


def _is_source(name: str) -> str:
    return installed_name("candidate_sources", get_args(SourceName), name)


class RecommenderSettings(Section):
    """The recommender and its evaluation."""

    label_days: int = Field(
        default=28, ge=1, description="days; a pair's probability is that of a purchase within them"
    )
    candidates_per_customer: int = Field(
        default=200, ge=10, description="products proposed for each customer at least, popular ones last"
    )
    tuning_seconds: float = Field(
        default=120,
        ge=0,
        description="seconds after which no further trial of the sources' parameters begins; 0 = no tuning",
    )
    feature_sets: tuple[str, ...] = Field(
        default=(),
        description="sets (goods, person) or columns (person.regularity) of feature tables for the ranker too",
    )
    traits: tuple[str, ...] = Field(
        default=(), description="columns of customers that newcomers are grouped by; none that purchases change"
    )
    keep_fitted: bool = Field(
        default=True, description="keep sources fitted on everybody for the next command; costs disk space"
    )
    block_lines: int = Field(
        default=2_000_000,
        ge=1,
        description="receipt lines of people that are described at once: fewer need less memory and more time",
    )
    sources: tuple[Annotated[SourceName | str, AfterValidator(_is_source)], ...] = Field(
        default=get_args(SourceName),
        description="candidate sources in use, `own` and `trending` among them; installed ones by name",
    )


class AudienceSettings(Section):
    """Who may be contacted, and how often."""

    holdout_share: float = Field(default=0.1, ge=0, lt=1, description="share of an audience that is not contacted")
    max_contacts: int = Field(default=4, ge=0, description="contacts a customer may get within `contact_window_days`")
    contact_window_days: int = Field(default=30, ge=1, description="days over which contacts are counted")
    max_contacts_by_channel: Mapping[str, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict, description="contacts within `contact_window_days` by channel, such as sms = 2"
    )
    control_share: float = Field(
        default=0.0, ge=0, lt=1, description="share of all customers that no campaign ever contacts (global control)"
    )
    phone_country_code: str = Field(
        default="86",
        pattern=r"^[1-9]\d{0,2}$",
        description="code of phone numbers without one; not set: that of the country, where it is known",
    )
    value_days: int = Field(default=91, ge=1, description="days whose prices say what a unit brings")
    adult_age: int = Field(default=18, ge=0, le=120, description="years from which goods for adults may be offered")
    similar_products: int = Field(
        default=5, ge=0, description="similar products whose people stand in where a product has none of its own"
    )
    similar_share: float = Field(
        default=0.5, ge=0, le=1, description="share of a similar product's probability that is taken over then"
    )
    just_bought_days: int = Field(default=7, ge=0, description="days; nobody is offered what they bought within them")


class CampaignSettings(Section):
    """Campaigns: quiet hours, what is assumed and how long an effect is counted."""

    quiet_from: int = Field(default=21, ge=0, le=24, description="hour from which nobody is contacted, on any day")
    quiet_until: int = Field(default=9, ge=0, le=24, description="hour before which nobody is contacted, on any day")
    assumed_caused_share: float = Field(
        default=0.1, gt=0, lt=1, description="share of purchases that contacts cause, where no campaign measured it yet"
    )
    effect_days: int = Field(
        default=14, ge=1, description="days from a contact in which purchases count for its effect"
    )
    uplift_traits: tuple[str, ...] = Field(
        default=(), description="columns of customers that uplift is learned from; none that purchases change"
    )
    second_person: bool = Field(
        default=False, description="whether a campaign is approved by somebody else than who changed it last"
    )
    push_targets: Mapping[str, str] = Field(
        default_factory=dict,
        description="where /campaign_push may hand contacts to: name -> address or env:NAME",
    )
    push_secret_env: str | None = Field(
        default=None, description="environment variable with the key that calls of /campaign_push are signed with"
    )


class TriggerSettings(Section):
    """Triggers: how far back causes are looked for, and how much is done at once."""

    look_back_days: int = Field(
        default=7, ge=1, le=90, description="days back in which stock, prices, stages and launches are causes still"
    )
    at_once: int = Field(
        default=2000, ge=1, le=100_000, description="messages that are decided and handed over at once"
    )
    lease_seconds: float = Field(
        default=300,
        gt=0,
        description="seconds after which what a worker that ended had in hand goes on elsewhere; beside it at once",
    )


class GuideSettings(Section):
    """Guides (shop assistants): their daily lists and their credit."""

    capacity_per_day: int = Field(default=20, ge=0, description="people on a guide's daily list, unless set for one")
    contact_cost: float = Field(default=0, ge=0, description="money that one contact by a guide costs")
    due_within_days: int = Field(
        default=3, ge=0, description="days before goods are due from which a guide's list names their buyer"
    )
    days_ahead: int = Field(
        default=14, ge=0, description="days after the first unseen day of the answers for which lists are made at most"
    )
    holdout_share: float = Field(
        default=0.1, ge=0, lt=1, description="share of those worth a contact whom no list names, to measure the effect"
    )
    credit_days: int = Field(
        default=14, ge=1, description="days from a guide's contact in which purchases count for their credit"
    )
    referral_days: int = Field(
        default=91, ge=1, description="days in which purchases of a new customer count for who brought them"
    )
