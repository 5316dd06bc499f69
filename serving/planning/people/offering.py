"""Ranks goods for many customers under rules and availability, with the same functions as one request."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.availability import NO_STORE, Availability
from retail_brain.decisions.offer_rule_definition import Rule
from retail_brain.decisions.offer_rules import Goods, ResolvedRule, Slate, pinned_products, resolve_rules
from retail_brain.errors import NotFoundError, UsageError
from retail_brain.settings import Settings
from serving.planning.people.live_ranking import Kind
from serving.planning.people.offers import Selection, fulfilment_names, offer, origin_ids
from serving.planning.people.rule_facts import attribute_columns, known_adults
from serving.planning.stock.counted_stock import read_availability
from training.recommender.fitted_sources import FittedSources
from training.recommender.scoring import cold_start_chances

_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class RecommendationRequest:
    """A request for recommendations of many customers.

    Attributes:
        k: goods per customer.
        kind: repeat, explore, or mixed.
        explore_at_least: of the k, how many must be new to the customer (mixed only).
        due_within_days: repeat goods due later than so many days are held back; None = the days of the label.
        store_id: the shop that everybody is in; None = none in particular.
        in_stock: everybody is in their own shop, the one they visit most.
        rules: of the operators.
        now: the instant at which the rules must hold.
        settings: how far pick-up reaches, and from which age somebody is an adult.
    """

    k: int = 10
    kind: Kind = "mixed"
    explore_at_least: int = 0
    due_within_days: int | None = None
    store_id: str | None = None
    in_stock: bool = False
    rules: Sequence[Rule] = ()
    now: datetime = _EVER
    settings: Settings = field(default_factory=Settings)

    def check(self) -> None:
        """Checks that the fields do not contradict each other.

        Raises:
            UsageError: k or the quota is out of range, or both a store and everybody's own were named.
        """
        if self.k < 1 or not 0 <= self.explore_at_least <= self.k:
            raise UsageError(
                f"k is {self.k} with {self.explore_at_least} to explore; wanted k of at least 1 and a quota of 0 to k."
            )
        if self.store_id is not None and self.in_stock:
            raise UsageError("both one store for everybody and everybody's own were asked for. Give one of them.")


ANYTHING = RecommendationRequest()


@dataclass(frozen=True)
class OfferCatalogue:
    """Goods, people and shops as arrays for rules and availability; positions follow the order of the ids.

    Attributes:
        products: position of each product: product_id, at, chance (of a stranger).
        people: customer_id, own (position of their shop), is_adult; in the order of the ids.
        store_ids: of the positions.
        store: position of the shop that everybody is in, or `NO_STORE`.
        availability: units on hand by product and store.
        goods: attributes of the products.
        rules: of the operators, with the built-in one.
        now: when they must hold.
    """

    products: pl.DataFrame
    people: pl.DataFrame
    store_ids: list[str]
    store: int
    availability: Availability
    goods: Goods
    rules: Sequence[ResolvedRule]
    now: datetime

    @classmethod
    def of(cls, dataset: Dataset, fitted: FittedSources, request: RecommendationRequest) -> "OfferCatalogue":
        listed = dataset.scan_or_empty("products").select("product_id").collect()["product_id"]
        ids = pl.concat([fitted.history.products["product_id"], listed]).unique().sort()
        stores = known_stores(dataset)
        if request.store_id is not None and request.store_id not in stores:
            raise NotFoundError(
                f"store {request.store_id!r} is not known; {len(stores)} are. Check --store.",
                {"problem": "store_unknown", "store_id": request.store_id},
            )
        places = {store: position for position, store in enumerate(stores)}
        goods = Goods.of(ids.to_list(), attribute_columns(dataset, ids))
        people = fitted.history.customers.select("customer_id", "store_id")
        own = people["store_id"].replace_strict(places, default=NO_STORE, return_dtype=pl.Int64)
        age, at = request.settings.audience.adult_age, {product: place for place, product in enumerate(ids.to_list())}
        adults = known_adults(dataset, people["customer_id"], fitted.history.as_of, age)
        return cls(
            products=ids.to_frame("product_id")
            .with_row_index("at")
            .join(cold_start_chances(fitted), on="product_id", how="left", maintain_order="left"),
            people=people.select("customer_id", own=own if request.in_stock else NO_STORE, is_adult=adults),
            store_ids=stores,
            store=NO_STORE if request.store_id is None else places[request.store_id],
            availability=read_availability(dataset, places, at, request.settings),
            goods=goods,
            # who is in a test is told where people ask; a file for everybody has the rules of everybody
            rules=resolve_rules([rule for rule in request.rules if not rule.test], goods),
            now=request.now,
        )

    def with_pinned(self, scored: pl.DataFrame, kind: Kind) -> pl.DataFrame:
        """The scored pairs and, for everybody, the products pinned by id that they were not scored for."""
        pins = pinned_products([rule for rule in self.rules if rule.rule.state(self.now) == "active"])
        if kind == "repeat" or not pins.size:
            return scored
        pinned = self.products[pins].select("product_id", probability=pl.col("chance").fill_null(0.0))
        new = (
            scored.select("customer_id")
            .unique()
            .join(pinned, how="cross")
            .join(scored, on=["customer_id", "product_id"], how="anti")
            .with_columns(kind=pl.lit("explore"), reason=pl.lit("pinned"))
        )
        return pl.concat([scored, new], how="diagonal_relaxed")

    def chosen(self, pairs: pl.DataFrame, request: RecommendationRequest) -> pl.DataFrame:
        """The best k pairs of each customer: rank, how they get to the person, and the rule that moved them."""
        # people are in the order of their ids, and a block of pairs names a few of a million
        whose = self.people[self.people["customer_id"].search_sorted(pairs["customer_id"].unique()).to_numpy()]
        placed = pairs.join(whose, on="customer_id", how="left", maintain_order="left").with_columns(
            store=pl.lit(self.store) if self.store != NO_STORE else pl.col("own"),
            at=pairs["product_id"].replace_strict(self.products["product_id"], self.products["at"]).cast(pl.Int64),
        )
        if placed.is_empty() or not any(rule.rule.stores for rule in self.rules):
            return self._ranked(placed, request, NO_STORE)
        parts = placed.partition_by("store", as_dict=True)
        return pl.concat([self._ranked(part, request, int(key[0])) for key, part in parts.items()]).sort(
            "customer_id", "rank"
        )

    def _ranked(self, placed: pl.DataFrame, request: RecommendationRequest, store: int) -> pl.DataFrame:
        store_id = None if store == NO_STORE else self.store_ids[store]
        rules = [rule for rule in self.rules if rule.rule.applies(store_id, self.now)]
        pins = pinned_products(rules)
        offered = placed.filter(pl.col("reason").ne_missing("pinned") | pl.col("at").is_in(pins))
        owner = offered["customer_id"].rank("dense").cast(pl.Int64).to_numpy() - 1
        shown = offer(
            Slate(
                owner,
                offered["at"].to_numpy(),
                offered["probability"].cast(pl.Float32).to_numpy(),
                offered["is_adult"].to_numpy(),
            ),
            offered["store"].to_numpy(),
            self.availability,
            rules,
            self.goods,
            Selection(request.k, request.explore_at_least if request.kind == "mixed" else 0),
            is_explore=(offered["kind"] == "explore").to_numpy(),
        )
        return offered[shown.row].with_columns(
            pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("customer_id").alias("rank"),
            pl.Series("fulfilment", fulfilment_names(shown.way), dtype=pl.String),
            pl.Series("from_store_id", origin_ids(shown.origin, self.store_ids), dtype=pl.String),
            pl.Series("rule", shown.rule, dtype=pl.String),
        )


def known_stores(dataset: Dataset) -> list[str]:
    """Every store that the table of stores, the sales or the counts name, in order."""
    sources = [dataset.scan_or_empty(name).select("store_id") for name in ("stores", "transactions", "inventory")]
    store_ids = pl.concat(sources).unique().collect()["store_id"]
    return store_ids.drop_nulls().sort().to_list()


def known_goods(dataset: Dataset) -> Goods:
    """Every product that the table of products or the sales name, as rules see them."""
    sources = [dataset.scan_or_empty(name).select("product_id") for name in ("products", "transactions", "daily_sales")]
    ids = pl.concat(sources).unique().collect()["product_id"].drop_nulls().sort()
    return Goods.of(ids.to_list(), attribute_columns(dataset, ids))
