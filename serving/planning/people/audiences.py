"""Builds audiences, and assigns people to campaigns, from scored pairs, consents, contacts and stock."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.assignment import Assignment, assign_contacts
from retail_brain.decisions.audience import audience_rows, build_audience
from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.crowd import homes_of
from retail_brain.decisions.eligibility import assess
from retail_brain.decisions.ranking import rank_people
from retail_brain.errors import NotFoundError, UsageError
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings
from serving.planning.campaigns.inputs import OtherPlans
from serving.planning.people.audience_facts import check_products, read_facts
from serving.planning.people.campaigns import of_campaign, read_campaigns
from serving.planning.people.reasons import with_reason_texts


class Scorer(Protocol):
    """A recommender that scores everybody with given goods."""

    def score(self, dataset: Dataset, *, products: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        """Blocks of scored pairs."""


Pairs = pl.DataFrame | Iterable[pl.DataFrame] | Scorer
"""Scored pairs, whole or in blocks, or a recommender that makes them: `customer_id`, `product_id`, `probability` and
perhaps `kind`, `due_on`, `reason` (a code)."""


@dataclass(frozen=True)
class Among:
    """Whom an audience is drawn from, and what is there for them.

    Attributes:
        store_id: only people of this shop; None for everybody.
        customer_ids: only these customers, such as those of a segment; None for everybody.
        left_over: columns of `audience_request.LEFT_OVER` where the goods are left-overs, which limits who is told.
        plans: contacts and stock that approved campaigns take, and refusals that came back; None: there are none.
        caused_share: share of purchases that contacts cause; None: that of the facts.
    """

    store_id: str | None = None
    customer_ids: Sequence[str] | None = None
    left_over: pl.DataFrame | None = None
    plans: OtherPlans | None = None
    caused_share: float | None = None


EVERYBODY = Among()


@dataclass(frozen=True)
class CampaignPlan:
    """Campaigns assigned together.

    Attributes:
        audience: one row per campaign x person, ranked within each campaign; the columns of `audience`.
        summary: one row per campaign: cap, assigned, price of one more place.
        value: expected value of all contacts.
        bound: upper bound on the value of any assignment.
    """

    audience: pl.DataFrame
    summary: pl.DataFrame
    value: float
    bound: float


_RANKED_BY = {
    "uplift": "ranked by uplift: what a contact changes for each person, learned from people held out before",
    "response": "ranked by response: past campaigns with people held out do not surely say whom a contact moves",
}


def audience(
    dataset: Dataset,
    pairs: Pairs,
    settings: Settings,
    request: AudienceRequest,
    *,
    among: Among = EVERYBODY,
    at_home_only: bool = False,
    progress: Progress | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Audience and exclusions for goods or for a campaign of the `campaigns` table; see `decisions.audience`.

    Args:
        dataset: as known on the day after which people are contacted.
        pairs: scored pairs, whole, in blocks, or a recommender.
        settings: limits on contacts, and defaults.
        request: goods or a campaign, which gives its goods, days, channel, budget and cost where the request has none.
        among: whom it is drawn from.
        at_home_only: whether goods must lie in the person's own shop.
        progress: told by what people are ranked.

    Raises:
        NotFoundError: the campaign, a product or the shop is unknown.
        UsageError: goods and a campaign that has goods of its own.
        ImpossibleError: the campaign is over.
    """
    as_of = dataset.as_of or dataset.last_day()
    if request.campaign_id is not None:
        campaign = _campaign(dataset, request.campaign_id)
        if request.product_ids and campaign.get("product_ids"):
            raise UsageError(
                f"goods {list(request.product_ids)} and campaign {request.campaign_id!r}, which has goods of its own, "
                "were both named; wanted one of the two. Leave out --product or --campaign.",
                {"problem": "audience_goods_and_campaign"},
            )
        request = of_campaign(request, campaign, own_goods=not request.product_ids)
    check_products(dataset, request.product_ids)
    facts = read_facts(
        dataset,
        as_of,
        request.product_ids,
        settings,
        at_home_only=at_home_only,
        experiments=None if among.plans is None else among.plans.experiments,
        progress=progress or SILENT,
    )
    facts = under_plans(replace(facts, left_over=among.left_over), among.plans)
    if progress is not None:
        progress.say(f"  {_RANKED_BY[facts.ranked_by]}")
    scored = _of_products(dataset, pairs, request.product_ids)
    if among.store_id is not None:
        facts, scored = people_of(among.store_id, facts, scored)
    if among.customer_ids is not None:
        facts, scored = only_customers(among.customer_ids, facts, scored)
    return build_audience(scored, facts, request, as_of, settings.audience)


