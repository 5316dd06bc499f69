"""Ranks the contact channels of each customer by consents, past contacts and responses."""

from collections.abc import Collection

import polars as pl

from retail_brain.decisions.audience_request import CHANNEL_ORDER


def channel_options(
    customers: pl.DataFrame,
    states: pl.DataFrame | None,
    contacts: pl.DataFrame | None,
    responses: pl.DataFrame | None,
    allowed: Collection[str],
) -> pl.DataFrame:
    """One row per customer x channel that may be used: `customer_id`, `channel`, each customer's best first.

    The best is the one the person answered most often, then the one used most, then the quietest. Where there is no
    consent table everyone may be reached: by each of `allowed`, or where any may be used by those used so far, else by
    a channel that is null.

    Args:
        customers: everybody considered.
        states: result of `channel_states`; None where the dataset has no consents.
        contacts: made so far.
        responses: to them.
        allowed: channels that may be used; empty for any.
    """
    usage = _used_channels(contacts, responses)
    everyone = customers.select("customer_id")
    if states is not None:
        options = states.filter("granted").select("customer_id", "channel")
    elif allowed:
        options = everyone.join(pl.DataFrame({"channel": sorted(allowed)}), how="cross")
    else:
        options = everyone.join(usage.select("customer_id", "channel"), on="customer_id", how="left")
    if allowed:
        options = options.filter(pl.col("channel").is_in(list(allowed)))
    return _by_preference(options.join(usage, on=["customer_id", "channel"], how="left"))


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


def _by_preference(options: pl.DataFrame) -> pl.DataFrame:
    order = pl.col("channel").replace_strict({name: i for i, name in enumerate(CHANNEL_ORDER)}, default=9)
    answers, uses = (pl.col(name).fill_null(0) for name in ("answers", "uses"))
    ranked = options.sort("customer_id", answers, uses, order, descending=[False, True, True, False])
    return ranked.select("customer_id", "channel")
