"""Takes columns that cannot tell people apart out of the role of the customer: masked, of the till's user, of one."""

import re
from dataclasses import replace

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_roles import may_be_people

_MASK = r"[*＊•●×※]{2,}|[\p{L}\d][*＊](?:[\p{L}\d]|$)|[xX]{4,}"
"""Letters of a name, number or address that a platform hides, as in `z***e22`, `138****1234` and `王*`."""
_MASKED = 0.5
"""Share of the different values from which a column is masked. By judgement: some platforms show old orders whole."""
_USER = (
    r"(?:^|_)(?:user|usr|operator|benutzer|gebruiker|utilisateur|usuario|utente|uzytkownik|uzivatel|felhasznalo|utilizator"
    r"|kullanici|bruker|anvandare|kayttaja|pengguna|пользователь|оператор|користувач)(?:_|$)|操作|經手|经手|オペレータ|사용자"
)
"""A word in the name of a column that is a member of staff at a till, and a customer in a web shop."""
_MOST_STAFF, _EACH = 15, 5
"""Users of tills at most, and receipts that each has on average at least. By judgement: a customer comes less often."""
_ONE_OF = 100
"""Rows from which one value on all of them is nobody, such as the till's own account."""


def with_people_told_apart(rows: pl.DataFrame, found: Columns) -> Columns:
    """The columns with a customer that tells people apart, or with none; remarks say what was not taken and why.

    Args:
        rows: the first rows of a file of sales.
        found: roles of the columns.
    """
    if "customer" in found.asked:
        return found
    while (name := found.roles.get("customer")) is not None and (why := _why_not(rows, found, name)):
        further = [other for other in found.alternatives.get("customer", ()) if other not in found.roles.values()]
        better = next((other for other in further if may_be_people(other) and not _why_not(rows, found, other)), None)
        roles = {role: held for role, held in found.roles.items() if role != "customer"}
        instead = f"{better!r} is taken" if better else "nobody is known by it"
        says = f"{name!r} (such as {found.seen[name].examples[0]}) {why}: {instead}"
        found = replace(
            found, roles={**roles, **({"customer": better} if better else {})}, remarks=(*found.remarks, says)
        )
        if better is None and is_masked(rows[name]):  # a person may know that it tells them apart
            return replace(found, roles={**roles, "customer": name}, asked=found.asked | {"customer"})
    return found


def is_masked(values: pl.Series) -> bool:
    """Whether most different values hide letters behind marks."""
    return share(values.drop_nulls().cast(pl.String).unique().str.contains(_MASK)) > _MASKED


def _why_not(rows: pl.DataFrame, found: Columns, name: str) -> str:
    """Why a column is not of customers; blank where it may be."""
    values = rows[name].drop_nulls().cast(pl.String)
    kinds = values.unique()
    if is_masked(values):
        return "is masked, and different people look alike in it"
    if len(kinds) == 1 and len(values) == rows.height >= _ONE_OF:
        return "is the same on all rows"
    receipt = found.roles.get("receipt")
    receipts = rows.drop_nulls(name)[receipt].n_unique() if receipt and receipt != name else len(values)
    is_staff = len(kinds) <= _MOST_STAFF and receipts >= _EACH * len(kinds)
    return "is who served, by its name and few values" if is_staff and re.search(_USER, bare_name(name)) else ""
