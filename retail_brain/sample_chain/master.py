"""Builds the master-data tables: products, stores, customers, prices, calendar, listings and supply terms."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from retail_brain.sample_chain.chain import Bools, Ints, Layout, Size
from retail_brain.sample_chain.people import People
from retail_brain.sample_chain.prices import Pricing, promotion_price
from retail_brain.sample_chain.seasons import Days, calendar_rows
from retail_brain.sample_chain.shelf import LIVES, Terms

_WEEKDAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def product_table(chain: Layout) -> pl.DataFrame:
    """One row per product; `spec` is a further attribute."""
    subs = [chain.subs[i] for i in chain.sub]
    return pl.DataFrame(
        {
            "product_id": chain.product_ids,
            "name": [f"{brand} {name}" for brand, name in zip(chain.brands, chain.names, strict=True)],
            "department": [sub.department for sub in subs],
            "category": [sub.category for sub in subs],
            "subcategory": [sub.name for sub in subs],
            "brand": chain.brands,
            "unit_cost": chain.cost,
            "list_price": chain.price,
            "shelf_life_days": [sub.shelf_life_days for sub in subs],
            "launched_on": [chain.size.date(day) if day >= 0 else None for day in chain.launched.tolist()],
            "spec": [name.split(" ", 1)[1] if " " in name else None for name in chain.names],
        },
        schema_overrides={"launched_on": pl.Date, "spec": pl.String},
    )


def store_table(chain: Layout) -> pl.DataFrame:
    """One row per store: shops, online shop, mini-program and the warehouse that supplies them."""
    return pl.DataFrame(
        {
            "store_id": [store.id for store in chain.stores],
            "name": [store.name for store in chain.stores],
            "region": [store.region for store in chain.stores],
            "format": [store.format for store in chain.stores],
            "latitude": [store.latitude for store in chain.stores],
            "longitude": [store.longitude for store in chain.stores],
            "is_online": [store.is_online for store in chain.stores],
            "daily_fulfilment_capacity": [
                store.capacity or (round(50 * store.size) if store.size else None) for store in chain.stores
            ],
            "country": "CN",
        },
        schema_overrides={"daily_fulfilment_capacity": pl.Float64},
    )


def customer_table(chain: Layout, people: People) -> pl.DataFrame:
    """One row per customer record; gender, age band and level are further attributes."""
    rng = np.random.default_rng(len(people.person))
    count = len(people.person)
    gender = np.array(["女", "男"])[(rng.random(count) < 0.36).astype(int)]
    age = np.array(["18-24", "25-34", "35-44", "45-54", "55+"])[rng.choice(5, count, p=[0.1, 0.3, 0.28, 0.18, 0.14])]
    level = np.array(["金卡", "银卡", "普卡", "普卡"])[people.segment]
    recorded = rng.random(count) < 0.85
    guides = zip(people.home.tolist(), people.guide.tolist(), strict=True)
    return pl.DataFrame(
        {
            "customer_id": customer_ids(people),
            "joined_on": [chain.size.date(day) for day in people.joined.tolist()],
            "home_store_id": [chain.stores[i].id for i in people.home],
            "guide_id": [f"G{chain.stores[home].id[1:]}{guide + 1}" if guide >= 0 else None for home, guide in guides],
            "gender": pl.Series(gender.tolist()).zip_with(
                pl.Series(recorded), pl.Series([None] * count, dtype=pl.String)
            ),
            "age_band": pl.Series(age.tolist()).zip_with(
                pl.Series(recorded), pl.Series([None] * count, dtype=pl.String)
            ),
            "member_level": level.tolist(),
        }
    )


def customer_ids(people: People) -> list[str]:
    """C00001, C00002, ..."""
    return [f"C{i + 1:05d}" for i in range(len(people.person))]


def price_table(chain: Layout, pricing: Pricing) -> pl.DataFrame:
    """One row per shelf price; a store's own price takes precedence over the chain's."""
    rows = [
        (
            None if store is None else chain.stores[store].id,
            chain.product_ids[product],
            chain.size.date(start),
            None if until is None else chain.size.date(until),
            price,
        )
        for store, product, start, until, price in pricing.changes
    ]
    columns = ["store_id", "product_id", "valid_from", "valid_to", "unit_price"]
    types = {"store_id": pl.String, "valid_to": pl.Date}
    return pl.DataFrame(rows, schema=columns, orient="row", schema_overrides=types).sort(columns[:3], nulls_last=False)


def promotion_table(chain: Layout, pricing: Pricing) -> pl.DataFrame:
    """One row per promotion x store x product, with those planned for the eight weeks after the last day."""
    rows = [
        (
            promotion.id,
            None if store is None else chain.stores[store].id,
            chain.product_ids[promotion.product],
            chain.size.date(promotion.start),
            chain.size.date(promotion.end),
            promotion.mechanic,
            promotion_price(chain, pricing.changes, promotion),
            promotion.display,
            promotion.mailer,
        )
        for promotion in pricing.promotions
        for store in promotion.stores or (None,)
    ]
    names = [
        "promotion_id",
        "store_id",
        "product_id",
        "valid_from",
        "valid_to",
        "mechanic",
        "unit_price",
        "display",
        "mailer",
    ]
    types = {"store_id": pl.String, "display": pl.String, "mailer": pl.String}
    return pl.DataFrame(rows, schema=names, orient="row", schema_overrides=types).sort("promotion_id", "store_id")


def calendar_table(chain: Layout, days: Days) -> pl.DataFrame:
    """One row per date x event."""
    rows = calendar_rows(chain.size, days.regions)
    names = ["date", "region", "event_name", "event_type"]
    return pl.DataFrame(rows, schema=names, orient="row", schema_overrides={"region": pl.String})


def assortment_table(chain: Layout) -> pl.DataFrame:
    """One row per listing: an unbroken run of days on which a store carries a product."""
    rows: list[tuple[str, str, date, date | None]] = []
    for store in range(chain.selling):
        for product in range(len(chain.names)):
            for start, end in _runs(chain.active[:, store, product]):
                until = _listed_until(chain.size, chain, product, start, end)
                listed_from = _listed_from(chain.size, chain, product, start)
                rows.append((chain.stores[store].id, chain.product_ids[product], listed_from, until))
    names = ["store_id", "product_id", "listed_from", "listed_until"]
    return pl.DataFrame(rows, schema=names, orient="row", schema_overrides={"listed_until": pl.Date})


def _runs(active: Bools) -> list[tuple[int, int]]:
    """Start and end (exclusive) of each run of true values.

    >>> _runs(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    edges = np.flatnonzero(np.diff(np.r_[False, active, False].astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _listed_until(size: Size, chain: Layout, product: int, start: int, end: int) -> date | None:
    """End of a listing (exclusive); after the last day the planned end of a season, else None."""
    if end < size.days:
        return size.date(end)
    planned = [until for begin, until in chain.subs[chain.sub[product]].listed if begin <= size.date(start) < until]
    return planned[0] if planned else None


def _listed_from(size: Size, chain: Layout, product: int, start: int) -> date:
    """Start of a listing; goods that are listed from the first day on were listed some months before."""
    long_listed = start == 0 and chain.launched[product] < 0 and not chain.subs[chain.sub[product]].listed
    return size.first_day - timedelta(days=200 + 7 * (product % 40)) if long_listed else size.date(start)


def supply_table(chain: Layout, terms: Terms) -> pl.DataFrame:
    """One row per store x product that the store ever lists; the warehouse is one of the stores."""
    listed = chain.listed.copy()
    listed[-1] = terms.from_centre[:-1].any(axis=0) & listed[:-1].any(axis=0)
    store, product = np.nonzero(listed)
    at = (store, product)
    centre = terms.from_centre[at]
    price = chain.price[product]
    cost = chain.cost[product]
    perishable = terms.life[product] < LIVES
    return pl.DataFrame(
        {
            "store_id": np.array([s.id for s in chain.stores])[store].tolist(),
            "product_id": np.array(chain.product_ids)[product].tolist(),
            "supplier_id": [
                None if c else f"V{terms.supplier[p] + 1}{chain.sub[p]:02d}"
                for c, p in zip(centre, product, strict=True)
            ],
            "source_store_id": [chain.stores[-1].id if c else None for c in centre],
            "lead_time_days": terms.lead[at],
            "lead_time_sd_days": terms.lead_sd[at],
            "review_period_days": terms.review[at],
            "order_weekdays": [_weekdays(terms.weekdays[s, p]) for s, p in zip(store, product, strict=True)],
            "case_pack": terms.pack[at],
            "min_order_quantity": terms.minimum[at],
            "shelf_capacity": terms.capacity[at],
            "unit_cost": cost,
            "holding_cost_per_day": np.round(cost * np.where(perishable, 0.004, 0.0007), 4),
            "stockout_cost": np.round(price * 0.12, 2),
            "service_level": terms.service_level[at],
            "fill_rate": np.where(perishable, 0.95, 0.98),
        }
    )


def _weekdays(days: Bools) -> str:
    return ",".join(name for name, on in zip(_WEEKDAY_NAMES, days, strict=True) if on)


def days_of(size: Size, day: Ints) -> pl.Series:
    """Dates of day indices."""
    return pl.Series(np.datetime64(size.first_day, "D") + day.astype("timedelta64[D]")).cast(pl.Date)


def moments_of(size: Size, day: Ints, second: Ints) -> pl.Series:
    """Moments of day indices and seconds of the day."""
    moment = np.datetime64(size.first_day, "us") + day.astype("timedelta64[D]") + second.astype("timedelta64[s]")
    return pl.Series(moment).cast(pl.Datetime("us"))
