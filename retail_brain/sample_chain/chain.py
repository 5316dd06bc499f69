"""Builds the chain: stores, products, listings and the simulated period."""

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Size:
    """Size of the chain.

    Attributes:
        shops: number of shops of the catalogue, besides the online ones and the warehouse.
        goods_share: one in so many subcategories is taken (1 takes all).
        customers: number of customer records.
        first_day, last_day: days with trade, both included.
        anonymous_units_per_day: mean units a day bought by people without a card, whole chain.
        campaigns: number of campaigns.
    """

    shops: int
    goods_share: int
    customers: int
    first_day: date
    last_day: date
    anonymous_units_per_day: float
    campaigns: int

    @property
    def days(self) -> int:
        """Number of days with trade."""
        return (self.last_day - self.first_day).days + 1

    def index(self, day: date) -> int:
        """Position of a day; negative before the first."""
        return (day - self.first_day).days

    def date(self, index: int) -> date:
        """The day at a position."""
        return self.first_day + timedelta(days=index)


FULL = Size(8, 1, 3000, date(2024, 9, 1), date(2026, 2, 28), 200.0, 14)
"""Eight shops and 3,000 people over 18 months: small enough to commit, long enough for a second Spring Festival."""
TINY = Size(2, 5, 150, date(2024, 12, 1), date(2025, 3, 10), 40.0, 2)
"""Two shops and 150 people over 14 weeks, for tests of the generator."""
SIZES = {"full": FULL, "tiny": TINY}


@dataclass(frozen=True)
class _Subcategory:
    """Parameters that the products of a subcategory share."""

    department: str
    category: str
    name: str
    shelf_life_days: float | None
    cycle_days: float
    elasticity: float
    peak_month: int
    amplitude: float
    heat: float
    case_pack: int
    margin: float
    from_centre: bool
    return_rate: float
    festivals: dict[str, float]
    listed: list[tuple[date, date]]


@dataclass(frozen=True)
class Store:
    """A point of sale, or the warehouse (`size` 0)."""

    id: str
    name: str
    region: str
    format: str
    size: float
    latitude: float | None = None
    longitude: float | None = None
    capacity: float | None = None

    @property
    def is_online(self) -> bool:
        """Whether it is an online shop."""
        return self.region == "线上"


@dataclass(frozen=True)
class Layout:
    """Stores and products with their listings, as arrays over stores (warehouse last) and products.

    Attributes:
        sub: subcategory index per product.
        price: list price on the first day.
        launched, ended: day index of launch (-9999 before the data) and of the end (9999 never).
        listed: store x product, whether the store ever carries it.
        active: day x store x product, whether it is listed that day; the warehouse is not a point of sale.
    """

    size: Size
    stores: list[Store]
    subs: list[_Subcategory]
    names: list[str]
    brands: list[str]
    sub: Ints
    price: Floats
    cost: Floats
    popularity: Floats
    launched: Ints
    ended: Ints
    listed: Bools
    active: Bools
    complements: dict[str, list[tuple[str, float]]]

    @property
    def product_ids(self) -> list[str]:
        """P001, P002, ..."""
        return [f"P{i + 1:03d}" for i in range(len(self.names))]

    @property
    def selling(self) -> int:
        """Number of points of sale; the warehouse is the store after them."""
        return len(self.stores) - 1

    def per_product(self, attribute: str) -> Floats:
        """A parameter of the subcategory per product; NaN where it is None."""
        values = [getattr(self.subs[i], attribute) for i in self.sub]
        return np.array([np.nan if value is None else float(value) for value in values])


