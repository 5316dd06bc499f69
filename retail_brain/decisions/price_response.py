"""What another price does to demand: a power of the price with the product's elasticity, the same in every answer."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import ndtri

from retail_brain.decisions.arrays import Floats, Ints, floats

NORMAL_90 = 1.6448536269514722
"""Standard deviations on each side that hold 90 % of a normal distribution."""


def demand_factor(price: Floats | float, before: Floats, elasticity: Floats | float) -> Floats:
    """Factor on demand when `price` is charged in the place of the price `before`; the arrays are broadcast.

    >>> demand_factor(np.array([8.0]), np.array([10.0]), np.array([-2.0])).round(4).tolist()
    [1.5625]
    """
    factor: Floats = np.exp(elasticity * np.log(price / before))
    return factor


@dataclass(frozen=True)
class PriceResponse:
    """Own-price elasticity with its uncertainty, one element per series; NaN where nothing is known.

    Attributes:
        elasticity: per cent of units per per cent of price, at most 0.
        deviation: standard deviation of the estimate.
    """

    elasticity: Floats
    deviation: Floats

    @classmethod
    def of(cls, estimates: pl.DataFrame, products: pl.Series) -> "PriceResponse":
        """The response of each product, in the order given.

        Args:
            estimates: `product_id`, `elasticity`, and `low`, the lower end of its 90 % interval.
            products: product ids; one may come several times.
        """
        asked = pl.DataFrame({"product_id": products.cast(pl.String)})
        known = estimates.select("product_id", "elasticity", "low").unique("product_id", keep="last")
        found = asked.join(known, on="product_id", how="left", maintain_order="left")
        elasticity, low = floats(found["elasticity"]), floats(found["low"])
        # the upper end is cut at 0, so the lower one tells the spread
        return cls(elasticity, np.maximum(elasticity - low, 0) / NORMAL_90)

    @classmethod
    def unknown(cls, series: int) -> "PriceResponse":
        """Nothing known of any series."""
        return cls(np.full(series, np.nan), np.full(series, np.nan))

    def take(self, rows: Ints) -> "PriceResponse":
        """The response of some series."""
        return PriceResponse(self.elasticity[rows], self.deviation[rows])

    def drawn(self, paths: int, seed: int) -> Floats:
        """One elasticity per sample path, shape (series, paths): never above 0, and the estimate itself on average.

        Evenly spread quantiles in an order of their own, so that few paths hold the whole uncertainty.
        """
        scores = np.random.default_rng(seed).permutation(ndtri((np.arange(paths) + 0.5) / paths))
        drawn: Floats = np.minimum(self.elasticity[:, None] + self.deviation[:, None] * scores[None, :], 0.0)
        return drawn
