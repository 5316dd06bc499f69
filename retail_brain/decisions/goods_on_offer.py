"""Goods on offer as arrays: what a unit earns, where some lies or is left over, and who bought it last when."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import NO_DAY, Bools, Floats, Places, day_numbers, floats
from retail_brain.decisions.audience_request import AudienceFacts
from retail_brain.decisions.goods_ends import last_anywhere, of_chain, with_ends


@dataclass(frozen=True)
class InShops:
    """What lies, or is left over, by shop and product.

    Attributes:
        keys: `shop * number of goods + product`, rising; shops as in `Crowd.stores`.
        available: whether there is some.
        is_free: whether approved campaigns leave some of it.
        units: of left-over goods, what approved campaigns leave.
        ends: the last day on which they can be sold, or `NO_DAY`.
    """

    keys: Places
    available: Bools
    is_free: Bools
    units: Floats
    ends: Places


@dataclass(frozen=True)
class Goods:
    """Goods by place, in the order of their ids.

    Attributes:
        ids: rising.
        value: money that one response earns; NaN where it is not known.
        available: whether some lies in any shop; goods that the stock does not name count as available.
        is_free: the same of what approved campaigns leave.
        is_for_adults: whether only people known to be adults may be told of them.
        at_home: by shop, where only the person's own counts; None otherwise.
        is_left_over: whether `at_home` says what is left over: people without a shop are told nothing then.
        ends: the last day on which any shop gives them, or `NO_DAY`; None: no end of any is known.
    """

    ids: pl.Series
    value: Floats
    available: Bools
    is_free: Bools
    is_for_adults: Bools
    at_home: InShops | None = None
    is_left_over: bool = False
    ends: Places | None = None

    @classmethod
    def of(cls, ids: pl.Series, facts: AudienceFacts) -> "Goods":
        """The goods wherever they lie.

        Args:
            ids: of the goods, rising.
            facts: values, stock and promises.
        """
        goods = pl.DataFrame({"product_id": ids.cast(pl.String)})
        values = facts.values.unique("product_id", keep="first", maintain_order=True)
        value = goods.join(values, on="product_id", how="left", maintain_order="left")["value"]
        every = np.ones(len(ids), dtype=np.bool_)
        for_adults = goods["product_id"].is_in(sorted(facts.for_adults)).to_numpy()
        if facts.stock is None or facts.stock.height == 0:
            chain = None if facts.ends is None else of_chain(facts.ends)
            return cls(goods["product_id"], floats(value), every, every, for_adults, ends=_last_days(goods, chain))
        stock = with_free(facts.stock, facts.promises, "on_hand")
        anywhere = goods.join(_has_some(stock, "product_id"), on="product_id", how="left", maintain_order="left")
        some = anywhere.select(pl.col("available", "is_free").fill_null(value=True))
        available, is_free = some["available"].to_numpy(), some["is_free"].to_numpy()
        last = None if facts.ends is None else last_anywhere(facts.stock, facts.ends)
        ends = _last_days(goods, last)
        return cls(goods["product_id"], floats(value), available, is_free, for_adults, ends=ends)

    @cached_property
    def nbytes(self) -> int:
        """Bytes held."""
        arrays = (self.value, self.available, self.is_free, self.is_for_adults, self.ends)
        return int(self.ids.estimated_size()) + sum(one.nbytes for one in arrays if one is not None)

    def in_own_shop(self, facts: AudienceFacts, stores: pl.Series) -> "Goods":
        """The goods as the facts limit them to the person's own shop: to its stock, or to what is left over there.

        Args:
            facts: stock, left-over goods and promises.
            stores: ids of the shops, as in `Crowd.stores`.
        """
        if facts.left_over is not None:
            whole = facts.left_over.group_by("store_id", "product_id").agg(
                pl.col("left_over_units").sum(), ends_on=pl.col("sell_by").min()
            )
            left = with_free(whole, facts.promises, "left_over_units").with_columns(
                available=pl.col("left_over_units").fill_null(0) > 0, is_free=pl.col("free").fill_null(0) > 0
            )
            return replace(self, at_home=self._in_shops(with_ends(left, facts.ends), stores), is_left_over=True)
        if not facts.at_home_only or facts.stock is None or facts.stock.height == 0:
            return self
        stock = _has_some(with_free(facts.stock, facts.promises, "on_hand"), "store_id", "product_id")
        return replace(self, at_home=self._in_shops(with_ends(stock, facts.ends), stores))

    def _in_shops(self, rows: pl.DataFrame, stores: pl.Series) -> InShops:
        shops = pl.DataFrame({"store_id": stores}, {"store_id": pl.String}).with_row_index("shop")
        goods = pl.DataFrame({"product_id": self.ids}).with_row_index("product")
        placed = rows.join(shops, on="store_id").join(goods, on="product_id")
        key = pl.col("shop").cast(pl.Int64) * len(self.ids) + pl.col("product")
        held = placed.with_columns(key=key).sort("key")
        if "free" not in held.columns:
            held = held.with_columns(free=pl.lit(0.0))
        return InShops(
            keys=held["key"].to_numpy(),
            available=held["available"].to_numpy(),
            is_free=held["is_free"].to_numpy(),
            units=floats(held["free"].clip(lower_bound=0), 0.0),
            ends=day_numbers(held["ends_on"]),
        )

    def at(self, product: Places, home: Places) -> tuple[Bools, Bools, Floats, Places]:
        """Of some products for people of some shops: available, free, units left over, and the last day or `NO_DAY`.

        Args:
            product: places of products.
            home: place of the person's shop; -1 where none is known.
        """
        available, is_free = self.available[product], self.is_free[product]
        units, ends = np.zeros(len(product)), np.full(len(product), NO_DAY, dtype=np.int32)
        if self.ends is not None:
            ends = self.ends[product].astype(np.int32)
        if self.at_home is None:
            return available, is_free, units, ends
        held = self.at_home
        wanted = home * len(self.ids) + product
        place = np.searchsorted(held.keys, wanted)
        place[place == len(held.keys)] = 0
        is_there = (home >= 0) & (held.keys[place] == wanted if len(held.keys) else False)
        there = place[is_there]
        if self.is_left_over:
            available, is_free = np.zeros_like(available), np.zeros_like(is_free)
        else:
            available, is_free = available & (home < 0), is_free & (home < 0)
        available[is_there], is_free[is_there] = held.available[there], held.is_free[there]
        units[is_there], ends[is_there] = held.units[there], held.ends[there]
        return available, is_free, units, ends


@dataclass(frozen=True)
class Purchases:
    """The last day on which each account bought each product: rows by product, earlier days first.

    Attributes:
        starts: of each product, its first row; and the number of rows.
        account: places of accounts, as in `Crowd.person`.
        day: since 1970-01-01.
    """

    starts: Places
    account: Places
    day: Places

    @classmethod
    def of(cls, bought: pl.DataFrame, accounts: pl.Series, goods: pl.Series) -> "Purchases":
        """From rows `customer_id`, `product_id` and `bought_on`; what others bought is left out.

        Args:
            bought: one row per customer x product.
            accounts: ids that the places stand for, rising; null where one is withheld.
            goods: ids of products, rising.
        """
        owner = pl.DataFrame({"customer_id": accounts.cast(pl.String)}).with_row_index("account")
        product = pl.DataFrame({"product_id": goods.cast(pl.String)}).with_row_index("product")
        placed = bought.join(owner, on="customer_id").join(product, on="product_id").sort("product", "bought_on")
        starts = placed["product"].search_sorted(pl.Series(range(len(goods) + 1)), side="left").to_numpy()
        return cls(starts, placed["account"].cast(pl.Int64).to_numpy(), day_numbers(placed["bought_on"]))

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return int(self.starts.nbytes + self.account.nbytes + self.day.nbytes)

    def newest(self, owner_of: Places, size: int, owner: Places, product: Places) -> Places:
        """The last day on which each owner bought the product of a row; `NO_DAY` where they never did.

        Args:
            owner_of: of each account, its owner: the person, or the account itself; -1 for withheld ones.
            size: number of owners.
            owner: of each row.
            product: of each row; equal ones stand together.
        """
        found = np.full(len(owner), NO_DAY, dtype=np.int32)
        newest = np.full(size + 1, NO_DAY, dtype=np.int32)  # the last place is that of withheld accounts
        for one, start, stop in runs(product):
            rows = slice(self.starts[one], self.starts[one + 1])
            buyers = owner_of[self.account[rows]]
            newest[buyers] = self.day[rows]  # of several days of an owner the last, and newest, stays
            newest[-1] = NO_DAY
            found[start:stop] = newest[owner[start:stop]]
            newest[buyers] = NO_DAY
        return found


def runs(values: Places) -> Iterator[tuple[int, int, int]]:
    """Each run of equal values: the value, its first place and the place after its last.

    >>> list(runs(np.array([7, 7, 3])))
    [(7, 0, 2), (3, 2, 3)]
    """
    if not len(values):
        return
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    stops = np.r_[starts[1:], len(values)]
    yield from zip(values[starts].tolist(), starts.tolist(), stops.tolist(), strict=True)


def with_free(stock: pl.DataFrame, promises: pl.DataFrame | None, units: str) -> pl.DataFrame:
    """Stock by store and product with `free`: what is left of it after the promises of approved campaigns."""
    if promises is None or not promises.height:
        return stock.with_columns(free=pl.col(units).cast(pl.Float64))
    promised = promises.group_by("store_id", "product_id").agg(promised=pl.col("units").sum())
    joined = stock.join(promised, on=["store_id", "product_id"], how="left")
    return joined.with_columns(free=pl.col(units) - pl.col("promised").fill_null(0.0)).drop("promised")


def _last_days(goods: pl.DataFrame, ends: pl.DataFrame | None) -> Places | None:
    """The last day of each product; None where no end of any is known."""
    if ends is None or not ends.height:
        return None
    return day_numbers(goods.join(ends, on="product_id", how="left", maintain_order="left")["ends_on"])


def _has_some(stock: pl.DataFrame, *keys: str) -> pl.DataFrame:
    return stock.group_by(*keys).agg(available=(pl.col("on_hand") > 0).any(), is_free=(pl.col("free") > 0).any())
