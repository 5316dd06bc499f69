"""Decides which channels of contact are open: the one place where consents are judged. In doubt a channel is closed."""

from datetime import date

import polars as pl

from retail_brain.table_schemas import ANY_CHANNEL, CHANNELS_OF_CONTACT

CLOSED_CODES = ("consent_unreadable", "consent_tie", "no_consent")
"""Why a channel is closed, in the order in which the reasons of several channels are given."""

_DOUBTS = {
    "consent_unreadable": "a consent entry cannot be read",
    "consent_tie": "a consent and a refusal have the same moment",
}
_SHOWN = 10
"""Customers named in a sentence; the lake's `consents` holds all. Chosen by judgement, not measured."""


def channel_states(consents: pl.LazyFrame, as_of: date | None = None, person: str = "customer_id") -> pl.LazyFrame:
    """One row per person x channel that a consent names: the person, `channel`, `granted`, `code`, `changed_at`.

    `code` says why a channel is closed, and is null where it is open.

    The newest entries decide. Of entries of the same moment one refusal closes the channel, and so does one that could
    not be read (`problem` is not null). An entry of all channels (`any`) counts for each of them.

    Args:
        consents: `customer_id` (or `person`), `channel`, `granted`, `changed_at` and perhaps `problem`.
        as_of: last visible day: a consent that is given later opens nothing yet, but a later refusal closes already,
            because the contact would be made after it. None: all entries count.
        person: column that names the person.
    """
    problem = pl.col("problem") if "problem" in consents.collect_schema() else pl.lit(None, dtype=pl.String)
    rows = consents.select(person, "channel", "changed_at", granted=pl.col("granted") & problem.is_null(), bad=problem)
    if as_of is not None:
        rows = rows.filter(~pl.col("granted") | (pl.col("changed_at").cast(pl.Date) <= as_of))
    every = pl.when(pl.col("channel") == ANY_CHANNEL).then(pl.lit(list(CHANNELS_OF_CONTACT)))
    rows = rows.with_columns(every.otherwise(pl.concat_list("channel")).alias("channel")).explode("channel")
    newest = rows.filter(pl.col("changed_at") == pl.col("changed_at").max().over(person, "channel"))
    return newest.group_by(person, "channel").agg(
        granted=pl.col("granted").all(),
        code=pl.when(pl.col("bad").is_not_null().any()).then(pl.lit("consent_unreadable"))
        .when(pl.col("granted").all()).then(None)
        .when(pl.col("granted").any()).then(pl.lit("consent_tie"))
        .otherwise(pl.lit("no_consent")),
        changed_at=pl.col("changed_at").first(),
    )  # fmt: skip


def person_states(states: pl.LazyFrame, persons: pl.LazyFrame) -> pl.LazyFrame:
    """One row per person x channel: `person_id`, `channel`, `granted`, `code`; one closed account closes the person's.

    A card that was refused and another that was not may be of one person, who has then refused.

    Args:
        states: result of `channel_states` per `customer_id`.
        persons: `customer_id` and `person_id`; a customer without a row is a person of their own.
    """
    named = states.join(persons.unique("customer_id"), on="customer_id", how="left")
    order = pl.col("code").replace_strict({code: place for place, code in enumerate(CLOSED_CODES)}, default=None)
    return named.group_by(pl.coalesce("person_id", "customer_id").alias("person_id"), "channel").agg(
        granted=pl.col("granted").all(),
        # open accounts have no code, and stand last
        code=pl.col("code").sort_by(order, nulls_last=True).first(),
    )


