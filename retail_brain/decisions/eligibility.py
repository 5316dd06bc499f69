"""Decides which customers are eligible for an audience, and the one exclusion reason of everybody else."""

from datetime import date, timedelta

import polars as pl

from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.channels import best_channels, contact_counts
from retail_brain.decisions.consents import channel_states, closed_reasons
from retail_brain.settings import AudienceSettings

EXCLUSION_TEXTS = {
    "consent_unreadable": (
        "A consent entry that cannot be read closes the channel",
        "同意记录无法识别，按拒绝联系处理",
    ),
    "consent_tie": (
        "Consent and refusal at the same moment: counted as a refusal",
        "同一时刻既有同意又有拒绝，按拒绝联系处理",
    ),
    "no_consent": ("No consent to the channel", "未同意该渠道联系"),
    "in_campaign": ("Already contacted in this campaign", "已在本活动中联系过"),
    "contacted_too_often": ("Contacted too often lately", "近期联系次数已达上限"),
    "no_signal": ("No sign of interest in these goods", "没有对这些商品感兴趣的迹象"),
    "other_kind": ("Interested, but not of the kind asked for", "有兴趣，但不属于所选类型"),
    "no_stock": ("The goods are out of stock where the person could get them", "顾客可及的门店缺货"),
    "just_bought": ("Bought the goods only just now", "刚刚购买过"),
    "not_due": ("Will not need them again within the campaign", "活动期间尚不需要再次购买"),
    "not_worth_contact": ("Expected to earn less than the contact costs", "预期收益低于联系成本"),
    "beyond_size": ("Ranked below the size asked for", "排名在所需人数之外"),
    "over_budget": ("Not covered by the budget", "超出预算"),
}
"""Code -> English and Chinese; in order of precedence: each person is counted under the first that holds."""


def assess(
    pairs: pl.DataFrame, facts: AudienceFacts, request: AudienceRequest, as_of: date, settings: AudienceSettings
) -> pl.DataFrame:
    """One row per customer considered: everyone in `facts.customers` or `pairs`.

    Columns: `customer_id`, `code` (null for the eligible, else why not), and for those with an open offer `product_id`
    (their best), `probability` (of buying any of the goods), `expected_value` (money, less the contact cost; null where
    no value is known), `kind`, `due_on`, `channel`, `reason`, `reason_zh`.

    Args:
        pairs: `customer_id`, `product_id`, `probability` and perhaps `kind`, `due_on`, `reason`, `reason_zh`.
        facts: consents, contacts, purchases, stock and values.
        request: goods, kind, channel and days of the audience.
        as_of: last visible day.
        settings: limits on contacts.

    Raises:
        ImpossibleError: the campaign is over.
    """
    _, last = request.days(as_of)
    offers = _judged_offers(_complete(pairs), facts, request, as_of, last, settings)
    people = _considered(facts.customers, offers)
    states = None if facts.consents is None else channel_states(facts.consents.lazy(), as_of).collect()
    channels = best_channels(people, states, facts.contacts, facts.responses, request.channel)
    reachable = channels.with_columns(reachable=pl.lit(value=True))
    people = (
        people.join(_best_offers(offers, request), on="customer_id", how="left")
        .join(_offer_codes(offers), on="customer_id", how="left")
        .join(reachable, on="customer_id", how="left")
        .join(_closed(states, request.channel), on="customer_id", how="left")
        .join(_contacted(facts, request, as_of, settings), on="customer_id", how="left")
    )
    code = (
        pl.when(pl.col("reachable").is_null()).then(pl.col("consent_code").fill_null("no_consent"))
        .when(pl.col("in_campaign").fill_null(value=False)).then(pl.lit("in_campaign"))
        .when(pl.col("contact_count").fill_null(0) >= settings.max_contacts).then(pl.lit("contacted_too_often"))
        .when(pl.col("offer_code").is_null() & pl.col("probability").is_null()).then(pl.lit("no_signal"))
        .when(pl.col("probability").is_null()).then(pl.col("offer_code"))
        .when(pl.col("expected_value") <= 0).then(pl.lit("not_worth_contact"))
    )  # fmt: skip
    return people.with_columns(code=code).drop(
        "reachable", "consent_code", "in_campaign", "contact_count", "offer_code"
    )


def _closed(states: pl.DataFrame | None, channel: str | None) -> pl.DataFrame:
    """One row per customer to whom a channel (the one asked for, if one is) is closed, with the reason."""
    if states is None:
        return pl.DataFrame(schema={"customer_id": pl.String, "consent_code": pl.String})
    return closed_reasons(states if channel is None else states.filter(pl.col("channel") == channel))


