"""Decides which customers are eligible for an audience, and the one exclusion reason of everybody else."""

from datetime import date, timedelta

import polars as pl

from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.channels import best_channels, contact_counts
from retail_brain.decisions.consents import channel_states, closed_reasons
from retail_brain.decisions.holdout import is_holdout
from retail_brain.decisions.left_over_offers import share_out_left_over
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
    "too_late": ("The goods end before the person would want them", "商品在顾客需要之前已到期或下架"),
    "others_told": ("Enough others are told of what is left", "剩余商品已推荐给足够的顾客"),
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
    (their best), `own_probability` (of buying that one), `probability` (of buying any of the goods; of left-overs, of
    buying that one), `expected_value` (money that the contact causes, less its cost; null where no value is known),
    `kind`, `due_on`, `ends_on` (last day of left-over goods), `channel`, `reason`, `reason_zh`.

    Args:
        pairs: `customer_id`, `product_id`, `probability` and perhaps `kind`, `due_on`, `reason`, `reason_zh`.
        facts: consents, contacts, purchases, stock and values.
        request: goods, kind, channel and days of the audience.
        as_of: last visible day.
        settings: limits on contacts.

    Raises:
        ImpossibleError: the campaign is over.
    """
    offers = _judged_offers(_complete(pairs), facts, request, as_of, settings)
    people = _considered(facts.customers, offers)
    states = None if facts.consents is None else channel_states(facts.consents.lazy(), as_of).collect()
    channels = best_channels(people, states, facts.contacts, facts.responses, request.channel)
    reachable = channels.with_columns(reachable=pl.lit(value=True))
    people = (
        people.join(reachable, on="customer_id", how="left")
        .join(_closed(states, request.channel), on="customer_id", how="left")
        .join(_contacted(facts, request, as_of, settings), on="customer_id", how="left")
        .with_columns(base_code=_base_code(settings))
    )
    if facts.left_over is not None:
        may = people.filter(pl.col("base_code").is_null()).select("customer_id")
        offers = _within_left_over(offers, may, request)
    people = people.join(_best_offers(offers, request), on="customer_id", how="left").join(
        _offer_codes(offers), on="customer_id", how="left"
    )
    code = (
        pl.when(pl.col("base_code").is_not_null()).then(pl.col("base_code"))
        .when(pl.col("offer_code").is_null() & pl.col("probability").is_null()).then(pl.lit("no_signal"))
        .when(pl.col("probability").is_null()).then(pl.col("offer_code"))
        .when(pl.col("expected_value") <= 0).then(pl.lit("not_worth_contact"))
    )  # fmt: skip
    return people.with_columns(code=code).drop(
        "reachable", "consent_code", "in_campaign", "contact_count", "base_code", "offer_code"
    )


def _base_code(settings: AudienceSettings) -> pl.Expr:
    """Why a person may not be contacted, whatever the goods."""
    return (
        pl.when(pl.col("reachable").is_null()).then(pl.col("consent_code").fill_null("no_consent"))
        .when(pl.col("in_campaign").fill_null(value=False)).then(pl.lit("in_campaign"))
        .when(pl.col("contact_count").fill_null(0) >= settings.max_contacts).then(pl.lit("contacted_too_often"))
    )  # fmt: skip


def _within_left_over(offers: pl.DataFrame, may: pl.DataFrame, request: AudienceRequest) -> pl.DataFrame:
    """The offers with `others_told` for those that nothing is left for, among people who may be contacted."""
    is_open = offers.filter(pl.col("offer_code").is_null()).join(may, on="customer_id", how="semi")
    held = is_holdout(is_open["customer_id"], request.holdout_key, request.holdout_share)
    made = share_out_left_over(is_open.with_columns(held=held)).select("customer_id", "product_id", made=True)
    joined = offers.join(made, on=["customer_id", "product_id"], how="left")
    told = pl.when(pl.col("offer_code").is_null() & pl.col("made").is_null()).then(pl.lit("others_told"))
    return joined.with_columns(offer_code=told.otherwise("offer_code")).drop("made")


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
    settings: AudienceSettings,
) -> pl.DataFrame:
    """The pairs of the goods on offer, with `offer_value` (money) and `offer_code` where an offer cannot be made."""
    first, last = request.days(as_of)
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
    offers = _with_left_over(offers, facts).with_columns(
        offer_value=pl.col("probability")
        * pl.col("value")
        * (1.0 if facts.caused_share is None else facts.caused_share),
        last=pl.min_horizontal(pl.lit(last), "ends_on"),
    )
    # A recent purchase does not exclude goods that are due again within the campaign.
    recent = pl.col("bought_on") > as_of - timedelta(days=settings.just_bought_days)
    code = (
        pl.when(pl.lit(request.kind != "mixed") & (pl.col("kind") != request.kind)).then(pl.lit("other_kind"))
        .when(~pl.col("available")).then(pl.lit("no_stock"))
        .when((pl.col("ends_on") < first) | (pl.col("due_on") > pl.col("ends_on"))).then(pl.lit("too_late"))
        .when(recent & (pl.col("due_on").is_null() | (pl.col("due_on") > pl.col("last")))).then(pl.lit("just_bought"))
        .when(pl.col("due_on") > pl.col("last")).then(pl.lit("not_due"))
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


def _earning(facts: AudienceFacts) -> float:
    """Share of the purchases that a contact earns: those it causes, as far as that was measured."""
    return 1.0 if facts.caused_share is None else facts.caused_share


def _with_left_over(offers: pl.DataFrame, facts: AudienceFacts) -> pl.DataFrame:
    """Adds `home_store_id`, and `left_over_units` and `ends_on` of left-over goods in the person's shop.

    Goods of which nothing is left there are not `available`.
    """
    none = [pl.lit(None, pl.String).alias("home_store_id"), pl.lit(None, pl.Date).alias("ends_on")]
    if facts.left_over is None:
        return offers.with_columns(*none, left_over_units=pl.lit(None, pl.Float64))
    if "home_store_id" not in facts.customers.columns:
        return offers.with_columns(*none, left_over_units=pl.lit(0.0), available=pl.lit(value=False))
    homes = facts.customers.select("customer_id", "home_store_id").unique("customer_id")
    left = facts.left_over.group_by("product_id", home_store_id="store_id").agg(
        pl.col("left_over_units").sum(), ends_on=pl.col("sell_by").min()
    )
    joined = offers.join(homes, on="customer_id", how="left").join(left, on=["home_store_id", "product_id"], how="left")
    return joined.with_columns(available=pl.col("left_over_units").fill_null(0) > 0)


def _considered(customers: pl.DataFrame, offers: pl.DataFrame) -> pl.DataFrame:
    people = pl.concat([customers.select(pl.col("customer_id").cast(pl.String)), offers.select("customer_id")])
    return people.filter(pl.col("customer_id").is_not_null()).unique(maintain_order=True).sort("customer_id")


def _best_offers(offers: pl.DataFrame, request: AudienceRequest) -> pl.DataFrame:
    """One row per customer with an open offer: the best product, and the chance and value of all of them together."""
    open_offers = offers.filter(pl.col("offer_code").is_null())
    # Chance to buy any of the goods, taking the purchases as independent.
    chances = open_offers.group_by("customer_id").agg(
        probability=1 - (1 - pl.col("probability")).product(),
        expected_value=pl.when(pl.col("offer_value").is_not_null().any()).then(
            pl.col("offer_value").sum() - request.contact_cost
        ),
    )
    best = (
        # goods of unknown value come last, and ids settle ties: the same data name the same product
        open_offers.sort("offer_value", "probability", "product_id", descending=[True, True, False], nulls_last=True)
        .group_by("customer_id", maintain_order=True)
        .first()
        .select(
            "customer_id",
            "product_id",
            "kind",
            "due_on",
            "ends_on",
            "reason",
            "reason_zh",
            own_probability="probability",
        )
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
