"""Matches column names without case, blanks, full-width letters and invisible marks."""

import re
import unicodedata
from collections.abc import Iterable

import polars as pl

from retail_brain.errors import DataError
from retail_brain.tables import Table

_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff]")
_BETWEEN = re.compile(r"[\s_-]+")


def plain_name(name: str) -> str:
    """A name for comparing: lower case, half width, one underscore for blanks and hyphens.

    >>> plain_name(" Sold At"), plain_name("Ｓｏｌｄ＿Ａｔ")
    ('sold_at', 'sold_at')
    """
    half_width = unicodedata.normalize("NFKC", _INVISIBLE.sub("", name))
    return _BETWEEN.sub("_", half_width.strip().casefold())


def find_column(wanted: str, present: Iterable[str]) -> str | None:
    """The column of that name, otherwise the only one whose plain name is the same; None without one."""
    names = list(present)
    if wanted in names:
        return wanted
    alike = [name for name in names if plain_name(name) == plain_name(wanted)]
    return alike[0] if len(alike) == 1 else None


def with_canonical_names(frame: pl.LazyFrame, table: Table, origin: str) -> pl.LazyFrame:
    """Gives canonical columns their exact names.

    Raises:
        DataError: a canonical column is there twice.
    """
    present = frame.collect_schema().names()
    claims: dict[str, list[str]] = {}
    for name in present:
        # a second column of the same name is called `NAME (2)` by the readers
        claims.setdefault(re.sub(r"_\(\d+\)$", "", plain_name(name)), []).append(name)
    twice = [name for name in table.types if len(claims.get(name, [])) > 1]
    if twice:
        raise DataError(
            f"{origin} has the columns {twice} more than once; got {present}. Rename or remove one of each pair."
        )
    return frame.rename({claims[name][0]: name for name in table.types if name in claims and claims[name][0] != name})
