"""Answers what-if questions: demand of a product in a store at another price or with a promotion.

Another price multiplies demand by (price / planned price) to the power of the product's elasticity, the same that its
profile shows (`elasticity.py`): smooth, never rising with the price, and as far from its category's as its own data
carry it. A promotion enters through the model's features. Only the plan of the periods ahead is changed: what is known
of the past stays as it was. So no change changes nothing. All that an answer needs is a `Sheet` per series and the
elasticity, which can be kept: the service answers without reading any sales.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from features.demand.arrays import Bools, Doubles, Floats, Ints
from features.demand.demand_panel import DemandPanel
from features.demand.feature_matrix import PanelFeatures
from features.demand.history import DemandHistory
from features.demand.own_units import units_of
from features.demand.panel import build_panel, store_ranges
from features.demand.target_period import TARGET, target_values
from retail_brain.dataset import Dataset
from retail_brain.decisions.price_response import demand_factor
from retail_brain.errors import ImpossibleError, NotFoundError
from training.demand.elasticity import elasticities, price_response
from training.demand.mean_model import MeanModel
from training.demand.model import DemandModel

_BEYOND_TIMES = 2.0
"""Times the highest price seen, or part of the lowest, up to which an elasticity is carried: a power law has no end.
Chosen by judgement, not measured."""


@dataclass(frozen=True)
class Sheet:
    """Stored inputs of what-if questions about one series.

    Attributes:
        rows: shape (H, features), the model's features of each period ahead as planned.
        promoted, plain: shape (H, planned), the model's `_planned_columns` if it were promoted all the time, or never.
        scale: shape (H,), units per period where the model's factor is 1; 0 where not listed.
        price: shape (H,), planned price, the usual one where no plan says, NaN where none is known.
        usual_price: mean planned price outside promotions of late; where none was planned, the usual one of those
            paid; NaN where none is known.
        seen_low, seen_high: lowest and highest price of the history, NaN where none is known.
        unit_cost: NaN where unknown.
    """

    rows: Floats
    promoted: Floats
    plain: Floats
    scale: Floats
    price: Floats
    usual_price: float
    seen_low: float
    seen_high: float
    unit_cost: float


@dataclass(frozen=True)
class WhatIf:
    """Two forecasts of one series.

    Attributes:
        base, changed: units per period as planned, and with the change.
        base_price, changed_price: price per unit of each period, NaN where no plan says.
        unit_cost: cost per unit, NaN where unknown.
        is_beyond: whether the price asked about lies outside all prices of the history: what it does is then worked out
            from the elasticity alone, up to half the lowest or twice the highest price seen.
        promoted: whether a promotion is planned for each period.
        elasticity: that the price's effect was worked out with; None where the model's trees were asked instead.
    """

    base: Doubles
    changed: Doubles
    base_price: Doubles
    changed_price: Doubles
    unit_cost: float
    is_beyond: bool
    promoted: Bools
    elasticity: float | None

    def columns(self) -> dict[str, Doubles]:
        """One value per period: forecasts, prices, and revenue and margin of the changed forecast and against the plan.

        NaN where the price or the cost is not known.
        """
        revenue, before = self.changed * self.changed_price, self.base * self.base_price
        margin, margin_before = revenue - self.changed * self.unit_cost, before - self.base * self.unit_cost
        return {
            "forecast": self.base,
            "forecast_changed": self.changed,
            "difference": self.changed - self.base,
            "price": self.base_price,
            "price_changed": self.changed_price,
            "expected_revenue": revenue,
            "revenue_difference": revenue - before,
            "expected_margin": margin,
            "margin_difference": margin - margin_before,
        }


def ask(
    mean: MeanModel,
    sheet: Sheet,
    horizon: int,
    *,
    price: float | None,
    promotion: bool | None,
    elasticity: float | None,
    price_change: float | None = None,
) -> WhatIf:
    """Forecasts a series as planned and with other prices or a promotion over the whole horizon.

    Args:
        mean: the fitted mean model.
        sheet: of the series, at least `horizon` periods long.
        horizon: periods ahead.
        price: price per unit, as paid; None leaves the plan. A promotion that is planned stays, at this price.
        promotion: whether it is promoted; None leaves the plan. Without a planned promotion the usual price is paid.
        elasticity: own-price elasticity of the product, 0 or less; None asks the model's trees what the price does, as
            answers of older versions need.
        price_change: share by which every price is changed, above -1: the planned ones of promotions too, or `price`.
            Unlike with `price`, no change of it changes nothing where the plan has several prices.

    Raises:
        ImpossibleError: a price is asked about but no price of the product is known, or it is not above zero.
    """
    rows, base_price = sheet.rows[:horizon], sheet.price[:horizon].astype(np.float64)
    effect = np.ones(len(rows))
    changed, changed_price = rows.copy(), base_price.copy()
    price_at, promotion_at = mean.columns.index("price_to_usual"), mean.columns.index("promotion")
    if promotion is not None:
        changed[:, [mean.columns.index(name) for name in _planned_columns(mean)]] = (
            sheet.promoted if promotion else sheet.plain
        )[:horizon]
        ends = (rows[:, promotion_at] > 0) & (not promotion) & (not np.isnan(sheet.usual_price))
        changed[ends, price_at] = 1.0
        changed_price[ends] = sheet.usual_price
    if price is not None or price_change is not None:
        _check_price(price, sheet)
        asked = (changed_price if price is None else np.full(len(rows), price)) * (1 + (price_change or 0.0))
        if elasticity is None:
            changed[:, price_at] = _asked_column(changed[:, price_at], sheet, price, price_change)
        else:
            effect = _price_effect(asked, changed_price, sheet, elasticity)
        changed_price = asked
    factors = mean.factor(np.concatenate([rows, changed])).reshape(2, -1)
    base, other = sheet.scale[:horizon].astype(np.float64) * factors
    is_beyond = (price is not None or bool(price_change)) and _is_beyond(changed_price, sheet)
    promoted = rows[:, promotion_at] > 0
    return WhatIf(base, other * effect, base_price, changed_price, sheet.unit_cost, is_beyond, promoted, elasticity)


def _asked_column(planned: Floats, sheet: Sheet, price: float | None, price_change: float | None) -> Floats:
    """The model's column of prices over the usual one, as asked about."""
    column = planned if price is None else np.full_like(planned, np.float32(price) / sheet.usual_price)
    return column * np.float32(1 + (price_change or 0.0))


