"""What-if: forecast, revenue and margin of a series at another price or under a promotion."""

from typing import Any

import numpy as np

from retail_brain.errors import ImpossibleError, ModelError
from serving.http.handlers.call import Call, find_product, find_store, no_champion
from serving.http.handlers.forecast import check_horizon
from serving.http.messages.demand_messages import WhatIfRequest
from serving.store.rows import row_at
from training.demand.what_if import Sheet, WhatIf, ask, no_what_if

_SUMMED = (
    "forecast",
    "forecast_changed",
    "difference",
    "expected_revenue",
    "revenue_difference",
    "expected_margin",
    "margin_difference",
)


def what_if(request: WhatIfRequest, call: Call) -> dict[str, Any]:
    """One row per period: the forecast as planned and with the change, and what that does to revenue and margin.

    Raises:
        NotFoundError: the store or the product is not known.
        ImpossibleError: the store does not sell the product or too rarely, no price is known, or the horizon is longer
            than what was published; or the champion answers no such questions.
        ModelError: there is no demand model, or the answers are older than this question.
    """
    answers = call.answers
    store, product = find_store(answers, request.store_id), find_product(answers, request.product_id)
    if answers.forecasts is None:
        raise no_champion("demand")
    # a model without drivers answers no what-if; one with drivers and no sheets was published by an older version
    if answers.what_if is None and not answers.manifest.driver_groups:
        raise no_what_if(answers.manifest.bundles["demand"].get("model", ""))
    if answers.what_if is None:
        raise ModelError(
            "the answers were published before what-if was there. Run `retail-brain publish`.",
            {"problem": "what_if_old_answers"},
        )
    check_horizon(request.horizon, answers.forecasts)
    sheet = answers.what_if.get(store, product)
    if sheet is None:
        raise ImpossibleError(
            f"store {request.store_id} does not sell product {request.product_id}, or too rarely for the model to say "
            "what a price does. Ask about a product with regular sales there.",
            {"problem": "what_if_not_sold", "store_id": request.store_id, "product_id": request.product_id},
        )
    elasticity, source = _elasticity(call, product)
    outcome = ask(
        answers.what_if.mean(),
        sheet,
        request.horizon,
        price=request.price,
        price_change=request.price_change,
        promotion=request.promotion,
        elasticity=elasticity,
    )
    columns = {name: values.round(4).tolist() for name, values in outcome.columns().items()}
    keys = ("store_id", "product_id", "date", *columns)
    rows = zip(answers.forecasts.days, *columns.values(), strict=False)
    return {
        "what_if": [dict(zip(keys, (request.store_id, request.product_id, *values), strict=True)) for values in rows],
        "totals": {name: _total(outcome, name) for name in _SUMMED},
        **_prices(sheet, outcome),
        "elasticity": _number(np.nan if elasticity is None else elasticity),
        "elasticity_of": source,
        "promoted_periods": int(outcome.promoted.sum()),
        "promotion_note": _promotion_note(request, outcome, call),
        "names": {request.product_id: answers.products.names[product]} if answers.products.names[product] else {},
    }


def _elasticity(call: Call, product: int) -> tuple[float | None, str]:
    """Elasticity of a product and whose it is: that of its profile, else its category's; none in older answers."""
    table = call.answers.rows.get("elasticities")
    estimate = {} if table is None else row_at(table, product)
    for name, source in (("elasticity", "product"), ("category_elasticity", "category")):
        if estimate.get(name) is not None:
            return float(estimate[name]), source
    return None, "model"


def _promotion_note(request: WhatIfRequest, outcome: WhatIf, call: Call) -> str | None:
    """What happens to the planned promotions of the periods asked about; None where none is planned or touched."""
    count, periods, priced = int(outcome.promoted.sum()), outcome.promoted.size, request.price is not None
    off, moved = request.promotion is False, bool(request.price_change)
    if count == 0 or not (priced or off or moved):
        return None
    if call.language == "zh":
        price = "所问价格" if priced else "平时价格（同比例调整）" if moved else "平时价格"
        kept = "促销保留，但按所问价格而非促销价计算" if priced else "促销保留，促销价同比例调整"
        done = f"按取消促销、{price}计算" if off else kept
        return f"{periods}期中有{count}期计划了促销：{done}。"
    price = "the price asked about" if priced else "the usual price"
    changed = ", changed by the same share," if moved and not priced else ""
    kept = f"it stays, at {price} instead of its own" if priced else "it stays, its price changed by the same share"
    done = f"it is called off, and {price}{changed} is paid" if off else kept
    return f"A promotion is planned in {count} of {periods} periods: {done}."


def _total(outcome: WhatIf, name: str) -> float | None:
    return _number(float(outcome.columns()[name].sum()))


def _prices(sheet: Sheet, outcome: WhatIf) -> dict[str, Any]:
    """Usual price, seen prices and unit cost of the series, and whether the new price lies beyond the seen ones."""
    return {
        "usual_price": _number(sheet.usual_price),
        "seen_prices": None
        if np.isnan(sheet.seen_low)
        else {"low": _number(sheet.seen_low), "high": _number(sheet.seen_high)},
        "unit_cost": _number(sheet.unit_cost),
        "is_beyond_seen_prices": outcome.is_beyond,
    }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)
