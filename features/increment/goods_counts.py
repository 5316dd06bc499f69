"""Keeps the counts of goods between builds: sums by month, of which only changed months are computed, and buyers.

`months/` has the sums, a file per month, and `months.parquet` names them; `buyers.parquet` has the counts of buyers of
the last whole build and `since.parquet` what is to be added to them. Once that is much, both are written as one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from features.goods.buyers import BUYER_COUNTS, buyer_counts, changed_counts
from features.goods.month_sums import MONTH_SUMS
from features.identity.resolve import CUSTOMER, add_person_id
from features.increment.changes import Changes
from features.increment.kept_state import share
from features.windows import day
from retail_brain.files import atomic_path

_MOST_SINCE: Final = 0.25
"""Rows beside the counts of buyers, per row of these, from which all are written anew. Chosen by judgement."""


@dataclass(frozen=True)
class GoodsCounts:
    """The kept counts of goods in a folder."""

    folder: Path

    @property
    def months(self) -> pl.LazyFrame:
        """Result of `month_sums`."""
        files = [self._month(name) for name in self._names()]
        return pl.scan_parquet(files) if files else pl.LazyFrame(schema=MONTH_SUMS)

    @property
    def buyers(self) -> pl.LazyFrame:
        """Result of `buyer_counts`, with what changed since behind it."""
        return pl.concat([pl.scan_parquet(file) for file in (self._buyers, self._since)])

    @property
    def _months(self) -> Path:
        return self.folder / "months.parquet"

    def _month(self, month: date) -> Path:
        return self.folder / "months" / f"{month}.parquet"

    def _names(self) -> list[date]:
        return sorted(pl.read_parquet(self._months)["month"])

    @property
    def _buyers(self) -> Path:
        return self.folder / "buyers.parquet"

    @property
    def _since(self) -> Path:
        return self.folder / "since.parquet"

    def exist(self) -> bool:
        """Whether all files are there."""
        is_whole = all(file.exists() for file in (self._months, self._buyers, self._since))
        return is_whole and all(self._month(month).exists() for month in self._names())

    def write(self, counted: pl.LazyFrame) -> None:
        """Writes the counts of a whole build.

        Args:
            counted: rows of both kinds, those of months with a month.
        """
        is_month = pl.col("month").is_not_null()
        with atomic_path(self.folder) as aside:
            new = GoodsCounts(aside)
            aside.mkdir()
            new._write_months(counted.filter(is_month).select(MONTH_SUMS.names()).collect(engine="streaming"), {})
            counted.filter(~is_month).select(BUYER_COUNTS.names()).sink_parquet(new._buyers)
            pl.DataFrame(schema=BUYER_COUNTS).write_parquet(new._since)

    def with_news(self, folder: Path, months: list[date], sums: list[pl.DataFrame], change: pl.DataFrame) -> None:
        """Writes the counts to another folder with what is new; a file that does not change is shared.

        Args:
            folder: new folder.
            months: first days of the months whose sums changed.
            sums: their sums from now on.
            change: result of `changed_counts`.
        """
        since = _added([pl.scan_parquet(self._since), change.lazy()])
        is_much = since.height > _MOST_SINCE * pl.scan_parquet(self._buyers).select(pl.len()).collect().item()
        with atomic_path(folder) as aside:
            aside.mkdir()
            new = GoodsCounts(aside)
            others = {month: self._month(month) for month in self._names() if month not in months}
            new._write_months(pl.concat([pl.DataFrame(schema=MONTH_SUMS), *sums]), others)
            if is_much:
                _added([pl.scan_parquet(self._buyers), since.lazy()]).write_parquet(new._buyers)
                since = since.clear()
            else:
                share(self._buyers, new._buyers)
            since.write_parquet(new._since)

    def _write_months(self, sums: pl.DataFrame, others: Mapping[date, Path]) -> None:
        """Writes the sums of some months, and takes files over for others."""
        parts = {month: rows for (month,), rows in sums.partition_by("month", as_dict=True).items()}
        (self.folder / "months").mkdir()
        for month, rows in parts.items():
            rows.write_parquet(self._month(month))
        for month, file in others.items():
            share(file, self._month(month))
        pl.DataFrame({"month": [*parts, *others]}, schema={"month": pl.Date}).write_parquet(self._months)


def _added(parts: list[pl.LazyFrame]) -> pl.DataFrame:
    sums = pl.concat(parts).group_by("product_id", "last_on", "gap").agg(pl.col("count", "again").sum())
    return sums.filter((pl.col("count") != 0) | (pl.col("again") != 0)).select(BUYER_COUNTS.names()).collect()


def changed_months(changes: Changes) -> list[date]:
    """First days of the months with a sale that came or went."""
    found = [
        changes.rows(table).select(day(column).dt.month_start().unique().alias("month"))
        for table, column in (("transactions", "sold_at"), ("daily_sales", "date"))
    ]
    return sorted(pl.concat(found).unique().collect(engine="streaming")["month"].drop_nulls())


def touched_accounts(changes: Changes, identities: pl.LazyFrame, earlier: pl.LazyFrame) -> pl.DataFrame:
    """One row per account whose receipts have to be counted again: customer_id.

    Those of all people with a line that came or went, and of those that gained or lost an account.

    Args:
        changes: rows that came and went.
        identities: result of `resolve_identities`.
        earlier: that of the build before.
    """
    now, then = (_accounts(frame) for frame in (identities, earlier))
    named = changes.rows("transactions").select(pl.col("customer_id").alias("id_value")).drop_nulls().unique()
    people = [frame.join(named, on="id_value", how="semi") for frame in (now, then)]
    persons = pl.concat([_moved(now, then), *people]).select("person_id").unique()
    accounts = [frame.join(persons, on="person_id", how="semi").select("id_value") for frame in (now, then)]
    return pl.concat([named, *accounts]).unique().select(pl.col("id_value").alias("customer_id")).collect()


def _accounts(identities: pl.LazyFrame) -> pl.LazyFrame:
    return identities.filter(pl.col("id_type") == CUSTOMER).select("id_value", "person_id")


def _moved(now: pl.LazyFrame, then: pl.LazyFrame) -> pl.LazyFrame:
    """Accounts that came to another person, with the one of now or of then."""
    columns = ["id_value", "person_id"]
    return pl.concat([one.join(other, on=columns, how="anti") for one, other in ((now, then), (then, now))])


def change_of_buyers(
    changes: Changes, accounts: pl.DataFrame, identities: pl.LazyFrame, earlier: pl.LazyFrame
) -> pl.DataFrame:
    """What is to be added to the counts of buyers of the build before: result of `changed_counts`.

    Args:
        changes: rows that came and went.
        accounts: result of `touched_accounts`.
        identities: result of `resolve_identities`.
        earlier: that of the build before.
    """
    named = pl.col("customer_id").is_in(accounts["customer_id"].implode())
    columns = ["product_id", "customer_id", pl.col("sold_at").alias("at"), "units", "was", "is"]
    lines = changes.sides("transactions").filter(named).select(columns).collect(engine="streaming").lazy()
    # who has nothing new of a product is counted as before, unless an account came or went; one that was alone was a
    # person of its own id
    news = changes.rows("transactions").select("product_id", "customer_id").drop_nulls().unique()
    of_news = [add_person_id(news, of).select("product_id", "person_id") for of in (identities, earlier)]
    pairs = pl.concat(of_news).unique().with_columns(_is_new=True).collect(engine="streaming").lazy()
    moved = _moved(_accounts(identities), _accounts(earlier)).collect()
    others = pl.concat([moved["person_id"], moved["id_value"]]).implode()

    def counted(side: str, of: pl.LazyFrame) -> pl.LazyFrame:
        theirs = add_person_id(lines.filter(side), of).join(pairs, on=["product_id", "person_id"], how="left")
        return buyer_counts(theirs.filter(pl.col("_is_new") | pl.col("person_id").is_in(others)))

    return changed_counts(counted("is", identities), counted("was", earlier)).select(BUYER_COUNTS.names()).collect()
