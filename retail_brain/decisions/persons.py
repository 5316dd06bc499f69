"""Accounts and persons: one person gets one decision and one contact, whatever the number of their cards.

Everything about whom to contact goes by person: caps, holdout, control group, recent purchases, rows of a list. An
account (a customer id: a card, a phone, an app login) is what the contact goes to.
"""

from dataclasses import dataclass

import polars as pl

_SHARED = {"customer_id": pl.String, "person_id": pl.String, "first_customer_id": pl.String}


@dataclass(frozen=True)
class Accounts:
    """Accounts of the persons who have several; every other account is a person of its own.

    Attributes:
        shared: one row per account of a person with several: `customer_id`, `person_id`, and `first_customer_id`, the
            account by which the person was known first.
    """

    shared: pl.DataFrame

    @classmethod
    def of(cls, persons: pl.DataFrame | None) -> "Accounts":
        """From rows `customer_id`, `person_id` and perhaps `first_customer_id`; None: nobody has several accounts."""
        if persons is None:
            return cls(pl.DataFrame(schema=_SHARED))
        rows = persons.filter(pl.col("person_id").is_not_null(), pl.col("customer_id").is_not_null())
        several = rows.unique("customer_id").filter((pl.len().over("person_id") > 1) | _is_renamed())
        # answers of older versions do not say which account came first: the person's id is the smallest of them
        first = pl.col("first_customer_id") if "first_customer_id" in rows.columns else pl.lit(None, dtype=pl.String)
        return cls(several.select("customer_id", "person_id", first_customer_id=pl.coalesce(first, "person_id")))

    def with_person(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows, in their order, with `person_id`."""
        if not self.shared.height:
            return rows.with_columns(person_id=pl.col("customer_id").cast(pl.String))
        known = self.shared.select("customer_id", "person_id")
        joined = rows.join(known, on="customer_id", how="left", maintain_order="left")
        return joined.with_columns(pl.coalesce("person_id", "customer_id"))

    def people(self, customers: pl.DataFrame) -> pl.DataFrame:
        """One row per person of some accounts, by id: `person_id`, `first_customer_id`."""
        rows = customers.select(pl.col("customer_id").cast(pl.String)).filter(pl.col("customer_id").is_not_null())
        ids = self.with_person(rows).select("person_id").unique()
        first = self.shared.select("person_id", "first_customer_id").unique("person_id")
        joined = ids.join(first, on="person_id", how="left")
        return joined.with_columns(pl.col("first_customer_id").fill_null(pl.col("person_id"))).sort("person_id")

    def accounts(self, people: pl.DataFrame) -> pl.DataFrame:
        """Every account of some persons, by `person_id`, the first one of each before the others.

        Args:
            people: `person_id`, `first_customer_id`, one row each.
        """
        own = people.join(self.shared.select("person_id").unique(), on="person_id", how="anti")
        single = own.select("person_id", customer_id="person_id")
        several = self.shared.join(people.select("person_id"), on="person_id", how="semi")
        ordered = several.sort(pl.col("customer_id") != pl.col("first_customer_id"), "customer_id")
        both = pl.concat([single, ordered.select("person_id", "customer_id")])
        return both.sort("person_id", maintain_order=True)

    def every_account(self, customer_ids: pl.Series) -> pl.Series:
        """The ids and those of the other accounts of the same persons: who names a card means its person."""
        named = pl.DataFrame({"customer_id": customer_ids.cast(pl.String)})
        return self.accounts(self.people(named))["customer_id"]


def _is_renamed() -> pl.Expr:
    return pl.col("customer_id") != pl.col("person_id")


def homes(customers: pl.DataFrame, accounts: Accounts) -> pl.DataFrame:
    """One row per person with a known shop: `person_id`, `home_store_id`; of several, that of the first account."""
    if "home_store_id" not in customers.columns:
        return pl.DataFrame(schema={"person_id": pl.String, "home_store_id": pl.String})
    own = customers.select(pl.col("customer_id", "home_store_id").cast(pl.String)).unique("customer_id")
    known = own.filter(pl.col("home_store_id").is_not_null())
    single = known.join(accounts.shared.select("customer_id"), on="customer_id", how="anti")
    several = known.join(accounts.shared, on="customer_id").sort(
        pl.col("customer_id") == pl.col("first_customer_id"), "customer_id", descending=[True, False]
    )
    first = several.unique("person_id", keep="first", maintain_order=True)
    return pl.concat(
        [
            single.select(person_id="customer_id", home_store_id="home_store_id"),
            first.select("person_id", "home_store_id"),
        ]
    )
