"""RFM scores: recency, frequency and monetary value of a buyer in fifths of all recent buyers, 5 = best."""

from dataclasses import dataclass

import polars as pl

from features.references import MONEY_DIGITS

RFM_FEATURES = ("recency_score", "frequency_score", "monetary_score", "rfm")
_FIFTHS = (0.2, 0.4, 0.6, 0.8)
"""Shares of the buyers below each border: RFM in fifths, as the trade has it."""
_COLUMNS = ("recency_days", "baskets_365d", "spend_365d")


@dataclass(frozen=True)
class RfmEdges:
    """Borders between the fifths of the buyers of the last 365 days, ascending: four per measure.

    Attributes:
        recency: days since the last purchase.
        frequency: receipts of the last 365 days.
        monetary: money of the last 365 days, net of returns.
    """

    recency: tuple[float, ...]
    frequency: tuple[float, ...]
    monetary: tuple[float, ...]

    @classmethod
    def of(cls, buyers: pl.DataFrame) -> "RfmEdges | None":
        """The borders among buyers with the columns recency_days, baskets_365d and spend_365d; None without any."""
        recent = buyers.filter(pl.col("baskets_365d") > 0)
        if recent.is_empty():
            return None
        edges = (tuple(float(recent[column].quantile(share) or 0) for share in _FIFTHS) for column in _COLUMNS)
        return cls(*edges)


def rfm_scores(edges: RfmEdges | None) -> list[pl.Expr]:
    """The columns of `RFM_FEATURES`: scores from 1 to 5, and together as text such as `5-4-4`; null without a purchase.

    Equal values have equal scores, so the fifths differ in size where many buyers are alike.
    """
    if edges is None:
        scores = [pl.lit(None, dtype=pl.Int32) for _ in _COLUMNS]
        return [*(score.alias(name) for name, score in zip(RFM_FEATURES, scores, strict=False)), _none()]
    recency = 5 - _borders_below("recency_days", edges.recency)
    frequency = 1 + _borders_below("baskets_365d", edges.frequency)
    monetary = 1 + _borders_below("spend_365d", edges.monetary)
    known = pl.col("recency_days").is_not_null()
    scores = [pl.when(known).then(score.cast(pl.Int32)) for score in (recency, frequency, monetary)]
    return [
        *(score.alias(name) for name, score in zip(RFM_FEATURES, scores, strict=False)),
        pl.format("{}-{}-{}", *scores).alias("rfm"),
    ]


def _borders_below(column: str, borders: tuple[float, ...]) -> pl.Expr:
    """How many borders lie below the value, 0 to 4."""
    # rounded as the borders are: a border is somebody's own value, and must not lie below it by an error of summing
    value = pl.col(column).cast(pl.Float64).round(MONEY_DIGITS)
    return pl.sum_horizontal((value > border).cast(pl.Int32) for border in borders)


def _none() -> pl.Expr:
    return pl.lit(None, dtype=pl.String).alias("rfm")
