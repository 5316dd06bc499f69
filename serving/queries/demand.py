"""Forecast and history of goods in a store."""

from datetime import date, timedelta
from typing import Any

import numpy as np

from retail_brain.errors import ImpossibleError
from retail_brain.outputs import quantile_column
from serving.answers.folder import Answers
from serving.answers.forecasts import Forecasts, SeriesForecast
from serving.api.requests import ForecastRequest, HistoryRequest
from serving.queries.call import Call, find_product, find_store, names_of, no_champion

_EPOCH = date(1970, 1, 1).toordinal()


def forecast(request: ForecastRequest, call: Call) -> dict[str, Any]:
    """One row per product x period; products without a forecast in the store get a cold one.

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
    _check_horizon(request.horizon, forecasts)
    columns, mix = _quantile_mix(request.quantiles, answers.manifest.quantiles)
    rows: list[dict[str, Any]] = []
    cold: list[str] = []
    products = answers.products.find_many(request.product_ids)
    for product_id, product in zip(request.product_ids, products.tolist(), strict=True):
        series = forecasts.get(store, product, request.horizon) if product >= 0 else None
        if series is None:
            cold.append(product_id)
            series = _cold_series(answers, forecasts, store, product, request.horizon)
        rows.extend(_rows(request, product_id, series, columns, mix, answers))
    known = products[products >= 0]
    return {
        "forecasts": rows,
        "basis": "cold" if len(cold) == len(request.product_ids) else "warm",
        "cold_product_ids": cold,
        "names": names_of(answers.products, known, answers.products.ids.take(known)),
    }


def _rows(
    request: ForecastRequest,
    product_id: str,
    series: SeriesForecast,
    columns: list[str],
    mix: "np.ndarray[Any, Any] | None",
    answers: Answers,
) -> list[dict[str, Any]]:
    spread = series.quantiles if mix is None else np.round(np.asarray(series.quantiles) @ mix, 4).tolist()
    assert answers.forecasts is not None
    rows = [
        {"store_id": request.store_id, "product_id": product_id, "date": day, "forecast": mean}
        | dict(zip(columns, values, strict=True))
        for day, mean, values in zip(answers.forecasts.days, series.mean, spread, strict=False)
    ]
    if request.explain:
        groups, explained = answers.manifest.driver_groups, series.drivers or []
        for place, row in enumerate(rows):
            row["drivers"] = dict(zip(groups, explained[place], strict=True)) if place < len(explained) else None
    return rows


def _check_horizon(horizon: int, forecasts: Forecasts) -> None:
    published = len(forecasts.days)
    if horizon > published:
        raise ImpossibleError(
            f"horizon {horizon} is longer than what was published; wanted at most {published} periods. "
            "Ask for less, or raise demand.horizon_periods in the settings and publish again.",
            {"horizon": horizon, "published": published},
        )


def _quantile_mix(
    wanted: list[float] | None, published: list[float]
) -> "tuple[list[str], np.ndarray[Any, Any] | None]":
    """Column names, and the weights with which published quantiles give the wanted ones by interpolation."""
    if wanted is None or wanted == published:
        return [quantile_column(quantile) for quantile in published], None
    outside = [quantile for quantile in wanted if not published[0] <= quantile <= published[-1]]
    if outside:
        raise ImpossibleError(
            f"quantiles {outside} lie outside what was published; wanted {published[0]} to {published[-1]}. "
            "Ask within, or extend demand.quantiles in the settings and publish again.",
            {"outside": outside},
        )
    mix = np.stack([np.interp(wanted, published, row) for row in np.eye(len(published))])
    return [quantile_column(quantile) for quantile in wanted], mix


def _cold_series(answers: Answers, forecasts: Forecasts, store: int, product: int, horizon: int) -> SeriesForecast:
    """The product's mean over other stores; for a product that no store sells, the store's median product."""
    elsewhere = (
        [forecasts.get(other, product, horizon) for other in range(min(len(answers.stores), 200))]
        if product >= 0
        else []
    )
    found = [series for series in elsewhere if series is not None]
    if not found:
        sold, _ = forecasts.index.of_store(store)
        sample = sold[:: max(1, len(sold) // 50)].tolist()
        found = [series for other in sample if (series := forecasts.get(store, other, horizon)) is not None]
    if not found:
        return SeriesForecast([0.0] * horizon, [[0.0] * len(answers.manifest.quantiles)] * horizon, None)
    middle = np.median if product < 0 else np.mean
    mean = np.round(middle([series.mean for series in found], axis=0), 4).tolist()
    spread = np.round(middle([series.quantiles for series in found], axis=0), 4).tolist()
    return SeriesForecast(mean, spread, None)


def history(request: HistoryRequest, call: Call) -> dict[str, Any]:
    """One row per day with something to tell, and the festivals around them.

    Raises:
        NotFoundError: the store or the product is not known.
    """
    answers = call.answers
    store, product = find_store(answers, request.store_id), find_product(answers, request.product_id)
    last = date.fromisoformat(answers.manifest.as_of)
    first = last - timedelta(days=request.days - 1)
    held = answers.history.get(store, product, first.toordinal() - _EPOCH)
    rows: list[dict[str, Any]] = []
    if held is not None:
        days = [date.fromordinal(day + _EPOCH).isoformat() for day in held["day"].tolist()]
        columns = [np.round(held[name].astype(np.float64), 4).tolist() for name in ("units", "unit_price", "in_stock")]
        rows = [
            {"date": day, "units": units, "unit_price": price, "promotion": promoted, "in_stock": share}
            for day, units, price, share, promoted in zip(days, *columns, held["promotion"].tolist(), strict=True)
        ]
    marks = [mark for mark in answers.manifest.calendar if mark["date"] >= first.isoformat()]
    return {"rows": rows, "first_day": first.isoformat(), "last_day": last.isoformat(), "events": marks}
