"""Shares people out among all campaigns that are not approved yet, beside what runs: most value, k offers a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from retail_brain.decisions.assignment import Assignment, assign_contacts
from retail_brain.decisions.audience_request import NO_SIZE, AudienceRequest
from retail_brain.decisions.campaigns.definition import MOST_NAMED
from retail_brain.decisions.ranking import cut_to_size, rank_people
from retail_brain.errors import ImpossibleError, NotFoundError, UsageError
from retail_brain.operational.campaign_effects import effect_looks
from retail_brain.operational.campaigns import OPEN, Change, StoredCampaign, list_campaigns, no_campaign
from retail_brain.operational.repeated_contacts import repeats
from retail_brain.waiting import stop_if_nobody_waits
from serving.planning.campaigns.life import Desk, save
from serving.planning.campaigns.other_plans import other_plans
from serving.planning.campaigns.plan import PlannedCampaign, plan_campaign
from serving.planning.campaigns.standing import definition_of, state_on
from serving.planning.campaigns.unsent import contacts_on, counts

_CUT = ("beyond_size", "over_budget")
"""Codes of people whom a campaign would contact if it had room: those that are shared out anew."""

PEOPLE = {
    "campaign_id": pl.String,
    "rank": pl.Int64,
    "customer_id": pl.String,
    "person_id": pl.String,
    "group": pl.String,
    "channel": pl.String,
    "send_on": pl.Date,
    "product_id": pl.String,
    "probability": pl.Float64,
    "expected_value": pl.Float64,
}
"""One row per campaign that is not approved x person, the best first."""
CAMPAIGNS = {
    "campaign_id": pl.String,
    "state": pl.String,
    "cap": pl.Int64,
    "alone": pl.Int64,
    "assigned": pl.Int64,
    "value": pl.Float64,
    "price": pl.Float64,
}
"""One row per campaign.

