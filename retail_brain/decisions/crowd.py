"""People and their accounts by position, so that who may be told of what is worked out on arrays."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import Bools, Places
from retail_brain.decisions.audience_request import AudienceFacts
from retail_brain.decisions.persons import homes
from retail_brain.text_column import TextColumn


@dataclass(frozen=True)
class Crowd:
    """Accounts and persons, told apart by their places.

    Attributes:
        persons: one row per person, by id: `person_id`, `first_customer_id`.
        person_ids: the same ids, by place.
        first_ids: id of each person's account that was known first.
        accounts: customer ids of every account of theirs, rising.
        account_ids: the same, by place.
        person: of each account that was named, the place of its person; -1 where the account is withheld.
        is_several: whether each account that was named is one of several of its person.
        is_known: whether each person is among the customers of the facts, and not only scored.
        is_adult: whether each person is known to be an adult, by any account of theirs.
        home: of each person, the place of the shop in `stores`; -1 where none is known.
        stores: ids of the shops that are somebody's, rising.
    """

    persons: pl.DataFrame
    person_ids: TextColumn
    first_ids: TextColumn
    accounts: pl.Series
    account_ids: TextColumn
    person: Places
    is_several: Bools
    is_known: Bools
    is_adult: Bools
    home: Places
    stores: pl.Series

    @classmethod
    def of(cls, accounts: pl.Series, facts: AudienceFacts) -> "Crowd":
        """The people of the facts and of some accounts.

        Args:
            accounts: customer ids, rising; null where one is withheld.
            facts: customers, and whose accounts they are.
        """
        named = pl.DataFrame({"customer_id": accounts.cast(pl.String)})
        known = everybody(facts)
        customers = facts.customers.select(pl.col("customer_id").cast(pl.String))
        others = named.drop_nulls().join(customers, on="customer_id", how="anti")
        persons = known if others.is_empty() else facts.accounts.people(pl.concat([customers, others]))
        place = persons.select("person_id").with_row_index("place")
        owned = facts.accounts.with_person(named).join(place, on="person_id", how="left", maintain_order="left")
        shared = facts.accounts.shared["customer_id"]
        first = persons["first_customer_id"]
        every = persons["person_id"].alias("customer_id")
        if facts.accounts.shared.height:
            every = pl.concat([facts.accounts.accounts(persons)["customer_id"], first]).unique().sort()
        at_home = place.join(homes_of(facts), on="person_id", how="left", maintain_order="left")["home_store_id"]
        stores = at_home.drop_nulls().unique().sort()
        numbered = pl.DataFrame({"home_store_id": stores}).with_row_index("store")
        home = at_home.to_frame().join(numbered, on="home_store_id", how="left", maintain_order="left")["store"]
        return cls(
            persons=persons,
            person_ids=TextColumn.of(persons["person_id"]),
            first_ids=TextColumn.of(first),
            accounts=every,
            account_ids=TextColumn.of(every),
            person=owned["place"].cast(pl.Int64).fill_null(-1).to_numpy(),
            is_several=named["customer_id"].is_in(shared.implode()).fill_null(value=False).to_numpy(),
            is_known=place["person_id"].is_in(known["person_id"].implode()).to_numpy(),
            is_adult=place["person_id"].is_in(_adults(facts)["person_id"].implode()).to_numpy(),
            home=home.cast(pl.Int64).fill_null(-1).to_numpy(),
            stores=stores,
        )

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        texts = (self.person_ids, self.first_ids, self.account_ids)
        arrays = (self.person, self.is_several, self.is_known, self.is_adult, self.home, *texts)
        return sum(one.nbytes for one in arrays) + int(self.persons.estimated_size() + self.accounts.estimated_size())

    def of_stores(self, store_ids: list[str]) -> Bools:
        """Whether the shop of each person is one of some."""
        found = np.flatnonzero(self.stores.is_in(store_ids).to_numpy())
        return np.isin(self.home, found)

    def named(self, customer_ids: list[str], facts: AudienceFacts) -> Bools:
        """Whether each person has one of some accounts; ids that nobody has are passed over."""
        named = facts.accounts.with_person(pl.DataFrame({"customer_id": customer_ids}, {"customer_id": pl.String}))
        return self.persons["person_id"].is_in(named["person_id"].unique().implode()).to_numpy()


def everybody(facts: AudienceFacts) -> pl.DataFrame:
    """One row per person of `facts.customers`, by id: `person_id`, `first_customer_id`."""
    inputs = (facts.customers, facts.persons)
    return facts.memo.get(inputs, "everybody", lambda: facts.accounts.people(facts.customers))


def homes_of(facts: AudienceFacts) -> pl.DataFrame:
    """One row per person with a known shop: `person_id`, `home_store_id`."""
    inputs = (facts.customers, facts.persons)
    return facts.memo.get(inputs, "homes", lambda: homes(facts.customers, facts.accounts))


def _adults(facts: AudienceFacts) -> pl.DataFrame:
    """Persons known to be adults: `person_id`."""
    named = facts.customers.lazy().filter(pl.col("is_adult")) if "is_adult" in facts.customers.columns else None
    known = facts.customers.clear() if named is None else named.collect()
    return facts.accounts.with_person(known.select(pl.col("customer_id").cast(pl.String))).select("person_id")
