"""Draws shelf prices, promotions, price elasticities, and their effect on demand."""

from dataclasses import dataclass

import numpy as np

from retail_brain.sample_chain.chain import Floats, Layout
from retail_brain.sample_chain.seasons import FESTIVALS

_MECHANICS = {"直降": 1.0, "第二件半价": 1.12, "满减": 1.06}
"""Multiplier of demand by mechanic, at the same price cut. Invented."""
_DISPLAYS = {"端架": 1.3, "堆头": 1.5}
"""Multiplier of demand by display. Invented."""
_MAILERS = {"海报": 1.18, "小程序首页": 1.3}
"""Multiplier of demand by mailer. Invented."""
_AHEAD = 56
"""Days of prices and promotions that are already planned on the last day."""


@dataclass(frozen=True)
class Promotion:
    """A temporary price of a product; `stores` None means all, days are day indices, `end` is exclusive."""

    id: str
    product: int
    start: int
    end: int
    discount: float
    mechanic: str
    display: str | None
    mailer: str | None
    stores: tuple[int, ...] | None

    @property
    def lift(self) -> float:
        """Multiplier of demand by mechanic, display and mailer, the price left aside."""
        display = _DISPLAYS[self.display] if self.display else 1.0
        mailer = _MAILERS[self.mailer] if self.mailer else 1.0
        return _MECHANICS[self.mechanic] * display * mailer


@dataclass(frozen=True)
class Pricing:
    """Prices day x store x product and their effect on demand.

    Attributes:
        shelf: price without promotions.
        paid: price with them.
        own: multiplier of demand by the product's own price and promotions.
        effect: `own` times the cross-price effect of its substitutes.
        elasticity: per product, d log units / d log price.
        cross: per product, d log units / d log mean price of its substitutes.
        changes: (store or None, product, from day, until day or None, price).
    """

    shelf: Floats
    paid: Floats
    own: Floats
    effect: Floats
    elasticity: Floats
    cross: Floats
    promotions: list[Promotion]
    changes: list[tuple[int | None, int, int, int | None, float]]


def build_pricing(chain: Layout, rng: np.random.Generator) -> Pricing:
    """Draws price changes, promotions and elasticities; computes the multipliers of demand."""
    products = len(chain.names)
    elasticity = np.clip(chain.per_product("elasticity") * rng.lognormal(0, 0.18, products), -4.2, -0.6)
    cross = rng.uniform(0.1, 0.5, products)
    shelf, changes = _shelf(chain, rng)
    promotions = _promotions(chain, rng)
    paid, lift = shelf.copy(), np.ones_like(shelf)
    for promotion in promotions:
        days = slice(max(promotion.start, 0), max(promotion.end, 0))
        stores = list(range(len(chain.stores))) if promotion.stores is None else list(promotion.stores)
        price = promotion_price(chain, changes, promotion)
        at = (np.arange(shelf.shape[0])[days, None], np.array(stores)[None, :], promotion.product)
        paid[at] = np.minimum(paid[at], price)  # an online store may be cheaper already
        lift[at] = promotion.lift
    # against the first list price: elasticities then include lasting price changes
    ratio = np.log(paid / chain.price)
    own = np.exp(elasticity * ratio) * lift
    effect = own * np.exp(cross * _substitute_price_ratio(chain, ratio))
    return Pricing(shelf, paid, own, effect, elasticity, cross, promotions, changes)


def promotion_price(
    chain: Layout, changes: list[tuple[int | None, int, int, int | None, float]], promotion: Promotion
) -> float:
    """The promotion's price: a discount on the chain-wide shelf price of its first day, ending in .9 or .5."""
    prices = [
        price
        for store, product, start, _, price in changes
        if product == promotion.product and store is None and start <= promotion.start
    ]
    reduced = (prices[-1] if prices else float(chain.price[promotion.product])) * (1 - promotion.discount)
    return float(max(np.floor(reduced) + (0.9 if reduced - np.floor(reduced) >= 0.5 else 0.5), 0.5))