def _is_beyond(prices: Doubles, sheet: Sheet) -> bool:
    """Whether any of the prices lies outside all of the history; an unknown one does not."""
    return bool((prices < sheet.seen_low * 0.999).any() or (prices > sheet.seen_high * 1.001).any())


def _price_effect(price: Doubles, planned: Doubles, sheet: Sheet, elasticity: float) -> Doubles:
    """Factor on the demand of each period when `price` is charged in the place of the planned one."""
    before = np.where(np.isnan(planned), sheet.usual_price, planned)
    low, high = sheet.seen_low / _BEYOND_TIMES, sheet.seen_high * _BEYOND_TIMES
    # a sheet keeps its prices in single precision: what is planned must come out as exactly that
    asked = np.clip(price, low, high).astype(np.float32).astype(np.float64)
    return demand_factor(np.where(np.isnan(asked), before, asked), before, elasticity)


def _planned_columns(mean: MeanModel) -> list[str]:
    """The model's columns that a plan (price, promotion) decides, in the model's order."""
    return [name for name in mean.columns if name in TARGET]


def _check_price(price: float | None, sheet: Sheet) -> None:
    if price is not None and not price > 0:
        raise ImpossibleError(
            f"the price is {price}; wanted more than 0. Ask about a price that can be charged.",
            {"problem": "what_if_price", "price": price},
        )
    if np.isnan(sheet.usual_price):
        raise ImpossibleError(
            "no price of this product in this store is known, neither planned nor paid in the last weeks: nothing can "
            "be said about another one. Ingest the table prices, or sales with prices.",
            {"problem": "what_if_no_prices"},
        )


