"""Tells sales whose money was given back later, such as `Refunded: Yes`, from rows of a return of their own."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.words import bare_name

_REFUNDED: Final = (
    r"(?:^|_)(?:re?funded|(?:ruck)?erstattet|terugbetaald|rembourse[es]?|reembolsad[oa]s?|reintegrad[oa]s?|estornad[oa]s?"
    r"|rimborsat[oaie]|zwrocon[aoey]|vracen[aoy]?|vraten[aeyo]?|rambursat[aei]?|visszateritve|aterbetal[dt]a?"
    r"|refunder[td]e?t?|tilbagebetalt|tilbakebetalt|hyvitetty|palautettu|iade_edildi|da_hoan(?:_tien)?|dikembalikan)(?:_|$)"
    r"|возвращ[её]н|повернен|επιστραφηκε|คืนเงินแล้ว|已退款|已退|返金済|환불(?:됨|완료|_완료)"
)
"""A word that money was given back, as of something past: the noun, as in `Refund`, may be of a row of its own."""


def were_refunded(sample: pl.DataFrame, found: Columns, name: str, marked: pl.Series) -> bool:
    """Whether marked rows are the sales themselves, so that without them is what was sold net.

    A return of its own stands on a receipt of returns alone, or beside the line of its receipt that sold the goods. A
    marked line among others, of goods that no other line of its receipt has, is neither. Where any row has units or
    money below 0 returns have rows of their own.

    Args:
        sample: the rows.
        found: roles of the columns.
        name: the column of the mark.
        marked: which rows are marked.
    """
    receipt = found.roles.get("receipt")
    goods = found.roles.get("product") or found.roles.get("product_name")
    if receipt is None or goods is None or not re.search(_REFUNDED, bare_name(name)):
        return False
    sums = (found.roles[role] for role in ("units", "amount", "price") if role in found.roles)
    if any((values(sample, found, one) < 0).any() for one in sums):
        return False
    back, sold = sample.filter(marked), sample.filter(~marked)
    among = back.join(sold, on=receipt, how="semi")
    return among.join(sold, on=[receipt, goods], how="anti").height > 0
