"""Sentences about the rule that set a quantity: cost, service level, fill rate, reorder point, an outside policy."""

import polars as pl

from retail_brain.currency import Currency
from retail_brain.decisions.reasons.order_outcomes import is_cut, is_cut_by_source
from retail_brain.decisions.reasons.sentence import Sentence, number, percent
from retail_brain.decisions.targets import BY_PROFIT, FILL_RATE, OUTSIDE, REORDER, SHARED

_POLICY = (pl.col("policy_en"), pl.col("policy_zh"))
"""Placeholder in a sentence for the reason of a policy of another package, in the sentence's own language."""
_MORE_THAN_AGREED = 0.01
"""Chance of staying in stock beyond an agreed level from which a sentence says why. Chosen by judgement."""
_BY_PROFIT = pl.col("kind").is_in(BY_PROFIT)
_SHARED = pl.col("kind") == SHARED
_IS_FREE = pl.col("lost_unit").round(2) <= 0
"""Whether the levels agreed over all goods are met without counting a lost unit for more than its margin."""


def quantity_sentences(currency: Currency) -> list[Sentence]:
    """The rule that set the quantity, and the chance of staying in stock that it gives."""
    unknown = Sentence(
        ~pl.col("stock_known"),
        "Stock unknown: the order covers the expected demand of one order cycle. Count before approving. ",
        "库存未知，按一个订货周期的预计需求建议；请先盘点再批准。",
    )
    return [unknown, *_ordered(currency), *_not_ordered(currency)]


def _ordered(currency: Currency) -> list[Sentence]:
    ordered = pl.col("order_quantity") > 0
    plain = pl.col("stock_known") & ordered & ~is_cut() & ~pl.col("shelf") & ~is_cut_by_source()
    lot, outside, filled = (pl.col("kind") == kind for kind in (REORDER, OUTSIDE, FILL_RATE))
    return [
        Sentence(
            plain & _BY_PROFIT & ~lot & ~_SHARED,
            "Ordered up to the level where one more unit no longer pays ({} chance of staying in stock). ",
            "订到再多一件就不划算的水平（不缺货概率{}）。",
            (percent("chance"),),
        ),
        Sentence(
            plain & pl.col("by_rarest"),
            "A lost sale costs so much more than a unit kept that the rarest of {} futures decides; in {} of them {} "
            "would be enough. ",
            "缺货损失远高于多存一件的成本，因此以{}种预测情形中最罕见的一种为准；{}的情形下{}就够。",
            (number("futures"), pl.col("often"), number("often_enough")),
        ),
        Sentence(
            plain & _SHARED & _IS_FREE,
            "The agreed level is met at least cost, together with the other products ({} chance of staying in stock, "
            "{} agreed for this product). ",
            "与其他商品合计，以最低成本满足约定的服务水平（不缺货概率{}，本商品约定{}）。",
            (percent("chance"), percent("level")),
        ),
        Sentence(
            plain & _SHARED & ~_IS_FREE,
            "The agreed service levels are met over all products together at least cost; for this each lost unit "
            "counts {} more ({} chance of staying in stock, {} agreed for this product). ",
            "约定的服务水平由各商品合计满足、以成本最低为准，为此每流失一件另计{}（不缺货概率{}，本商品约定{}）。",
            (currency.expression("lost_unit"), percent("chance"), percent("level")),
        ),
        Sentence(
            plain & _SHARED & (pl.col("chance") > pl.col("level") + _MORE_THAN_AGREED),
            "More than its own level: it makes up for goods that would be thrown away. ",
            "高于本商品的约定水平：用以弥补多订就会报废的商品。",
        ),
        Sentence(
            plain & filled,
            "Ordered to serve {} of the demand. ",
            "按满足{}的需求订货。",
            (percent("level"),),
        ),
        Sentence(
            plain & lot,
            "Below the reorder point: ordered for several cycles at once ({} chance of staying in stock). ",
            "库存已低于再订货点，一次订足几个周期（不缺货概率{}）。",
            (percent("chance"),),
        ),
        Sentence(
            plain & outside,
            "{} ({} chance of staying in stock). ",
            "{}（不缺货概率{}）。",
            (_POLICY, percent("chance")),
        ),
        Sentence(
            plain & ~_BY_PROFIT & ~filled & ~outside,
            "This gives a {} chance of staying in stock (target {}). ",
            "订货后不缺货概率{}（目标{}）。",
            (percent("chance"), percent("level")),
        ),
    ]


def _not_ordered(currency: Currency) -> list[Sentence]:
    limited = pl.any_horizontal("shelf", "skipped", "losing", "collides")
    ordered = pl.col("order_quantity") > 0
    nothing = pl.col("stock_known") & ~ordered & ~is_cut() & ~is_cut_by_source() & ~limited
    return [
        Sentence(
            nothing & ~_BY_PROFIT,
            "No order needed: {} chance that the stock lasts. ",
            "无需订货：现有库存够用的概率为{}。",
            (percent("chance"),),
        ),
        Sentence(
            nothing & _SHARED & ~_IS_FREE,
            "No order: more would cost more than it earns, even with each lost unit counting {} more to meet the "
            "agreed service levels ({} chance that the stock lasts, {} agreed for this product). ",
            "不订：即使为合计满足约定的服务水平而每流失一件另计{}，再多订的成本仍高于收益（现有库存够用的概率为{}，本商品约定{}）。",
            (currency.expression("lost_unit"), percent("chance"), percent("level")),
        ),
        Sentence(
            nothing & _BY_PROFIT & (~_SHARED | _IS_FREE),
            "No order: more would cost more than it earns ({} chance that the stock lasts). ",
            "不订：再多订的成本高于预计收益（现有库存够用的概率为{}）。",
            (percent("chance"),),
        ),
    ]
