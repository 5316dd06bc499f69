"""Encodes the interactions up to a day: codes of customers and products, one row per pair, sparse matrices."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from features.person.interactions import decay_weight, purchases, receipt_lines, shoppers
from features.person.traits import read_traits
from retail_brain.dataset import Dataset
from retail_brain.errors import DataError
from retail_brain.read_only import read_only
from training.recommender.config import RecommenderConfig
from training.recommender.pair_parts import PairParts
from training.recommender.sparse import CSR, Flags, Ints, csr

_NEW_GOODS_DAYS = 120
"""Days since the launch within which products without sales are in the history; the source of new goods takes younger
ones. Chosen by judgement, not measured."""
ATTRIBUTES = ("department", "category", "subcategory", "brand")
"""Columns of `products` that similarity and affinities are computed by, the broadest first."""


@dataclass(frozen=True)
class History:
    """Customers, products and their interactions up to the end of `as_of`.

    Attributes:
        as_of: last visible day.
        customers: one row per customer, sorted by customer_id: the columns of `interactions.shoppers`, null for
            customers without a purchase. The row number is the customer's code.
        products: one row per product, sorted by product_id: attributes, prices and sales. The row number is its code.
        stores: ids of stores with sales; the position is the store's code.
        pairs: one row per customer x product with an interaction, sorted by the codes `person` and `product`.
        lines: one row per basket x product of the latest baskets: codes `basket` and `product`, `date`, and the code
            `person` of who bought, null for a stranger.
        store_sales: one row per store x product with recent sales: codes, and `sales`, decayed receipt lines.
        max_core_products: see `core`.
        traits: one row per customer: the columns of `customers` that the configuration names (gender, age band), null
            where unknown. They say what people are now, on past days too.

    All sources share its arrays, so that none can be written to.
    """

    as_of: date
    customers: pl.DataFrame
    products: pl.DataFrame
    stores: list[str]
    pairs: pl.DataFrame
    lines: pl.DataFrame
    store_sales: pl.DataFrame
    max_core_products: int
    traits: pl.DataFrame = field(default_factory=pl.DataFrame)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of customers and of products."""
        return self.customers.height, self.products.height

    @cached_property
    def rows(self) -> Ints:
        """Customer code of each pair."""
        return read_only(self.pairs["person"].to_numpy().astype(np.int64))

    @cached_property
    def columns(self) -> Ints:
        """Product code of each pair."""
        return read_only(self.pairs["product"].to_numpy().astype(np.int64))

    @cached_property
    def starts(self) -> Ints:
        """Row of each customer's first pair, and the number of pairs: a person's pairs are found without the others."""
        people = self.pairs["person"].to_numpy()
        return read_only(np.searchsorted(people, np.arange(self.shape[0] + 1, dtype=people.dtype)).astype(np.int64))

    @cached_property
    def bought(self) -> Flags:
        """Whether each pair has a purchase; others have events only."""
        return read_only(self.pairs["purchase_days"].to_numpy() > 0)

    @cached_property
    def buyers(self) -> Ints:
        """Number of customers who bought each product."""
        return read_only(np.bincount(self.columns[self.bought], minlength=self.shape[1]))

    @cached_property
    def core(self) -> Ints:
        """Codes of the products with most buyers (at most `max_core_products`), ascending.

        Neighbours and latent factors score these only: they hold people x core products in memory, and rare products
        have too few buyers to tell tastes by.
        """
        # stable, so that equals are chosen alike on every machine
        most_bought = np.argsort(-self.buyers, kind="stable")[: self.max_core_products]
        return read_only(np.sort(most_bought[self.buyers[most_bought] > 0]))

    def matrix(self, column: str) -> CSR:
        """Customers x products: a column of the pairs, a new matrix at every call, which the caller may change."""
        values = self.pairs[column].cast(pl.Float32).fill_null(0).to_numpy()
        is_nonzero = values != 0
        return csr(self.rows[is_nonzero], self.columns[is_nonzero], values[is_nonzero], self.shape)

    def find(self, people: Ints, products: Ints) -> Ints:
        """Row of each customer x product in `pairs`; -1 where the two never interacted."""
        from training.recommender.kernels import find_in_rows  # noqa: PLC0415  # Numba takes a while to import

        found: Ints = np.empty(people.size, np.int64)
        find_in_rows(self.starts, self.pairs["product"].to_numpy(), (people, products), found)
        return found

    def attribute_values(self, name: str) -> pl.Series:
        """The different values of an attribute, ascending; a value's code is its place + 1."""
        return self.products[name].drop_nulls().unique().sort()

    def attribute_codes(self, name: str) -> tuple[npt.NDArray[np.int32], int]:
        """Code of each product's value of an attribute (0 = unknown) and the number of codes."""
        distinct_values = self.attribute_values(name)
        codes = self.products[name].cast(pl.Enum(distinct_values)).to_physical().cast(pl.Int32) + 1
        return codes.fill_null(0).to_numpy(), distinct_values.len() + 1

    def people(self, customers: Sequence[str] | None = None) -> Ints:
        """Codes of the named customers, ascending, unknown ones left out; of all customers without names."""
        if customers is None:
            return np.arange(self.shape[0])
        named = self.customers.with_row_index("person").filter(pl.col("customer_id").is_in(list(customers)))
        return named["person"].to_numpy().astype(np.int64)


