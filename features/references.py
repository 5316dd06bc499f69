"""Computes chain-wide reference values: product prices, revenue shares and ABC classes, and typical buyers.

What everybody's features are compared with is taken at the end of a month (`reference_day`): a day's new receipts do
not move the numbers of people and goods that they say nothing of, and no receipt is judged by prices of days to come.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from features.windows import ratio, until, within
from retail_brain.dataset import Dataset

_ABC_SHARES = (0.8, 0.95)
"""Cumulative shares of revenue at which classes A and B end: the usual 80 and 95 %."""

MONEY_DIGITS = 4
"""Digits of money after the point: finer than any currency, coarser than the error of a sum of floats."""

_PRICE_DIGITS = 9
"""Digits of a mean price after the point: coarser than the error of its sums, finer than the price of a gram."""
_SHARE_DIGITS = 12
"""Digits of a share after the point: coarser than the error of a sum of floats: equal rows give equal shares."""
_LATE_DAYS = 7
"""Days after a month's end before its numbers are the reference, because receipts come late. By judgement."""
_LEAST_DAYS = 91
"""Days of sales, a quarter, before a month's end can be the reference: of fewer a chain has no usual. By judgement."""


def reference_day(dataset: Dataset, as_of: date) -> date:
    """The day as of which reference values hold: the end of the last month that ended at least 7 days before `as_of`.

    `as_of` itself for a chain that had sold for less than a quarter by then.

    Raises:
        MissingTableError: the dataset has neither `transactions` nor `daily_sales`.
    """
    month_end = (as_of - timedelta(days=_LATE_DAYS - 1)).replace(day=1) - timedelta(days=1)
    first = sales_lines(dataset, as_of).select(pl.col("at").min().cast(pl.Date)).collect(engine="streaming").item()
    is_grown = first is not None and first + timedelta(days=_LEAST_DAYS) <= month_end
    return month_end if is_grown else as_of


def sales_lines(dataset: Dataset, as_of: date) -> pl.LazyFrame:
    """Sales as of a day: one row per receipt line, or per store x product x date where there are no receipts.

    Columns: at, transaction_id, store_id, product_id, customer_id, channel, units, unit_price, discount.

    Raises:
        MissingTableError: the dataset has neither `transactions` nor `daily_sales`.
    """
    seen = dataset.at(as_of)
    if seen.has("transactions"):
        return seen.scan("transactions").rename({"sold_at": "at"})
    text = pl.lit(None, dtype=pl.String)
    return seen.scan("daily_sales").select(
        pl.col("date").cast(pl.Datetime("us")).alias("at"),
        text.alias("transaction_id"),
        "store_id",
        "product_id",
        text.alias("customer_id"),
        text.alias("channel"),
        "units",
        "unit_price",
        pl.lit(None, dtype=pl.Float64).alias("discount"),
    )


def past_sales(dataset: Dataset, since: date) -> pl.LazyFrame:
    """One row per product sold by the reference day: `mean_price` before discounts, `revenue_before` of 365 days.

    Args:
        dataset: canonical tables.
        since: result of `reference_day`.

    Raises:
        MissingTableError: the dataset has neither `transactions` nor `daily_sales`.
    """
    spend = pl.col("units") * pl.col("unit_price")
    discount = pl.col("discount").fill_null(0).clip(lower_bound=0)
    priced = (pl.col("units") > 0) & pl.col("unit_price").is_not_null()
    return (
        sales_lines(dataset, since)
        .filter(until("at", since))
        .group_by("product_id")
        .agg(
            # sums of floats depend on the order of the rows, which the engine does not keep; a rounded one does not
            ratio((spend + discount).filter(priced).sum(), pl.col("units").filter(priced).sum())
            .round(_PRICE_DIGITS)
            .alias("mean_price"),
            # goods returned more than sold have no revenue, and shares of a total must not be negative
            spend.filter(within("at", since, 365))
            .sum()
            .clip(lower_bound=0)
            .round(MONEY_DIGITS)
            .alias("revenue_before"),
        )
    )


