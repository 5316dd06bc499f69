"""Decides orders anew where transfers bring or take units before the order can arrive."""

from dataclasses import replace

import numpy as np

from retail_brain.decisions.arrays import Days, Floats
from retail_brain.decisions.holdings import Holdings
from retail_brain.decisions.order_plan import Plan, ordered
from retail_brain.decisions.transfers import StockValues
from retail_brain.settings import ReplenishmentSettings


def ordered_after(
    plan: Plan, values: StockValues, moved: Floats, sell_by: Days, settings: ReplenishmentSettings
) -> Plan:
    """The order decision of series to or from which units are moved.

    Of the units that come, those sold before the order arrives save lost sales; the others lower what the order must
    bring by as much. Both are means over the paths, taken from the same stock values that chose the transfers. Goods
    past their last day when the order arrives change nothing of it.

    Args:
        plan: the decision without transfers.
        values: value of stock in the same series.
        moved: units that come, below 0 those that go.
        sell_by: last day on which the stock of each series is sold.
        settings: how orders are decided.
    """
    sold = values.saved(moved)
    left = np.where(sell_by < plan.cycle.arrives_on, 0.0, moved - sold)
    required = replace(
        plan.required,
        need=plan.required.need - left[:, None],
        lost_before=np.maximum(plan.required.lost_before - sold, 0),
        projected=plan.required.projected + left,
        sold_before_expiry=plan.required.sold_before_expiry - left[:, None],
    )
    holdings = Holdings(plan.on_hand, plan.on_order, plan.stock_known, counts=plan.counts, receipts=plan.receipts)
    after = ordered(required, plan.terms, plan.cycle, plan.money, holdings, settings, before=plan.target)
    return replace(after, to_end=plan.to_end)
