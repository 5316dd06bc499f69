"""Finds rows of a list that say once more, in another language, what a row above says of the same goods or shop."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.state_columns import column_of, kinds_of, listed
from retail_brain.ingest.look.words import bare_name

TRANSLATED: Final = "say in another language what other rows say of the same ids, and are left out"
"""What is said of such rows."""
_LANGUAGE_NAME: Final = (
    r"(?:^|_)(?:lang(?:uage)?|locale|culture|store_view(?:_code)?|sprache|taal|langue|idioma|lingua|jezyk|jazyk|dil|nyelv"
    r"|sprak|sprog|kieli|язык|мова|语言|語言|言語|언어)(?:_?(?:id|code|iso))?(?:_|$)"
)
"""A word in the name of a column of languages."""
_LOCALE: Final = r"(?:[a-z]{2}|[a-z]{2}[-_][A-Za-z]{2})$"
"""A language as systems write it: `fr`, `fr_CA`, `en-GB`."""
_MOST_LANGUAGES: Final = 12
"""Values of a column up to which they are languages of a shop. By judgement."""
_LEAST_ROWS: Final = 3
"""Rows in the first language without which nothing is known. By judgement: a list of few shops."""


def translated_rows(sample: pl.DataFrame) -> tuple[str, pl.Series] | None:
    """The rows in further languages; None where a file has none.

    A column names languages, or leaves the first of them blank. The ids of all its other rows are those of rows in the
    first language, in which each has one row, and every number that they have is the same there.

    Args:
        sample: the first rows as text.

    Returns:
        The condition in SQL that keeps the first language, and whether each row is of another.
    """
    for name in sample.columns:
        if (first := _first_language(sample, name)) is None:
            continue
        kept, condition = first
        is_other = ~kept
        ids = [one for one in sample.columns if one != name and _tells(sample, one, kept)]
        if ids and _adds_nothing(sample, ids[0], kept, name):
            return condition, is_other
    return None


def _first_language(sample: pl.DataFrame, name: str) -> tuple[pl.Series, str] | None:
    """Which rows are in the language of most rows, or in the blank one, and the condition that keeps them."""
    if sample.schema[name] != pl.String:
        return None
    kinds = kinds_of(sample, name)
    has_blanks = sample[name].null_count() > 0
    is_named = re.search(_LANGUAGE_NAME, bare_name(name)) is not None
    if not 2 - has_blanks <= len(kinds) <= _MOST_LANGUAGES or not (is_named and all(map(_is_language, kinds))):
        return None
    if has_blanks:
        return sample[name].is_null(), f"{column_of(name)} IS NULL OR {column_of(name)} = ''"
    most = max(kinds, key=lambda kind: int((sample[name] == kind).sum()))
    return sample[name] == most, f"{column_of(name)} IN ({listed([most])})"


def _is_language(kind: str) -> bool:
    """Whether a value may be a language: its code, or a word without a digit."""
    return re.match(_LOCALE, kind) is not None or re.fullmatch(r"[^\W\d_]{3,20}", kind) is not None


def _tells(sample: pl.DataFrame, name: str, kept: pl.Series) -> bool:
    """Whether a column names each row of the first language, and nothing but these on the others."""
    ids = sample[name].cast(pl.String)
    first = ids.filter(kept)
    is_key = len(first) >= _LEAST_ROWS and not first.null_count() and first.n_unique() == len(first)
    others = ids.filter(~kept)
    return is_key and not others.null_count() and bool(others.is_in(first.implode()).all())


def _adds_nothing(sample: pl.DataFrame, key: str, kept: pl.Series, language: str) -> bool:
    """Whether the numbers of rows in another language are those of the same id in the first, or blank."""
    first = sample.filter(kept)
    others = sample.filter(~kept).join(first, on=key, how="left", suffix=" first")
    for name in sample.columns:
        if name in (key, language):
            continue
        ours, theirs = (others[one].cast(pl.String) for one in (name, f"{name} first"))
        numbers = ours.str.contains(r"^-?\d+(?:[.,]\d+)?$").fill_null(value=False)
        if not (ours == theirs).fill_null(value=False).filter(numbers).all():
            return False
    return True