def _shelf(
    chain: Layout, rng: np.random.Generator
) -> tuple[Floats, list[tuple[int | None, int, int, int | None, float]]]:
    """List prices change for good once or twice; the online shop is cheaper for some goods."""
    days, stores, products = chain.active.shape
    shelf = np.broadcast_to(chain.price, (days, stores, products)).copy()
    changes: list[tuple[int | None, int, int, int | None, float]] = []
    for product in range(products):
        moments = [0, *sorted(rng.choice(np.arange(20, days - 10), rng.integers(1, 4), replace=False).tolist())]
        price = float(chain.price[product])
        for i, start in enumerate(moments):
            if i:
                price = max(round(price * (1 + rng.choice([-0.1, -0.07, 0.05, 0.08, 0.12])), 1), 0.9)
            shelf[start:, :, product] = price
            changes.append((None, product, start, moments[i + 1] if i + 1 < len(moments) else None, price))
    online = [i for i, store in enumerate(chain.stores) if store.id.startswith("W")]
    for store in online:
        for product in np.flatnonzero(chain.listed[store] & (rng.random(products) < 0.35)).tolist():
            start = int(rng.integers(0, days // 2))
            price = round(float(shelf[start, store, product]) * 0.95, 1)
            shelf[start:, store, product] = price
            changes.append((store, product, start, None, price))
    return shelf, changes


def _promotions(chain: Layout, rng: np.random.Generator) -> list[Promotion]:
    """Weekly promotions start on Fridays; more of them lie before festivals, some run in one region only."""
    days = chain.size.days
    fridays = [day for day in range(-4, days + _AHEAD) if chain.size.date(day).weekday() == 4]
    starts = {
        day + shift
        for key in ("spring", "double11", "sixeighteen", "national")
        for day in map(chain.size.index, FESTIVALS[key][4])
        for shift in (-10, -4)
    }
    weight = np.array([2.5 if any(abs(day - start) <= 3 for start in starts) else 1.0 for day in fridays])
    regions = sorted({store.region for store in chain.stores if not store.is_online and store.size})
    promotions: list[Promotion] = []
    for product in range(len(chain.names)):
        count = max(round(len(fridays) * rng.uniform(0.1, 0.18)), 1)
        chosen = np.sort(rng.choice(fridays, count, replace=False, p=weight / weight.sum()))
        until = -99
        for start in map(int, chosen):
            if start < until or not _on_sale(chain, product, start):
                continue
            until = start + int(rng.choice([7, 7, 7, 14]))
            region = str(rng.choice(regions)) if rng.random() < 0.2 else None
            inside = tuple(i for i, store in enumerate(chain.stores) if store.region == region and store.size)
            promotions.append(
                Promotion(
                    id=f"PR{len(promotions) + 1:04d}",
                    product=product,
                    start=start,
                    end=until,
                    discount=float(rng.choice([0.1, 0.15, 0.2, 0.25, 0.3, 0.4], p=[0.15, 0.2, 0.25, 0.2, 0.15, 0.05])),
                    mechanic=str(rng.choice(list(_MECHANICS), p=[0.6, 0.2, 0.2])),
                    display=str(rng.choice(list(_DISPLAYS))) if rng.random() < 0.35 else None,
                    mailer=str(rng.choice(list(_MAILERS))) if rng.random() < 0.4 else None,
                    stores=inside if region else None,
                )
            )
    return promotions


def _on_sale(chain: Layout, product: int, start: int) -> bool:
    """Whether the goods are listed somewhere on that day (the last day stands for the days after it)."""
    return bool(chain.active[min(max(start, 0), chain.size.days - 1), :, product].any())


def _substitute_price_ratio(chain: Layout, ratio: Floats) -> Floats:
    """Mean log price ratio of the other goods of the subcategory."""
    means = np.zeros_like(ratio)
    for index in range(len(chain.subs)):
        members = np.flatnonzero(chain.sub == index)
        total = ratio[:, :, members].sum(axis=2, keepdims=True)
        means[:, :, members] = (total - ratio[:, :, members]) / max(len(members) - 1, 1)
    return means
