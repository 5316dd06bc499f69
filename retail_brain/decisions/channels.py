"""Chooses the contact channel of each customer from consents, past contacts and responses."""

from datetime import date, timedelta

import polars as pl

from retail_brain.decisions.audience_request import CHANNEL_ORDER


def best_channels(
    customers: pl.DataFrame,
    states: pl.DataFrame | None,
    contacts: pl.DataFrame | None,
    responses: pl.DataFrame | None,
    channel: str | None,
) -> pl.DataFrame:
    """One row per customer who may be reached: `customer_id`, `channel` (null where nothing tells).

    Among the allowed channels it is the one the person answered most often, then the one used most, then the quietest.
    Where there is no consent table everyone may be reached, by `channel` or the one used so far.

    Args:
        customers: everybody considered.
        states: result of `channel_states`; None where the dataset has no consents.
        contacts: made so far.
        responses: to them.
        channel: the only one that may be used; None for any.
    """
    usage = _used_channels(contacts, responses)
    if states is None:
        everyone = customers.select("customer_id")
        if channel is not None:
            return everyone.with_columns(channel=pl.lit(channel))
        return everyone.join(_preferred(usage), on="customer_id", how="left")
    allowed = states.filter("granted").select("customer_id", "channel")
    if channel is not None:
        allowed = allowed.filter(pl.col("channel") == channel)
    scored = allowed.join(usage, on=["customer_id", "channel"], how="left").with_columns(
        pl.col("answers", "uses").fill_null(0)
    )
    return _preferred(scored)


def contact_counts(contacts: pl.DataFrame, as_of: date, window_days: int) -> pl.DataFrame:
    """One row per customer contacted within the `window_days` days up to and including `as_of`: `contact_count`."""
    day = pl.col("contacted_at").cast(pl.Date)
    recent = contacts.filter(day > as_of - timedelta(days=window_days), day <= as_of, ~pl.col("is_holdout"))
    return recent.group_by("customer_id").agg(contact_count=pl.len())


def _used_channels(contacts: pl.DataFrame | None, responses: pl.DataFrame | None) -> pl.DataFrame:
    """One row per customer x channel used: how often it was used and answered."""
    empty = {"customer_id": pl.String, "channel": pl.String, "answers": pl.UInt32, "uses": pl.UInt32}
    if contacts is None:
        return pl.DataFrame(schema=empty)
    contacted = contacts.filter(~pl.col("is_holdout"), pl.col("channel").is_not_null())
    keys = ["campaign_id", "customer_id"]
    answered = pl.lit(value=False) if responses is None else pl.col("answered").fill_null(value=False)
    if responses is not None:
        contacted = contacted.join(
            responses.select(keys).unique().with_columns(answered=pl.lit(value=True)), on=keys, how="left"
        )
    return contacted.group_by("customer_id", "channel").agg(answers=answered.sum().cast(pl.UInt32), uses=pl.len())


def _preferred(scored: pl.DataFrame) -> pl.DataFrame:
    order = pl.col("channel").replace_strict({name: i for i, name in enumerate(CHANNEL_ORDER)}, default=9)
    best = scored.sort("answers", "uses", order, descending=[True, True, False], maintain_order=True)
    return best.group_by("customer_id", maintain_order=True).first().select("customer_id", "channel")
