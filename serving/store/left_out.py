"""Series that the published forecasts leave out, and why: those of closed shops, of goods taken off the assortment."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from serving.store.answer_set import Answers
from serving.store.rows import rows_of_store


def left_out_of_store(answers: Answers, store_id: str, product_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Product -> `product_id`, `reason` (a code of `left_out.REASONS`) and `last_sale` (ISO day; None: never).

    Of the products asked for, those that the store's forecasts leave out; none in sets of older versions, which do not
    say.
    """
    table = answers.rows.get("left_out")
    if table is None:
        return {}
    of_store = rows_of_store(table, store_id, ("store_id",), answers.lines_memo)
    found = of_store.filter(pl.col("product_id").is_in(list(product_ids)))
    rows = found.select("product_id", "reason", pl.col("last_sale").dt.to_string("iso")).rows(named=True)
    return {row["product_id"]: row for row in rows}
