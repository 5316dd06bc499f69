"""Sums contradictions by kind, with what each kind means in English and Chinese."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

CONTRADICTIONS = {
    "check": pl.String,
    "store_id": pl.String,
    "product_id": pl.String,
    "lines": pl.Int64,
    "units": pl.Float64,
    "money": pl.Float64,
    "is_explained": pl.Boolean,
}
"""Columns of single contradictions; `lines` is how many rows of an answer stand behind one."""

CONSISTENCY = {
    "check": pl.String,
    "lines": pl.Int64,
    "explained": pl.Int64,
    "units": pl.Float64,
    "money": pl.Float64,
    "reason": pl.String,
    "reason_zh": pl.String,
}
"""Columns of the summary; `units` and `money` are of all lines, explained ones too."""

CHECKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ordered_and_left_over": (
            "Ordered although part of the stock is excess; explained where the plan says what the order is for",
            "同一商品既建议订货又列为积压；若计划写明订货用途则视为已说明",
        ),
        "ordered_beyond_end": (
            "Ordered for demand after the end of the listing, the season or the shelf life",
            "订货超出下架日、季末或保质期之后的需求",
        ),
        "season_left_over_in_demand": (
            "Left over at the end of a season or listing after which the forecast goes on selling",
            "按季末或下架列为积压，但预测仍在继续销售",
        ),
        "ordered_beyond_source": (
            "Orders of a product on a source shop or warehouse beyond what it has",
            "对同一仓库（或调出店）的订货合计超过其库存",
        ),
        "transfer_into_left_over": (
            "Transfers into a shop where the product is left over",
            "向该商品已积压的门店调拨",
        ),
        "transfer_into_ordered": (
            "Transfers into a shop that also orders the product; explained where each names the other",
            "向同时订货的门店调拨；若两者互相注明则视为已说明",
        ),
        "losing_order": (
            "Orders expected to lose money; explained where a service level was agreed and the line says so",
            "预计亏损的订货；若已约定服务水平并注明则视为已说明",
        ),
        "lost_below_least": (
            "Lost sales below what is wanted beyond stock, what is on order, transfers and the order together",
            "预计流失低于需求超出库存、在途、调入与订货之和的部分",
        ),
        "lost_beyond_demand": (
            "Lost sales beyond everything that is wanted until the next delivery",
            "预计流失超过到下次到货前的全部需求",
        ),
        "transfer_from_ordered": (
            "A store sends goods to another store and orders them too; explained where the line says why",
            "门店调出的商品同时又在订货；若该行已说明原因则视为已说明",
        ),
        "loss_called_even": (
            "Called a loss for an agreed level, though it is less than a hundredth of the order's cost",
            "标为按约定水平亏损，但亏损不足订货成本的百分之一",
        ),
        "waste_not_told": (
            "Goods that counts and sales show to be past their date, and no row of left-overs says so",
            "按盘点与销售已过期的商品，积压清单中没有说明",
        ),
        "age_not_counted": (
            "Left over by a date that none of the goods has by counts and sales",
            "积压日期与按盘点和销售推算的任何批次都不符",
        ),
        "keep_says_otherwise": (
            "Advised to keep, with a sentence that says to do something with the goods",
            "建议保持原价，但说明中又要求采取其他做法",
        ),
        "markdown_beyond_left_over": (
            "A lower price said to sell more on top than is left over at the full price",
            "降价预计多卖的件数超过原价下的剩余件数",
        ),
        "markdown_after_end": (
            "A price that falls after the last day on which the goods are sold, or never falls, or rises",
            "降价日期晚于最后销售日，或价格并未逐步下降",
        ),
        "markdown_and_order": (
            "A lower price for goods that the shop also orders; explained where the order is for the days after",
            "对同时订货的商品降价；若订货用于其后日期并注明则视为已说明",
        ),
        "advice_not_best": (
            "What is advised for left-over goods earns less than another way out of the same row",
            "对积压商品的建议，其收益低于同一行的其他做法",
        ),
        "people_beyond_left_over": (
            "More buyers expected among the people told of left-over goods than units are left",
            "被告知积压商品的顾客中，预计购买量超过剩余件数",
        ),
        "told_worth_otherwise": (
            "Telling the customers of a shop of its left-over goods said to earn other money than their audience does",
            "积压行所列告知顾客的收益与其人群的收益不一致",
        ),
        "sent_after_end": (
            "People told of left-over goods after the last day on which these are sold",
            "通知日期晚于积压商品的最后销售日",
        ),
        "chance_of_any_product": (
            "The chance of buying any of the goods shown as the chance of the product named",
            "把购买任一商品的概率写成了所列商品的概率",
        ),
        "mean_for_median": (
            "A sentence says a person buys every so many days, and the median of the gaps differs by a fifth or more",
            "“约每几天购买一次”与购买间隔中位数相差五分之一以上",
        ),
    }
)
"""Code of each check -> what it means in English and Chinese, in the order of the report."""


def found(check: str, rows: pl.DataFrame, **columns: pl.Expr | float | bool | str | None) -> pl.DataFrame:
    """Contradictions of one kind: columns CONTRADICTIONS.

    Args:
        check: code of CHECKS.
        rows: one row per contradiction.
        columns: values of CONTRADICTIONS that differ from one line of no units, no money, unexplained.
    """
    usual: dict[str, pl.Expr | float | bool | str | None] = {"lines": 1, "units": 0.0, "money": 0.0}
    usual |= {"is_explained": False, "check": check}
    given = usual | columns
    named = rows.with_columns(
        **{name: value if isinstance(value, pl.Expr) else pl.lit(value) for name, value in given.items()}
    )
    return named.select(pl.col(name).cast(kind) for name, kind in CONTRADICTIONS.items())


def summarised(contradictions: pl.DataFrame) -> pl.DataFrame:
    """One row per check, found or not, in the order of CHECKS: columns CONSISTENCY.

    Args:
        contradictions: columns CONTRADICTIONS.
    """
    texts = pl.DataFrame(
        [(code, en, zh) for code, (en, zh) in CHECKS.items()], schema=["check", "reason", "reason_zh"], orient="row"
    )
    lines = pl.col("lines")
    sums = contradictions.group_by("check").agg(
        lines.sum(),
        explained=lines.filter("is_explained").sum(),
        units=pl.col("units").sum(),
        money=pl.col("money").sum(),
    )
    joined = texts.join(sums, on="check", how="left", maintain_order="left")
    filled = joined.with_columns(pl.col("lines", "explained", "units", "money").fill_null(0))
    return filled.select(pl.col(name).cast(kind) for name, kind in CONSISTENCY.items())


def is_consistent(summary: pl.DataFrame) -> bool:
    """Whether every contradiction of a summary names its reason."""
    return bool((summary["lines"] == summary["explained"]).all())
