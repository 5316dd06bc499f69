"""Storage layout of each canonical table: append-only log or keyed state, and its date column."""

from dataclasses import dataclass

from retail_brain.errors import UsageError
from retail_brain.tables import TABLES

QUARANTINE = "quarantine"


@dataclass(frozen=True)
class Layout:
    """Storage layout of a table.

    Attributes:
        key: columns that name a row of a state: a row with the same key replaces the old one. Empty for a log,
            where equal rows are told apart only by how many there are.
        day: date or datetime column of the table's own time. It is part of the key where there is one, so that only
            the days an ingest touches need to be compared and rewritten. None for small tables.
    """

    key: tuple[str, ...] = ()
    day: str | None = None

    @property
    def is_log(self) -> bool:
        """Whether rows are only ever appended."""
        return not self.key


_DAYS = {
    "transactions": "sold_at",
    "daily_sales": "date",
    "category_sales": "date",
    "drivers": "date",
    "inventory": "date",
    "events": "occurred_at",
    "promotions": "valid_from",
}
_LOGS = frozenset({"transactions", "events", "contacts", "responses", "identities"})
# a primary key of the schema may not hold nulls, but "no store" and "no region" mean everywhere in these tables
_KEYS_WITH_NULLS = {
    "open_orders": ("date", "order_id", "store_id", "product_id", "due_on"),
    "prices": ("store_id", "product_id", "valid_from"),
    "promotions": ("promotion_id", "store_id", "product_id", "valid_from"),
    "calendar": ("date", "region", "event_name"),
    "drivers": ("date", "store_id", "product_id", "name"),
}


def layout(name: str) -> Layout:
    """Storage layout of a canonical table.

    >>> layout("inventory").key, layout("events").is_log
    (('date', 'store_id', 'product_id'), True)
    """
    if name in _LOGS:
        return Layout(day=_DAYS.get(name))
    key = _KEYS_WITH_NULLS.get(name) or tuple(TABLES[name].schema.primary_key())
    return Layout(key, _DAYS.get(name))


def join_uri(uri: str, *parts: str) -> str:
    """A path under a folder or object-store URI.

    >>> join_uri("s3://bucket/lake/", "stores")
    's3://bucket/lake/stores'
    """
    return "/".join([uri.rstrip("/"), *parts])


def is_remote(uri: str) -> bool:
    """Whether a URI names an object store rather than a local folder."""
    return "://" in uri and not uri.startswith("file://")


def checked_uri(uri: str) -> str:
    """The URI in the form of the Delta library: without `file://`.

    Raises:
        UsageError: it is empty.
    """
    if not uri.strip():
        raise UsageError("the lake's URI is empty; wanted a folder or an object-store URI such as s3://bucket/lake.")
    return uri.removeprefix("file://")
