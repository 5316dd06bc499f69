"""Fills a trigger's message: `{product}` and `{goes_with}`; parts in [ ] are left out where their name is unknown."""

import re
from string import Formatter

_NAMES = ("product", "goes_with")
_PART = re.compile(r"\[([^\[\]]*)\]")


def check_text(text: str, *, about_goods: bool) -> None:
    """Refuses a message that could not be filled.

    Args:
        text: the message.
        about_goods: whether the trigger tells of a product.

    Raises:
        ValueError: braces that name something else, a name without a product, or `{goes_with}` outside of [ ].
    """
    fields = _fields(text)
    if fields and not about_goods:
        raise ValueError(f"this kind of trigger tells of no product, so its text cannot name {{{fields[0]}}}")
    if "goes_with" in _fields(_PART.sub("", text)):
        raise ValueError("nothing goes with some goods: put the part with {goes_with} in [ ], which is then left out")


def fill(text: str, product: str | None, goes_with: str | None) -> str:
    """The message with the names of the goods.

    >>> fill("{product} waits for you.[ Goes with {goes_with}.]", "Tea", None)
    'Tea waits for you.'
    >>> fill("{product} waits for you.[ Goes with {goes_with}.]", "Tea", "Milk")
    'Tea waits for you. Goes with Milk.'
    """
    names = {"product": product, "goes_with": goes_with}
    kept = _PART.sub(lambda part: "" if any(names[one] is None for one in _fields(part[1])) else part[1], text)
    return kept.format(**{name: value or "" for name, value in names.items()}).strip()


def _fields(text: str) -> list[str]:
    """The names in braces.

    Raises:
        ValueError: braces that do not close, or name anything but _NAMES.
    """
    parts = [(field, spec, kind) for _, field, spec, kind in Formatter().parse(text) if field is not None]
    for field, spec, kind in parts:
        if field not in _NAMES or spec or kind:
            raise ValueError(f"wanted {' or '.join(f'{{{name}}}' for name in _NAMES)} in the text; got {{{field}}}")
    return [field for field, _, _ in parts]
