"""The last day of goods on offer, by shop and in the whole chain: nobody is told of them after it."""

import polars as pl

GOODS_ENDS = {"store_id": pl.String, "product_id": pl.String, "ends_on": pl.Date}
"""One row per shop x product whose listing or season ends, with the last day. Without a shop (`store_id` null) it is
that of the whole chain, which counts for the shops that have no row of their own."""


def with_ends(rows: pl.DataFrame, ends: pl.DataFrame | None) -> pl.DataFrame:
    """Rows of `store_id` and `product_id` with `ends_on`, null where no end is known.

    Args:
        rows: by shop and product; an `ends_on` of their own that is not null, such as an expiry, stays.
        ends: columns of GOODS_ENDS; None: no ends are known.
    """
    if "ends_on" not in rows.columns:
        rows = rows.with_columns(ends_on=pl.lit(None, dtype=pl.Date))
    if ends is None or not ends.height:
        return rows
    own = ends.filter(pl.col("store_id").is_not_null()).select("store_id", "product_id", _own="ends_on")
    joined = rows.join(own, on=["store_id", "product_id"], how="left", maintain_order="left").join(
        of_chain(ends).rename({"ends_on": "_chain"}), on="product_id", how="left", maintain_order="left"
    )
    return joined.with_columns(ends_on=pl.coalesce("ends_on", "_own", "_chain")).drop("_own", "_chain")


def of_chain(ends: pl.DataFrame) -> pl.DataFrame:
    """The rows of the whole chain: `product_id`, `ends_on`."""
    return ends.filter(pl.col("store_id").is_null()).select("product_id", "ends_on")


def last_anywhere(stock: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """One row per product that some shop can give until a day: `product_id`, `ends_on`, the latest of these days.

    Goods that some shop gives without an end have none. Where no shop has any, what the whole chain says counts.

    Args:
        stock: `store_id`, `product_id`, `on_hand`; goods that it does not name may be anywhere.
        ends: columns of GOODS_ENDS.
    """
    held = with_ends(stock.filter(pl.col("on_hand") > 0).select("store_id", "product_id"), ends)
    by_product = held.group_by("product_id").agg(pl.col("ends_on").max(), is_open=pl.col("ends_on").is_null().any())
    uncounted = of_chain(ends).join(by_product, on="product_id", how="anti")
    ending = by_product.filter(~pl.col("is_open")).select("product_id", "ends_on")
    return pl.concat([ending, uncounted])
