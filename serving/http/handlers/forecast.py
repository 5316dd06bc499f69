"""Forecasts (mean and quantiles) and sales history of products in a store."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from retail_brain.errors import ImpossibleError
from retail_brain.operational.overrides import Override
from retail_brain.outputs import quantile_column
from serving.http.handlers.call import Call, find_product, find_store, names_of, no_champion
from serving.http.messages.demand_messages import ForecastRequest, HistoryRequest
from serving.store.answer_set import Answers
from serving.store.forecasts import Forecasts
from serving.store.goods_ends import ends_of_series
from serving.store.left_out import left_out_of_store

_NO_DRIVERS = {
    "en": "The demand model in use forecasts from past sales alone and names no drivers; 'lightgbm' does.",
    "zh": "当前的需求模型只根据历史销量预测，不给出影响因素；“lightgbm”模型可以给出。",
}
_NO_SALES = {
    "delisted": {
        "en": "This shop does not sell it any more: it was taken off the assortment. Nothing is expected.",
        "zh": "该商品在本店已下架，预测为零。",
    },
    "not_yet_listed": {
        "en": "This shop does not sell it before the end of these days. Nothing is expected.",
        "zh": "该商品在此期间尚未在本店上架，预测为零。",
    },
    "silent": {
        "en": "It is not in the shop's assortment and has not sold for long. Nothing is expected.",
        "zh": "该商品不在本店商品目录且长期无销售，预测为零。",
    },
}
"""What people are told of a series without a forecast, by the codes of `features.demand.left_out.REASONS`."""
_EPOCH = date(1970, 1, 1).toordinal()
_OTHER_STORES = 200
"""Stores whose mean forecasts a product that this store has never sold. Chosen by judgement, not measured."""
_OTHER_PRODUCTS = 50
"""Products whose median forecasts a product that no store has sold. Chosen by judgement, not measured."""


def forecast(request: ForecastRequest, call: Call) -> dict[str, Any]:
    """One row per product x period, units; products without a forecast in the store get that of similar series.

    Series that the plan leaves out, such as those of a closed shop, get zeros and the reason: none of them is new.

    Raises:
        NotFoundError: the store is not known.
        ImpossibleError: the horizon or a quantile lies outside what was published.
        ModelError: there is no demand model.
    """
    answers = call.answers
    store = find_store(answers, request.store_id)
    forecasts = answers.forecasts
    if forecasts is None:
        raise no_champion("demand")
    check_horizon(request.horizon, forecasts)
    columns, mix = _quantile_mix(request.quantiles, answers.manifest.quantiles)
    keys = ("store_id", "product_id", "date", "forecast", *columns)
    rows: list[dict[str, Any]] = []
    cold: list[str] = []
    no_sales = left_out_of_store(answers, request.store_id, request.product_ids)
    positions = answers.products.find_many(request.product_ids)
    for product_id, product in zip(request.product_ids, positions.tolist(), strict=True):
        units = forecasts.get(store, product, request.horizon) if product >= 0 else None
        if units is None and product_id in no_sales:
            units = [[0.0] * (1 + len(answers.manifest.quantiles))] * request.horizon
        elif units is None:
            cold.append(product_id)
            units = _cold_units(answers, forecasts, store, product, request.horizon)
        units = units if mix is None else (np.asarray(units) @ mix).round(4).tolist()
        series = [
            dict(zip(keys, (request.store_id, product_id, day, *values), strict=True))
            # the days are those of the whole published horizon, the units those of the horizon asked for
            for day, values in zip(forecasts.days, units, strict=False)
        ]
        if request.explain:
            _explain(series, answers, store, product)
        if product_id not in no_sales:
            _add_campaigns(series, call, ("forecast", *columns))
        _apply_overrides(series, call, ("forecast", *columns))
        rows += series
    products = positions[positions >= 0]
    has_no_drivers = request.explain and not answers.manifest.driver_groups
    return {
        **({"drivers_note": _NO_DRIVERS[call.language]} if has_no_drivers else {}),
        **({"planned_ends": _planned_ends(request, answers)} if request.explain else {}),
        "forecasts": rows,
        "basis": "cold" if len(cold) == len(request.product_ids) else "warm",
        "cold_product_ids": cold,
        "left_out": [
            row | {"note": _NO_SALES[row["reason"]][call.language]}
            for name in request.product_ids
            if (row := no_sales.get(name))
        ],
        "names": names_of(answers.products, products, answers.products.ids.take(products)),
    }


def _planned_ends(request: ForecastRequest, answers: Answers) -> list[dict[str, Any]]:
    """The last days of the goods in the store after which the plan of stock counts no sales, whatever is forecast."""
    known = ends_of_series(answers)
    found = [(name, known.get((request.store_id, name))) for name in request.product_ids]
    return [{"product_id": name, "ends_on": end[0], "end_kind": end[1]} for name, end in found if end is not None]


def _add_campaigns(rows: list[dict[str, Any]], call: Call, columns: tuple[str, ...]) -> None:
    """Adds the units that approved campaigns are expected to cause, as a driver of their own."""
    extra = call.view.campaigns.units.get((rows[0]["store_id"], rows[0]["product_id"])) if rows else None
    for row in rows if extra else ():
        units = round(extra.get(row["date"], 0.0), 4) if extra else 0.0
        if units and "forecast" in row:
            row |= {name: round(row[name] + units, 4) for name in columns}
            row["campaign_units"] = units
            if row.get("drivers") is not None:
                row["drivers"] = row["drivers"] | {"campaigns": units}


def _apply_overrides(rows: list[dict[str, Any]], call: Call, columns: tuple[str, ...]) -> None:
    """Applies overrides to the rows of a series; each changed row says who changed it and why."""
    if not rows:
        return
    origin = date.fromisoformat(call.answers.manifest.as_of)
    overrides = call.view.overrides.of_series(rows[0]["store_id"], rows[0]["product_id"], origin)
    for row in rows if overrides else ():
        day = date.fromisoformat(row["date"])
        current = [override for override in overrides if _covers(override, day)]
        # sorted by origin and row id: where several hit a day the newest counts
        if current:
            _apply(row, current[-1], columns)


def _covers(override: Override, day: date) -> bool:
    return override.begins_on <= day and (override.ends_on is None or day < override.ends_on)


def _apply(row: dict[str, Any], override: Override, columns: tuple[str, ...]) -> None:
    engine = row["forecast"]
    units = engine * override.value if override.kind == "factor" else override.value
    # quantiles move with the mean; where the engine expects nothing there is no factor, and all become the units
    factor = units / engine if engine > 0 else None
    row |= {name: units if factor is None else round(row[name] * factor, 4) for name in columns}
    row["forecast"], row["engine_forecast"] = round(units, 4), engine
    if row.get("drivers") is not None:
        row["drivers"] = row["drivers"] | {"override": round(units - engine, 4)}
    row["override"] = {
        "override_id": override.override_id,
        "made_by": override.made_by,
        "reason": override.reason,
        "kind": override.kind,
        "value": override.value,
        "ends_on": None if override.ends_on is None else override.ends_on.isoformat(),
    }


def _explain(rows: list[dict[str, Any]], answers: Answers, store: int, product: int) -> None:
    """Adds to each row its drivers (units) and whether a promotion is planned."""
    assert answers.forecasts is not None
    drivers = answers.forecasts.drivers(store, product, len(rows)) if product >= 0 else []
    groups = answers.manifest.driver_groups
    for place, row in enumerate(rows):
        day = date.fromisoformat(row["date"]).toordinal()
        row["promotion"] = product >= 0 and answers.planned.is_promoted(store, product, day)
        row["drivers"] = dict(zip(groups, drivers[place], strict=True)) if place < len(drivers) else None


def check_horizon(horizon: int, forecasts: Forecasts) -> None:
    """Refuses a horizon that was not published.

    Raises:
        ImpossibleError: it is longer than what was published.
    """
    published = len(forecasts.days)
    if horizon > published:
        raise ImpossibleError(
            f"horizon {horizon} is longer than what was published; wanted at most {published} periods. "
            "Ask for less, or raise demand.horizon_periods in the settings and publish again.",
            {"problem": "horizon", "horizon": horizon, "published": published},
        )


def _quantile_mix(
    wanted: list[float] | None, published: list[float]
) -> "tuple[tuple[str, ...], npt.NDArray[np.float64] | None]":
    """Column names, and the matrix that interpolates the wanted quantiles linearly from the published ones.

    The matrix has shape (1 + published, 1 + wanted), the mean first; None where nothing needs interpolation.
    """
    if wanted is None or wanted == published:
        return _columns(tuple(published)), None
    outside = [quantile for quantile in wanted if not published[0] <= quantile <= published[-1]]
    if outside:
        raise ImpossibleError(
            f"quantiles {outside} lie outside what was published; wanted {published[0]} to {published[-1]}. "
            "Ask within, or extend demand.quantiles in the settings and publish again.",
            {
                "problem": "quantiles_outside",
                "quantiles": outside,
                "low": published[0],
                "high": published[-1],
                "outside": outside,
            },
        )
    mix = np.zeros((1 + len(published), 1 + len(wanted)))
    mix[0, 0] = 1
    mix[1:, 1:] = np.stack([np.interp(wanted, published, row) for row in np.eye(len(published))])
    return _columns(tuple(wanted)), mix


@lru_cache(maxsize=256)
def _columns(quantiles: tuple[float, ...]) -> tuple[str, ...]:
    return tuple(quantile_column(quantile) for quantile in quantiles)


def _cold_units(answers: Answers, forecasts: Forecasts, store: int, product: int, horizon: int) -> list[list[float]]:
    """The product's mean forecast over other stores; for a product that no store sells, the store's median product."""
    others = range(min(len(answers.stores), _OTHER_STORES)) if product >= 0 else ()
    forecasts_elsewhere = [units for other in others if (units := forecasts.get(other, product, horizon)) is not None]
    if forecasts_elsewhere:
        return _round(np.mean(forecasts_elsewhere, axis=0))
    sold, _ = forecasts.index.of_store(store)
    sample = sold[:: max(1, len(sold) // _OTHER_PRODUCTS)].tolist()
    forecasts_here = [units for other in sample if (units := forecasts.get(store, other, horizon)) is not None]
    if forecasts_here:
        return _round(np.median(forecasts_here, axis=0))
    return [[0.0] * (1 + len(answers.manifest.quantiles))] * horizon


def _round(units: "npt.NDArray[np.float64]") -> list[list[float]]:
    rounded: list[list[float]] = units.round(4).tolist()
    return rounded


def history(request: HistoryRequest, call: Call) -> dict[str, Any]:
    """One row per day that was recorded (units, price, promotion, availability), and the event days of the calendar.

    Raises:
        NotFoundError: the store or the product is not known.
    """
    answers = call.answers
    store, product = find_store(answers, request.store_id), find_product(answers, request.product_id)
    last = date.fromisoformat(answers.manifest.as_of)
    first = last - timedelta(days=request.days - 1)
    record = answers.history.get(store, product, first.toordinal() - _EPOCH)
    rows: list[dict[str, Any]] = []
    if record is not None:
        days = [date.fromordinal(day + _EPOCH).isoformat() for day in record["day"].tolist()]
        columns = [
            np.round(record[name].astype(np.float64), 4).tolist() for name in ("units", "unit_price", "in_stock")
        ]
        rows = [
            {"date": day, "units": units, "unit_price": price, "promotion": promoted, "in_stock": share}
            for day, units, price, share, promoted in zip(days, *columns, record["promotion"].tolist(), strict=True)
        ]
    event_days = [event for event in answers.manifest.calendar if event["date"] >= first.isoformat()]
    return {"rows": rows, "first_day": first.isoformat(), "last_day": last.isoformat(), "events": event_days}
