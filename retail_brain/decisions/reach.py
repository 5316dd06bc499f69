"""Decides whom a campaign may reach at all, whatever the goods: consent, control group, holdout and caps."""

from datetime import date

import polars as pl

from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.channels import channel_options
from retail_brain.decisions.consents import (
    channel_states,
    closed_reasons,
    opt_outs_of_persons,
    with_opt_outs,
    with_refusals_of_persons,
)
from retail_brain.decisions.contact_caps import Caps, with_open_days
from retail_brain.decisions.frame_memo import FrameMemo
from retail_brain.decisions.holdout import is_holdout
from retail_brain.settings import AudienceSettings

_CONTROL = "global control group"
"""Salt of the control group's hash: no campaign can have it as its id, which holds no blank."""


def reach(
    people: pl.DataFrame, facts: AudienceFacts, request: AudienceRequest, as_of: date, settings: AudienceSettings
) -> pl.DataFrame:
    """One row per customer with `held` (of the holdout), `channel`, `open_days` (null: every day) and `reach_code`.

    `reach_code` is null for those who may be reached, else the first that holds of: no consent, control group, already
    contacted in the campaign, and the caps of all campaigns together, which leave no channel and day open.

    Args:
        people: `customer_id`, one row each.
        facts: consents, contacts made and planned, responses.
        request: the campaign.
        as_of: last visible day.
        settings: caps and the share of the control group.

    Raises:
        ImpossibleError: the campaign has no day left.
    """
    # goods change neither consents nor caps: for everybody they are worked out once
    is_everybody = people.equals(facts.memo.get((facts.customers,), "everybody", lambda: everybody(facts.customers)))
    memo = facts.memo if is_everybody else FrameMemo()
    inputs = (
        facts.customers,
        facts.consents,
        facts.contacts,
        facts.responses,
        facts.planned,
        facts.opt_outs,
        facts.persons,
    )
    caps = Caps(settings.max_contacts, settings.contact_window_days, settings.max_contacts_by_channel)
    limits = (caps.most, caps.window_days, tuple(sorted(caps.by_channel.items())), settings.control_share)
    campaign = (request.campaign_id, request.allowed_channels, tuple(request.contact_days(as_of)), as_of)
    reached = memo.get(
        inputs,
        ("reach", campaign, limits),
        lambda: _reachable(people, facts, request, as_of, caps, settings.control_share),
    )
    holdout = (request.holdout_key, request.holdout_share)
    held = memo.get((facts.customers,), ("held", holdout), lambda: people.with_columns(held=_held(people, *holdout)))
    columns = ("customer_id", "held", "channel", "open_days", "reach_code")
    return reached.join(held, on="customer_id", how="left", maintain_order="left").select(columns)


def everybody(customers: pl.DataFrame) -> pl.DataFrame:
    """One row per customer: `customer_id`, rising."""
    ids = customers.select(pl.col("customer_id").cast(pl.String))
    return ids.filter(pl.col("customer_id").is_not_null()).unique(maintain_order=True).sort("customer_id")


def _held(people: pl.DataFrame, key: str, share: float) -> pl.Series:
    return is_holdout(people["customer_id"], key, share)


