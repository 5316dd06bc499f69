"""Ranks the channels and accounts by which each person may be contacted: consents, past contacts and responses."""

from collections.abc import Collection

import polars as pl

from retail_brain.decisions.audience_request import CHANNEL_ORDER


def channel_options(
    accounts: pl.DataFrame,
    states: pl.DataFrame | None,
    contacts: pl.DataFrame | None,
    responses: pl.DataFrame | None,
    allowed: Collection[str],
) -> pl.DataFrame:
    """One row per account x channel that may be used: `person_id`, `customer_id`, `channel`, each person's best first.

    The best channel is the one the person answered most often by any account, then the one used most, then the
    quietest; of several accounts that it is open to, the one that answered or used it most, then the first known.
    Where there is no consent table everyone may be reached: by each of `allowed`, or where any may be used by those
    used so far, else by a channel that is null.

    Args:
        accounts: of everybody considered: `person_id`, `customer_id`; each person's first account first.
        states: result of `channel_states`; None where the dataset has no consents.
        contacts: made so far.
        responses: to them.
        allowed: channels that may be used; empty for any.
    """
    usage = _used_channels(contacts, responses)
    placed = accounts.select("person_id", "customer_id").with_row_index("place")
    if states is not None:
        granted = states.filter("granted").select("customer_id", "channel")
        options = placed.join(granted, on="customer_id")
    elif allowed:
        options = placed.join(pl.DataFrame({"channel": sorted(allowed)}), how="cross")
    else:
        used = placed.join(usage.select("customer_id", "channel"), on="customer_id")
        unused = placed.join(used, on="person_id", how="anti").unique("person_id", keep="first", maintain_order=True)
        options = pl.concat([used, unused.with_columns(channel=pl.lit(None, dtype=pl.String))])
    if allowed:
        options = options.filter(pl.col("channel").is_in(list(allowed)))
    return _by_preference(options.join(usage, on=["customer_id", "channel"], how="left"))


def _used_channels(contacts: pl.DataFrame | None, responses: pl.DataFrame | None) -> pl.DataFrame:
    """One row per account x channel used: how often it was used and answered."""
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
    own = options.with_columns(pl.col("answers", "uses").fill_null(0), order=order)
    whole = pl.col("answers", "uses")
    if not own.select("person_id", "channel").is_unique().all():  # several accounts of a person share a channel
        whole = whole.sum().over("person_id", "channel")
    ranked = own.with_columns(whole.name.prefix("all_")).sort(
        "person_id", "all_answers", "all_uses", "order", "answers", "uses", "place",
        descending=[False, True, True, False, True, True, False],
    )  # fmt: skip
    return ranked.select("person_id", "customer_id", "channel")
