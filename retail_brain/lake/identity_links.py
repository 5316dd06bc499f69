"""Accounts that somebody joined or keeps apart by hand, kept beside the lake's tables for everybody who reads it."""

from collections.abc import Mapping, Sequence

import polars as pl

from retail_brain.dataset import IdentityLink
from retail_brain.lake.side_lists import read_list, write_list

_LIST = "identity_links"
_SCHEMA = {"kind": pl.String, "left": pl.String, "right": pl.String}


def write_identity_links(uri: str, links: Sequence[IdentityLink], options: Mapping[str, str]) -> None:
    """Replaces the list of a lake; one that never had any has no list.

    Raises:
        UsageError: the lake's URI is empty.
    """
    rows = [(link.kind, link.left, link.right) for link in links]
    write_list(uri, _LIST, pl.DataFrame(rows, schema=_SCHEMA, orient="row"), options)


def read_identity_links(uri: str, options: Mapping[str, str]) -> tuple[IdentityLink, ...]:
    """What was decided by hand about the accounts of a lake."""
    rows = read_list(uri, _LIST, options)
    return () if rows is None else tuple(IdentityLink(*row) for row in rows.select(*_SCHEMA).iter_rows())
