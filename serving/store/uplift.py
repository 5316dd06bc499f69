"""Stores what a contact causes for each person with the published answers, a column for each category."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from retail_brain.decisions.frame_memo import FrameMemo
from retail_brain.decisions.uplift import Uplift, UpliftScores
from serving.store.rows import write_rows

TABLE, METHOD = "facts_uplift", "facts_uplift_method"
_PREFIX = "of "
"""Before the category in the name of its column, so that no category is taken for `customer_id`."""


def write_uplift(folder: Path, uplift: Uplift) -> None:
    """Writes uplifts: one row per customer, a Float32 column per category; and the method that they are of."""
    named = uplift.scores.with_columns(category=_PREFIX + pl.col("category"))
    write_rows(folder, TABLE, named.pivot(on="category", index="customer_id", values="uplift"))
    write_rows(folder, METHOD, pl.DataFrame({"method": [uplift.method]}))


def read_uplift(rows: Mapping[str, pl.DataFrame], products: Sequence[int]) -> Uplift | None:
    """Uplifts for the categories of the goods at some positions; None where people are ranked by response.

    Args:
        rows: published tables.
        products: positions in `facts_products`.
    """
    wide, method, described = rows.get(TABLE), rows.get(METHOD), rows.get("facts_products")
    if wide is None or method is None or described is None:
        return None
    categories = described.select("product_id", "category")[list(products)]
    names = [name for name in categories["category"].drop_nulls().unique().to_list() if _PREFIX + name in wide.columns]
    parts = [
        wide.select("customer_id", category=pl.lit(name), uplift=pl.col(_PREFIX + name)).drop_nulls("uplift")
        for name in sorted(names)
    ]
    schema = {"customer_id": pl.String, "category": pl.String, "uplift": pl.Float32}
    return Uplift(pl.concat([pl.DataFrame(schema=schema), *parts]), categories, method["method"][0])


def published_scores(rows: Mapping[str, pl.DataFrame], customers: pl.Series, memo: FrameMemo) -> UpliftScores | None:
    """Uplifts by place of customer and product, worked out once per set of answers; None as for `read_uplift`.

    Args:
        rows: published tables.
        customers: ids of the catalog.
        memo: of the answers.
    """
    wide, described = rows.get(TABLE), rows.get("facts_products")
    if wide is None or described is None:
        return None
    return memo.get((wide,), "uplift scores", lambda: _scores(wide, described, customers))


def _scores(wide: pl.DataFrame, described: pl.DataFrame, customers: pl.Series) -> UpliftScores:
    names = [name for name in wide.columns if name.startswith(_PREFIX)]
    row = pl.DataFrame({"category": [name.removeprefix(_PREFIX) for name in names]}, {"category": pl.String})
    category = described.select("category").join(
        row.with_row_index("row"), on="category", how="left", maintain_order="left"
    )["row"]
    placed = pl.DataFrame({"customer_id": customers.cast(pl.String)}).join(
        wide, on="customer_id", how="left", maintain_order="left"
    )
    scores = placed.select(pl.col(name).cast(pl.Float32).fill_null(float("nan")) for name in names).to_numpy().T
    return UpliftScores(category.cast(pl.Int64).fill_null(-1).to_numpy(), np.ascontiguousarray(scores))
