"""Finds the Chinese sentence for an English one with values in it, by templates."""

import re
from collections.abc import Mapping, Sequence

Templates = Sequence[tuple[re.Pattern[str], str]]


def templates(sentences: Mapping[str, str]) -> Templates:
    """Patterns of sentences: English, {} for what varies -> Chinese, with the same in its place or by its number."""
    return tuple(
        (re.compile("(.*)".join(map(re.escape, english.split("{}"))), re.DOTALL), chinese)
        for english, chinese in sentences.items()
    )


def in_chinese(said: str, known: Templates) -> str | None:
    """The Chinese of the first template that a sentence has; None where it has none.

    >>> in_chinese("at least 3 or 4", templates({"at least {}": "至少 {}"})), in_chinese("else", ())
    ('至少 3、4', None)
    """
    for pattern, chinese in known:
        if found := pattern.fullmatch(said):
            return chinese.format(*(part.replace(" or ", "、").replace(", ", "、") for part in found.groups()))
    return None
