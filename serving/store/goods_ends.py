"""The last days of goods in published answers: a season goes on as long as the plan of stock says that it does."""

import polars as pl

from retail_brain.decisions.goods_ends import GOODS_ENDS
from serving.store.answer_set import Answers

_SERIES = ["store_id", "product_id"]


def ends_of_series(answers: Answers) -> dict[tuple[str, str], tuple[str, str]]:
    """Store and product -> the last day of sale in the plan of stock and why (`listing`, `season`); worked out once.

    Series without an end are left out; sets of older versions hold no plan, and give none.
    """
    plan = answers.rows.get("plan")
    return {} if plan is None else answers.audience_memo.get((plan,), "ends of series", lambda: _by_series(plan))


def _by_series(plan: pl.DataFrame) -> dict[tuple[str, str], tuple[str, str]]:
    ending = plan.filter(pl.col("ends_on").is_not_null()).select(*_SERIES, "ends_on", "end_kind")
    return {(store, product): (day.isoformat(), kind) for store, product, day, kind in ending.iter_rows()}


def planned_ends_of_goods(ends: pl.DataFrame, plan: pl.DataFrame) -> pl.DataFrame:
    """The ends of goods with seasons that end when the plan's do: columns GOODS_ENDS and `product`, in the same order.

    Past seasons tell when one usually ends; the plan knows by the forecast whether this year's goes on. In the whole
    chain a season ends where that of the last shop does. Listings end as they were recorded, and what the plan does not
    know ends as the data say.

    Args:
        ends: columns `sell_by.ENDS_OF_GOODS` and `product`.
        plan: columns `settled_plan.PLAN`.
    """
    planned = plan.select(
        *_SERIES,
        season=pl.when(pl.col("end_kind") == "season").then("ends_on"),
        goes_on=(pl.col("end_kind") != "season").fill_null(value=True),
    )
    of_chain = planned.group_by("product_id").agg(pl.col("season").max(), goes_on=pl.col("goes_on").any())
    both = pl.concat([planned, of_chain.select(pl.lit(None, dtype=pl.String).alias("store_id"), *of_chain.columns)])
    known = ends.join(both, on=_SERIES, how="left", nulls_equal=True, maintain_order="left")
    is_planned = (pl.col("end_kind") == "season") & pl.col("goes_on").is_not_null()
    season = pl.when(~pl.col("goes_on")).then("season")
    last = pl.when(is_planned).then(pl.min_horizontal("listing", season)).otherwise("ends_on")
    return known.with_columns(ends_on=last).filter(pl.col("ends_on").is_not_null()).select(*GOODS_ENDS, "product")