def _reachable(
    people: pl.DataFrame,
    facts: AudienceFacts,
    request: AudienceRequest,
    as_of: date,
    caps: Caps,
    control_share: float,
) -> pl.DataFrame:
    """One row per customer: `channel`, `open_days` and `reach_code`, which depend on no goods."""
    consents = _consents(facts, as_of)
    states = None if consents is None else channel_states(consents.lazy(), as_of).collect()
    options = channel_options(people, states, facts.contacts, facts.responses, request.allowed_channels)
    if states is None and facts.opt_outs is not None:
        closed = opt_outs_of_persons(facts.opt_outs, facts.persons)
        # a null channel is any: who refused one must not be reached by a guess
        is_known = pl.col("channel").is_not_null() | ~pl.col("customer_id").is_in(closed["customer_id"].implode())
        options = options.filter(is_known).join(closed, on=["customer_id", "channel"], how="anti")
    is_open = with_open_days(options, contact_log(facts), request.contact_days(as_of), caps)
    best = is_open.group_by("customer_id", maintain_order=True).first()
    has_channel = options.select("customer_id").unique().with_columns(has_channel=pl.lit(value=True))
    reached = (
        people.with_columns(is_control=is_holdout(people["customer_id"], _CONTROL, control_share))
        .join(has_channel, on="customer_id", how="left")
        .join(_closed(states, request), on="customer_id", how="left")
        .join(_members(facts, request), on="customer_id", how="left")
        .join(best.with_columns(is_open=pl.lit(value=True)), on="customer_id", how="left")
    )
    code = (
        pl.when(pl.col("has_channel").is_null()).then(pl.col("consent_code").fill_null("no_consent"))
        .when("is_control").then(pl.lit("control_group"))
        .when(pl.col("in_campaign").fill_null(value=False)).then(pl.lit("in_campaign"))
        .when(pl.col("is_open").is_null()).then(pl.lit("contacted_too_often"))
    )  # fmt: skip
    return reached.select("customer_id", "channel", "open_days", reach_code=code).sort("customer_id")


def contact_costs(request: AudienceRequest) -> pl.Expr:
    """Money for one contact by the column `channel`."""
    if not request.channel_costs:
        return pl.lit(request.contact_cost)
    return pl.col("channel").replace_strict(
        dict(request.channel_costs), default=request.contact_cost, return_dtype=pl.Float64
    )


def contact_log(facts: AudienceFacts) -> pl.DataFrame:
    """One row per contact made or planned, held-out people apart: `customer_id`, `channel`, `day`.

    A planned contact that was made since, of the same campaign and person, is counted once.
    """
    columns = {"customer_id": pl.String, "channel": pl.String, "day": pl.Date}
    parts = [pl.DataFrame(schema=columns)]
    keys = ["campaign_id", "customer_id"]
    if facts.contacts is not None:
        made = facts.contacts.filter(~pl.col("is_holdout"))
        parts.append(made.select("customer_id", "channel", day=pl.col("contacted_at").cast(pl.Date)))
    if facts.planned is not None:
        planned = facts.planned if facts.contacts is None else facts.planned.join(facts.contacts, on=keys, how="anti")
        parts.append(planned.select("customer_id", "channel", "day"))
    return pl.concat(parts)


def _consents(facts: AudienceFacts, as_of: date) -> pl.DataFrame | None:
    """Changes of consent, those that came back of contacts among them; None where there is no table of consents."""
    if facts.consents is None or facts.opt_outs is None or facts.opt_outs.is_empty():
        return facts.consents
    consents = with_opt_outs(facts.consents, facts.opt_outs)
    return consents if facts.persons is None else with_refusals_of_persons(consents, facts.persons, as_of)


def _closed(states: pl.DataFrame | None, request: AudienceRequest) -> pl.DataFrame:
    """One row per customer to whom a channel (of those asked for, if some are) is closed, with the reason."""
    if states is None:
        return pl.DataFrame(schema={"customer_id": pl.String, "consent_code": pl.String})
    allowed = request.allowed_channels
    return closed_reasons(states.filter(pl.col("channel").is_in(list(allowed))) if allowed else states)


def _members(facts: AudienceFacts, request: AudienceRequest) -> pl.DataFrame:
    """One row per customer contacted in this campaign before: `in_campaign`."""
    if facts.contacts is None:
        return pl.DataFrame(schema={"customer_id": pl.String, "in_campaign": pl.Boolean})
    own = pl.col("campaign_id") == pl.lit(request.campaign_id, dtype=pl.String)
    members = facts.contacts.filter(own, ~pl.col("is_holdout"))
    return members.select("customer_id").unique().with_columns(in_campaign=pl.lit(value=True))
