"""Links accounts to identifiers they used, and builds the candidate pairs of accounts that share one."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from features.phone_codes import phone_code
from retail_brain.dataset import Dataset
from retail_brain.hashed_ids import is_digest
from retail_brain.phone_numbers import normal_phone

_IDENTIFIER = ("id_type", "id_value")


def identifier_links(dataset: Dataset, as_of: date) -> pl.DataFrame:
    """One row per identifier x account that used it, with the number of uses; `customer_id` is null for no account.

    A use is a row of `identities`, or an event that names both the account and the identifier. An event that names only
    an identifier is a use by the account that its session names, if the session names exactly one.
    """
    seen = dataset.at(as_of)
    recorded = (
        seen.scan_or_empty("identities").select(*_IDENTIFIER, "customer_id").with_columns(pl.lit(1).alias("uses"))
    )
    events = (
        seen.scan_or_empty("events")
        .filter(pl.col("id_type").is_not_null() & pl.col("id_value").is_not_null())
        .group_by(*_IDENTIFIER, "customer_id", "session_id")
        .agg(pl.len().cast(pl.Int32).alias("uses"))
    )
    sessions = (
        seen.scan_or_empty("events")
        .filter(pl.col("session_id").is_not_null() & pl.col("customer_id").is_not_null())
        .group_by("session_id")
        .agg(pl.col("customer_id").min().alias("session_customer"), pl.col("customer_id").n_unique().alias("customers"))
        # a session with two customers, as on a shared device, names neither
        .filter(pl.col("customers") == 1)
        .drop("customers")
    )
    named = events.join(sessions, on="session_id", how="left").select(
        *_IDENTIFIER, pl.coalesce("customer_id", "session_customer").alias("customer_id"), "uses"
    )
    return (
        pl.concat([recorded, named], how="vertical_relaxed")
        .group_by(*_IDENTIFIER, "customer_id")
        .agg(pl.col("uses").sum())
        .sort(*_IDENTIFIER, "customer_id")
        .collect()
    )


def in_one_form(links: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """The links with phone numbers and e-mail addresses in one form, so that whoever wrote them makes no difference.

    Only for comparing: a till's `0910 000 137`, a web shop's `+84910000137` and a messenger's `84910000137` are one
    number. The country is that of the stores, else the code that most numbers written with one have. Digests stay.

    Args:
        links: with `id_type` and `id_value`.
        dataset: says the country.
    """
    kinds = {"phone", "email"} & set(links["id_type"].unique())
    if not kinds:
        return links
    told = links.filter(pl.col("id_type").is_in(sorted(kinds))).select(*_IDENTIFIER).unique()
    found = phone_code(dataset)
    # the default is no evidence: such numbers are compared as they stand
    code = "" if found.basis == "default" else found.code
    keys = [
        value.strip().lower() if kind == "email" or is_digest(value) else normal_phone(value, code) or value
        for kind, value in told.iter_rows()
    ]
    forms = told.with_columns(pl.Series("key", keys, dtype=pl.String))
    joined = links.join(forms, on=list(_IDENTIFIER), how="left", maintain_order="left")
    return joined.with_columns(id_value=pl.coalesce("key", "id_value")).drop("key")


def account_pairs(accounts: pl.DataFrame, max_customers: int) -> pl.DataFrame:
    """One row per candidate pair of accounts x type on which both have values: whether they agree.

    Columns: left < right (customer ids), id_type, agrees, customers (accounts on the shared identifier; the fewest of
    several, null where they differ). A pair is a candidate when it shares an identifier that at most `max_customers`
    accounts have. Identifiers on more accounts count neither as agreement nor as difference.

    Args:
        accounts: one row per identifier x account.
        max_customers: most accounts of an identifier that is compared.
    """
    crowd = pl.col("customer_id").n_unique().over(_IDENTIFIER)
    usable = accounts.select(*_IDENTIFIER, "customer_id").unique().with_columns(crowd.alias("customers"))
    usable = usable.filter(pl.col("customers") <= max_customers)
    on_several = usable.filter(pl.col("customers") > 1)
    # one join per identifier, not all pairs of accounts: the limit above keeps its size linear
    shared = (
        on_several.rename({"customer_id": "left"})
        .join(on_several.select(*_IDENTIFIER, pl.col("customer_id").alias("right")), on=list(_IDENTIFIER))
        .filter(pl.col("left") < pl.col("right"))
        .group_by("left", "right", "id_type")
        .agg(pl.col("customers").min().cast(pl.Int32))
    )
    types = usable.select("customer_id", "id_type").unique()
    both = (
        shared.select("left", "right")
        .unique()
        .join(types.rename({"customer_id": "left"}), on="left")
        .join(types.rename({"customer_id": "right"}), on=["right", "id_type"])
    )
    return (
        both.join(shared, on=["left", "right", "id_type"], how="left")
        .with_columns(pl.col("customers").is_not_null().alias("agrees"))
        .select("left", "right", "id_type", "agrees", "customers")
        .sort("left", "right", "id_type")
    )


def attribute_pairs(pairs: pl.DataFrame, customers: pl.LazyFrame, names: Sequence[str]) -> pl.DataFrame:
    """One row per candidate pair x attribute that both accounts have: whether they agree; columns of `account_pairs`.

    Args:
        pairs: result of `account_pairs`.
        customers: one row per account; attributes that it lacks are skipped.
        names: attributes to compare.
    """
    present = [name for name in names if name in customers.collect_schema()]
    values = (
        customers.select("customer_id", pl.col(present).cast(pl.String)).unique("customer_id", keep="any").collect()
    )
    values = values.unpivot(index="customer_id", variable_name="id_type", value_name="value").drop_nulls("value")
    return (
        pairs.select("left", "right")
        .unique()
        .join(values.rename({"customer_id": "left"}), on="left")
        .join(values.rename({"customer_id": "right"}), on=["right", "id_type"], suffix="_right")
        .select(
            "left",
            "right",
            "id_type",
            (pl.col("value") == pl.col("value_right")).alias("agrees"),
            pl.lit(None, dtype=pl.Int32).alias("customers"),
        )
        .sort("left", "right", "id_type")
    )
