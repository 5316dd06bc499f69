"""Tells whether rows of `daily_sales` are days, weeks or months, by the days that they are dated with."""

from typing import Literal

import polars as pl

_LEAST_DAYS = {"week": 8, "month": 4}
"""Days needed to call their distance a rule: two months of weeks, or four months. Chosen by judgement, not measured."""


def spacing_of(days: pl.Series) -> Literal["day", "week", "month"]:
    """`week` where all days are the same weekday, `month` where all are the first or all the last of a month."""
    known = days.drop_nulls().unique()
    if known.len() >= _LEAST_DAYS["month"]:
        is_first, is_last = (known.dt.day() == 1).all(), (known.dt.offset_by("1d").dt.day() == 1).all()
        if is_first or is_last:
            return "month"
    is_weekly = known.len() >= _LEAST_DAYS["week"] and known.dt.weekday().n_unique() == 1
    return "week" if is_weekly else "day"


def spacing_notes(daily_sales: pl.LazyFrame, period: str) -> list[str]:
    """A remark where rows of `daily_sales` are weeks or months and the setting `data.period` is a day; else none.

    Args:
        daily_sales: canonical.
        period: of the setting.
    """
    if period != "day":
        return []
    days = daily_sales.select("date").unique().collect(engine="streaming")["date"].drop_nulls()
    spacing = spacing_of(days)
    if spacing == "day":
        return []
    where = f"on {days[0]:%A}s" if spacing == "week" else "at one end of a month"
    period_zh, where_zh = ("一周", "每周同一天") if spacing == "week" else ("一个月", "每月第一天或最后一天")
    return [
        f"daily_sales has rows {where} alone, {days.len():,} days: each seems to be a {spacing}. Set period = "
        f'"{spacing}" under [data] in the settings before training, with rows dated by the first day of their '
        f"{spacing}; otherwise the days between count as days without sales. daily_sales 只有{where_zh}的行，共 "
        f"{days.len():,} 天：看来一行是{period_zh}。请在训练前把设置 [data] 的 period 写成 "
        f'"{spacing}"，每行的日期为{period_zh}的第一天，否则其余的日子都算没有销售。'
    ]
