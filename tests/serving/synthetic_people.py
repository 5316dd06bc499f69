"""Goods for people, and goods beside goods, of the synthetic answers: scores by arithmetic."""

from datetime import timedelta

import polars as pl

from tests.serving.synthetic_chain import AS_OF, CUSTOMERS, STORES


def scored_pairs() -> pl.DataFrame:
    rows = [
        (customer, f"P{(number * 7 + place * 3) % 60 + 1:04d}", place)
        for number, customer in enumerate(CUSTOMERS[:150])
        for place in range(20)
    ]
    frame = pl.DataFrame(
        rows, schema={"customer_id": pl.String, "product_id": pl.String, "place": pl.Int64}, orient="row"
    )
    probability = 0.9 / (1 + pl.col("place"))
    return frame.select(
        "customer_id",
        "product_id",
        probability=probability,
        gap_days=pl.when(pl.col("place") % 2 == 0).then(14).otherwise(0).cast(pl.Int32),
        probability_7d=pl.when(pl.col("place") % 2 == 0).then(probability / 4),
        probability_14d=pl.when(pl.col("place") % 2 == 0).then(probability / 2),
        probability_28d=pl.when(pl.col("place") % 2 == 0).then(probability),
        kind=pl.when(pl.col("place") % 2 == 0).then(pl.lit("repeat")).otherwise(pl.lit("explore")),
        due_on=pl.when(pl.col("place") % 2 == 0).then(pl.lit(AS_OF + timedelta(days=5))),
        reason=pl.when(pl.col("place") % 2 == 0).then(pl.lit("buys")).otherwise(pl.lit("alike")),
    )


def related_goods() -> pl.DataFrame:
    rows = [(owner, (owner + step) % 60, 1.0 / step) for owner in range(60) for step in range(1, 9)]
    return pl.DataFrame(rows, schema={"owner": pl.Int64, "product": pl.Int64, "score": pl.Float64}, orient="row")


def popular_goods() -> pl.DataFrame:
    rows = [(owner, product, 1.0 / (2 + product)) for owner in range(len(STORES) + 1) for product in range(30)]
    return pl.DataFrame(rows, schema={"owner": pl.Int64, "product": pl.Int64, "score": pl.Float64}, orient="row")
