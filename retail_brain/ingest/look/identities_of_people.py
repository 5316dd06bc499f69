"""Proposes `identities` out of a list of people: their e-mail addresses and telephone numbers."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, called_columns, quoted
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words import bare_name

_ADDRESS: Final = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
_NUMBER: Final = r"^'?[+(]?\d[\d ()./-]{5,}$"
_PHONE: Final = (
    r"phone|mobile|(?:^|_)(?:tel|cell|handy|gsm|movil|portable|cep)(?:_|$)|telef(?!ax)|celular|cellulare|komorka|mobil"
    r"|puhelin|手机|电话|電話|携帯|휴대|전화|телефон|dien_thoai|โทร|טלפון|هاتف|جوال"
)
"""A word in the name of a column of telephone numbers, which look like other numbers."""
_OF_OTHERS: Final = (
    r"staff|employee|owner|manager|seller|sales|advis|guide|(?:^|_)(?:store|shop|branch)|supplier|emergency|agent"
    r"|mitarbeiter|verkauf|vendeu|vendedor|导购|店|员工|担当|직원"
)
"""A word in the name of a column of contacts of somebody else than the person of the row."""
_NEARLY_ALL: Final = 0.9
"""Share of the values that must be addresses or numbers. By judgement: people write `none` as well."""


def identities_of_people(people: Proposal, sample: pl.DataFrame, found: Columns) -> Proposal | None:
    """The mapping of `identities` from a list of people; None where it has no e-mail address and no telephone number.

    Two accounts with the same one may be of one person, which the features decide.

    Args:
        people: the mapping of their list.
        sample: its first rows.
        found: roles of its columns.
    """
    person = people.columns.get("customer_id")
    if people.table != "customers" or person is None:
        return None
    kinds = {name: kind for name in found.seen if quoted(name) not in person and (kind := _kind(sample, name))}
    if not kinds:
        return None
    made = Proposal(table="identities", columns={"customer_id": person, "source": '{ constant = "customers" }'})
    made.keys["wide"] = f'{{ names = "id_type", values = "id_value", {called_columns(kinds)} }}'
    return made


def _kind(sample: pl.DataFrame, name: str) -> str:
    """`email` or `phone`; blank for any other column."""
    plain = bare_name(name)
    texts = sample[name].cast(pl.String).str.strip_chars().drop_nulls()
    if re.search(_OF_OTHERS, plain):
        return ""
    if share(texts.str.contains(_ADDRESS)) > _NEARLY_ALL:
        return "email"
    is_phone = re.search(_PHONE, plain) is not None and share(texts.str.contains(_NUMBER)) > _NEARLY_ALL
    return "phone" if is_phone else ""
