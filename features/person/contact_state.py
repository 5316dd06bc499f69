"""What is known of a person on the day before a contact: the inputs of a model of what contacts cause."""

from datetime import timedelta

import polars as pl

from retail_brain.dataset import Dataset

DAYS, NEAR_DAYS = 730, 91
"""Days looked back over: two years, in which each season comes twice, and those of the recent state, a quarter."""
_NEVER = 2 * DAYS
"""Days since something that did not happen within DAYS: beyond all that did."""
_PRIOR = 5
"""Lines and interactions that the usual taste counts for beside a person's own. Of 0, 3, 5 and 10 the one by which the
liking ordered the sample's true uplift best (.685 of the best possible by itself)."""
_COUPON_DAYS, _COUPON_VISITS = 0.05, 1.0
"""Days with a coupon and days in all that are added to a person's own before the share is taken: one visit says little.
By judgement. On earlier campaigns of Complete Journey the share without them ordered redeemers no better than the
days by themselves did."""
PERSON_FEATURES = (
    "visit_days_91d",
    "visit_days",
    "spend",
    "basket_value",
    "days_since_visit",
    "days_known",
    "categories",
    "discount_share",
    "coupon_days",
    "coupon_share",
    "contacts_91d",
    "responses",
)
CATEGORY_FEATURES = ("category_days_91d", "category_days", "category_share", "category_liking", "days_since_category")
FEATURES = (*PERSON_FEATURES, *CATEGORY_FEATURES)
"""Columns of the state, all Float32; null where nothing was bought."""


def person_state(dataset: Dataset, keys: pl.DataFrame) -> pl.DataFrame:
    """One row per key: `customer_id`, `day` and PERSON_FEATURES, from the DAYS before the day.

    `visit_days` are days with a purchase, `spend` money, `basket_value` money a visit day, `discount_share` the share
    of bought lines with a discount (null where the data names none), `coupon_days` days on which a coupon was used (0
    where the data names none) and `coupon_share` their share of the days, shrunk (null where nobody used one),
    `contacts` those made, held-out ones apart.

    Args:
        dataset: with transactions, and perhaps contacts and responses.
        keys: `customer_id`, `day`, unique.
    """
    near = pl.col("ago") <= NEAR_DAYS
    bought = (
        _before(keys, _lines(dataset, keys))
        .group_by("customer_id", "day")
        .agg(
            visit_days_91d=pl.col("at").filter(near).n_unique(),
            visit_days=pl.col("at").n_unique(),
            spend=pl.col("spend").sum(),
            days_since_visit=pl.col("ago").min(),
            days_known=pl.col("ago").max(),
            categories=pl.col("category").n_unique(),
            discount_share=pl.when(pl.col("discounted").is_not_null().any()).then(
                pl.col("discounted").sum() / pl.col("lines").sum()
            ),
            coupon_days=pl.col("at").filter(pl.col("coupons") > 0).n_unique(),
        )
        .with_columns(
            basket_value=pl.col("spend") / pl.col("visit_days"),
            # where nobody uses coupons it would only repeat the visits
            coupon_share=pl.when((pl.col("coupon_days") > 0).any()).then(
                (pl.col("coupon_days") + _COUPON_DAYS) / (pl.col("visit_days") + _COUPON_VISITS)
            ),
        )
    )
    told = _counted(dataset, "contacts", "contacted_at", NEAR_DAYS, keys, "contacts_91d")
    answered = _counted(dataset, "responses", "responded_at", DAYS, keys, "responses")
    whole = keys.lazy()
    for part in (bought, told, answered):
        whole = whole.join(part, on=["customer_id", "day"], how="left")
    counts = pl.col("visit_days_91d", "visit_days", "coupon_days", "contacts_91d", "responses").fill_null(0)
    floats = [pl.col(name).cast(pl.Float32) for name in PERSON_FEATURES]
    found = whole.with_columns(counts).select("customer_id", "day", *floats).collect(engine="streaming")
    return keys.select("customer_id", "day").join(found, on=["customer_id", "day"], how="left", maintain_order="left")


def category_history(dataset: Dataset, keys: pl.DataFrame) -> pl.DataFrame:
    """One row per key x category bought or touched in the DAYS before the day: what `category_state` is made of.

    Args:
        dataset: with transactions and products, and perhaps events.
        keys: `customer_id`, `day`, unique.
    """
    own = ["customer_id", "day", "category"]
    bought = (
        _before(keys, _lines(dataset, keys))
        .group_by(own)
        .agg(
            spend=pl.col("spend").sum(),
            lines=pl.col("lines").sum(),
            category_days_91d=pl.col("at").filter(pl.col("ago") <= NEAR_DAYS).n_unique(),
            category_days=pl.col("at").n_unique(),
            days_since_category=pl.col("ago").min(),
        )
    )
    touched = _before(keys, _interactions(dataset)).group_by(own).agg(touches=pl.col("lines").sum())
    both = bought.join(touched, on=own, how="full", coalesce=True)
    moments = (pl.col("lines").fill_null(0) + pl.col("touches").fill_null(0)).alias("moments")
    one = ["customer_id", "day"]
    return (
        both.select(
            *own, pl.col("spend").fill_null(0), "category_days_91d", "category_days", "days_since_category", moments
        )
        .with_columns(
            all_spend=pl.col("spend").sum().over(one),
            all_moments=pl.col("moments").sum().over(one),
        )
        .collect(engine="streaming")
        .sort(own)
    )