def sheets(
    mean: MeanModel, factor: Doubles, features: PanelFeatures, series: Ints, horizon: int, costs: dict[str, float]
) -> Iterator[Sheet]:
    """Sheets of some series of a panel, in the order given.

    Args:
        mean: the fitted mean model.
        factor: shape (n, H), what its means of every series of the panel are multiplied with.
        features: of the panel.
        series: numbers of the series within the panel.
        horizon: periods ahead.
        costs: unit cost by product, where known.
    """
    panel, count = features.panel, features.panel.axis.count
    rows = mean.feature_rows(features, series, horizon).reshape(series.size, horizon, -1)
    planned_at = [list(TARGET).index(name) for name in _planned_columns(mean)]
    promoted, plain = (_target_if(panel, series, horizon, value=value)[:, :, planned_at] for value in (True, False))
    level = (features.level(count - 1) * units_of(panel.series))[:, None]
    scale = (level * factor * panel.listed[:, count : count + horizon])[series]
    charged, usually = panel.charged
    usual = panel.prices.mean(count - 2 * panel.axis.rhythm.level, count)
    usual = np.where(np.isnan(usual), usually[:, -1], usual)[series]
    planned = panel.price[series, count : count + horizon]
    price = np.where(np.isnan(planned), usual[:, None], planned)
    # planned prices of the periods ahead count as seen: somebody set them
    seen = np.concatenate([charged[series], panel.price[series, count:]], axis=1)
    low, high = np.fmin.reduce(seen, axis=1), np.fmax.reduce(seen, axis=1)
    for place, product in enumerate(panel.series["product_id"].gather(series)):
        yield Sheet(
            rows=rows[place],
            promoted=promoted[place],
            plain=plain[place],
            scale=scale[place].astype(np.float32),
            price=price[place].astype(np.float32),
            usual_price=float(usual[place]),
            seen_low=float(low[place]),
            seen_high=float(high[place]),
            unit_cost=costs.get(product, np.nan),
        )


def _target_if(panel: DemandPanel, series: Ints, horizon: int, *, value: bool) -> Floats:
    """Planned features were the series promoted in all periods ahead, or in none, shape (series, H, TARGET)."""
    count = panel.axis.count
    promotion, display, mailer = panel.promotion.copy(), panel.display.copy(), panel.mailer.copy()
    promotion[:, count:] = value
    if not value:
        display[:, count:] = mailer[:, count:] = False
    other = replace(panel, promotion=promotion, display=display, mailer=mailer)
    target = count - 1 + np.tile(np.arange(1, horizon + 1), series.size)
    columns = target_values(other, count - 1, np.repeat(series, horizon), target)
    return columns.T.reshape(series.size, horizon, len(TARGET))


def listed_series(panel: DemandPanel, horizon: int) -> Ints:
    """Numbers of the panel's series that are listed in any period ahead."""
    count = panel.axis.count
    return np.flatnonzero(panel.listed[:, count : count + horizon].any(axis=1))


def unit_costs(dataset: Dataset) -> dict[str, float]:
    """Unit cost of each product that has one."""
    costs = dataset.scan_or_empty("products").select("product_id", "unit_cost").drop_nulls().collect()
    return dict(zip(costs["product_id"], costs["unit_cost"].to_list(), strict=True))


def what_if(
    model: DemandModel,
    dataset: Dataset,
    store_id: str,
    product_id: str,
    horizon: int,
    *,
    price: float | None = None,
    promotion: bool | None = None,
) -> tuple[pl.Series, WhatIf]:
    """The same from a dataset: first day of each period, and both forecasts.

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
        ImpossibleError: a price is asked about but no price of the product is known, or it is not above zero, or the
            model answers no such questions.
    """
    if not isinstance(model.mean, MeanModel):
        raise no_what_if(model.config.demand.model)
    history = model.history(dataset, horizon)
    panel, row = _panel_of(history, store_id, product_id)
    prediction = model.mean.on(history)(panel)
    assert prediction.features is not None
    factor = prediction.factor(model.calibration)
    (sheet,) = sheets(model.mean, factor, prediction.features, np.array([row]), horizon, unit_costs(dataset))
    count = panel.axis.count
    dates = pl.Series("date", panel.axis.starts(count, count + horizon), dtype=pl.Date)
    responses = price_response(elasticities(history)) if price is not None else {}
    known = responses.get(product_id)
    return dates, ask(model.mean, sheet, horizon, price=price, promotion=promotion, elasticity=known)


def no_what_if(name: str) -> ImpossibleError:
    """The error for a champion that answers no what-if questions."""
    return ImpossibleError(
        f"the demand model {name!r} forecasts from past sales alone and cannot say what another price or a promotion "
        "would do. Train and promote the model 'lightgbm' to ask.",
        {"problem": "what_if_model", "model": name},
    )


def _panel_of(history: DemandHistory, store_id: str, product_id: str) -> tuple[DemandPanel, int]:
    ranges = store_ranges(history)
    if store_id in ranges:
        panel = build_panel(history, *ranges[store_id])
        rows = np.flatnonzero((panel.series["product_id"] == product_id).to_numpy())
        if rows.size:
            return panel, int(rows[0])
    raise NotFoundError(
        f"store {store_id} does not sell product {product_id}, or too rarely for the model. "
        "Ask about a product with regular sales there."
    )