def build_history(dataset: Dataset, as_of: date, config: RecommenderConfig) -> History:
    """The interactions of a dataset up to the end of `as_of`, encoded.

    Args:
        dataset: needs `transactions` with customer_id; products, customers, events and identities add to it.
        as_of: last visible day.
        config: half-lives of the decayed counts and limits.

    Raises:
        DataError: no `transactions`, or none that names a customer.
    """
    parts = PairParts(dataset, as_of, config)
    if not parts.has_purchase:
        raise DataError(
            f"no purchase on or before {as_of} names a customer: transactions.customer_id is empty there. "
            "Recommendations need customer_id; ingest receipts with it, or choose a later --as-of."
        )
    customers = _customers(dataset, as_of, parts.customers)
    products = _products(dataset, as_of, parts.products)
    stores = _stores(dataset, as_of)
    return History(
        as_of=as_of,
        customers=customers,
        products=products,
        stores=stores,
        pairs=parts.taken(customers["customer_id"], products["product_id"]),
        lines=_lines(dataset, as_of, products["product_id"], customers["customer_id"], config),
        store_sales=_store_sales(dataset, as_of, config, stores, products["product_id"]),
        max_core_products=config.max_core_products,
        traits=_traits(dataset, as_of, config.traits, customers["customer_id"]),
    )


def _code(column: str, ids: Sequence[str] | pl.Series, name: str) -> pl.Expr:
    """Position of each id among `ids`; a cast to an enum is far faster than a join."""
    return pl.col(column).cast(pl.Enum(ids)).to_physical().cast(pl.Int64).alias(name)


def _customers(dataset: Dataset, as_of: date, ids: pl.Series) -> pl.DataFrame:
    listed = dataset.at(as_of).scan_or_empty("customers").select("customer_id", "home_store_id").collect()
    customer_ids = pl.concat([listed["customer_id"], ids]).unique().sort()
    return (
        customer_ids.to_frame()
        .join(shoppers(dataset, as_of).collect(), on="customer_id", how="left", maintain_order="left")
        .join(listed, on="customer_id", how="left", maintain_order="left")
        .with_columns(pl.coalesce("store_id", "home_store_id").alias("store_id"))
        .drop("home_store_id")
    )


def _traits(dataset: Dataset, as_of: date, names: Sequence[str] | None, customer_ids: pl.Series) -> pl.DataFrame:
    rows = read_traits(dataset.at(as_of), names)
    return customer_ids.to_frame().join(rows, on="customer_id", how="left", maintain_order="left").drop("customer_id")


