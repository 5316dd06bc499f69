"""What a guide may say about a product: the sentence follows the reason for which the product was chosen."""

from datetime import date

from retail_brain.spoken_days import spoken_day

_WORDS = {
    "due": ("You may need {product} again about {due}. Shall I put one aside for you?",
            "您之前买的{product}大约{due}该补货了，要给您留一份吗？"),
    "due_now": ("You may need {product} again by now. Shall I put one aside for you?",
                "您之前买的{product}该补货了，要给您留一份吗？"),
    "repeat": ("You have bought {product} before; it is here. Shall I put one aside for you?",
               "您以前买过的{product}店里有货，要给您留一份吗？"),
    "popular": ("{product} sells well in our shop. Would you like to see it?",
                "{product}最近在店里卖得很好，要不要看看？"),
    "new": ("{product} is new here, and I think it suits you. Would you like to see it?",
            "{product}是新品，应该适合您，要不要看看？"),
    "goes_with": ("{product} is often bought with what you buy. Would you like to see it?",
                  "{product}常和您买的商品一起买，要不要看看？"),
    "people_like_you": ("Customers who buy what you buy often take {product}. Would you like to see it?",
                        "和您喜好相近的顾客常买{product}，要不要看看？"),
    "category": ("We have {product}, of a kind that you often buy. Would you like to see it?",
                 "店里有{product}，是您常买的一类商品，要不要看看？"),
    "explore": ("We have {product} here. Would you like to see it?",
                "店里有{product}，要不要看看？"),
}  # fmt: skip
"""Reason, or kind of offer where the reason says no more -> what a guide may say, in English and Chinese.

No word tells how goods are used up: the same sentence is said of tea, pork and scarves."""
_WITH = (" It is often bought with {goes_with}.", "这款常和{goes_with}一起买。")


def say(
    kind: str, due: date | None, product: str, goes_with: str | None, *, on: date, reason: str | None = None
) -> tuple[str, str]:
    """What a guide may say about a product on a day, in English and Chinese.

    Only of goods that the person buys in a known rhythm (the reason `every_days`) it says when they are due.

    Args:
        kind: of the scored pair, `repeat` or `explore`.
        due: day on which the goods are due again; None: not known.
        product: its name.
        goes_with: name of the goods that are often bought with it; None: not to be named.
        on: day of the talk.
        reason: code of the reason without its detail, see `people.reasons`; None: not known.

    >>> say("explore", None, "Tea", None, on=date(2026, 3, 1), reason="popular")[0]
    'Tea sells well in our shop. Would you like to see it?'
    >>> say("repeat", date(2026, 2, 27), "Tea", None, on=date(2026, 3, 1), reason="every_days")[0]
    'You may need Tea again by now. Shall I put one aside for you?'
    >>> say("repeat", date(2026, 2, 27), "Tea", None, on=date(2026, 3, 1), reason="bought_before")[0]
    'You have bought Tea before; it is here. Shall I put one aside for you?'
    """
    words = _WORDS[_about(kind, due, on, reason)]
    names = {"product": product, "goes_with": goes_with}
    days = ("", "") if due is None else spoken_day(due, on)
    both = [text + (more if goes_with is not None else "") for text, more in zip(words, _WITH, strict=True)]
    return both[0].format(**names, due=days[0]), both[1].format(**names, due=days[1])


def _about(kind: str, due: date | None, on: date, reason: str | None) -> str:
    """The key of the sentence."""
    if kind == "repeat":
        if reason != "every_days" or due is None:
            return "repeat"
        return "due" if due > on else "due_now"
    return reason if reason in _WORDS else "explore"