def category_state(history: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """One row per key: `customer_id`, `day`, `category` and CATEGORY_FEATURES.

    `category_share` is the category's share of the money, `days_since_category` the days since it was last bought, and
    `category_liking` its share of the person's lines and interactions over its share among all of the history on that
    day, shrunk towards 1 (usual) by _PRIOR lines.

    Args:
        history: result of `category_history` of their days.
        keys: `customer_id`, `day`, `category`, unique.
    """
    one, own = ["customer_id", "day"], ["customer_id", "day", "category"]
    sums = history.select(*one, "all_spend", "all_moments").unique(one)
    whole = sums.group_by("day").agg(every=pl.col("all_moments").sum())
    usual = (
        history.group_by("day", "category")
        .agg(number=pl.col("moments").sum())
        .join(whole, on="day")
        .select("day", "category", usual=pl.col("number") / pl.col("every"))
    )
    joined = (
        keys.join(sums, on=one, how="left", maintain_order="left")
        .join(history.drop("all_spend", "all_moments"), on=own, how="left", maintain_order="left")
        .join(usual, on=["day", "category"], how="left", maintain_order="left")
    )
    prior = _PRIOR * pl.col("usual")
    liking = (pl.col("moments").fill_null(0) + prior) / (pl.col("all_moments").fill_null(0) + _PRIOR) / pl.col("usual")
    filled = joined.with_columns(
        pl.col("category_days_91d", "category_days").fill_null(0),
        pl.col("days_since_category").fill_null(_NEVER),
        category_share=(pl.col("spend") / pl.col("all_spend")).fill_nan(None).fill_null(0),
        category_liking=liking.fill_nan(None).fill_null(1.0),
    )
    return filled.select(*own, *(pl.col(name).cast(pl.Float32) for name in CATEGORY_FEATURES))


def _before(keys: pl.DataFrame, rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of each key's customer in the DAYS before its day, with `ago`, the days between."""
    ago = (pl.col("day") - pl.col("at")).dt.total_days()
    joined = keys.lazy().select("customer_id", "day").join(rows, on="customer_id")
    return joined.with_columns(ago=ago).filter(pl.col("ago").is_between(1, DAYS))


def _lines(dataset: Dataset, keys: pl.DataFrame) -> pl.LazyFrame:
    """One row per customer of the keys x day x category bought: `at`, money, lines, those with a discount or coupon."""
    lines = dataset.scan("transactions").filter(pl.col("customer_id").is_not_null(), pl.col("units") > 0)
    discount = pl.col("discount") if "discount" in lines.collect_schema() else pl.lit(None, dtype=pl.Float64)
    return (
        lines.join(keys.lazy().select("customer_id").unique(), on="customer_id", how="semi")
        .join(_categories(dataset), on="product_id", how="left")
        .group_by("customer_id", "category", at=pl.col("sold_at").dt.date())
        .agg(
            spend=(pl.col("units") * pl.col("unit_price")).sum(),
            lines=pl.len(),
            discounted=pl.when(discount.is_not_null().any()).then((discount > 0).sum()),
            coupons=(pl.col("coupon_discount") > 0).sum(),
        )
    )


def _interactions(dataset: Dataset) -> pl.LazyFrame:
    """One row per customer x day x category of interactions with goods: `at`, `lines` (their number)."""
    schema = {"customer_id": pl.String, "category": pl.String, "at": pl.Date, "lines": pl.UInt32}
    if not dataset.has("events"):
        return pl.LazyFrame(schema=schema)
    events = dataset.scan("events")
    if not {"customer_id", "product_id"} <= set(events.collect_schema()):
        return pl.LazyFrame(schema=schema)
    return (
        events.filter(pl.col("customer_id").is_not_null())
        .join(_categories(dataset), on="product_id")
        .group_by("customer_id", "category", at=pl.col("occurred_at").dt.date())
        .agg(lines=pl.len())
    )


def _categories(dataset: Dataset) -> pl.LazyFrame:
    products = dataset.scan_or_empty("products")
    category = pl.col("category") if "category" in products.collect_schema() else pl.lit(None, dtype=pl.String)
    return products.select("product_id", category=category).unique("product_id")


def _counted(dataset: Dataset, table: str, moment: str, days: int, keys: pl.DataFrame, name: str) -> pl.LazyFrame:
    """One row per key with rows of a table in the days before: `customer_id`, `day`, and their number as `name`."""
    if not dataset.has(table):
        return pl.LazyFrame(schema={"customer_id": pl.String, "day": pl.Date, name: pl.UInt32})
    rows = dataset.scan(table)
    if table == "contacts":
        rows = rows.filter(~pl.col("is_holdout"))
    at = rows.select("customer_id", at=pl.col(moment).dt.date())
    is_near = (pl.col("at") < pl.col("day")) & (pl.col("at") >= pl.col("day") - timedelta(days=days))
    joined = keys.lazy().select("customer_id", "day").join(at, on="customer_id").filter(is_near)
    return joined.group_by("customer_id", "day").agg(pl.len().alias(name))