def under_plans(facts: AudienceFacts, plans: OtherPlans | None) -> AudienceFacts:
    """The facts with what approved campaigns plan, promise, tell of and were refused.

    Raises:
        ImpossibleError: one of these campaigns cannot be read.
    """
    if plans is None:
        return facts
    plans.check_readable()
    return replace(facts, planned=plans.contacts, promises=plans.promises, told=plans.told, opt_outs=plans.opt_outs)


def people_of(store_id: str, facts: AudienceFacts, pairs: pl.DataFrame) -> tuple[AudienceFacts, pl.DataFrame]:
    """The facts and pairs of the people of one shop; of a person with several accounts the shop of the first counts.

    Raises:
        NotFoundError: nobody is known to be of that shop.
    """
    people = people_of_stores(facts, [store_id]).customers
    if not people.height:
        raise nobody_of(store_id)
    return replace(facts, customers=people), pairs.join(people, on="customer_id", how="semi")


def nobody_of(store_id: str) -> NotFoundError:
    """The error where nobody is known to be of a shop."""
    return NotFoundError(
        f"nobody is known whose shop is {store_id!r}. Check its id against stores, or leave the shop out.",
        {"problem": "nobody_of_store", "store_id": store_id},
    )


def people_of_stores(facts: AudienceFacts, store_ids: Sequence[str]) -> AudienceFacts:
    """The facts of the people of some shops, with every account of theirs."""
    at_home = homes_of(facts).filter(pl.col("home_store_id").is_in(list(store_ids)))
    owned = facts.accounts.with_person(facts.customers).join(at_home, on="person_id", how="semi")
    return replace(facts, customers=owned.drop("person_id"))


def only_customers(
    customer_ids: Sequence[str], facts: AudienceFacts, pairs: pl.DataFrame
) -> tuple[AudienceFacts, pl.DataFrame]:
    """The facts and pairs of some people, such as those of a segment, named by any of their accounts.

    Ids that nobody has are passed over.
    """
    named = pl.Series("customer_id", list(customer_ids), dtype=pl.String)
    chosen = facts.accounts.every_account(named).to_frame()
    people = facts.customers.join(chosen, on="customer_id", how="semi")
    return replace(facts, customers=people), pairs.join(chosen, on="customer_id", how="semi")