def with_refusals_of_persons(consents: pl.DataFrame, persons: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Consents with a further refusal for every account of a person of whom another account's channel is closed.

    The refusal is newer than all entries of the account, so that it decides; a later consent of the account that
    refused opens the channel again.

    Args:
        consents: rows of the table.
        persons: `customer_id` and `person_id`.
        as_of: last visible day.
    """
    own = channel_states(consents.lazy(), as_of)
    closed = person_states(own, persons.lazy()).filter(~pl.col("granted"))
    accounts = persons.lazy().select("customer_id", "person_id").unique("customer_id")
    open_accounts = own.filter("granted").select("customer_id", "channel")
    newest = consents["changed_at"].max()
    refused = (
        closed.join(accounts, on="person_id")
        .join(open_accounts, on=["customer_id", "channel"], how="semi")
        .select(
            "customer_id",
            "channel",
            granted=pl.lit(value=False),
            changed_at=pl.lit(newest, dtype=consents.schema["changed_at"]) + pl.duration(microseconds=1),
            problem=pl.when(pl.col("code") == "consent_unreadable").then(pl.lit("of another account of the person")),
        )
        .collect()
    )
    if not refused.height:
        return consents
    return pl.concat([consents, refused.sort("customer_id", "channel")], how="diagonal_relaxed")


def with_opt_outs(consents: pl.DataFrame, opt_outs: pl.DataFrame) -> pl.DataFrame:
    """Consents with the refusals that came back of contacts: columns `customer_id`, `channel`, `changed_at`."""
    refused = opt_outs.select(
        "customer_id",
        "channel",
        pl.col("changed_at").cast(consents.schema["changed_at"]),
        granted=pl.lit(value=False),
    )
    return pl.concat([consents, refused], how="diagonal")


def opt_outs_of_persons(opt_outs: pl.DataFrame, persons: pl.DataFrame | None) -> pl.DataFrame:
    """One row per account x channel that an opt-out closes: `customer_id`, `channel`; every account of the person.

    Args:
        opt_outs: `customer_id` and `channel`.
        persons: `customer_id` and `person_id`; None, or a customer without a row: a person of their own.
    """
    own = opt_outs.select("customer_id", "channel").unique()
    if persons is None:
        return own
    accounts = persons.select("customer_id", "person_id").drop_nulls().unique()
    others = own.join(accounts, on="customer_id").drop("customer_id").join(accounts, on="person_id")
    return pl.concat([own, others.select("customer_id", "channel")]).unique().sort("customer_id", "channel")


def keep_open(pairs: pl.DataFrame, consents: pl.DataFrame | None, closed: pl.DataFrame) -> pl.DataFrame:
    """The rows of `customer_id` x `channel` that may be contacted, in their order.

    Args:
        pairs: `customer_id`, `channel` and perhaps more.
        consents: all changes of consent, opt-outs among them; None where nobody was asked.
        closed: `customer_id` and `channel` of opt-outs, which alone decide where there are no consents.
    """
    keys = ["customer_id", "channel"]
    if consents is None:
        return pairs.join(closed, on=keys, how="anti", maintain_order="left")
    granted = channel_states(consents.lazy()).filter("granted").select(keys).collect()
    return pairs.join(granted, on=keys, how="semi", maintain_order="left")


def refusals(consents: pl.DataFrame | None, closed: pl.DataFrame) -> pl.DataFrame:
    """One row per `customer_id` x `channel` that was refused, other than one that was never granted.

    Args:
        consents: all changes of consent, opt-outs among them; None where nobody was asked.
        closed: `customer_id` and `channel` of opt-outs.
    """
    keys = ["customer_id", "channel"]
    if consents is None:
        return closed.select(keys)
    return channel_states(consents.lazy()).filter(~pl.col("granted")).select(keys).collect()


def closed_reasons(states: pl.DataFrame, person: str = "customer_id") -> pl.DataFrame:
    """One row per customer (or `person`) with a closed channel: their id and the first of CLOSED_CODES."""
    order = pl.col("code").replace_strict({code: place for place, code in enumerate(CLOSED_CODES)}, default=None)
    closed = states.filter(pl.col("code").is_not_null())
    return closed.group_by(person).agg(consent_code=pl.col("code").sort_by(order).first())


def doubt_lines(states: pl.DataFrame) -> list[str]:
    """Sentences on channels that are closed out of doubt; empty where there is none.

    Args:
        states: result of `channel_states`.
    """
    lines = []
    for code, cause in _DOUBTS.items():
        closed = states.filter(pl.col("code") == code)
        people = closed["customer_id"].unique().sort()
        if len(people):
            shown = ", ".join(people.head(_SHOWN).to_list()) + (", ..." if len(people) > _SHOWN else "")
            lines.append(f"{closed.height:,} channels of {len(people):,} customers are closed because {cause}: {shown}")
    return lines
