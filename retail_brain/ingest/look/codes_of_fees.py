"""Lines of orders whose code says that they are carriage or a payment, such as `SHIPPING4` and `BILLING2`."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.state_columns import column_of

_NUMBERED: Final = r"^[\W_]*([\p{L}][\p{L}\s_-]*?)[\s_-]*\d{0,4}[\W_]*$"
"""A code of words with a short number behind them."""
_CODES: Final = (
    r"(?:shipping|ship|shpg|delivery|postage|freight|carriage|transport|billing|payment|pay|pmt|cod|fee|handling|surcharge|costs?|charges?"
    r"|order ?(?:delivery|shipping)"
    r"|versand(?:kosten)?|porto|fracht|zahlung|zahlart|nachnahme|livraison|port|expedition|paiement|envio|gastos ?envio"
    r"|pago|frete|entrega|pagamento|spedizione|trasporto|verzending|verzendkosten|betaling|dostawa|wysylka|platnosc|doprava"
    r"|dopravne|postovne|platba|dobirka|dostavka|oplata|szallitas|fizetes|livrare|plata|kargo|odeme|frakt|fragt|toimitus"
    r"|maksu|доставка|оплата|运费|運費|邮费|配送费|手续费|支付|付款|送料|手数料|배송비)"
)
"""Words of codes that are carriage or a way to pay; small letters, without accents."""
_MOST: Final = 30
"""Codes of fees at most: one for each carrier and way to pay. By judgement."""
_LEAST_LINES: Final = 0.25
"""Share of the lines that must be of goods: a small order has a line of each, carriage and a payment. By judgement."""
_NEARLY_ALL: Final = 0.95
"""Share of the lines of fees that are of one unit, and on a receipt with other lines. By judgement."""
_ONE_EACH: Final = 0.98
"""Share of the receipts that have a code of fees once."""


def leave_out_codes_of_fees(made: Proposal, sample: pl.DataFrame, found: Columns) -> list[str]:
    """Conditions that leave out lines whose code is nothing but a word of carriage or payment, and a short number.

    They must behave as fees do: one unit, once on a receipt, and never a receipt of their own. `SHIP-02` of a shop of
    model ships is sold alone, or two at a time. Lines of money taken off are left alone: they change what was paid.

    Args:
        made: a proposal of sales; gets a remark.
        sample: the lines.
        found: roles of the columns.
    """
    receipt, units = found.roles.get("receipt"), found.roles.get("units")
    if receipt is None or units is None:
        return []
    for name in found.all_of("product"):
        codes = [code for code in sample[name].cast(pl.String).drop_nulls().unique(maintain_order=True) if is_fee(code)]
        if not codes or len(codes) > _MOST:
            continue
        is_one = sample[name].cast(pl.String).is_in(codes).fill_null(value=False)
        if not _are_fees(sample, found, name, is_one):
            continue
        stems = sorted({re.sub(r"[\s_\d-]+$", "", code) for code in codes})
        made.remarks.append(
            f"{is_one.sum():,} lines whose {name!r} is one of {stems} with a number are carriage and ways to pay, "
            "no goods, and are left out"
        )
        # rows beyond the sample have further numbers
        pattern = "|".join(re.escape(stem).replace("\\ ", " ") for stem in stems)
        return [f"{column_of(name)} IS NULL OR NOT REGEXP_LIKE({column_of(name)}, '^(?:{pattern})[ _-]*[0-9]*$')"]
    return []


def is_fee(code: str) -> bool:
    """Whether a code is a word of carriage or payment with a short number behind it, or none.

    >>> is_fee("SHIPPING4"), is_fee("billing_12"), is_fee("VERSAND")
    (True, True, True)
    >>> is_fee("MED-LES"), is_fee("SHIPPING-LABEL-A6"), is_fee("SHIP20250114")
    (False, False, False)
    """
    found = pl.Series([code.lower()]).str.extract(_NUMBERED, 1)[0]
    if found is None:
        return False
    word = re.sub(r"[\s_-]+", " ", found).strip()
    return re.fullmatch(rf"(?:{_CODES}\s?)+", word) is not None


def _are_fees(sample: pl.DataFrame, found: Columns, name: str, is_one: pl.Series) -> bool:
    rows, others = sample.filter(is_one), sample.filter(~is_one)
    if others.height < _LEAST_LINES * sample.height:
        return False
    receipt = found.roles["receipt"]
    counts = values(rows, found, found.roles["units"]).fill_null(1).abs()
    beside = rows[receipt].is_in(others[receipt].drop_nulls().unique().implode())
    once = ~rows.select(receipt, name).is_duplicated()
    return share(counts == 1) >= _NEARLY_ALL and share(beside) >= _NEARLY_ALL and share(once) >= _ONE_EACH
