"""Decides who may be contacted at all, whatever for, and by which account: consent, control group, holdout, caps."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.channels import channel_options
from retail_brain.decisions.consents import (
    CLOSED_CODES,
    channel_states,
    closed_reasons,
    opt_outs_of_persons,
    with_opt_outs,
    with_refusals_of_persons,
)
from retail_brain.decisions.contact_caps import Caps, with_open_days
from retail_brain.decisions.holdout import is_holdout
from retail_brain.operational.repeated_contacts import repeats
from retail_brain.settings import AudienceSettings

_CONTROL = "global control group"
"""Salt of the control group's hash: no campaign can have it as its id, which holds no blank."""


def reach(
    people: pl.DataFrame, facts: AudienceFacts, request: AudienceRequest, as_of: date, settings: AudienceSettings
) -> pl.DataFrame:
    """One row per person: what may be sent to them, and by which account.

    This is the one place that says who may be contacted, whatever for: audiences, campaigns and whatever else contacts
    people ask it. Everything in it goes by person. `customer_id` is the account to contact, `channel` the channel,
    `open_days` the days on which the caps leave room (null: every day), `held` says who belongs to the holdout.
    `reach_code` is null for those who may be reached, else the first that holds of: no consent, control group, already
    contacted in the campaign, the caps with the contacts made so far, and the caps with what approved campaigns plan.
    Who may not be reached has their first account as `customer_id`.

    Args:
        people: `person_id`, `first_customer_id`, one row each, as `Accounts.people` gives them.
        facts: consents, contacts made and planned, responses.
        request: the campaign.
        as_of: last visible day.
        settings: caps and the share of the control group.

    Raises:
        ImpossibleError: the campaign has no day left.
    """
    held = people.with_columns(held=drawn(people["first_customer_id"], request.holdout_key, request.holdout_share))
    reached = reachable(people, facts, request, as_of, settings).join(
        held, on="person_id", how="left", maintain_order="left"
    )
    return _with_members(reached, members(facts, request)).select(
        "person_id", "customer_id", "held", "channel", "open_days", "reach_code"
    )


def caps_of(settings: AudienceSettings) -> Caps:
    """Caps on the contacts of a person."""
    return Caps(settings.max_contacts, settings.contact_window_days, settings.max_contacts_by_channel)


def drawn(first_customer_ids: pl.Series, key: str, share: float) -> pl.Series:
    """Who is drawn by the hash of a person: of the account by which they were known first."""
    return is_holdout(first_customer_ids, key, share)


def reachable(
    people: pl.DataFrame, facts: AudienceFacts, request: AudienceRequest, as_of: date, settings: AudienceSettings
) -> pl.DataFrame:
    """One row per person: `person_id`, `customer_id`, `channel`, `open_days` and `reach_code` as `reach` gives them.

    Neither goods nor the campaign count: who was contacted in it before, `members` says.
    """
    caps = caps_of(settings)
    accounts = facts.accounts.accounts(people)
    facts = _of_accounts(facts, accounts)
    consents = _consents(facts, as_of)
    states = None if consents is None else channel_states(consents.lazy(), as_of).collect()
    options = channel_options(accounts, states, facts.contacts, facts.responses, request.allowed_channels)
    if states is None and facts.opt_outs is not None:
        closed = opt_outs_of_persons(facts.opt_outs, facts.persons)
        # a null channel is any: who refused one must not be reached by a guess
        is_known = pl.col("channel").is_not_null() | ~pl.col("customer_id").is_in(closed["customer_id"].implode())
        options = options.filter(is_known).join(closed, on=["customer_id", "channel"], how="anti")
    days = request.contact_days(as_of)
    is_open = with_open_days(options, contact_log(facts), days, caps)
    best = is_open.unique("person_id", keep="first", maintain_order=True)
    reached = (
        people.with_columns(is_control=drawn(people["first_customer_id"], _CONTROL, settings.control_share))
        .join(_flag(options, "has_channel"), on="person_id", how="left")
        .join(_closed(states, accounts, request), on="person_id", how="left")
        .join(best, on="person_id", how="left")
        .join(_full_of_plans(options, best, facts, days, caps), on="person_id", how="left")
    )
    code = (
        pl.when(pl.col("has_channel").is_null()).then(pl.col("consent_code").fill_null("no_consent"))
        .when("is_control").then(pl.lit("control_group"))
        .when(pl.col("is_planned").is_not_null()).then(pl.lit("planned_elsewhere"))
        .when(pl.col("customer_id").is_null()).then(pl.lit("contacted_too_often"))
    )  # fmt: skip
    account = pl.coalesce("customer_id", "first_customer_id")
    return reached.select("person_id", account, "channel", "open_days", reach_code=code).sort("person_id")


