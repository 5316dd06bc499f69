"""Translates reason codes of the recommender into Chinese and English."""

import re
from collections.abc import Mapping
from typing import Literal

import polars as pl

from training.recommender.installed_sources import installed_reason

Language = Literal["zh", "en"]

EVENTS = {
    "view": ("看过", "looked at"),
    "click": ("点过", "clicked on"),
    "scan": ("扫过", "scanned"),
    "try_on": ("试过", "tried on"),
    "bag_add": ("放进购物袋", "put in the bag"),
    "share": ("分享过", "shared"),
}

WORDS: Mapping[str, tuple[str, str]] = {
    "every_days": ("通常每 {detail} 天购买一次", "Usually buys it every {detail} days"),
    "bought_before": ("以前买过", "Bought before"),
    "looked_at": ("最近{event}", "Recently {event}"),
    "goes_with": ("常与「{product}」一起购买", "Often bought with {product}"),
    "people_like_you": ("口味相近的顾客常买", "Bought by similar customers"),
    "category": ("常买「{detail}」类商品", "Often buys {detail}"),
    "popular": ("门店近期热销", "Sells well in the store"),
    "new": ("新品，符合购买偏好", "New, and suits their taste"),
    "same_subcategory": ("同小类：{detail}", "Same kind: {detail}"),
    "same_category": ("同品类：{detail}", "Same category: {detail}"),
    "same_brand": ("同品牌：{detail}", "Same brand: {detail}"),
    "same_department": ("同大类：{detail}", "Same department: {detail}"),
    "pinned": ("运营置顶", "Pinned by a rule"),
}


_NOTES: Mapping[str, tuple[str, str]] = {
    "empty_shelves": (
        "本店货架为空：以下商品由其他门店发货或在附近门店自提",
        "This store is out of stock: these goods are shipped, or held in a store nearby",
    ),
    "stock_unknown": ("本店库存未知，商品可能缺货", "This store's stock is unknown: goods may be out of stock"),
    "nothing_left": (
        "没有可推荐的商品：库存或规则排除了全部候选",
        "Nothing to recommend: stock or rules excluded every candidate",
    ),
}


def note_text(code: str, language: Language = "zh") -> str:
    """A note above a list in words.

    >>> note_text("stock_unknown", "en")
    "This store's stock is unknown: goods may be out of stock"
    """
    return _NOTES[code][0 if language == "zh" else 1]


def reason_text(code: str | None, language: Language = "zh", names: Mapping[str, str] | None = None) -> str:
    """A reason code in words.

    Args:
        code: `code` or `code:detail`; the name of an installed candidate source has the source's own words; a code of
            a package that was uninstalled since is shown as it is.
        language: zh or en.
        names: product_id -> name, for reasons that name a product.

    >>> reason_text("every_days:12", "en")
    'Usually buys it every 12 days'
    >>> reason_text("goes_with:P1", "zh", {"P1": "牛奶"})
    '常与「牛奶」一起购买'
    """
    head, _, detail = (code or "").partition(":")
    chosen = 0 if language == "zh" else 1
    if head not in WORDS:
        installed = installed_reason(head)
        return (code or "") if installed is None else installed[chosen]
    event = EVENTS.get(detail, (detail, detail))[chosen]
    product = (names or {}).get(detail) or detail
    return WORDS[head][chosen].format(detail=detail, event=event, product=product)


def code_alone(code: str | None) -> str | None:
    """The code without its detail, as answers show it; None where there is none.

    >>> code_alone("every_days:12"), code_alone("popular"), code_alone("")
    ('every_days', 'popular', None)
    """
    return (code or "").partition(":")[0] or None


def _pattern(words: str) -> re.Pattern[str]:
    """The words of a reason, whatever stands in their places."""
    any_detail = re.escape(words).replace(r"\{detail\}", "(?P<detail>.+)")
    return re.compile(re.sub(r"\\\{\w+\\\}", ".+", any_detail))


_EARLIER_WORDS = (
    *((code, english) for code, (_, english) in WORDS.items()),
    ("goes_with", "Goes with {product}"),
    ("every_days", "Bought about every {detail} days"),
    ("every_days", "Buys it every {detail} days on average"),
    ("every_days", "Buys it every {detail} days (median)"),
    ("people_like_you", "Bought by people with like habits"),
    ("new", "New, and to their taste"),
)
"""Codes with the English words that earlier versions published for them."""
_EARLIER_PATTERNS = [(code, _pattern(english)) for code, english in _EARLIER_WORDS]


def code_of_earlier(text: str | None) -> str | None:
    """The code of an English sentence, with its detail where that stands in it; None: not one of WORDS.

    Only for answers of versions that published sentences without their codes: nothing else reads words.

    >>> code_of_earlier("Usually buys it every 12 days")
    'every_days:12'
    >>> code_of_earlier("Sells well in the store")
    'popular'
    """
    for code, words in _EARLIER_PATTERNS:
        found = words.fullmatch(text or "")
        if found is not None:
            return ":".join([code, *found.groupdict().values()])
    return None


def with_reason_texts(
    frame: pl.DataFrame, language: Language = "zh", names: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """The frame with its column `reason` in words, and the codes without their details in `reason_code`."""
    codes = frame["reason"].unique().drop_nulls().to_list()
    texts = {code: reason_text(code, language, names) for code in codes}
    alone = {code: code_alone(code) for code in codes}
    reason = pl.col("reason")
    return frame.with_columns(
        reason.replace_strict(texts, default=None, return_dtype=pl.String),
        reason_code=reason.replace_strict(alone, default=None, return_dtype=pl.String),
    )
