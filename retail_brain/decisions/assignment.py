"""Assigns customers to campaigns for most expected value, under a cap per campaign and a limit per customer.

Maximise `sum v[i, j] x[i, j]` with at most `per_customer` campaigns per person i and at most `cap[j]` people per
campaign j. The caps are priced (Lagrangian dual): given a price per campaign, everybody takes the campaigns worth most
above their price. Prices are found campaign by campaign, then overfull campaigns keep those who lose most without
them, and free places are filled greedily. The prices also bound what any assignment could reach.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import Bools, Floats, Ints

_SWEEPS = 12
"""Passes over the capacities in which their prices settle, at most. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class Assignment:
    """The chosen pairs, their value, an upper bound and the price of one more place per campaign.

    Attributes:
        pairs: the rows of the input that were chosen.
        value: their summed value.
        bound: upper bound on the value of any assignment.
        prices: one row per campaign: `campaign_id`, `cap`, `assigned`, `price` (what one more place is worth).
    """

    pairs: pl.DataFrame
    value: float
    bound: float
    prices: pl.DataFrame


def assign_contacts(pairs: pl.DataFrame, caps: dict[str, int], per_customer: int) -> Assignment:
    """Assigns people to campaigns for most value (a transportation problem, solved by its Lagrangian dual).

    Args:
        pairs: one row per campaign x person that is possible: `campaign_id`, `person_id`, `value` (money). Rows of
            no or negative value are never chosen.
        caps: most people per campaign; campaigns not named get nobody.
        per_customer: most campaigns per person.
    """
    open_campaigns = [name for name, cap in caps.items() if cap > 0]
    possible = pairs.with_row_index("row").filter(pl.col("value") > 0, pl.col("campaign_id").is_in(open_campaigns))
    campaigns = sorted(open_campaigns)
    column = {name: index for index, name in enumerate(campaigns)}
    people = possible["person_id"].unique().sort()
    row = possible["person_id"].cast(pl.Enum(people)).to_physical().to_numpy().astype(np.int64)
    place = possible["campaign_id"].replace_strict(column, return_dtype=pl.Int64).to_numpy().astype(np.int64)
    values = np.full((len(people), len(campaigns)), -np.inf)
    values[row, place] = possible["value"].to_numpy()
    cap = np.array([caps[name] for name in campaigns], dtype=np.int64)
    price = _campaign_prices(values, cap, per_customer)
    chosen = _repair(values, price, cap, per_customer)
    picked = possible["row"].to_numpy()[chosen[row, place]]
    taken = chosen.sum(axis=0)
    value = float(values[chosen].sum())
    return Assignment(
        pairs[np.sort(picked)],
        value,
        max(value, _dual_bound(values, price, cap, per_customer)),
        pl.DataFrame({"campaign_id": campaigns, "cap": cap, "assigned": taken, "price": price}),
    )


def _campaign_prices(values: Floats, cap: Ints, per_customer: int) -> Floats:
    """Price per campaign at which about `cap` people want it: exact for one campaign given the others, in sweeps."""
    price = np.zeros(values.shape[1])
    best, best_bound = price.copy(), np.inf
    for _ in range(_SWEEPS if values.size else 0):
        before = price.copy()
        for place in range(len(price)):
            alternatives = np.delete(values - price, place, axis=1)
            regret = values[:, place] - _kth_best(alternatives, per_customer)
            if len(regret) > cap[place]:
                # At this price exactly `cap` people lose more without the campaign than it costs them.
                price[place] = max(0.0, -np.partition(-regret, cap[place])[cap[place]])
        bound = _dual_bound(values, price, cap, per_customer)
        # The sweeps need not improve the dual every time: keep the prices of the tightest bound.
        if bound < best_bound:
            best, best_bound = price.copy(), bound
        if np.allclose(before, price, rtol=1e-9, atol=1e-12):
            break
    return best


def _dual_bound(values: Floats, price: Floats, cap: Ints, per_customer: int) -> float:
    """What no assignment can exceed, by weak duality, at any prices of 0 or more."""
    net = np.maximum(values - price, 0)
    most = min(per_customer, net.shape[1])
    if most < net.shape[1]:
        net = -np.partition(-net, most - 1, axis=1)[:, :most]
    return float(net.sum() + cap @ price)


def _kth_best(net: Floats, count: int) -> Floats:
    """The count-th best of each row, at least 0: what a further campaign must beat."""
    if net.shape[1] < count:
        return np.zeros(net.shape[0])
    kth: Floats = np.maximum(-np.partition(-net, count - 1, axis=1)[:, count - 1], 0)
    return kth


def _repair(values: Floats, price: Floats, cap: Ints, per_customer: int) -> Bools:
    """A feasible assignment near the prices: rounds in which people ask for their best and full campaigns choose."""
    chosen = np.zeros(values.shape, dtype=np.bool_)
    refused = ~np.isfinite(values)
    net = values - price
    while True:
        free = per_customer - chosen.sum(axis=1)
        open_places = ~refused & ~chosen
        asks = _best_places(np.where(open_places, net, -np.inf), free)
        if not asks.any():
            return chosen
        regret = net - _kth_best(np.where(asks | chosen | refused, -np.inf, net), 1)[:, None]
        for place in np.flatnonzero(asks.any(axis=0)):
            wanting = np.flatnonzero(asks[:, place])
            room = cap[place] - int(chosen[:, place].sum())
            ranked = wanting[np.argsort(-regret[wanting, place], kind="stable")]
            chosen[ranked[:room], place] = True
            refused[ranked[room:], place] = True
            if room <= len(wanting):
                # Full: nobody asks again, so every round closes a campaign or places somebody, and the loop ends.
                refused[~chosen[:, place], place] = True


def _best_places(net: Floats, free: Ints) -> Bools:
    """The best places of each row, as many as it has free."""
    order = np.argsort(-net, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(net.shape[1])[None, :], axis=1)
    return (ranks < free[:, None]) & np.isfinite(net)
