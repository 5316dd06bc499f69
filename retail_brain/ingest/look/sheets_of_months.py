"""Sheets of a workbook that belong together: one for each month, and one that sums the others."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from retail_brain.ingest.look.words import role_scores

Header = tuple[str, ...]
_OF_LINES: Final = frozenset(
    ("receipt", "moment", "time", "store", "product", "product_name", "customer", "units", "price", "amount", "status")
)
"""Roles that every sheet must have in the same column to be read below another."""
_LEAST: Final = 3
"""Columns that sheets must share at least. By judgement: two are shared by many lists."""
_SHARED: Final = 2 / 3
"""Share of the columns of the wider sheet that the other must have as well. By judgement."""
_LEAST_SUMMED: Final = 2
"""Columns named like other sheets from which a sheet sums these."""


def sheets_alike(headers: Mapping[str, Header]) -> list[list[str]]:
    """Names of sheets in groups that are read one below the other, in the order of the workbook.

    Sheets belong together where their headers are the same but for columns that are of no line: a remark, a tax.

    Args:
        headers: sheet -> names of its columns.

    >>> sheets_alike({"Jan": ("date", "item", "qty", "total"), "Feb": ("date", "item", "qty", "total", "remark")})
    [['Jan', 'Feb']]
    >>> sheets_alike({"sold": ("date", "item", "qty", "total"), "goods": ("item", "name", "price")})
    [['sold'], ['goods']]
    """
    groups: list[list[str]] = []
    for name, header in headers.items():
        fitting = (group for group in groups if all(_are_alike(header, headers[other]) for other in group))
        group = next(fitting, None)
        if group is None:
            groups.append([name])
        else:
            group.append(name)
    return groups


def sums_of_sheets(headers: Mapping[str, Header]) -> Mapping[str, Sequence[str]]:
    """Sheets with a column for each of several other sheets -> these: a pivot of their rows, and none of its own.

    Args:
        headers: sheet -> names of its columns.

    >>> dict(sums_of_sheets({"All": ("item", "Jan", "Feb"), "Jan": ("date", "item"), "Feb": ("date", "item")}))
    {'All': ['Jan', 'Feb']}
    """
    named = {name: _others_named(name, header, headers) for name, header in headers.items()}
    return {name: others for name, others in named.items() if len(others) >= _LEAST_SUMMED}


def _others_named(name: str, header: Header, sheets: Iterable[str]) -> list[str]:
    plain = {column.strip().lower() for column in header}
    return [other for other in sheets if other != name and other.strip().lower() in plain]


def _are_alike(one: Header, other: Header) -> bool:
    if one == other:
        return True
    shared = set(one) & set(other)
    if len(shared) < max(_LEAST, _SHARED * max(len(one), len(other))):
        return False
    return not any(_OF_LINES & role_scores(name).keys() for name in set(one) ^ set(other))