def _of_accounts(facts: AudienceFacts, accounts: pl.DataFrame) -> AudienceFacts:
    """The facts about some accounts, where they are few of all."""
    if 2 * accounts.height > facts.customers.height:
        return facts
    tables = {name: getattr(facts, name) for name in ("consents", "contacts", "responses", "planned", "opt_outs")}
    own = accounts.select("customer_id")
    return replace(
        facts,
        **{name: table.join(own, on="customer_id", how="semi") for name, table in tables.items() if table is not None},
    )


def _full_of_plans(
    options: pl.DataFrame, best: pl.DataFrame, facts: AudienceFacts, days: Sequence[date], caps: Caps
) -> pl.DataFrame:
    """The people whom only the contacts that approved campaigns plan leave no day: `person_id`, `is_planned`."""
    if facts.planned is None or not facts.planned.height:
        return _flag(options.clear(), "is_planned")
    closed = options.join(best, on="person_id", how="anti")
    return _flag(with_open_days(closed, contact_log(facts, with_planned=False), days, caps), "is_planned")


def _flag(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    return rows.select("person_id").unique().with_columns(pl.lit(value=True).alias(name))


def contact_costs(request: AudienceRequest) -> pl.Expr:
    """Money for one contact by the column `channel`."""
    if not request.channel_costs:
        return pl.lit(request.contact_cost)
    return pl.col("channel").replace_strict(
        dict(request.channel_costs), default=request.contact_cost, return_dtype=pl.Float64
    )


def contact_log(facts: AudienceFacts, *, with_planned: bool = True) -> pl.DataFrame:
    """One row per contact made or planned, held-out people apart: `person_id`, `channel`, `day`.

    A planned contact that was made since, of the same campaign and person, is counted once.
    """
    columns = {"person_id": pl.String, "channel": pl.String, "day": pl.Date}
    parts = [pl.DataFrame(schema=columns)]
    made = None if facts.contacts is None else facts.accounts.with_person(facts.contacts)
    if made is not None:
        told = made.filter(~pl.col("is_holdout"))
        parts.append(told.select("person_id", "channel", day=pl.col("contacted_at").cast(pl.Date)))
    if with_planned and facts.planned is not None:
        planned = facts.accounts.with_person(facts.planned)
        if made is not None:
            planned = _not_made(planned, made)
        parts.append(planned.select("person_id", "channel", "day"))
    return pl.concat(parts)


def _not_made(planned: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """Planned contacts that the contacts made do not hold; of sources that contact a person again, by day."""
    keys = ["campaign_id", "person_id"]
    if "repeats" not in planned.columns:
        return planned.join(made, on=keys, how="anti")
    once = planned.filter(~pl.col("repeats")).join(made, on=keys, how="anti")
    days = made.with_columns(day=pl.col("contacted_at").cast(pl.Date))
    return pl.concat([once, planned.filter("repeats").join(days, on=[*keys, "day"], how="anti")])


def _consents(facts: AudienceFacts, as_of: date) -> pl.DataFrame | None:
    """Changes of consent, those that came back of contacts among them; None where there is no table of consents."""
    if facts.consents is None or facts.opt_outs is None or facts.opt_outs.is_empty():
        return facts.consents
    consents = with_opt_outs(facts.consents, facts.opt_outs)
    return consents if facts.persons is None else with_refusals_of_persons(consents, facts.persons, as_of)


def _closed(states: pl.DataFrame | None, accounts: pl.DataFrame, request: AudienceRequest) -> pl.DataFrame:
    """One row per person to whom a channel (of those asked for, if some are) is closed, with the reason."""
    if states is None:
        return pl.DataFrame(schema={"person_id": pl.String, "consent_code": pl.String})
    allowed = request.allowed_channels
    asked = states.filter(pl.col("channel").is_in(list(allowed))) if allowed else states
    return closed_reasons(asked.join(accounts, on="customer_id"), "person_id")


def members(facts: AudienceFacts, request: AudienceRequest) -> pl.Series:
    """Ids of the persons contacted in this campaign before, by whichever account.

    Triggers and guides contact a person again; the caps say how often.
    """
    none = pl.Series("person_id", [], dtype=pl.String)
    if facts.contacts is None or request.campaign_id is None or repeats(request.campaign_id):
        return none
    own = facts.contacts.filter(pl.col("campaign_id") == request.campaign_id, ~pl.col("is_holdout"))
    return facts.accounts.with_person(own)["person_id"].unique()


BEFORE_MEMBERS = (*CLOSED_CODES, "control_group")
"""Codes that come before `in_campaign`."""


def _with_members(reached: pl.DataFrame, told: pl.Series) -> pl.DataFrame:
    """The people reached with the code `in_campaign` for those who were told in the campaign before."""
    is_before = pl.col("reach_code").is_in(BEFORE_MEMBERS).fill_null(value=False)
    is_again = pl.col("person_id").is_in(told.implode()) & ~is_before
    return reached.with_columns(reach_code=pl.when(is_again).then(pl.lit("in_campaign")).otherwise("reach_code"))