def _read(size: Size) -> tuple[list[Store], list[_Subcategory], list[list[Any]], dict[str, list[tuple[str, float]]]]:
    raw = tomllib.loads(files("retail_brain.sample_chain").joinpath("catalogue.toml").read_text(encoding="utf-8"))
    stores = [Store(**store) for store in raw["stores"]]
    # of the catalogue: S = shop, W = online shop, M = mini-program; size 0 = warehouse
    shops = [store for store in stores if store.id.startswith("S")][: size.shops]
    online = [store for store in stores if store.id[0] in "WM"]
    centre = [store for store in stores if store.size == 0]
    subs, goods = [], []
    for entry in raw["subcategories"][:: size.goods_share]:
        terms = {"shelf_life_days": None} | raw["defaults"] | entry
        department, category, name = terms.pop("path")
        goods.append(terms.pop("goods"))
        listed = [(date.fromisoformat(a), date.fromisoformat(b)) for a, b in terms.pop("listed")]
        subs.append(_Subcategory(department=department, category=category, name=name, listed=listed, **terms))
    complements = {a: [(b, float(q)) for b, q in pairs] for a, pairs in raw["complements"].items()}
    return shops + online + centre, subs, goods, complements


def build_chain(size: Size, rng: np.random.Generator) -> Layout:
    """Reads stores and products from the catalogue; draws launches, ends and listings."""
    stores, subs, goods, complements = _read(size)
    rows = [(index, *good) for index, names in enumerate(goods) for good in names]
    sub = np.array([row[0] for row in rows])
    price = np.array([float(row[3]) for row in rows])
    margin = np.array([subs[i].margin for i in sub])
    seasonal = np.array([bool(subs[i].listed) for i in sub])
    launched, ended = _launches_and_ends(size, seasonal, rng)
    listed = _listings(stores, np.array([float(row[4]) for row in rows]), rng)
    return Layout(
        size=size,
        stores=stores,
        subs=subs,
        names=[row[1] for row in rows],
        brands=[row[2] for row in rows],
        sub=sub,
        price=price,
        cost=np.round(price * (1 - margin * rng.uniform(0.9, 1.1, len(rows))), 2),
        popularity=np.array([float(row[4]) for row in rows]) * rng.lognormal(0, 0.25, len(rows)),
        launched=launched,
        ended=ended,
        listed=listed,
        active=_active(size, subs, sub, launched, ended, listed, rng),
        complements=complements,
    )


def _launches_and_ends(size: Size, seasonal: Bools, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Day indices: 10 % of the products are launched in the period, 6.5 % end in it; never seasonal ones."""
    draw = np.where(seasonal, 1.0, rng.random(len(seasonal)))
    days = rng.integers(int(size.days * 0.2), int(size.days * 0.93), len(seasonal))
    launched = np.where(draw < 0.1, days, -9999)
    ended = np.where((draw >= 0.1) & (draw < 0.165), days, 9999)
    return launched, ended


def _listings(stores: list[Store], popularity: Floats, rng: np.random.Generator) -> Bools:
    """Large stores carry nearly everything, small ones leave out the less popular; the warehouse stays empty here."""
    listed = np.zeros((len(stores), len(popularity)), dtype=bool)
    for index, store in enumerate(stores):
        breadth = {"标准店": 0.95, "社区店": 0.72, "网店": 0.97, "小程序": 0.6}.get(store.format, 0.0)
        keen = rng.random(len(popularity)) / np.sqrt(popularity)
        listed[index] = keen <= np.quantile(keen, breadth) if breadth else False
    return listed


def _active(
    size: Size,
    subs: list[_Subcategory],
    sub: Ints,
    launched: Ints,
    ended: Ints,
    listed: Bools,
    rng: np.random.Generator,
) -> Bools:
    day = np.arange(size.days)
    active = np.zeros((size.days, *listed.shape), dtype=bool)
    for product, index in enumerate(sub):
        # stores list a new product within two weeks of its launch, each on its own day
        delay = rng.integers(0, 14, len(listed))
        delay = delay if launched[product] >= 0 else np.zeros_like(delay)
        windows = [(size.index(a), size.index(b)) for a, b in subs[index].listed] or [
            (launched[product], ended[product])
        ]
        for start, end in windows:
            active[:, :, product] |= (day[:, None] >= start + delay[None, :]) & (day[:, None] < end)
    return active & listed[None]
