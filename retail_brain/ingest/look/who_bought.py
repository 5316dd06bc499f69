"""Takes columns that cannot tell people apart out of the role of the customer: masked, of the till's user, of one."""

import re
from dataclasses import replace

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words import bare_name, role_scores
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
_NAME_OF_USER = (
    r"(?:^|_)(?:user_?name|buyer|pembeli|acheteur|comprador|kaufer|acquirente|koper|kupujacy|kupujici|alici)(?:_|$)"
)
"""A word in the name of a column that is of who bought in a web shop, whatever a user is at a till."""
_LEAST_ROWS = 20
"""Rows below which a column may have another value on each by chance."""
_SEVERAL = 0.9
"""Receipts for each row up to which receipts have several lines. By judgement."""
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
    while (name := found.roles.get("customer")) is not None and (why := why_no_person(rows, found, name)):
        further = [other for other in found.alternatives.get("customer", ()) if other not in found.roles.values()]
        better = next((other for other in further if _may_buy(other) and not why_no_person(rows, found, other)), None)
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


def _may_buy(name: str) -> bool:
    """Whether the name of a column may be of who bought; a user name is, beside what a platform hides of the buyer."""
    return may_be_people(name) or (re.search(_NAME_OF_USER, bare_name(name)) is not None and not _is_of_document(name))


def _is_of_document(name: str) -> bool:
    """Whether the name of a column says a document before a person, such as `Buyer Invoice ID`."""
    scores = role_scores(name)
    return scores.get("receipt", 0.0) > scores.get("customer", 0.0)


def _numbers_documents(rows: pl.DataFrame, found: Columns, name: str) -> bool:
    """Whether a column is another one on every row of receipts of several lines, or on every receipt by its name too.

    People come again; people who came once each have no number of a document.
    """
    receipt = found.roles.get("receipt")
    if receipt is None or receipt == name or rows.height < _LEAST_ROWS:
        return False
    pairs = rows.select(pl.col(name), pl.col(receipt).alias("_receipt")).drop_nulls()
    is_of_lines = not pairs[name].is_duplicated().any() and pairs["_receipt"].n_unique() <= _SEVERAL * pairs.height
    return is_of_lines or (_is_of_document(name) and not pairs.unique()[name].is_duplicated().any())


def why_no_person(rows: pl.DataFrame, found: Columns, name: str) -> str:
    """Why a column is not of customers; blank where it may be."""
    values = rows[name].drop_nulls().cast(pl.String)
    kinds = values.unique()
    if is_masked(values):
        return "is masked, and different people look alike in it"
    if len(kinds) == 1 and len(values) == rows.height >= _ONE_OF:
        return "is the same on all rows"
    if _numbers_documents(rows, found, name):
        return "is never the same on two receipts, as the number of a document is"
    receipt = found.roles.get("receipt")
    receipts = rows.drop_nulls(name)[receipt].n_unique() if receipt and receipt != name else len(values)
    is_staff = len(kinds) <= _MOST_STAFF and receipts >= _EACH * len(kinds)
    return "is who served, by its name and few values" if is_staff and re.search(_USER, bare_name(name)) else ""
