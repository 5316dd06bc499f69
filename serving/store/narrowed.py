"""Published answers narrowed to some shops and people: what lies outside is not found, not listed and not counted.

Positions stay those of the whole set, so that every file keeps its meaning; only ids and rows outside are withheld.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from retail_brain.decisions.frame_memo import FrameMemo
from retail_brain.operational.places import Place
from serving.store.answer_set import Answers
from serving.store.arrays import Array
from serving.store.catalog import Catalog
from serving.store.forecasts import Forecasts
from serving.store.identities import Identities
from serving.store.scored_pairs import ScoredPairs
from serving.store.suggestions import Suggestions
from serving.store.texts import Texts

_STORE_COLUMNS = ("store_id", "from_store_id", "to_store_id", "other_store_id")
_WHOLE = (
    "place",
    "person",
    "goods",
    "elasticities",
    "facts_consents",
    "facts_persons",
    "facts_contacts",
    "facts_stock",
    "facts_ends",
    "promotion_days",
    "source_stock",
    "left_over_terms",
)
"""Tables that stay whole: those read by the position of an entry that was found, facts that only take people away from
an audience (a refusal must count whoever asks), promotions, of which a row without a store runs in all, and what
warehouses have, which all shops share; none of its rows is told."""
_OF_ALL = ("ledger",)
"""Tables that tell about all shops together."""
_HOMES = ("home_store_id", "main_store_id")
"""Columns of the person features that say to which shops somebody belongs: the own one and the most visited one."""


@dataclass(frozen=True)
class Inside:
    """What of a set of answers belongs to a place: a flag per position of the catalogs of stores and of customers."""

    stores: Array
    customers: Array


def inside(answers: Answers, place: Place, moved: Mapping[str, str | None] | None = None) -> Inside:
    """What belongs to a place.

    A person belongs to a shop by home or by most visits (`home_store_id`, `main_store_id` of the person features), and
    to a guide by `guide_id`, or by the newest move. Whoever is told of in none of them belongs to headquarters alone.

    Args:
        answers: published ones.
        place: of a key.
        moved: customer -> guide of people who were moved since, as `operational.guides.moved_customers` gives them.
    """
    stores = np.zeros(len(answers.stores), dtype=np.bool_)
    rows = answers.stores.find_many(list(place.stores))
    stores[rows[rows >= 0]] = True
    if place.regions:
        stores |= _regions(answers).is_in(list(place.regions)).fill_null(value=False).to_numpy()
    if place.guide is not None:
        # with shops the guide's people stay those of the guide
        theirs = _told(answers, "guide_id", [place.guide])
        for customer_id, guide in (moved or {}).items():
            if (row := answers.customers.find(customer_id)) >= 0:
                theirs[row] = guide == place.guide
        return Inside(stores, theirs)
    ids = answers.stores.ids.take(np.flatnonzero(stores))
    customers = np.zeros(len(answers.customers), dtype=np.bool_)
    for column in _HOMES:
        customers |= _told(answers, column, ids)
    return Inside(stores, customers)


def narrowed(
    answers: Answers, place: Place, moved: Mapping[str, str | None] | None = None, hidden: Sequence[str] = ()
) -> Answers:
    """The answers as a key of a place sees them.

    Args:
        answers: published ones.
        place: of the key.
        moved: as in `inside`.
        hidden: columns of the person features that a guide does not see.
    """
    part = inside(answers, place, moved)
    masked = hidden if place.guide is not None else ()
    stores, customers = (
        _NarrowedCatalog(answers.stores, part.stores),
        _NarrowedCatalog(answers.customers, part.customers),
    )
    manifest = replace(
        answers.manifest,
        counts={
            "stores": int(part.stores.sum()),
            "products": len(answers.products),
            "customers": int(part.customers.sum()),
        },
        # lines and money of the whole chain
        consistency=[],
    )
    return replace(
        answers,
        manifest=manifest,
        stores=stores,
        customers=customers,
        identities=_NarrowedIdentities(answers.identities, part.customers),
        forecasts=None if answers.forecasts is None else _NarrowedForecasts(answers.forecasts, part.stores),
        suggestions=None if answers.suggestions is None else _NarrowedSuggestions(answers.suggestions, part.stores),
        pairs=None if answers.pairs is None else _NarrowedPairs(answers.pairs, part.customers),
        challenger=None if answers.challenger is None else _NarrowedPairs(answers.challenger, part.customers),
        rows={
            name: _rows(name, frame, stores, customers).drop(masked if name == "person" else (), strict=False)
            for name, frame in answers.rows.items()
        },
        # remembers by the tables that it was made from: these are others
        audience_memo=FrameMemo(),
        lines_memo=FrameMemo(),
    )


class _NarrowedCatalog(Catalog):
    """A catalog in which only some entries are found and named; positions and length are those of the whole one."""

    def __init__(self, whole: Catalog, shown: Array) -> None:
        """Shows the entries at which `shown` is true."""
        self.__dict__.update(whole.__dict__)
        self._whole, self._shown = whole, shown
        self.ids = _NarrowedTexts(whole.ids, shown)
        self.names = _NarrowedTexts(whole.names, shown)
        self.details = _NarrowedTexts(whole.details, shown)
        self.order = whole.order[shown[whole.order]]

    @property
    def whole(self) -> Catalog:
        """Every entry of the chain."""
        return self._whole

    def search(self, query: str) -> Array:
        """Positions of entries shown whose name, id or detail contains every word, largest weight first."""
        found = super().search(query)
        return found[self._shown[found]]


class _NarrowedTexts(Texts):
    """Texts of which some are withheld: empty, and not found."""

    def __init__(self, whole: Texts, shown: Array) -> None:
        self.__dict__.update({name: value for name, value in whole.__dict__.items() if name != "series"})
        self._shown = shown

    def raw(self, row: int) -> bytes:
        """UTF-8 bytes at a position; empty where withheld."""
        return super().raw(row) if self._shown[row] else b""

    def take(self, rows: Array) -> list[str]:
        """Texts at several positions; empty where withheld."""
        texts = super().take(rows)
        return [text if is_shown else "" for text, is_shown in zip(texts, self._shown[rows].tolist(), strict=True)]

    def find(self, text: str) -> int:
        """Position of a text, or -1, also where it is withheld."""
        row = super().find(text)
        return row if row >= 0 and self._shown[row] else -1

    def _made_series(self) -> pl.Series:
        """All texts, null where withheld."""
        frame = pl.DataFrame({"text": super()._made_series(), "shown": self._shown})
        return frame.select(pl.when("shown").then("text").alias("text"))["text"]


class _NarrowedIdentities(Identities):
    """Identifiers of the people shown."""

    def __init__(self, whole: Identities, shown: Array) -> None:
        self.__dict__.update(whole.__dict__)
        self._shown = shown

    def find(self, id_type: str, id_value: str) -> int:
        """Position of the customer, or -1."""
        row = super().find(id_type, id_value)
        return row if row >= 0 and self._shown[row] else -1


class _NarrowedForecasts(Forecasts):
    """Forecasts of the shops shown: what stands in for a product without one is worked out from these alone."""

    def __init__(self, whole: Forecasts, shown: Array) -> None:
        self.__dict__.update(whole.__dict__)
        self._shown = shown

    def get(self, store: int, product: int, periods: int) -> list[list[float]] | None:
        """Units per period; None where the series has no forecast or its shop is not shown."""
        return super().get(store, product, periods) if self._shown[store] else None

    def drivers(self, store: int, product: int, periods: int) -> list[list[float]]:
        """Units per period and driver."""
        return super().drivers(store, product, periods) if self._shown[store] else []


class _NarrowedSuggestions(Suggestions):
    """Order suggestions of the shops shown."""

    def __init__(self, whole: Suggestions, shown: Array) -> None:
        self.__dict__.update(whole.__dict__)
        self._shown = shown

    def of_store(self, store: int) -> Array:
        """Rows of a shop's suggestions, most urgent first; none where it is not shown."""
        return super().of_store(store) if self._shown[store] else np.zeros(0, dtype=np.int64)


