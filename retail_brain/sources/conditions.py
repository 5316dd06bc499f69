"""Reads conditions on rows, where a column of numbers may be compared with texts."""

import re
from collections.abc import Mapping

import polars as pl

_TOKENS = re.compile(
    r"""(?P<text>'(?:[^']|'')*')|(?P<name>"(?:[^"]|"")+"|\b[^\W\d]\w*)(?=\s*(?:=|<>|!=|\bIN\b\s*\(|\bLIKE\b|\bNOT\s+IN\b\s*\(
    |\bNOT\s+LIKE\b)\s*')""",
    re.IGNORECASE | re.VERBOSE,
)
"""Texts, in which no column is named, and columns that are compared with a text."""


def condition_of(where: str, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """The condition, in which columns of numbers and of yes or no are compared with texts as texts.

    A file such as JSON tells whole numbers from texts, where the same export as CSV has texts alone: a condition
    such as `state NOT IN ('20')` means the same of both.

    Args:
        where: in SQL.
        schema: of the rows.

    Raises:
        PolarsError: it is not SQL.
    """
    return pl.sql_expr(_TOKENS.sub(lambda found: _typed(found, schema), where))


def _typed(found: re.Match[str], schema: Mapping[str, pl.DataType]) -> str:
    written = found["name"]
    if written is None:
        return found[0]
    kind = schema.get(written[1:-1].replace('""', '"') if written.startswith('"') else written)
    is_cast = kind is not None and (kind.is_numeric() or kind == pl.Boolean)
    return f"CAST({written} AS VARCHAR)" if is_cast else written
