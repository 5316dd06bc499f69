"""Names the likely cause of an anomaly, with a sentence in English and Chinese."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from features.demand.arrays import Bools, Doubles, Ints
from features.demand.closed_days import CLOSED_LEAST_UNITS
from retail_brain.decisions.reasons.sentence import number
from retail_brain.spoken_days import spoken_days
from training.demand.calibration import CLOSING_SHARE

TILL, CLOSED, STOCK_OUT, PROMOTION, PRICE = "till", "closed", "stock_out", "promotion", "price"
HOLIDAY, UNKNOWN = "holiday", "unknown"
_PRICE_CHANGE = 0.1
"""Share by which a price must differ from the usual one to be a cause. Chosen by judgement, not measured."""
_SHARE_OF_DAYS = 0.25
"""Share of the days together on which a cause must hold to be that of their sum. Chosen by judgement, not measured."""
_CAUSES = {
    TILL: ("till error (listed by `accidents`)", "收银录入错误（见 accidents 清单）"),
    CLOSED: ("the store sold next to nothing: closed?", "门店几乎没有销售，可能闭店"),
    STOCK_OUT: ("out of stock", "缺货"),
    PROMOTION: ("promotion", "促销"),
    PRICE: ("unusual price", "成交价与平时不同"),
    HOLIDAY: ("public holiday", "适逢法定节假日"),
    UNKNOWN: ("unknown", "不明"),
}
"""Cause -> what it means in English and Chinese."""


@dataclass(frozen=True)
class Days:
    """What happened to some series of a store on some days; all of shape (n, days), but `price` of shape (n,).

    Attributes:
        units: sold as recorded.
        counted: the same without accidents of the till.
        accident: whether the record is an accident of the till.
        out: whether stock ran out or was missing.
        listed, promoted: by plan.
        price_change: share by which the price paid differs from the usual one; NaN where one is not known.
        closed: whether the store sold next to nothing.
        holiday: whether it was a public holiday; of weeks and months never.
        price: usual price, NaN where none is known.
    """

    units: Doubles
    counted: Doubles
    accident: Bools
    out: Bools
    listed: Bools
    promoted: Bools
    price_change: Doubles
    closed: Bools
    holiday: Bools
    price: Doubles


def of_series(days: Days, series: Ints, day: Ints | None, beyond: Doubles) -> list[str]:
    """The likely cause of each anomaly of series: the first that holds, in the order of `_CAUSES`.

    A cause counts only where it pushes the way the anomaly went: a promotion explains no day below all paths. A holiday
    may do either.

    Args:
        days: what happened.
        series: row of each anomaly.
        day: its day; None where all days are summed.
        beyond: units above all paths, below as negative numbers.
    """
    high = beyond > 0
    change = np.nan_to_num(days.price_change)
    moved = np.where(high[:, None], change[series] <= -_PRICE_CHANGE, change[series] >= _PRICE_CHANGE)
    misread = days.units - days.counted
    facts = (
        days.accident[series] & np.where(high[:, None], misread[series] > 0, misread[series] < 0),
        days.closed[series] & ~high[:, None],
        days.out[series] & ~high[:, None],
        days.promoted[series] & high[:, None],
        moved,
        days.holiday[series],
    )
    if day is None:
        holds = [fact.mean(axis=1) >= _SHARE_OF_DAYS for fact in facts]
        holds[0] = facts[0].any(axis=1)
    else:
        holds = [fact[np.arange(len(series)), day] for fact in facts]
    names = list(_CAUSES)
    return list(np.select(holds, names[:-1], names[-1])) if len(series) else []


def of_totals(units: Doubles, expected: Doubles, holiday: Bools) -> list[str]:
    """The likely cause of each anomaly of totals: closed, a holiday, or unknown; all of shape (anomalies,)."""
    closed = (expected >= CLOSED_LEAST_UNITS) & (units < CLOSING_SHARE * expected)
    return list(np.select([closed, holiday], [CLOSED, HOLIDAY], UNKNOWN)) if len(units) else []


def with_reasons(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with a sentence in both languages."""
    numbers = [number(name) for name in ("units", "expected", "low", "high")]
    one_day = pl.col("date") == pl.col("until")
    texts = [
        pl.col("cause").replace_strict({cause: words[place] for cause, words in _CAUSES.items()}, default="")
        for place in (0, 1)
    ]
    en = pl.format("{} sold, {} expected ({} to {} possible); likely cause: {}", *numbers, texts[0])
    zh = pl.format("售出{}件，预计{}件（可能{}至{}件）；可能原因：{}", *numbers, texts[1])
    first, last = (spoken_days(pl.col(name), pl.col("until")) for name in ("date", "until"))
    days = pl.format("{} to {}: ", first[0], last[0]), pl.format("{}至{}：", first[1], last[1])
    return rows.with_columns(
        reason=pl.when(one_day).then(en).otherwise(days[0] + en),
        reason_zh=pl.when(one_day).then(zh).otherwise(days[1] + zh),
    )
