"""Contacts of past campaigns, made and withheld, and whether their goods were bought afterwards."""

from datetime import timedelta

import polars as pl

from retail_brain.dataset import Dataset


def has_past_contacts(dataset: Dataset) -> bool:
    """Whether the dataset tells of campaigns, contacts and purchases."""
    return all(dataset.has(name) for name in ("contacts", "campaigns", "transactions"))


def past_contacts(dataset: Dataset, days: int) -> pl.LazyFrame:
    """One row per contact, made or withheld, of a campaign with goods whose days are over.

    `campaign_id`, `customer_id`, `day`, `is_holdout`, `attribution_id`, `product_id`, and `bought`: whether the person
    bought the product that the contact names, or else any of the campaign's goods, within some days from the day on.
    Contacts whose days are not over would count too few.

    Args:
        dataset: with contacts, campaigns and transactions.
        days: in which a purchase counts.
    """
    every = dataset.scan("campaigns").select("campaign_id", any_of="product_ids").explode("any_of").drop_nulls()
    with_goods = every.select("campaign_id", has_goods=pl.lit(value=True)).unique()
    until = dataset.as_of or dataset.last_day()
    over = _told(dataset).filter(pl.col("day") <= until - timedelta(days=days)).with_row_index("contact")
    is_named = pl.col("product_id").is_not_null()
    over = over.join(with_goods, on="campaign_id", how="left", maintain_order="left")
    over = over.filter(is_named | pl.col("has_goods")).drop("has_goods")
    of_campaign = over.filter(~is_named).drop("product_id").join(every, on="campaign_id")
    goods = pl.concat(
        [
            part.select("contact", "customer_id", "day", product_id=product)
            for part, product in ((of_campaign, "any_of"), (over.filter(is_named), "product_id"))
        ]
    )
    lines = dataset.scan("transactions").filter(pl.col("customer_id").is_not_null(), pl.col("units") > 0)
    bought = lines.select("customer_id", "product_id", bought_on=pl.col("sold_at").dt.date()).unique()
    since = (pl.col("bought_on") - pl.col("day")).dt.total_days()
    buyers = (
        goods.join(bought, on=["customer_id", "product_id"])
        .filter(since.is_between(0, days - 1))
        .select("contact", bought=pl.lit(value=True))
        .unique()
    )
    whole = over.join(buyers, on="contact", how="left", maintain_order="left")
    return whole.with_columns(pl.col("bought").fill_null(value=False)).drop("contact")


def _told(dataset: Dataset) -> pl.LazyFrame:
    """Contacts of campaigns: `campaign_id`, `customer_id`, `is_holdout`, `day`, `attribution_id`, `product_id`.

    `product_id` is null where the contact was about the campaign's goods. Contacts without a campaign, which only
    say that somebody was contacted, are not among them.
    """
    contacts = dataset.scan("contacts")
    known = contacts.collect_schema()
    named = [
        (pl.col(name) if name in known else pl.lit(None, pl.String)).alias(name)
        for name in ("attribution_id", "product_id")
    ]
    told = contacts.filter(pl.col("campaign_id").is_not_null())
    return told.select("campaign_id", "customer_id", "is_holdout", *named, day=pl.col("contacted_at").dt.date())


def judged_contacts(dataset: Dataset, days: int) -> pl.LazyFrame:
    """One row per campaign x person of the contacts, made or withheld: `campaign_id`, `customer_id`, `code`.

    `code` says why nothing can be learned from it, and is null where something can: `unknown_campaign` (the campaigns
    do not name it), `no_goods`, `no_category` (of its goods), `days_not_over`, and of the others of the campaign
    `no_holdout` (nobody was held out) or `nobody_contacted`.

    Args:
        dataset: with contacts, campaigns and transactions.
        days: in which a purchase counts.
    """
    until = dataset.as_of or dataset.last_day()
    goods = dataset.scan("campaigns").select("campaign_id", product_id="product_ids").explode("product_id")
    flags = (
        dataset.scan("campaigns").select("campaign_id").unique()
        .join(goods.drop_nulls().select("campaign_id", has_goods=True).unique(), on="campaign_id", how="left")
        .with_columns(is_known=True)
    )  # fmt: skip
    rows = with_categories(_told(dataset), dataset)
    is_late = pl.col("day") > until - timedelta(days=days)
    # of several contacts of a person the first one counts whose days are over, as in what is learned from
    one = rows.sort(is_late, maintain_order=True).unique(
        ["campaign_id", "customer_id"], keep="first", maintain_order=True
    )
    code = (
        pl.when(pl.col("is_known").is_null()).then(pl.lit("unknown_campaign"))
        .when(pl.col("has_goods").is_null() & pl.col("product_id").is_null()).then(pl.lit("no_goods"))
        .when(pl.col("category").is_null()).then(pl.lit("no_category"))
        .when(is_late).then(pl.lit("days_not_over"))
    )  # fmt: skip
    first = one.join(flags, on="campaign_id", how="left", maintain_order="left").with_columns(code=code)
    held = pl.col("is_holdout").filter(pl.col("code").is_null())
    alone = (
        pl.when(pl.col("code").is_not_null()).then("code")
        .when(~held.any().over("campaign_id")).then(pl.lit("no_holdout"))
        .when(held.all().over("campaign_id")).then(pl.lit("nobody_contacted"))
    )  # fmt: skip
    return first.select("campaign_id", "customer_id", code=alone)


def with_categories(contacts: pl.LazyFrame, dataset: Dataset) -> pl.LazyFrame:
    """The contacts with `category`: of the product that a contact names, else of most goods of the campaign; or null.

    Args:
        contacts: `campaign_id` and `product_id`.
        dataset: with campaigns, and perhaps products.
    """
    products = dataset.scan_or_empty("products")
    category = pl.col("category") if "category" in products.collect_schema() else pl.lit(None, pl.String)
    own = products.select("product_id", own=category).unique("product_id")
    joined = contacts.join(own, on="product_id", how="left", maintain_order="left").join(
        campaign_categories(dataset), on="campaign_id", how="left", maintain_order="left"
    )
    chosen = pl.when(pl.col("product_id").is_not_null()).then("own").otherwise("category")
    return joined.with_columns(category=chosen).drop("own")


def campaign_categories(dataset: Dataset) -> pl.LazyFrame:
    """One row per campaign with goods of a known category: `campaign_id`, `category` (of most of them)."""
    goods = dataset.scan("campaigns").select("campaign_id", product_id="product_ids").explode("product_id")
    products = dataset.scan_or_empty("products")
    if "category" not in products.collect_schema():
        return pl.LazyFrame(schema={"campaign_id": pl.String, "category": pl.String})
    known = goods.join(products.select("product_id", "category").unique("product_id"), on="product_id")
    counted = known.filter(pl.col("category").is_not_null()).group_by("campaign_id", "category").agg(number=pl.len())
    ranked = counted.sort("number", "category", descending=[True, False])
    return ranked.unique("campaign_id", keep="first", maintain_order=True).select("campaign_id", "category")
