"""Further attributes of people with few values, such as gender and age band: what the chain recorded of them."""

from collections.abc import Sequence

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.tables import TABLES

_MAX_VALUES = 30
"""Different values; attributes with more (names, dates) make no groups. Chosen by judgement, not measured."""


def read_traits(dataset: Dataset, names: Sequence[str] | None = None) -> pl.DataFrame:
    """One row per customer: `customer_id`, and each trait as text; null where unknown.

    They are the columns of `customers` beyond those of the canonical table that hold text or yes and no, with 2 to
    _MAX_VALUES values. The table says what they are now, not what they were on earlier days.

    Args:
        dataset: with or without customers.
        names: of the columns; None = all that there are. Others are passed over.
    """
    listed = dataset.scan_or_empty("customers").collect()
    # columns of the canonical table have uses of their own (home store, day of joining); what is further is a trait
    texts = [
        name
        for name, kind in listed.schema.items()
        if name not in TABLES["customers"].types and kind in (pl.String, pl.Boolean, pl.Categorical, pl.Enum)
    ]
    wanted = texts if names is None else [name for name in texts if name in names]
    chosen = [name for name in wanted if 2 <= listed[name].drop_nulls().n_unique() <= _MAX_VALUES]
    return listed.select("customer_id", pl.col(chosen).cast(pl.String))


def trait_lines(dataset: Dataset, names: Sequence[str], setting: str) -> list[str]:
    """What is said of traits before something is learned: those that are left out, and names that stand for none.

    Args:
        dataset: with or without customers.
        names: that the setting holds.
        setting: its name.
    """
    present = read_traits(dataset).columns[1:]
    left_out = [name for name in present if name not in names]
    unknown = [name for name in names if name not in present]
    lines = []
    if left_out:
        lines.append(
            f"{len(left_out)} columns of customers are not learned from, for the table says what people are now: "
            f"{', '.join(left_out)}. Name those that no purchase changes in {setting}. customers 的 {len(left_out)} 列"
            f"不参与学习，因为该表只记录现在的情况；请把不随购买变化的列写进设置 {setting}。"
        )
    if unknown:
        lines.append(
            f"{setting} names {', '.join(unknown)}: no column of customers with 2 to {_MAX_VALUES} texts; not used. "
            f"设置 {setting} 里的 {', '.join(unknown)} 不是 customers 中有 2 到 {_MAX_VALUES} 个取值的文本列，"
            "没有使用。"
        )
    return lines


def trait_flags(dataset: Dataset, customer_ids: pl.Series, names: Sequence[str]) -> pl.DataFrame:
    """One row per id, in their order: a Float32 column per trait and value, such as `gender=f`: 1 or 0.

    Of one dataset the columns are always the same; there are none where `customers` has no traits.

    Args:
        dataset: with or without customers.
        customer_ids: of whom; may repeat. Who is unknown has 0 everywhere.
        names: of the traits.
    """
    traits = read_traits(dataset, names).unique("customer_id")
    flags = [
        (pl.col(name) == value).fill_null(value=False).cast(pl.Float32).alias(f"{name}={value}")
        for name in traits.columns[1:]
        for value in traits[name].drop_nulls().unique().sort()
    ]
    rows = customer_ids.cast(pl.String).alias("customer_id").to_frame()
    return rows.join(traits, on="customer_id", how="left", maintain_order="left").select(flags)
