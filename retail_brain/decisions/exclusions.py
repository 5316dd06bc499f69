"""Why people are left out of an audience: one reason each, the first that holds."""

import numpy as np

from retail_brain.decisions.arrays import Places

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
    "adults_only": (
        "The goods are for adults, and the person is not known to be one",
        "商品仅限成年人，而该顾客未确认成年",
    ),
    "other_kind": ("Interested, but not of the kind asked for", "有兴趣，但不属于所选类型"),
    "held_elsewhere": (
        "Held out of these goods by a campaign, a trigger or the guides' lists, until their effect is measured",
        "活动、触发器或导购名单将此人留作这些商品的对照，效果统计期未结束",
    ),
    "told_elsewhere": (
        "A campaign, a trigger or a guide tells the person of these goods in these days, or did so lately",
        "活动、触发器或导购在这些天或近期已向其推荐这些商品",
    ),
    "no_stock": ("The goods are out of stock where the person could get them", "顾客可及的门店缺货"),
    "promised_elsewhere": (
        "What is in stock is promised to people of approved campaigns",
        "库存已许给已批准活动的顾客",
    ),
    "too_late": (
        "The goods expire, or their season or listing ends, before the person could be told or would want them",
        "商品在联系顾客或顾客需要之前已到期、过季或下架",
    ),
    "others_told": ("Enough others are told of what is left", "剩余商品已推荐给足够的顾客"),
    "just_bought": ("Bought the goods only just now", "刚刚购买过"),
    "not_due": ("Will not need them again within the campaign", "活动期间尚不需要再次购买"),
    "not_worth_contact": ("Expected to earn less than the contact costs", "预期收益低于联系成本"),
    "beyond_size": ("Ranked below the size asked for", "排名在所需人数之外"),
    "over_budget": ("Not covered by the budget", "超出预算"),
}
"""Code -> English and Chinese; in order of precedence: each person is counted under the first that holds."""

_CODES = ("", *EXCLUSION_TEXTS)


def code_number(code: str) -> int:
    """Number of a code in arrays; 0 is the empty code of people who are not left out.

    >>> code_number(""), code_number("no_consent")
    (0, 3)
    """
    return _CODES.index(code)


def code_names(numbers: Places) -> list[str | None]:
    """Codes of some numbers; None for people who are not left out."""
    return [_CODES[number] or None for number in numbers.tolist()]


def code_counts(numbers: Places) -> dict[str, int]:
    """How many people each code leaves out, in the order of precedence."""
    counts = np.bincount(numbers, minlength=len(_CODES)).tolist()
    return {code: count for code, count in zip(_CODES[1:], counts[1:], strict=True) if count}