`cap` is null where neither size nor budget limits it. `alone` are the people whom it would list if there were no other
that is not approved, `price` is what one more place is worth. Of those that run only `assigned` is known: their people
are frozen."""

_OFFERED = {
    "campaign_id": pl.String,
    "person_id": pl.String,
    "home_store_id": pl.String,
    "product_id": pl.String,
    "own_probability": pl.Float64,
    "worth": pl.Float64,
    "free": pl.Float64,
}
_ROUNDS = 5
"""Times that people are shared out anew because the campaigns together promised more than the stock; after the last
one what is beyond it is given up. Most drafts need one."""


@dataclass(frozen=True)
class Together:
    """What each campaign gets.

    Attributes:
        people: columns PEOPLE.
        campaigns: columns CAMPAIGNS.
        value: expected value of the campaigns that are not approved, held-out people as if they were contacted.
        bound: upper bound on the value of any assignment beside what runs.
        left_out: campaign -> why it could not be planned.
        beyond_stock: offers that were given up since other campaigns get the units of the shop.
    """

    people: pl.DataFrame
    campaigns: pl.DataFrame
    value: float
    bound: float
    left_out: Mapping[str, str]
    beyond_stock: int = 0


def assign_together(desk: Desk, tenant: str, campaign_ids: Sequence[str] = (), *, per_customer: int) -> Together:
    """Shares people out among the campaigns that are not approved, for most expected value.

    Each is planned under what approved campaigns, triggers and guides leave of caps and stock. A person gets at most
    `per_customer` campaigns, those that run and will contact them among them. Size and budget of each hold, and all of
    them together promise no more than the stock of a shop: what is worth most gets it, and others are shared out anew.

    Args:
        desk: where campaigns are worked on.
        tenant: whose campaigns.
        campaign_ids: of these only; none: of all that are not approved.
        per_customer: most campaigns per person.

    Raises:
        NotFoundError: there is no such campaign.
        ImpossibleError: one named is approved already, or none can be planned.
        UsageError: `per_customer` below 1.
        UnavailableError: the database does not answer.
    """
    if per_customer < 1:
        raise UsageError(
            f"at most {per_customer} campaigns per person leave nobody; wanted 1 or more.",
            {"problem": "per_customer", "per_customer": per_customer},
        )
    stored = list_campaigns(tenant, desk.database)
    drafts = _drafts(stored, campaign_ids)
    plans, left_out = _planned(desk, tenant, drafts)
    if not plans:
        why = "; ".join(f"{name}: {text}" for name, text in left_out.items()) or "every campaign is approved or over"
        raise ImpossibleError(
            f"no campaign can be planned: {why}. Make a draft first.",
            {"problem": "no_campaign_to_plan", "left_out": left_out},
        )
    frozen = _running(desk, tenant, stored)
    possible = {
        name: plan.people.filter(pl.col("code").is_null() | pl.col("code").is_in(_CUT)) for name, plan in plans.items()
    }
    caps = {name: _cap(plan.request) for name, plan in plans.items()}
    found, offset = _assigned(possible, caps, frozen, per_customer)
    bound, beyond = found.bound - offset, 0
    for round_ in range(_ROUNDS):
        stop_if_nobody_waits()
        listed = {name: _listed(found, name, possible[name], plan.request) for name, plan in plans.items()}
        dropped = _beyond_stock(listed, plans)
        if dropped.is_empty():
            break
        beyond += dropped.height
        possible = {name: _but(frame, name, dropped) for name, frame in possible.items()}
        if round_ == _ROUNDS - 1:
            listed = {name: _but(frame, name, dropped) for name, frame in listed.items()}
        else:
            found, _ = _assigned(possible, caps, frozen, per_customer)
    return Together(
        pl.concat([_people(name, rows) for name, rows in listed.items()]),
        _campaigns(desk, stored, plans, listed, caps, found, frozen),
        sum(_value(rows) for rows in listed.values()),
        bound,
        left_out,
        beyond,
    )


def narrow_to(desk: Desk, tenant: str, found: Together, *, by: str, now: datetime) -> dict[str, int]:
    """Stores the people of each campaign in its definition (`customer_ids`); gives their number by campaign.

    Each is a draft again, to be previewed and approved: then caps and stock are asked once more. Campaigns that got
    nobody stay as they are.

    Raises:
        ConflictError: somebody changed one meanwhile; those before it are stored.
        ImpossibleError: one got more people than a definition names; those before it are stored.
        UnavailableError: the database does not answer.
    """
    present = {one.campaign_id: one for one in list_campaigns(tenant, desk.database)}
    done: dict[str, int] = {}
    for (name,), rows in found.people.group_by("campaign_id", maintain_order=True):
        stored = present[str(name)]
        people = tuple(rows["customer_id"].sort().to_list())
        if len(people) > MOST_NAMED:
            raise ImpossibleError(
                f"campaign {name!r} got {len(people):,} people; a definition names at most {MOST_NAMED:,}. Give it a "
                "size or a budget.",
                {"problem": "campaign_people", "campaign_id": name, "people": len(people), "limit": MOST_NAMED},
            )
        definition = definition_of(stored).model_copy(update={"customer_ids": people})
        save(desk, Change(tenant, stored.campaign_id, stored.version, by, now), definition)
        done[stored.campaign_id] = len(people)
    return done


def _drafts(stored: Sequence[StoredCampaign], campaign_ids: Sequence[str]) -> list[StoredCampaign]:
    if not campaign_ids:
        return [one for one in stored if one.state in OPEN]
    known = {one.campaign_id: one for one in stored}
    for name in campaign_ids:
        if name not in known:
            raise no_campaign(name)
        if known[name].state not in OPEN:
            raise ImpossibleError(
                f"campaign {name!r} is {known[name].state}: its people are frozen. Name campaigns that are not "
                "approved.",
                {"problem": "campaign_state", "state": known[name].state},
            )
    return [known[name] for name in dict.fromkeys(campaign_ids)]


def _planned(
    desk: Desk, tenant: str, drafts: Sequence[StoredCampaign]
) -> tuple[dict[str, PlannedCampaign], dict[str, str]]:
    """Each campaign under the plans of those approved, and why others could not be planned."""
    others = other_plans(tenant, desk.database, None, desk.today, desk.settings)
    others.check_readable()
    looks = [look for look in effect_looks(tenant, desk.database).read if not repeats(look.campaign_id)]
    plans: dict[str, PlannedCampaign] = {}
    left_out: dict[str, str] = {}
    for one in drafts:
        try:
            definition = definition_of(one)
            plans[one.campaign_id] = plan_campaign(
                definition, one.campaign_id, desk.source, others, desk.settings, looks
            )
        except (NotFoundError, ImpossibleError, UsageError) as error:
            left_out[one.campaign_id] = str(error)
    return plans, left_out


def _running(desk: Desk, tenant: str, stored: Sequence[StoredCampaign]) -> pl.DataFrame:
    """One row per campaign that is approved and not over x person whom it contacts: `campaign_id`, `person_id`."""
    lasting = [one.campaign_id for one in stored if state_on(one, desk.today) in {"approved", "running"}]
    rows: list[tuple[object, ...]] = [
        (name, one.contact.customer_id)
        for name in lasting
        for one in contacts_on(tenant, desk.database, desk.today, name)
        if counts(one)
    ]
    frame = pl.DataFrame(rows, schema={"campaign_id": pl.String, "customer_id": pl.String}, orient="row")
    return desk.source.facts(()).accounts.with_person(frame).select("campaign_id", "person_id").unique()


def _worth() -> pl.Expr:
    """Value of a contact where campaigns compete: its expected value, else its probability."""
    return pl.coalesce("expected_value", "probability")


def _cap(request: AudienceRequest) -> int:
    """Most people of a campaign: its size, and what its budget pays by the cheapest channel; the held-out are free."""
    costs = dict(request.channel_costs).values() if request.channel_costs else [request.contact_cost]
    cheapest = min(costs, default=0.0) * (1 - request.holdout_share)
    if request.budget is None or cheapest <= 0:
        return request.size
    return min(request.size, int(request.budget / cheapest + 1e-9))


def _assigned(
    possible: Mapping[str, pl.DataFrame], caps: Mapping[str, int], frozen: pl.DataFrame, per_customer: int
) -> tuple[Assignment, float]:
    """The assignment with the frozen contacts in it, and what these add to its value and bound.

    They are worth more than any other, so that each is chosen; what they are worth is taken off again.
    """
    values = pl.concat(
        [
            frame.select(campaign_id=pl.lit(name), person_id="person_id", value=_worth())
            for name, frame in possible.items()
        ]
    )
    highest = values["value"].max()
    above = 1.0 + max(float(highest) if isinstance(highest, float) else 0.0, 0.0)
    kept = frozen.join(values.select("person_id").unique(), on="person_id", how="semi")
    # of a person with more contacts than allowed, as many as allowed are in the way of others
    kept = kept.group_by("person_id").head(per_customer).select("campaign_id", "person_id", value=pl.lit(above))
    whole = dict(caps) | dict(kept.group_by("campaign_id").len().iter_rows())
    return assign_contacts(pl.concat([values, kept]), whole, per_customer), above * kept.height


def _listed(found: Assignment, name: str, people: pl.DataFrame, request: AudienceRequest) -> pl.DataFrame:
    own = found.pairs.filter(pl.col("campaign_id") == name).select("person_id")
    ranked = cut_to_size(rank_people(people.join(own, on="person_id", how="semi")), request)
    return ranked.filter(pl.col("code").is_null())


def _beyond_stock(listed: Mapping[str, pl.DataFrame], plans: Mapping[str, PlannedCampaign]) -> pl.DataFrame:
    """Offers that no stock is left for once those worth more are made: `campaign_id`, `person_id`.

    Held-out people take nothing. Campaigns that stock does not limit take none of it either.
    """
    parts = [pl.DataFrame(schema=_OFFERED)]
    for name, rows in listed.items():
        stock = plans[name].stock
        free = stock.select(
            home_store_id="store_id", product_id="product_id", free=pl.col("stock") - pl.col("promised_before")
        )
        told = rows.filter(~pl.col("held")).with_columns(campaign_id=pl.lit(name), worth=_worth())
        parts.append(told.join(free, on=["home_store_id", "product_id"]).select(*_OFFERED))
    offered = pl.concat(parts).sort("worth", "campaign_id", "person_id", descending=[True, False, False])
    promised = pl.col("own_probability").cum_sum().over("home_store_id", "product_id")
    return offered.filter(promised > pl.col("free") + 1e-9).select("campaign_id", "person_id")


def _but(rows: pl.DataFrame, name: str, dropped: pl.DataFrame) -> pl.DataFrame:
    """The rows of a campaign but for the offers dropped."""
    own = dropped.filter(pl.col("campaign_id") == name)
    return rows.join(own, on="person_id", how="anti", maintain_order="left")


def _people(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    group = pl.when("held").then(pl.lit("holdout")).otherwise(pl.lit("contact"))
    named = rows.with_columns(
        campaign_id=pl.lit(name), rank=pl.int_range(1, pl.len() + 1), group=group, probability="own_probability"
    )
    return named.select(pl.col(column).cast(kind) for column, kind in PEOPLE.items())


def _value(rows: pl.DataFrame) -> float:
    return float(rows.select(_worth().sum()).item() or 0.0)


def _campaigns(
    desk: Desk,
    stored: Sequence[StoredCampaign],
    plans: Mapping[str, PlannedCampaign],
    listed: Mapping[str, pl.DataFrame],
    caps: Mapping[str, int],
    found: Assignment,
    frozen: pl.DataFrame,
) -> pl.DataFrame:
    states = {one.campaign_id: state_on(one, desk.today) for one in stored}
    prices = dict(found.prices.select("campaign_id", "price").iter_rows())
    rows: list[tuple[object, ...]] = [
        (
            name,
            states[name],
            caps[name] if caps[name] < NO_SIZE else None,
            plan.listed.height,
            listed[name].height,
            _value(listed[name]),
            prices.get(name),
        )
        for name, plan in plans.items()
    ]
    running = frozen.group_by("campaign_id").len().sort("campaign_id")
    rows += [(name, states[name], None, None, number, None, None) for name, number in running.iter_rows()]
    return pl.DataFrame(rows, schema=CAMPAIGNS, orient="row")
