"""Facts for campaigns from published answers, so that API and command line plan from the same numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from retail_brain.decisions.audience_request import AudienceFacts
from retail_brain.decisions.excess_stock import sellable
from retail_brain.decisions.persons import Accounts
from retail_brain.errors import ModelError
from retail_brain.table_schemas import CHANNELS_OF_CONTACT
from serving.store.answer_set import Answers
from serving.store.audience_facts import facts_of
from serving.store.likely_buyers import NOBODY, pairs_at, pairs_in, pairs_of

_STAGE = "stage:"


@dataclass(frozen=True)
class PublishedSource:
    """The facts of one set of answers; see `serving.planning.campaigns.inputs.CampaignSource`.

    Attributes:
        answers: published ones.
        saved_segment: ids of the people of a segment that somebody saved; raises `NotFoundError` where there is none.
    """

    answers: Answers
    saved_segment: Callable[[str], Sequence[str]] | None = None

    @property
    def as_of(self) -> date:
        """Last visible day of the answers."""
        return date.fromisoformat(self.answers.manifest.as_of)

    def goods(self) -> pl.DataFrame:
        """One row per product: `product_id`, `category`, `launched_on`."""
        listed = self.answers.rows.get("facts_products")
        if listed is not None:
            return listed
        # sets of older versions hold no launch days
        ids = self.answers.products.ids
        attributes = self.answers.attributes
        category: list[str | None] = [None] * len(ids)
        if attributes is not None and "category" in attributes.goods.codes:
            named = {code: value for value, code in attributes.goods.values["category"].items()}
            category = [named.get(code) for code in attributes.goods.codes["category"].tolist()]
        return pl.DataFrame(
            {"product_id": ids.take(np.arange(len(ids))), "category": category, "launched_on": [None] * len(ids)},
            schema={"product_id": pl.String, "category": pl.String, "launched_on": pl.Date},
        )

    def stores(self) -> Sequence[str]:
        """Ids of every shop."""
        return self.answers.stores.ids.take(np.arange(len(self.answers.stores)))

    def lake_campaigns(self) -> Sequence[str]:
        """Ids of the campaigns of the lake."""
        listed = self.answers.rows.get("campaigns")
        return [] if listed is None else listed["campaign_id"].to_list()

    def left_over(self) -> pl.DataFrame:
        """Excess stock that may still be sold.

        Raises:
            ModelError: the answers hold none.
        """
        table = self.answers.rows.get("leftovers")
        if table is None:
            raise ModelError(
                "the present answers have no excess stock. Promote a demand model and publish.",
                {"problem": "no_demand_model"},
            )
        return sellable(table)

    def segments(self) -> pl.DataFrame:
        """One row per customer: `customer_id`, `segment` (the stage of the person table)."""
        person = self.answers.rows.get("person")
        schema = {"customer_id": pl.String, "segment": pl.String}
        if person is None or "stage" not in person.columns:
            return pl.DataFrame(schema=schema)
        ids = self.answers.customers.ids.take(np.arange(len(self.answers.customers)))
        return pl.DataFrame({"customer_id": ids, "segment": person["stage"].cast(pl.String)}, schema=schema)

    def people_of(self, segment: str) -> Sequence[str] | None:
        """People of a stage, named `stage:NAME`, or of a saved segment; None where no such stage is known.

        Raises:
            NotFoundError: no such segment is saved.
        """
        if not segment.startswith(_STAGE):
            return None if self.saved_segment is None else self.saved_segment(segment)
        stages = self.segments()
        named = stages.filter(pl.col("segment") == segment.removeprefix(_STAGE))
        return named["customer_id"].to_list() if named.height else None

    def facts(self, product_ids: Sequence[str] | None) -> AudienceFacts:
        """Facts about everybody and some goods (None: all)."""
        return facts_of(self.answers, self._places(product_ids))

    def names(self, product_ids: Sequence[str]) -> Mapping[str, str]:
        """Names of products that have one."""
        products = self.answers.products
        places = products.find_many(list(product_ids))
        named = zip(product_ids, places.tolist(), strict=True)
        return {one: products.names[place] for one, place in named if place >= 0 and products.names[place]}

    def channel_costs(self) -> Mapping[str, float]:
        """Median cost of a contact by the channels of past campaigns."""
        listed = self.answers.rows.get("campaigns")
        if listed is None or "contact_cost" not in listed.columns:
            return {}
        known = listed.filter(pl.col("channel").is_in(CHANNELS_OF_CONTACT), pl.col("contact_cost").is_not_null())
        return dict(known.group_by("channel").agg(pl.col("contact_cost").median()).sort("channel").iter_rows())

    def pairs(self, product_ids: Sequence[str] | None, customer_ids: Sequence[str] | None) -> pl.DataFrame:
        """Scored pairs of some goods (None: all) and some people (None: all).

        Raises:
            ModelError: there are no scored pairs.
        """
        held = pairs_in(self.answers)
        if product_ids is not None:
            return pl.concat([NOBODY, *(pairs_of(self.answers, place) for place in self._places(product_ids))])
        if customer_ids is None:
            return pairs_at(self.answers, held.every_row())
        places = self.answers.customers.find_many(list(customer_ids))
        rows = [held.of_customer(place) for place in places[places >= 0].tolist()]
        return pairs_at(self.answers, np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64))

    def _places(self, product_ids: Sequence[str] | None) -> list[int]:
        if product_ids is None:
            return list(range(len(self.answers.products)))
        places: list[int] = self.answers.products.find_many(list(product_ids)).tolist()
        return [place for place in places if place >= 0]


def cards_of(answers: Answers) -> Callable[[str], Sequence[str]]:
    """Gives every customer id of a person by one of them."""
    persons = answers.rows.get("facts_persons")
    shared = answers.audience_memo.get((persons,), "shared accounts", lambda: Accounts.of(persons).shared)
    accounts = Accounts(shared)
    return lambda customer_id: accounts.every_account(pl.Series([customer_id], dtype=pl.String)).to_list()


def units_per_purchase_in(answers: Answers) -> pl.DataFrame:
    """Mean units of a product in a purchase: `product_id`, `units_per_purchase`; empty in sets of older versions."""
    listed = answers.rows.get("facts_products")
    if listed is None or "units_per_purchase" not in listed.columns:
        return pl.DataFrame(schema={"product_id": pl.String, "units_per_purchase": pl.Float64})
    return listed.select("product_id", "units_per_purchase")
