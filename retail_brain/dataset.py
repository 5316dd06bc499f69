"""Point-in-time view of the canonical tables: rows observed after `as_of` are hidden."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import polars as pl

from retail_brain.errors import MissingTableError, NotFoundError
from retail_brain.tables import TABLES, Table

_DAILY_SHARE = 0.5
"""Share of the days of its span from which `daily_sales` has rows of days; of weeks it has a seventh. By judgement."""


def conform(frame: pl.LazyFrame, table: Table) -> pl.LazyFrame:
    """Casts a frame to the columns of a table; absent optional ones become nulls, further attributes come last.

    Raises:
        MissingTableError: a required column is absent.
    """
    present = frame.collect_schema()
    missing = [name for name in table.required if name not in present]
    if missing:
        raise MissingTableError(
            f"table {table.name} lacks the columns {missing}; got {present.names()}. "
            "Add them or map other columns to these names."
        )
    types = table.types
    columns = [
        (pl.col(name) if name in present else pl.lit(None)).cast(kind).alias(name) for name, kind in types.items()
    ]
    extra = [name for name in present.names() if name not in types] if table.open_attributes else []
    return frame.select(*columns, *extra)


@dataclass(frozen=True)
class IdentityLink:
    """What somebody decided about two accounts.

    Attributes:
        kind: `merge`: they are one person; `split`: they are two.
        left, right: customer ids.
    """

    kind: str
    left: str
    right: str


@dataclass(frozen=True)
class Dataset:
    """Read-only view of a dataset as of a day.

    Attributes:
        frames: table name -> lazy frame with the canonical columns.
        versions: table name -> lake version; empty for frames in memory.
        as_of: last visible day. Rows of observations after it are hidden; plans (prices, promotions, calendar,
            assortment, supply, campaigns, drivers known ahead) are not filtered. None shows everything.
        shared_cards: customer ids that are no person's (of tills, staff, testers): their receipts are anonymous, and
            they are no customers.
        ghost_stores: shops that a line or two of sales name and no table knows: their sales are left out.
        ghost_products: goods of which the same is true.
        identity_links: accounts that somebody joined or keeps apart by hand.
        files: table -> data files that hold exactly its rows, where they are plain Parquet files that are never
            changed; whoever kept something of an earlier day finds out by them which rows came and went.
    """

    frames: Mapping[str, pl.LazyFrame]
    versions: Mapping[str, int] = field(default_factory=dict)
    as_of: date | None = None
    shared_cards: tuple[str, ...] = ()
    ghost_stores: tuple[str, ...] = ()
    ghost_products: tuple[str, ...] = ()
    identity_links: tuple[IdentityLink, ...] = ()
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def from_frames(cls, frames: Mapping[str, pl.DataFrame | pl.LazyFrame], as_of: date | None = None) -> "Dataset":
        """A dataset in memory; absent optional columns are added as nulls.

        Raises:
            MissingTableError: a table name is not canonical or a required column is absent.
        """
        unknown = sorted(set(frames) - set(TABLES))
        if unknown:
            raise MissingTableError(
                f"tables {unknown} are not canonical; wanted some of {sorted(TABLES)}. Rename them."
            )
        return cls({name: conform(frame.lazy(), TABLES[name]) for name, frame in frames.items()}, as_of=as_of)

    def at(self, as_of: date) -> "Dataset":
        """The same dataset as of the end of a day."""
        return replace(self, as_of=as_of)

    def has(self, name: str) -> bool:
        """Whether the table exists."""
        return name in self.frames

    def scan(self, name: str) -> pl.LazyFrame:
        """A table as of `as_of`.

        Raises:
            MissingTableError: the table is not in the dataset.
        """
        if name not in self.frames:
            raise MissingTableError(
                f"table {name} is needed; the lake has {sorted(self.frames) or 'no tables'}. "
                f"Ingest a dataset that holds {name}."
            )
        frame = self._without_ghosts(name, self._without_shared_cards(name))
        column = TABLES[name].observed_at
        if self.as_of in (None, date.max) or column is None:
            return frame
        # no time is made a day for it: a reader can then leave out parts of files
        is_visible = pl.col(column) < self.as_of + timedelta(days=1)
        planned = TABLES[name].planned
        if planned is not None:
            is_visible |= pl.col(planned).fill_null(value=False)
        # a row without a date, such as a customer with no joining day, counts as always known
        return frame.filter(pl.col(column).is_null() | is_visible)

    def _without_shared_cards(self, name: str) -> pl.LazyFrame:
        frame = self.frames[name]
        if not self.shared_cards or name not in ("transactions", "customers"):
            return frame
        is_shared = pl.col("customer_id").is_in(list(self.shared_cards))
        # such a card is no customer, but its receipts are sales: they stay, without a name
        if name == "customers":
            return frame.filter(~is_shared)
        return frame.with_columns(customer_id=pl.when(~is_shared).then("customer_id"))

    def _without_ghosts(self, name: str, frame: pl.LazyFrame) -> pl.LazyFrame:
        if name not in ("transactions", "daily_sales"):
            return frame
        for column, ghosts in (("store_id", self.ghost_stores), ("product_id", self.ghost_products)):
            if ghosts:
                frame = frame.filter(~pl.col(column).is_in(list(ghosts)))
        return frame

    def scan_or_empty(self, name: str) -> pl.LazyFrame:
        """A table as of `as_of`; an empty one with its columns where the dataset lacks it."""
        if name in self.frames:
            return self.scan(name)
        return pl.LazyFrame(schema=TABLES[name].types)

    def daily_sales(self) -> pl.LazyFrame:
        """One row per store x product x date with sales: from `daily_sales`, otherwise summed from `transactions`.

        `units` are net of returns; `unit_price` is the mean price paid, weighted by the units of sales lines. A row of
        `daily_sales` without a price takes that of the day's receipts where there are any. Days of a shop that
        `daily_sales` lacks between its first and its last day are summed from receipts too.

        Raises:
            MissingTableError: neither table is there.
        """
        if not self.has("daily_sales"):
            return self._receipts_by_day()
        given = self.scan("daily_sales")
        if not self.has("transactions"):
            return given
        date = pl.col("date")
        facts = given.select(
            pl.col("unit_price").is_null().any().alias("lacks_prices"),
            date.min().alias("first"),
            date.max().alias("last"),
            date.n_unique().alias("days"),
        )
        lacks_prices, first, last, days = facts.collect().row(0)
        key = ["date", "store_id", "product_id"]
        filled = given
        # asked first, because the join below reads every receipt
        if lacks_prices:
            paid = self._receipts_by_day().select(*key, paid="unit_price")
            filled = given.join(paid, on=key, how="left").with_columns(unit_price=pl.coalesce("unit_price", "paid"))
            filled = filled.drop("paid")
        # rows of weeks or months are dated by their first day, and lack no day
        if not days or days < _DAILY_SHARE * ((last - first).days + 1):
            return filled
        return self._with_days_of_receipts(filled, given.select("store_id", "date").unique(), first, last)

    def _with_days_of_receipts(self, rows: pl.LazyFrame, known: pl.LazyFrame, first: date, last: date) -> pl.LazyFrame:
        """Adds the sums of receipts for days of shops that have no row, within a span of days."""
        key = ["store_id", "date"]
        sold_on = self.scan("transactions").select("store_id", pl.col("sold_at").dt.date().alias("date")).unique()
        absent = sold_on.filter(pl.col("date").is_between(first, last)).join(known, on=key, how="anti").collect()
        if not absent.height:
            return rows
        return pl.concat([rows, self._receipts_by_day().join(absent.lazy(), on=key, how="semi")])

    def _receipts_by_day(self) -> pl.LazyFrame:
        sold = pl.col("units") > 0
        return (
            self.scan("transactions")
            .group_by("store_id", "product_id", pl.col("sold_at").dt.date().alias("date"))
            .agg(
                pl.col("units").sum(),
                ((pl.col("units") * pl.col("unit_price")).filter(sold).sum() / pl.col("units").filter(sold).sum())
                .fill_nan(None)
                .alias("unit_price"),
                pl.lit(None, dtype=pl.Float64).alias("in_stock"),
            )
            .select(TABLES["daily_sales"].schema.column_names())
        )

    def last_day(self) -> date:
        """The last day with a sale that is visible.

        Raises:
            MissingTableError: neither `transactions` nor `daily_sales` is there.
            NotFoundError: no sale is visible.
        """
        table, column = ("daily_sales", "date") if self.has("daily_sales") else ("transactions", "sold_at")
        last = self.scan(table).select(pl.col(column).max().cast(pl.Date)).collect().item()
        if not isinstance(last, date):
            raise NotFoundError(
                f"no sales are visible in {table}"
                + (f" on or before {self.as_of}" if self.as_of else "")
                + ". Ingest sales or choose a later --as-of."
            )
        return last
