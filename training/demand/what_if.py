"""What another price or a promotion would do to a product's demand in a store, by the model that forecasts it.

The price enters the model through one feature, in which demand may only fall (monotone), and only the plan of the
periods ahead is changed: what is known of the past stays as it was. So no change changes nothing.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from features.demand import DemandFeatures
from features.demand_arrays import Doubles
from features.demand_history import DemandHistory, read_history
from features.demand_panel import DemandPanel, build_panel, store_ranges
from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError, NotFoundError
from training.demand.model import DemandModel


@dataclass(frozen=True)
class WhatIf:
    """Two forecasts of one series.

    Attributes:
        dates: first day of each period.
        base, changed: units per period as planned, and with the change.
        base_price, changed_price: price per unit of each period, NaN where no plan says.
        unit_cost: cost per unit, None where unknown.
    """

    dates: pl.Series
    base: Doubles
    changed: Doubles
    base_price: Doubles
    changed_price: Doubles
    unit_cost: float | None

    def table(self) -> pl.DataFrame:
        """One row per date: date, forecast, forecast_changed, difference, expected_revenue and expected_margin.

        Revenue and margin are of the changed forecast, `revenue_difference` and `margin_difference` against the plan;
        null where the price or the cost is not known.
        """
        revenue, before = self.changed * self.changed_price, self.base * self.base_price
        cost = np.nan if self.unit_cost is None else self.unit_cost
        margin, margin_before = revenue - self.changed * cost, before - self.base * cost
        numbers = {
            "forecast": self.base,
            "forecast_changed": self.changed,
            "difference": self.changed - self.base,
            "expected_revenue": revenue,
            "revenue_difference": revenue - before,
            "expected_margin": margin,
            "margin_difference": margin - margin_before,
        }
        frame = pl.DataFrame({"date": self.dates, **numbers})
        return frame.with_columns(pl.col(list(numbers)).fill_nan(None))


def what_if(
    model: DemandModel,
    dataset: Dataset,
    store_id: str,
    product_id: str,
    horizon: int,
    *,
    price: float | None = None,
    promotion: bool | None = None,
) -> WhatIf:
    """Forecasts a series as planned and with another price or promotion over the whole horizon.

    Args:
        model: the fitted model.
        dataset: sales up to its `as_of`, plans beyond.
        store_id: the store.
        product_id: the product.
        horizon: periods ahead.
        price: price per unit, as paid; None leaves the plan.
        promotion: whether it is promoted; None leaves the plan.

    Raises:
        NotFoundError: the store does not sell the product, or sells it too rarely for the model.
        ImpossibleError: a price is asked about but no price of the product is known, or it is not above zero.
    """
    history = read_history(dataset, model.config.settings, horizon)
    panel, row = _panel_of(history, store_id, product_id)
    changed = changed_plan(panel, row, price=price, promotion=promotion)
    features = DemandFeatures(history, model.mean.vocabulary)
    base, other = (
        model.mean.predict(features.of(item), horizon)[row] * model.calibration.bias for item in (panel, changed)
    )
    count = panel.axis.count
    usual = _usual_price(panel, row)
    prices = [np.where(np.isnan(item.price[row, count:]), usual, item.price[row, count:]) for item in (panel, changed)]
    dates = pl.Series("date", panel.axis.starts(count, count + horizon), dtype=pl.Date)
    return WhatIf(dates, base, other, prices[0], prices[1], _unit_cost(dataset, product_id))


def changed_plan(panel: DemandPanel, row: int, *, price: float | None, promotion: bool | None) -> DemandPanel:
    """The panel with another plan for one series over the periods ahead.

    Raises:
        ImpossibleError: a price is asked about but no price of the product is known, or it is not above zero.
    """
    count = panel.axis.count
    prices, promoted = panel.price.copy(), panel.promotion.copy()
    if price is not None:
        if not price > 0:
            raise ImpossibleError(f"the price is {price}; wanted more than 0. Ask about a price that can be charged.")
        if np.isnan(_usual_price(panel, row)):
            raise ImpossibleError(
                f"no price of product {panel.series['product_id'][row]} in store {panel.series['store_id'][row]} is "
                "known, so nothing can be said about another one. Ingest the prices table."
            )
        prices[row, count:] = price
    if promotion is not None:
        promoted[row, count:] = promotion
    return replace(panel, price=prices, promotion=promoted)


def _panel_of(history: DemandHistory, store_id: str, product_id: str) -> tuple[DemandPanel, int]:
    ranges = store_ranges(history)
    if store_id in ranges:
        panel = build_panel(history, *ranges[store_id])
        found = np.flatnonzero((panel.series["product_id"] == product_id).to_numpy())
        if found.size:
            return panel, int(found[0])
    raise NotFoundError(
        f"store {store_id} does not sell product {product_id}, or too rarely for the model. "
        "Ask about a product with regular sales there."
    )


def _usual_price(panel: DemandPanel, row: int) -> float:
    """Mean planned price outside promotions in the weeks before the forecast, NaN where none is known."""
    begin = panel.axis.count - 2 * panel.axis.rhythm.level
    return float(panel.prices.mean(begin, panel.axis.count)[row])


def _unit_cost(dataset: Dataset, product_id: str) -> float | None:
    cost = dataset.scan_or_empty("products").filter(pl.col("product_id") == product_id).select("unit_cost").collect()
    return None if cost.is_empty() or cost["unit_cost"][0] is None else float(cost["unit_cost"][0])
