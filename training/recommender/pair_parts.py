"""Describes the pairs of a history some people at a time: what is in memory at once is bounded by receipt lines."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from features.person.interactions import interactions
from retail_brain.dataset import Dataset
from training.recommender.config import RecommenderConfig


@dataclass(frozen=True)
class _Part:
    """Sorted pairs of people whose ids follow each other; `person` and `product` are places in the lists of ids."""

    pairs: pl.DataFrame
    customers: pl.Series
    products: pl.Series


class PairParts:
    """The pairs up to a day, described part by part: see `features.person.interactions.interactions`."""

    def __init__(self, dataset: Dataset, as_of: date, config: RecommenderConfig, *, is_narrow: bool = True) -> None:
        """Describes all pairs.

        Args:
            dataset: needs `transactions`; events and identities add to it.
            as_of: last visible day.
            config: half-lives, and `block_lines`, receipt lines that are described at once.
            is_narrow: 4 bytes a value in place of 8: there are hundreds for every customer.

        Raises:
            DataError: there is no table `transactions`.
        """
        self._parts = [
            _coded(pairs, is_narrow=is_narrow)
            for pairs in _described(dataset.at(as_of), as_of, config.half_lives_days, config.block_lines)
        ]

    @property
    def has_purchase(self) -> bool:
        """Whether any pair has a purchase; others have events only."""
        return any(bool((part.pairs["purchase_days"] > 0).any()) for part in self._parts)

    @property
    def customers(self) -> pl.Series:
        """Ids of the customers with a pair; each once, in any order."""
        return pl.concat([part.customers for part in self._parts])

    @property
    def products(self) -> pl.Series:
        """Ids of the products with a pair; one may come several times."""
        return pl.concat([part.products for part in self._parts])

    def taken(self, customers: pl.Series, products: pl.Series) -> pl.DataFrame:
        """All pairs, sorted, with codes `person` and `product`: places in the given ids. The parts are let go.

        Args:
            customers: ids of all customers, ascending.
            products: ids of all products, ascending.
        """
        frames = []
        while self._parts:
            part = self._parts.pop(0)
            places = (("person", part.customers, customers), ("product", part.products, products))
            codes = [
                pl.Series(name, ids.cast(pl.Enum(among)).to_physical().cast(pl.Int32).gather(part.pairs[name]))
                for name, ids, among in places
            ]
            frames.append(part.pairs.with_columns(codes))
        return pl.concat(frames, rechunk=True)


def _coded(pairs: pl.DataFrame, *, is_narrow: bool) -> _Part:
    customers, products = (pairs[name].unique().sort() for name in ("customer_id", "product_id"))
    codes = [
        # a cast to an enum is far faster than a join
        pl.col(column).cast(pl.Enum(ids)).to_physical().cast(pl.Int32).alias(name)
        for column, ids, name in (("customer_id", customers, "person"), ("product_id", products, "product"))
    ]
    coded = pairs.select(*codes, pl.exclude("customer_id", "product_id"))
    if is_narrow:
        # sums of the mean gaps over many pairs are the prior of every pair: they stay as exact as they were
        is_wide = pl.selectors.by_dtype(pl.Float64) - pl.selectors.by_name("mean_gap_days")
        coded = coded.with_columns(is_wide.cast(pl.Float32), pl.selectors.unsigned_integer().cast(pl.Int32))
    return _Part(coded.sort("person", "product"), customers, products)


def _described(
    dataset: Dataset, as_of: date, half_lives_days: tuple[int, ...], block_lines: int
) -> Iterator[pl.DataFrame]:
    """The pairs of people whose ids follow each other, with about `block_lines` receipt lines at a time."""
    bounds = _bounds(dataset, as_of, block_lines)
    for low, high in zip([None, *bounds], [*bounds, None], strict=True):
        within = _is_within(low, high)
        frames = dict(dataset.frames)
        if bounds:
            frames["transactions"] = frames["transactions"].filter(within)
        if bounds and "events" in frames:  # those of an identifier alone may be anybody's
            frames["events"] = frames["events"].filter(within | pl.col("customer_id").is_null())
        pairs = interactions(replace(dataset, frames=frames), as_of, half_lives_days, sort=False)
        yield (pairs.filter(within) if bounds else pairs).collect()


def _is_within(low: str | None, high: str | None) -> pl.Expr:
    """Whether a customer's id is at least the one and below the other; None = no bound."""
    is_within = pl.col("customer_id").is_not_null()
    if low is not None:
        is_within &= pl.col("customer_id") >= low
    return is_within if high is None else is_within & (pl.col("customer_id") < high)


def _bounds(dataset: Dataset, as_of: date, block_lines: int) -> list[str]:
    """Ids at which the second and each further part begins; none where all lines fit into one."""
    if not dataset.has("transactions"):
        return []
    of_customers = (pl.col("sold_at").dt.date() <= as_of) & pl.col("customer_id").is_not_null()
    lines = dataset.scan("transactions").filter(of_customers)
    if lines.select(pl.len()).collect().item() <= block_lines:
        return []
    counted = lines.group_by("customer_id").len().collect().sort("customer_id")
    before = counted["len"].cast(pl.Int64).cum_sum() - counted["len"].cast(pl.Int64)
    is_first = (before // block_lines).diff().fill_null(0) > 0
    return [str(one) for one in counted["customer_id"].filter(is_first)]
