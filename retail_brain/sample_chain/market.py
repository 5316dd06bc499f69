"""Store-level demand parameters: rates of anonymous customers, demand shocks, complements and substitutes."""

import numpy as np

from retail_brain.sample_chain.chain import Floats, Ints, Layout


def complement_matrix(chain: Layout) -> tuple[Ints, Floats]:
    """Per product up to six complements and the probability of each being added to a basket (-1 and 0: none)."""
    names = [sub.name for sub in chain.subs]
    partner = np.full((len(chain.names), 6), -1)
    chance = np.zeros(partner.shape)
    for source, pairs in chain.complements.items():
        goods = [(names.index(target), share) for target, share in pairs if target in names]
        flat = [(int(p), share) for index, share in goods for p in np.flatnonzero(chain.sub == index)]
        weights = np.array([chain.popularity[p] * share for p, share in flat])
        if source not in names or not flat:
            continue
        weights *= sum(share for _, share in goods) / weights.sum()
        for product in np.flatnonzero(chain.sub == names.index(source)):
            partner[product, : len(flat)] = [p for p, _ in flat][:6]
            chance[product, : len(flat)] = weights[:6]
    return partner, chance


def substitute_table(chain: Layout) -> Ints:
    """Per product its substitutes, the others of its subcategory, padded with -1."""
    width = int(np.bincount(chain.sub).max())
    table = np.full((len(chain.names), width), -1)
    for product, sub in enumerate(chain.sub):
        others = [int(p) for p in np.flatnonzero(chain.sub == sub) if p != product]
        table[product, : len(others)] = others
    return table


def anonymous_rate(chain: Layout, rng: np.random.Generator) -> Floats:
    """Mean units a day that anonymous customers want, store x product."""
    size = np.array([store.size for store in chain.stores])
    cycle = chain.per_product("cycle_days")
    rate = (
        size[:, None]
        * (chain.popularity / np.sqrt(cycle))[None, :]
        * rng.lognormal(0, 0.35, chain.listed.shape)
        * chain.listed
    )
    usual = chain.active.mean(axis=0)
    result: Floats = rate * chain.size.anonymous_units_per_day / (rate * usual).sum()
    return result


def demand_shocks(chain: Layout, rng: np.random.Generator) -> Floats:
    """Unforeseeable multipliers of demand, day x store x product: random walk per product, noise per week and day."""
    days, stores, products = chain.active.shape
    weeks = days // 7 + 1
    week = np.arange(days) // 7
    drift = np.exp(np.cumsum(rng.normal(0, 0.022, (weeks, products)), axis=0))[week]
    by_week = rng.lognormal(0, 0.1, (weeks, stores, len(chain.subs)))[week]
    by_day = rng.lognormal(0, 0.08, (days, stores, len(chain.subs)))
    shocks: Floats = drift[:, None, :] * (by_week * by_day)[:, :, chain.sub]
    return shocks