def product_references(dataset: Dataset, as_of: date, past: pl.LazyFrame) -> pl.LazyFrame:
    """One row per product that is listed or was sold: category, reference price, revenue and its class.

    Columns: product_id, category, reference_price (list price, otherwise the mean price before discounts up to the
    reference day), category_price (median reference price of the category), category_share (of the revenue of the 365
    days up to the reference day), revenue_365d and abc (A: the first 80 % of the revenue of the last 365 days, B: up to
    95 %, C: the rest and goods without sales).

    Args:
        dataset: canonical tables.
        as_of: last visible day, as of which revenue and classes are.
        past: result of `past_sales`.

    Raises:
        MissingTableError: the dataset has neither `transactions` nor `daily_sales`.
    """
    spend = pl.col("units") * pl.col("unit_price")
    # goods that sold earlier alone are in `past`, since the reference day lies within the year: older rows are not read
    totals = (
        sales_lines(dataset, as_of)
        .filter(within("at", as_of, 365))
        .group_by("product_id")
        # rounded, as goods of equal revenue lie on the border of a class in an order that the last digits would decide
        .agg(spend.sum().clip(lower_bound=0).round(MONEY_DIGITS).alias("revenue_365d"))
    )
    products = dataset.scan_or_empty("products").select("product_id", "category", "list_price")
    # revenue of equal size is ordered by id, so that the border between two classes is always the same
    ranked = (
        products.join(totals, on="product_id", how="full", coalesce=True)
        .join(past, on="product_id", how="full", coalesce=True)
        .with_columns(
            pl.coalesce("list_price", "mean_price").alias("reference_price"),
            pl.col("revenue_365d", "revenue_before").fill_null(0.0),
        )
        .sort(["revenue_365d", "product_id"], descending=[True, False])
    )
    revenue, earlier = pl.col("revenue_365d"), pl.col("revenue_before")
    # the share before the product, so that the one that crosses the border still belongs to the upper class
    before = ratio(revenue.cum_sum() - revenue, revenue.sum()).fill_null(1.0)
    return ranked.select(
        "product_id",
        "category",
        "reference_price",
        pl.col("reference_price").median().over("category").alias("category_price"),
        ratio(earlier.sum().over("category"), earlier.sum()).round(_SHARE_DIGITS).alias("category_share"),
        "revenue_365d",
        pl.when((before < _ABC_SHARES[0]) & (revenue > 0))
        .then(pl.lit("A"))
        .when((before < _ABC_SHARES[1]) & (revenue > 0))
        .then(pl.lit("B"))
        .otherwise(pl.lit("C"))
        .alias("abc"),
    )


@dataclass(frozen=True)
class BuyerReferences:
    """Reference values of the chain's buyers, by account: a link between two moves no number of anybody else.

    Attributes:
        typical_gap_days: median over repeat buyers of their mean gap between purchase days, or None without any.
        buyers: one row per sampled buyer: person_id (an account), repeats, last_weeks and age_weeks (for BG/NBD),
            purchases (days) and total (money, for Gamma-Gamma), recency_days, baskets_365d, spend_365d (for RFM).
        days: one row per sampled buyer x purchase day: person_id, date.
    """

    typical_gap_days: float | None
    buyers: pl.DataFrame
    days: pl.DataFrame


def buyer_references(lines: pl.LazyFrame, as_of: date, max_buyers: int = 50_000) -> BuyerReferences:
    """Computes the reference values of buyers.

    Args:
        lines: result of `features.records.buyer_lines`.
        as_of: last visible day, as a rule the reference day.
        max_buyers: most sampled buyers, every n-th by id: a handful of parameters needs no more.
    """
    named = lines.filter(pl.col("person_id").is_not_null()).with_columns(date=pl.col("at").cast(pl.Date))
    sold = pl.col("units") > 0
    spend = pl.col("units") * pl.col("unit_price")
    recent = within("date", as_of, 365)
    buyers = (
        named.group_by("person_id")
        .agg(
            pl.col("date").filter(sold).n_unique().alias("purchases"),
            pl.col("date").filter(sold).min().alias("first"),
            pl.col("date").filter(sold).max().alias("last"),
            # sums of floats depend on the order of the rows, which the engine does not keep; a rounded one does not
            spend.sum().round(MONEY_DIGITS).alias("total"),
            pl.col("transaction_id").filter(sold & recent).n_unique().alias("baskets_365d"),
            spend.filter(recent).sum().round(MONEY_DIGITS).alias("spend_365d"),
        )
        .filter(pl.col("purchases") > 0)
        .collect(engine="streaming")
        .sort("person_id")
    )
    span = (pl.col("last") - pl.col("first")).dt.total_days()
    gap = buyers.filter(pl.col("purchases") > 1).select((span / (pl.col("purchases") - 1)).median()).item()
    # every n-th by id, not a random draw: the same data give the same models
    sample = buyers.gather_every(max(1, -(-buyers.height // max_buyers)))
    days = (
        named.filter(sold)
        .join(sample.lazy().select("person_id"), on="person_id", how="semi")
        .select("person_id", "date")
        .unique()
        .collect(engine="streaming")
        .sort("person_id", "date")
    )
    described = sample.select(
        "person_id",
        "purchases",
        "total",
        "baskets_365d",
        "spend_365d",
        (pl.col("purchases") - 1).cast(pl.Float64).alias("repeats"),
        (span / 7).alias("last_weeks"),
        ((pl.lit(as_of) - pl.col("first")).dt.total_days() / 7).alias("age_weeks"),
        (pl.lit(as_of) - pl.col("last")).dt.total_days().alias("recency_days"),
    )
    return BuyerReferences(gap, described, days)
