"""Tells sales whose money was given back later, such as `Refunded: Yes`, from rows of a return of their own."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.words import bare_name

_REFUNDED: Final = (
    r"(?:^|_)(?:re?funded|(?:ruck)?erstattet|terugbetaald|rembourse[es]?|reembolsad[oa]s?|reintegrad[oa]s?|estornad[oa]s?"
    r"|rimborsat[oaie]|zwrocon[aoey]|vracen[aoy]?|vraten[aeyo]?|rambursat[aei]?|visszateritve|aterbetal[dt]a?"
    r"|refunder[td]e?t?|tilbagebetalt|tilbakebetalt|hyvitetty|palautettu|iade_edildi|da_hoan(?:_tien)?|dikembalikan)(?:_|$)"
    r"|возвращ[её]н|повернен|επιστραφηκε|คืนเงินแล้ว|已退款|已退|返金済|환불(?:됨|완료|_완료)"
)
"""A word that money was given back, as of something past: the noun, as in `Refund`, may be of a row of its own."""


_NEARLY_ALL: Final = 0.9
"""Share of the marked rows that must be sales themselves. By judgement: a receipt of returns may hold an exchange."""


def were_refunded(sample: pl.DataFrame, found: Columns, name: str, marked: pl.Series) -> bool:
    """Whether marked rows are the sales themselves, so that without them is what was sold net.

    A return of its own stands on a receipt of returns alone, or beside the line of its receipt that sold the goods, or
    beside other goods that were taken in exchange: then another receipt sold the same goods at that price before.
    Nearly all marked lines must be neither. Where any row has units or money below 0 returns have rows of their own.

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
    among = back.join(sold, on=receipt, how="semi").join(sold, on=[receipt, goods], how="anti")
    return among.height >= _NEARLY_ALL * back.height and _sold_before(sample, found, goods, marked) <= 1 - _NEARLY_ALL


def _sold_before(sample: pl.DataFrame, found: Columns, goods: str, marked: pl.Series) -> float:
    """Share of the marked rows whose goods another receipt sold to the same person at that price on the day or before.

    It is 0 where no column says who bought, or when.
    """
    roles = found.roles
    if not {"customer", "moment"} <= roles.keys():
        return 0.0
    keys = [goods, roles["customer"], *([roles["price"]] if "price" in roles else [])]
    rows = sample.select(
        *keys,
        pl.col(roles["receipt"]).alias("_receipt"),
        pl.Series("_day", days_of(sample[roles["moment"]], found.seen[roles["moment"]])),
    ).with_row_index("_row")
    back, sold = (rows.filter(which).drop_nulls() for which in (marked, ~marked))
    pairs = back.join(sold, on=keys, suffix="_sold").filter(
        (pl.col("_day_sold") <= pl.col("_day")) & (pl.col("_receipt") != pl.col("_receipt_sold"))
    )
    return pairs["_row"].n_unique() / back.height if back.height else 0.0