class _NarrowedPairs(ScoredPairs):
    """Scored pairs of the people shown."""

    def __init__(self, whole: ScoredPairs, shown: Array) -> None:
        self.__dict__.update(whole.__dict__)
        self._shown = shown

    def every_row(self) -> Array:
        """Rows of all pairs of the people shown."""
        return np.flatnonzero(self._shown[self.customer])

    def _of(self, side: str, row: int) -> Array:
        rows = super()._of(side, row)
        return rows[self._shown[self.customer[rows]]]


def _rows(name: str, frame: pl.DataFrame, stores: Catalog, customers: Catalog) -> pl.DataFrame:
    """A published table without the rows of others; a row of two shops, such as a transfer, belongs to both."""
    if name in _OF_ALL:
        return frame.clear()
    if name in _WHOLE:
        return frame
    columns = [column for column in _STORE_COLUMNS if column in frame.columns]
    if columns:
        listed = stores.ids.take(stores.order)
        frame = frame.filter(pl.any_horizontal(pl.col(column).is_in(listed) for column in columns))
    if "customer_id" in frame.columns:
        people = customers.ids.series.drop_nulls().alias("customer_id").to_frame()
        frame = frame.join(people, on="customer_id", how="semi", maintain_order="left")
    return frame


def _regions(answers: Answers) -> pl.Series:
    """Region of each store by position; null where none is published."""
    none = pl.Series([None] * len(answers.stores), dtype=pl.String)
    features = answers.rows.get("place")
    if features is not None and "region" in features.columns and features.height == len(answers.stores):
        none = features["region"].cast(pl.String)
    shops = answers.rows.get("shops")
    if shops is None:
        return none
    named: Mapping[str, str] = dict(shops.select("store_id", "region").drop_nulls().iter_rows())
    ids = answers.stores.ids.take(np.arange(len(answers.stores)))
    return pl.Series([named.get(store, kept) for store, kept in zip(ids, none, strict=True)], dtype=pl.String)


def _told(answers: Answers, column: str, values: list[str]) -> Array:
    """Whether a column of the person features, or of the customers where there are none, holds one of some values."""
    found = np.zeros(len(answers.customers), dtype=np.bool_)
    person = answers.rows.get("person")
    if person is not None and column in person.columns and person.height == len(answers.customers):
        found |= person[column].cast(pl.String).is_in(values).fill_null(value=False).to_numpy()
    elif (facts := answers.rows.get("facts_customers")) is not None and column in facts.columns:
        told = facts.filter(pl.col(column).is_in(values))["customer_id"].to_list()
        rows = answers.customers.find_many(told)
        found[rows[rows >= 0]] = True
    return found
