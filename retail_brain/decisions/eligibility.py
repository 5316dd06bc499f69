"""Decides which people are eligible for an audience, and the one exclusion reason of everybody else."""

from datetime import date

import polars as pl

from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.contact_days import chosen_days
from retail_brain.decisions.judged_offers import complete_pairs, homes_of, judged_offers
from retail_brain.decisions.left_over_offers import share_out_left_over
from retail_brain.decisions.reach import contact_costs, everybody, reach
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
    "control_group": ("In the global control group, which nobody contacts", "属于全局对照组，任何活动都不联系"),
    "in_campaign": ("Already contacted in this campaign", "已在本活动中联系过"),
    "contacted_too_often": ("Contacted too often lately", "近期联系次数已达上限"),
    "planned_elsewhere": (
        "Approved campaigns already contact the person as often as allowed",
        "已批准的活动已用完联系次数",
    ),
    "no_signal": ("No sign of interest in these goods", "没有对这些商品感兴趣的迹象"),
    "other_kind": ("Interested, but not of the kind asked for", "有兴趣，但不属于所选类型"),
    "no_stock": ("The goods are out of stock where the person could get them", "顾客可及的门店缺货"),
    "promised_elsewhere": (
        "What is in stock is promised to people of approved campaigns",
        "库存已许给已批准活动的顾客",
    ),
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
    """One row per person considered: everyone in `facts.customers` or `pairs`, by `person_id`.

    Columns: `person_id`, `customer_id` (the account to contact, for those who may not be reached their first one),
    `home_store_id`, `code` (null for the eligible, else why not), and for those with an open offer `product_id` (their
    best), `own_probability` (of buying that one), `probability` (of buying any of the goods; of left-overs, of buying
    that one), `caused` (purchases that the contact causes), `expected_value` (money that these bring, less the cost of
    the contact; null where no value is known), `kind`, `due_on`, `ends_on` (last day of left-over goods), `reason`,
    `reason_zh`. `held` says who belongs to the holdout; `channel` and `send_on` say how and when a person is
    reached, held-out ones as if they were.

    This is the one place that decides who may be contacted: audiences and campaigns read it.

    Args:
        pairs: `customer_id`, `product_id`, `probability` and perhaps `kind`, `due_on`, `reason`, `reason_zh`.
        facts: consents, contacts, purchases, stock and values.
        request: goods, kind, channel and days of the audience.
        as_of: last visible day.
        settings: limits on contacts.

    Raises:
        ImpossibleError: the campaign is over.
    """
    offers = judged_offers(complete_pairs(pairs), facts, request, as_of, settings)
    people = reach(_considered(facts, offers), facts, request, as_of, settings)
    if facts.left_over is not None:
        offers = _within_left_over(offers, people.filter(pl.col("reach_code").is_null()))
    for further in (_best_offers(offers), _offer_codes(offers), homes_of(facts)):
        people = people.join(further, on="person_id", how="left")
    people = people.with_columns(expected_value=pl.col("gross_value") - contact_costs(request))
    people = people.join(chosen_days(people, request, as_of), on="person_id", how="left")
    code = (
        pl.when(pl.col("reach_code").is_not_null()).then(pl.col("reach_code"))
        .when(pl.col("offer_code").is_null() & pl.col("probability").is_null()).then(pl.lit("no_signal"))
        .when(pl.col("probability").is_null()).then(pl.col("offer_code"))
        # the goods end before every day that the caps leave open
        .when(pl.col("send_on") > pl.col("ends_on")).then(pl.lit("contacted_too_often"))
        .when(pl.col("expected_value") <= 0).then(pl.lit("not_worth_contact"))
    )  # fmt: skip
    return people.with_columns(code=code).drop("reach_code", "offer_code", "gross_value", "open_days")


def _within_left_over(offers: pl.DataFrame, may: pl.DataFrame) -> pl.DataFrame:
    """The offers with `others_told` for those that nothing is left for, among people who may be contacted."""
    is_open = offers.filter(pl.col("offer_code").is_null()).join(may.select("person_id", "held"), on="person_id")
    made = share_out_left_over(is_open).select("person_id", "product_id", made=True)
    joined = offers.join(made, on=["person_id", "product_id"], how="left")
    told = pl.when(pl.col("offer_code").is_null() & pl.col("made").is_null()).then(pl.lit("others_told"))
    return joined.with_columns(offer_code=told.otherwise("offer_code")).drop("made")


def _considered(facts: AudienceFacts, offers: pl.DataFrame) -> pl.DataFrame:
    """One row per person: of the customers known, and of those who are only scored."""
    known = everybody(facts)
    scored = offers.select("person_id", "customer_id").join(known, on="person_id", how="anti")
    return known if not scored.height else pl.concat([known, facts.accounts.people(scored)]).sort("person_id")


def _best_offers(offers: pl.DataFrame) -> pl.DataFrame:
    """One row per person with an open offer: the best product, and the chance and value of all of them together."""
    open_offers = offers.filter(pl.col("offer_code").is_null())
    # Chance to buy any of the goods, taking the purchases as independent.
    chances = open_offers.group_by("person_id").agg(
        probability=1 - (1 - pl.col("probability")).product(),
        caused=pl.col("caused").sum(),
        gross_value=pl.when(pl.col("offer_value").is_not_null().any()).then(pl.col("offer_value").sum()),
    )
    best = (
        # goods of unknown value come last, and ids settle ties: the same data name the same product
        open_offers.sort("offer_value", "probability", "product_id", descending=[True, True, False], nulls_last=True)
        .group_by("person_id", maintain_order=True)
        .first()
        .select(
            "person_id",
            "product_id",
            "kind",
            "due_on",
            "ends_on",
            "reason",
            "reason_zh",
            own_probability="probability",
        )
    )
    return best.join(chances, on="person_id")


def _offer_codes(offers: pl.DataFrame) -> pl.DataFrame:
    """Why a person's likeliest offer cannot be made."""
    closed = offers.filter(pl.col("offer_code").is_not_null()).sort("probability", descending=True, maintain_order=True)
    return closed.group_by("person_id", maintain_order=True).first().select("person_id", "offer_code")
