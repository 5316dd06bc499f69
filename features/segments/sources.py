"""Tables that a segment is selected from: people with their features and attributes, what they did, stores."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl

from features.identity.resolve import add_person_id
from features.jobs import scan_features
from features.person.interactions import purchases
from features.segments.columns import Columns
from features.segments.expression import HistoryKind
from retail_brain.dataset import Dataset
from retail_brain.errors import NotFoundError
from retail_brain.tables import TABLES

_TABLE_OF: Final[Mapping[HistoryKind, str]] = {
    "bought": "transactions",
    "did": "events",
    "contacted": "contacts",
    "responded": "responses",
}
_DAY_OF: Final = {"did": "occurred_at", "contacted": "contacted_at", "responded": "responded_at"}
_HIDDEN: Final = (
    "person_id",
    "customer_id",
    "id_type",
    "id_value",
    "session_id",
    "date",
    "is_holdout",
    *_DAY_OF.values(),
)
"""Columns that say who and when: a condition names the person and the window in other ways."""


@dataclass(frozen=True)
class SegmentSources:
    """Where the people of a segment are found, as of a day.

    Attributes:
        person: one row per person, the person features.
        identities: one row per identifier, the identity table.
        dataset: canonical tables, opened as of the same day.
        as_of: last visible day; `today` of an expression.
        hidden: columns of people that an expression may not name.
    """

    person: pl.LazyFrame
    identities: pl.LazyFrame
    dataset: Dataset
    as_of: date
    hidden: tuple[str, ...] = ()

    @classmethod
    def open(cls, features: Path, dataset: Dataset) -> "SegmentSources":
        """Sources of a folder of feature tables, as of the day for which these were built.

        Raises:
            NotFoundError: the folder has no features, or none of people.
        """
        person = scan_features(features, "person")
        as_of = person.select(pl.col("as_of").first()).collect().item()
        if as_of is None:
            raise NotFoundError(
                f"the person features in {features.name} are empty: no table names a customer. "
                "Ingest receipts or events that name the customer, then run `retail-brain features`.",
                {"problem": "no_people"},
            )
        return cls(person, scan_features(features, "identity"), dataset.at(as_of), as_of)

    @cached_property
    def people(self) -> pl.LazyFrame:
        """The person features, and further attributes of `customers`: of several accounts the first with one counts."""
        person = self.person.drop(self.hidden, strict=False)
        if not self.dataset.has("customers"):
            return person
        customers = self.dataset.scan("customers")
        taken = {*self.person.collect_schema(), *TABLES["customers"].types}
        further = [name for name in customers.collect_schema() if name not in taken and name not in self.hidden]
        by_person = (
            add_person_id(customers, self.identities)
            .sort("person_id", "customer_id")
            .group_by("person_id", maintain_order=True)
            .agg(pl.col(further).drop_nulls().first())
        )
        return person.join(by_person, on="person_id", how="left")

    @cached_property
    def people_columns(self) -> Columns:
        """Columns that a condition on people may name."""
        return self._columns("people", self.people)

    @cached_property
    def stores(self) -> pl.LazyFrame:
        """One row per store, the table `stores`."""
        return self.dataset.scan_or_empty("stores")

    @cached_property
    def store_columns(self) -> Columns:
        """Columns that a condition on stores may name."""
        return Columns("stores", dict(self.stores.collect_schema()), self.as_of)

    def facts(self, kind: HistoryKind) -> pl.LazyFrame:
        """One row per purchase (person x product x day), event, contact or response, with attributes of the product.

        `day` is its day and `person_id` whose it is; rows of nobody known are left out.
        """
        if kind == "bought":
            if not self.dataset.has("transactions"):
                rows = pl.LazyFrame(
                    schema={"customer_id": pl.String, "product_id": pl.String, "store_id": pl.String}
                    | {"units": pl.Float64, "spend": pl.Float64, "online": pl.Float64, "date": pl.Date}
                )
            else:
                rows = purchases(self.dataset, self.as_of)
            rows = rows.with_columns(day=pl.col("date"))
        else:
            rows = self.dataset.scan_or_empty(_TABLE_OF[kind])
            if kind == "contacted":
                rows = rows.filter(~pl.col("is_holdout"))
            rows = rows.with_columns(day=pl.col(_DAY_OF[kind]).cast(pl.Date))
        named = add_person_id(rows, self.identities).filter(pl.col("person_id").is_not_null())
        return self._with_goods(named)

    def fact_columns(self, kind: HistoryKind) -> Columns:
        """Columns that a condition on history may name."""
        return self._columns(kind, self.facts(kind))

    def has_history(self, kind: HistoryKind) -> bool:
        """Whether the lake has the table that a kind of history is read from."""
        return self.dataset.has(_TABLE_OF[kind])

    def _with_goods(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        taken = rows.collect_schema()
        if "product_id" not in taken:
            return rows
        products = self.dataset.scan_or_empty("products")
        attributes = [name for name in products.collect_schema() if name not in taken]
        return rows.join(products.select("product_id", *attributes), on="product_id", how="left")

    def _columns(self, table: str, frame: pl.LazyFrame) -> Columns:
        schema = frame.collect_schema()
        closed = {*_HIDDEN, "day", *self.hidden}
        shown = {name: kind for name, kind in schema.items() if name not in closed}
        return Columns(table, shown, self.as_of)
