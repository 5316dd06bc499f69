"""Counts receipt numbers that stand for several receipts: tills may begin anew every day, and shops count alike."""

import polars as pl

LOOKED_AT = 1_000_000
"""Receipt lines that are looked at, the first: days of a large chain. All of 10,000,000 took a quarter of an ingest."""


def reused_numbers_note(lines: pl.LazyFrame, count: int) -> list[str]:
    """A remark where sales under one `transaction_id` were made on several days or in several shops; else none.

    Args:
        lines: receipt lines, canonical; lines with units of 0 or less may be refunds under the number of their sale.
        count: how many they are.
    """
    sales = lines.head(LOOKED_AT).filter(pl.col("units") > 0)
    kinds = sales.group_by("transaction_id").agg(
        days=pl.col("sold_at").dt.date().n_unique(), shops=pl.col("store_id").n_unique()
    )
    several_days, several_shops = pl.col("days") > 1, pl.col("shops") > 1
    numbers, days, shops, either = (
        kinds.select(pl.len(), several_days.sum(), several_shops.sum(), either=(several_days | several_shops).sum())
        .collect(engine="streaming")
        .row(0)
    )
    if not either:
        return []
    among = "" if count <= LOOKED_AT else f"in the first {LOOKED_AT:,} lines, "
    return [
        f"{among}{either:,} of {numbers:,} receipt numbers have sales on several days ({days:,}) or in several shops "
        f"({shops:,}); all lines of a number are taken for one basket. If numbers begin anew, join them in a mapping "
        'with shop and day, such as transaction_id = { columns = ["store_id", "date", "transaction_id"] }; '
        "`ingest --check` proposes it"
    ]