def _products(dataset: Dataset, as_of: date, ids: pl.Series) -> pl.DataFrame:
    sold = (
        receipt_lines(dataset, as_of)
        .group_by("product_id")
        .agg(
            pl.col("date").min().alias("first_sold_on"),
            pl.col("date").max().alias("last_sold_on"),
            pl.col("unit_price").median().alias("price"),
            pl.col("transaction_id").n_unique().alias("product_baskets"),
        )
        .collect()
    )
    listed = dataset.scan_or_empty("products").collect()
    launched = listed.filter(
        pl.col("launched_on").is_between(as_of - timedelta(days=_NEW_GOODS_DAYS), as_of, closed="right")
    )
    # products without a sale are kept where they are new or somebody looked at them; the rest of a catalogue of
    # hundreds of thousands would only cost time
    product_ids = pl.concat([sold["product_id"], ids, launched["product_id"]]).unique().sort()
    return (
        product_ids.to_frame()
        .join(
            listed.select("product_id", "name", *ATTRIBUTES, "list_price", "launched_on"),
            on="product_id",
            how="left",
            maintain_order="left",
        )
        .join(sold, on="product_id", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("price", "list_price").alias("price"),
            pl.coalesce("launched_on", "first_sold_on").alias("new_on"),
        )
    )


def _stores(dataset: Dataset, as_of: date) -> list[str]:
    stores = receipt_lines(dataset, as_of).select(pl.col("store_id").unique().sort()).collect().to_series()
    return [str(store) for store in stores]


def _lines(
    dataset: Dataset, as_of: date, products: pl.Series, people: pl.Series, config: RecommenderConfig
) -> pl.DataFrame:
    """One row per basket x product of the newest `max_baskets` baskets; basket 0 is the newest."""
    newest = receipt_lines(dataset, as_of)
    if (first := _day_of_newest(newest, config.item_item.max_baskets)) is not None:
        newest = newest.filter(pl.col("date") >= first)
    lines = (
        newest.group_by("transaction_id", "product_id")
        .agg(pl.col("date", "customer_id").max())
        .with_columns(pl.struct("date", "transaction_id").rank("dense", descending=True).alias("basket"))
        .filter(pl.col("basket") <= config.item_item.max_baskets)
    )
    return lines.select(
        pl.col("basket").cast(pl.Int64) - 1,
        _code("product_id", products, "product"),
        pl.col("date"),
        # a till's own card is no customer: its baskets are a stranger's
        pl.col("customer_id").cast(pl.Enum(people), strict=False).to_physical().cast(pl.Int64).alias("person"),
    ).collect()


def _day_of_newest(lines: pl.LazyFrame, baskets: int) -> date | None:
    """A day on and after which the newest so many baskets lie; None where there are fewer."""
    by_day = (
        lines.group_by("transaction_id")
        .agg(pl.col("date").max())
        .group_by("date")
        .len()
        .sort("date", descending=True)
        .with_columns(pl.col("len").cast(pl.Int64).cum_sum().alias("so_far"))
        .filter(pl.col("so_far") >= baskets)
        .select(pl.col("date").max())
    )
    first = by_day.collect(engine="streaming").item()
    return first if isinstance(first, date) else None


def _store_sales(
    dataset: Dataset, as_of: date, config: RecommenderConfig, stores: list[str], products: pl.Series
) -> pl.DataFrame:
    """One row per store x product: receipt lines, decayed by days."""
    weight = decay_weight(pl.col("date"), as_of, config.trending.half_life_days)
    # after 8 half-lives a line weighs less than 0.4 %
    recent = pl.col("date") > as_of - timedelta(days=8 * config.trending.half_life_days)
    return (
        receipt_lines(dataset, as_of)
        .filter(recent)
        .group_by("store_id", "product_id")
        .agg(weight.sum().alias("sales"))
        .select(_code("store_id", stores, "store"), _code("product_id", products, "product"), "sales")
        .collect()
    )


def purchased_pairs(dataset: Dataset, history: History, until: date) -> tuple[Ints, Ints]:
    """Codes (customers, products) of pairs bought after `history.as_of` up to and including `until`, ordered by both.

    Customers and products unknown on `as_of` are left out: no model could name them.

    Args:
        dataset: must show the days up to `until`.
        history: whose codes.
        until: last day, inclusive.

    Raises:
        DataError: there is no table `transactions`.
    """
    customers, products = history.customers["customer_id"], history.products["product_id"]
    pairs = (
        purchases(dataset, until)
        .filter(
            pl.col("date") > history.as_of,
            pl.col("customer_id").is_in(customers.implode()),
            pl.col("product_id").is_in(products.implode()),
        )
        .select(_code("customer_id", customers, "person"), _code("product_id", products, "product"))
        .unique()
        .sort("person", "product")
        .collect()
    )
    return pairs["person"].to_numpy(), pairs["product"].to_numpy()