def _complete(pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs with every optional column, and only those with a probability."""
    optional = {"kind": pl.String, "due_on": pl.Date, "reason": pl.String, "reason_zh": pl.String}
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in optional.items() if name not in pairs.columns]
    ids = pl.col("customer_id", "product_id").cast(pl.String)
    complete = pairs.with_columns(*missing, ids, pl.col("probability").cast(pl.Float64).fill_nan(None).clip(0, 1))
    return complete.filter(pl.col("probability") > 0).select("customer_id", "product_id", "probability", *optional)


def _judged_offers(
    pairs: pl.DataFrame,
    facts: AudienceFacts,
    request: AudienceRequest,
    as_of: date,
    last: date,
    settings: AudienceSettings,
) -> pl.DataFrame:
    """The pairs of the goods on offer, each with `value` and with `offer_code` where it cannot be made."""
    offers = pairs.filter(pl.col("product_id").is_in(list(request.product_ids)))
    offers = offers.unique(["customer_id", "product_id"], keep="first", maintain_order=True)
    offers = offers.join(facts.values.unique("product_id"), on="product_id", how="left")
    offers = _with_availability(offers, facts)
    bought = facts.purchases
    if bought is None:
        bought = pl.DataFrame(schema={"customer_id": pl.String, "product_id": pl.String, "bought_on": pl.Date})
    offers = offers.join(
        bought.select("customer_id", "product_id", "bought_on"), on=["customer_id", "product_id"], how="left"
    )
    # A recent purchase does not exclude goods that are due again within the campaign.
    recent = pl.col("bought_on") > as_of - timedelta(days=settings.just_bought_days)
    code = (
        pl.when(pl.lit(request.kind != "mixed") & (pl.col("kind") != request.kind)).then(pl.lit("other_kind"))
        .when(~pl.col("available")).then(pl.lit("no_stock"))
        .when(recent & (pl.col("due_on").is_null() | (pl.col("due_on") > last))).then(pl.lit("just_bought"))
        .when(pl.col("due_on") > last).then(pl.lit("not_due"))
    )  # fmt: skip
    return offers.with_columns(offer_code=code)


def _with_availability(offers: pl.DataFrame, facts: AudienceFacts) -> pl.DataFrame:
    """Adds `available`: some of the product lies in the person's shop, or in any shop of the network.

    Products that the stock table does not name at all are of unknown stock and count as available.
    """
    if facts.stock is None or facts.stock.height == 0:
        return offers.with_columns(available=pl.lit(value=True))
    availability = facts.stock.group_by("product_id").agg(anywhere=(pl.col("on_hand") > 0).any())
    offers = offers.join(availability, on="product_id", how="left").with_columns(
        pl.col("anywhere").fill_null(value=True)
    )
    if not facts.at_home_only or "home_store_id" not in facts.customers.columns:
        return offers.rename({"anywhere": "available"})
    homes = facts.customers.select("customer_id", "home_store_id").unique("customer_id")
    at_home = facts.stock.group_by(pl.col("store_id").alias("home_store_id"), "product_id").agg(
        at_home=(pl.col("on_hand") > 0).any()
    )
    offers = offers.join(homes, on="customer_id", how="left").join(
        at_home, on=["home_store_id", "product_id"], how="left"
    )
    homeless = pl.col("home_store_id").is_null()
    own = pl.when(homeless).then(pl.col("anywhere")).otherwise(pl.col("at_home").fill_null(value=False))
    return offers.with_columns(available=own).drop("anywhere", "at_home", "home_store_id")


def _considered(customers: pl.DataFrame, offers: pl.DataFrame) -> pl.DataFrame:
    people = pl.concat([customers.select(pl.col("customer_id").cast(pl.String)), offers.select("customer_id")])
    return people.filter(pl.col("customer_id").is_not_null()).unique(maintain_order=True).sort("customer_id")


def _best_offers(offers: pl.DataFrame, request: AudienceRequest) -> pl.DataFrame:
    """One row per customer with an open offer: the best product, and the chance and value of all of them together."""
    open_offers = offers.filter(pl.col("offer_code").is_null()).with_columns(
        offer_value=pl.col("probability") * pl.col("value")
    )
    # Chance to buy any of the goods, taking the purchases as independent.
    chances = open_offers.group_by("customer_id").agg(
        probability=1 - (1 - pl.col("probability")).product(),
        expected_value=pl.when(pl.col("offer_value").is_not_null().any()).then(
            pl.col("offer_value").sum() - request.contact_cost
        ),
    )
    best = (
        open_offers.sort("offer_value", "probability", "product_id", descending=[True, True, False], nulls_last=True)
        .group_by("customer_id", maintain_order=True)
        .first()
        .select("customer_id", "product_id", "kind", "due_on", "reason", "reason_zh")
    )
    return best.join(chances, on="customer_id")


def _offer_codes(offers: pl.DataFrame) -> pl.DataFrame:
    """Why a customer's likeliest offer cannot be made."""
    closed = offers.filter(pl.col("offer_code").is_not_null()).sort("probability", descending=True, maintain_order=True)
    return closed.group_by("customer_id", maintain_order=True).first().select("customer_id", "offer_code")


def _contacted(facts: AudienceFacts, request: AudienceRequest, as_of: date, settings: AudienceSettings) -> pl.DataFrame:
    """One row per customer contacted before: `contact_count` in the window, and `in_campaign`."""
    if facts.contacts is None:
        return pl.DataFrame(schema={"customer_id": pl.String, "contact_count": pl.UInt32, "in_campaign": pl.Boolean})
    counts = contact_counts(facts.contacts, as_of, settings.contact_window_days)
    members = facts.contacts.filter(
        pl.col("campaign_id") == pl.lit(request.campaign_id, dtype=pl.String), ~pl.col("is_holdout")
    )
    in_campaign = members.select("customer_id").unique().with_columns(in_campaign=pl.lit(value=True))
    return counts.join(in_campaign, on="customer_id", how="full", coalesce=True)
