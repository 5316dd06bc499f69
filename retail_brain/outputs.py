"""Schemas of the output tables (docs/contract.md), and sample paths of demand."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

SERIES = ("store_id", "product_id")

SUGGESTIONS = {
    "store_id": pl.String,
    "product_id": pl.String,
    "as_of": pl.Date,
    "order_quantity": pl.Float64,
    "order_on": pl.Date,
    "arrives_on": pl.Date,
    "on_hand": pl.Float64,
    "on_order": pl.Float64,
    "demand_until_next_arrival": pl.Float64,
    "order_up_to": pl.Float64,
    "safety_stock": pl.Float64,
    "expected_lost_sales": pl.Float64,
    "expected_value": pl.Float64,
    "source": pl.String,
    "reason": pl.String,
}

RECOMMENDATIONS = {
    "customer_id": pl.String,
    "rank": pl.Int32,
    "product_id": pl.String,
    "score": pl.Float64,
    "probability": pl.Float64,
    "kind": pl.String,
    "due_on": pl.Date,
    "reason": pl.String,
    "probability_7d": pl.Float64,
    "probability_14d": pl.Float64,
    "probability_28d": pl.Float64,
    "fulfilment": pl.String,
    "from_store_id": pl.String,
    "rule": pl.String,
    "attribution_id": pl.String,
    "reason_zh": pl.String,
    "reason_code": pl.String,
}

AUDIENCE = {
    "campaign_id": pl.String,
    "product_id": pl.String,
    "customer_id": pl.String,
    "rank": pl.Int32,
    "probability": pl.Float64,
    "expected_value": pl.Float64,
    "group": pl.String,
    "channel": pl.String,
    "send_on": pl.Date,
    "reason": pl.String,
}

EXCLUSIONS = {"reason": pl.String, "customers": pl.Int64}


def quantile_column(quantile: float) -> str:
    """Name of a forecast's quantile column.

    >>> quantile_column(0.05), quantile_column(0.5), quantile_column(0.975)
    ('forecast_p05', 'forecast_p50', 'forecast_p97_5')
    """
    percent = f"{quantile * 100:.6f}".rstrip("0").rstrip(".")
    whole, _, fraction = percent.partition(".")
    return f"forecast_p{whole.zfill(2)}" + (f"_{fraction}" if fraction else "")


@dataclass(frozen=True)
class SeriesFilter:
    """Series that an answer is wanted for; by default all.

    Attributes:
        stores: only these; None for all.
        products: only these; None for all.
        skip_stores: not these, whatever `stores` says.
        unsold: whether products that are named are wanted also where they never sold.
    """

    stores: Sequence[str] | None = None
    products: Sequence[str] | None = None
    skip_stores: Collection[str] = ()
    unsold: bool = True


ALL_SERIES = SeriesFilter()


@dataclass(frozen=True)
class DemandPaths:
    """Joint sample paths of demand, the input of every stock decision.

    Attributes:
        series: one row per series, columns `store_id` and `product_id`, in the order of `units`' first axis.
        dates: first day of each period of the horizon, consecutive, length H.
        units: shape (series, paths, H), units per period, non-negative. Path m of every series belongs to one
            possible future, so sums over periods, products or stores are taken path by path.
    """

    series: pl.DataFrame
    dates: pl.Series
    units: npt.NDArray[np.float32]

    def mean(self) -> npt.NDArray[np.float64]:
        """Mean units per period, shape (series, H)."""
        mean: npt.NDArray[np.float64] = self.units.mean(axis=1, dtype=np.float64)
        return mean

    def quantiles(self, quantiles: Sequence[float]) -> npt.NDArray[np.float64]:
        """Quantiles of each period over the paths, shape (series, H, quantiles); they never cross."""
        return np.moveaxis(np.quantile(self.units, quantiles, axis=1), 0, -1).astype(np.float64)


def suggestion_id(store_id: str, product_id: str, as_of: str) -> str:
    """Id of a suggestion: a digest of series and day, so that computing it again gives the same id."""
    return hashlib.sha256(json.dumps([store_id, product_id, as_of]).encode()).hexdigest()[:24]