def assign(
    dataset: Dataset,
    pairs: Pairs,
    campaigns: pl.DataFrame,
    settings: Settings,
    *,
    per_customer: int = 1,
    progress: Progress = SILENT,
    plans: OtherPlans | None = None,
) -> CampaignPlan:
    """Assigns people to many campaigns at once.

    Args:
        dataset: as known on the day after which people are contacted.
        pairs: scored pairs, whole or in blocks.
        campaigns: `campaign_id`, `product_ids` (list, or text separated by `;` or `|`) and perhaps `size`, `budget`,
            `contact_cost`, `channel`, `starts_on`, `ends_on`.
        settings: limits on contacts, and defaults.
        per_customer: most campaigns per person.
        progress: told per campaign.
        plans: contacts and stock that approved campaigns take, and refusals that came back; None: there are none.

    Raises:
        DataError: a column is missing or a campaign has no goods.
        NotFoundError: a product is unknown.
        UsageError: `per_customer` below 1, or a campaign with a size, budget or channel that cannot be used.
        ImpossibleError: a campaign is over.
    """
    if per_customer < 1:
        raise UsageError(f"--per-customer {per_customer} leaves nobody; wanted 1 or more.")
    as_of = dataset.as_of or dataset.last_day()
    requests = read_campaigns(campaigns, settings)
    goods = tuple(sorted({product for request in requests.values() for product in request.product_ids}))
    check_products(dataset, goods)
    experiments = None if plans is None else plans.experiments
    known = read_facts(dataset, as_of, goods, settings, experiments=experiments, progress=progress)
    facts = under_plans(known, plans)
    scored = _of_products(dataset, pairs, goods)
    people = {
        name: assess(scored, facts, request, as_of, settings.audience).filter(pl.col("code").is_null())
        for name, request in progress.track(requests.items(), "eligible per campaign", len(requests))
    }
    values = pl.concat(
        [
            frame.select(campaign_id=pl.lit(name), person_id="person_id", value=_contact_value())
            for name, frame in people.items()
        ]
    )
    assignment = assign_contacts(values, {name: _cap(request) for name, request in requests.items()}, per_customer)
    tables = [
        _assigned_rows(assignment, people[name], request, as_of, facts.names) for name, request in requests.items()
    ]
    return CampaignPlan(pl.concat(tables), assignment.prices, assignment.value, assignment.bound)


def _campaign(dataset: Dataset, campaign_id: str) -> Mapping[str, Any]:
    rows = dataset.scan_or_empty("campaigns").filter(pl.col("campaign_id") == campaign_id).collect()
    if rows.height == 0:
        raise NotFoundError(
            f"campaign {campaign_id!r} is not in campaigns. Check its id, or name --product instead.",
            {"problem": "campaign_unknown", "campaign_id": campaign_id},
        )
    return rows.row(0, named=True)


def _of_products(dataset: Dataset, pairs: Pairs, product_ids: Sequence[str]) -> pl.DataFrame:
    is_offered = pl.col("product_id").is_in(list(product_ids))
    if isinstance(pairs, pl.DataFrame):
        return _worded(dataset, pairs.filter(is_offered))
    blocks = pairs if isinstance(pairs, Iterable) else pairs.score(dataset, products=product_ids)
    kept = [block.filter(is_offered) for block in blocks]
    if kept:
        return _worded(dataset, pl.concat(kept, how="diagonal"))
    return pl.DataFrame(schema={"customer_id": pl.String, "product_id": pl.String, "probability": pl.Float64})


def _worded(dataset: Dataset, pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs with their reason codes in English, and in Chinese in `reason_zh`."""
    if "reason" not in pairs.columns:
        return pairs
    named = dataset.scan_or_empty("products").select("product_id", "name").drop_nulls().collect()
    names = dict(named.iter_rows())
    chinese = with_reason_texts(pairs.select("reason"), "zh", names)["reason"]
    return with_reason_texts(pairs, "en", names).with_columns(reason_zh=chinese)


def _contact_value() -> pl.Expr:
    """Value of a contact where campaigns compete: its expected value, else its probability."""
    return pl.coalesce("expected_value", "probability")


def _cap(request: AudienceRequest) -> int:
    affordable = request.size
    if request.budget is not None and request.contact_cost > 0:
        affordable = int(request.budget / request.contact_cost + 1e-9)
    return min(request.size, affordable)


def _assigned_rows(
    assignment: Assignment, people: pl.DataFrame, request: AudienceRequest, as_of: date, names: Mapping[str, str]
) -> pl.DataFrame:
    assigned = assignment.pairs.filter(pl.col("campaign_id") == request.campaign_id).select("person_id")
    listed = rank_people(people.join(assigned, on="person_id", how="semi"))
    return audience_rows(listed, request, as_of, names)
