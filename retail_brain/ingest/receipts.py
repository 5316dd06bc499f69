"""Compares receipts that come again: a corrected copy takes the place of the stored one, a further part is added."""

from dataclasses import dataclass

import polars as pl

from retail_brain.lake.difference import ROW

RECEIPT = ["transaction_id", "store_id", "sold_at"]
"""What names a receipt: tills start anew with their numbers, but not at the same moment in the same shop."""
_LINE = ["product_id", "units", "unit_price", "discount", "coupon_discount", "customer_id", "channel"]


@dataclass(frozen=True)
class Corrections:
    """Receipts that the lake holds with other lines.

    Attributes:
        receipts: those in whose place the incoming ones come.
        lines: new lines of these.
        unclear: new lines of other such receipts, which are added.
    """

    receipts: pl.DataFrame
    lines: int
    unclear: int


def corrected_by(later: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """Receipts whose later lines name every product of the earlier ones, so that they are the whole receipt anew.

    Args:
        later: lines with the columns of `RECEIPT` and `product_id`.
        earlier: lines of the same receipts.
    """
    product = [*RECEIPT, "product_id"]
    lacking = earlier.join(later, on=product, how="anti").select(RECEIPT).unique()
    both = earlier.select(RECEIPT).unique(maintain_order=True).join(later, on=RECEIPT, how="semi")
    return both.join(lacking, on=RECEIPT, how="anti")


def corrections(rows: pl.LazyFrame, stored: pl.LazyFrame) -> Corrections:
    """Which receipts of the lake the incoming lines correct.

    Args:
        rows: incoming receipt lines.
        stored: transactions of the lake.
    """
    ends = rows.select(pl.col("sold_at").min(), last=pl.col("sold_at").max())
    first, last = ends.collect(engine="streaming").row(0)
    nearby = stored.filter(pl.col("sold_at").is_between(first, last))
    line = [*RECEIPT, *_LINE]
    other = rows.join(nearby.select(line).unique(), on=line, how="anti", nulls_equal=True)
    number = RECEIPT[:2]
    clashing = other.join(nearby.select(number).unique(), on=number, how="semi").select(line)
    new = clashing.collect(engine="streaming")
    if not new.height:
        return Corrections(new.select(RECEIPT), 0, 0)
    again = new.select(RECEIPT).unique().lazy()
    incoming = rows.drop(ROW).join(again, on=RECEIPT, how="semi").collect(engine="streaming")
    before = nearby.join(again, on=RECEIPT, how="semi").collect(engine="streaming")
    receipts = corrected_by(incoming, before)
    unclear = new.join(receipts, on=RECEIPT, how="anti").height
    return Corrections(receipts, new.height - unclear, unclear)
