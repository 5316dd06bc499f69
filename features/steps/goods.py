"""Step of goods: from what their series add up to and from kept counts, or from all records."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from features.goods.month_sums import in_month, month_sums
from features.goods.options import GOODS_RECORDS, GoodsOptions
from features.goods.table import GoodsSums, days_sold, goods_features, goods_on, known_products, sales_counts
from features.increment.goods_counts import GoodsCounts, change_of_buyers, changed_months, touched_accounts
from features.partitions import Buckets, run_buckets
from features.records import goods_records, product_records
from features.references import sales_lines
from features.steps.build import Build
from features.steps.chain import Chain
from features.steps.kept_table import MOST_TOUCHED
from features.steps.series import STAGED_GOODS, kept_stock
from retail_brain.files import atomic_path

_COUNTS: Final = "goods"
"""Folder of the kept counts."""
_FEW_MONTHS: Final = 2
"""Months that are always computed by themselves: a day and the late receipts of the day before lie in no more."""


@dataclass(frozen=True)
class SalesCounts:
    """Records of goods -> both tables of `sales_counts`, one below the other."""

    as_of: date
    options: GoodsOptions

    def __call__(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The counts."""
        return pl.concat(sales_counts(rows, self.as_of, self.options), how="diagonal")


def build_goods(
    build: Build, chain: Chain, identities: pl.LazyFrame, options: GoodsOptions, series: Path | None
) -> None:
    """One row per product.

    Args:
        build: the build.
        chain: what goods are compared with.
        identities: result of `build_identities`.
        options: facts about the dataset.
        series: result of `build_series`.
    """
    as_of = build.as_of
    if build.is_extended("goods") or series is None:
        build.rebuilt.setdefault("goods", build.rebuilt.get("series", ""))
        records = goods_records(build.dataset, as_of, identities, chain.products)
        build.write_anew(
            "goods", "product_id", records, lambda rows: goods_features(rows, as_of, options), staged=STAGED_GOODS
        )
        return
    with build.progress.step("goods features") as step:
        counts = _counts(build, chain, identities, options)
        sales = pl.scan_parquet(series / "*.parquet")
        known = pl.concat([product_records(build.dataset, as_of, chain.products), _sold(sales), _sold(counts.months)])
        sums = GoodsSums(known_products(known, as_of), sales, kept_stock(build), counts.months, counts.buyers)
        table = goods_on(sums, as_of, options).collect()
        with atomic_path(build.done / "goods") as aside:
            aside.mkdir()
            table.write_parquet(aside / "part.parquet")
        step.rows = build.rows["goods"] = table.height
        step.note = "all" if "goods" in build.rebuilt else ""


def _sold(sums: pl.LazyFrame) -> pl.LazyFrame:
    """Records that say that a product was sold or stocked."""
    return sums.select(
        (pl.col("product_id") if name == "product_id" else pl.lit("line" if name == "record" else None))
        .cast(kind)
        .alias(name)
        for name, kind in GOODS_RECORDS.items()
    )


def _counts(build: Build, chain: Chain, identities: pl.LazyFrame, options: GoodsOptions) -> GoodsCounts:
    """The counts as of the build's day."""
    counts = GoodsCounts(build.state / _COUNTS)
    why = build.why or _taken_in(build, identities)
    if why:
        build.rebuilt["goods"] = why
        _count_all(build, chain, identities, options)
    return counts


def _taken_in(build: Build, identities: pl.LazyFrame) -> str:
    """Takes what is new into the counts of the build before, or says why it cannot."""
    assert build.base is not None
    kept, changes = GoodsCounts(build.before(_COUNTS)), build.base.changes
    if not kept.exist():
        return "files of the tables before are missing"
    if build.dataset.has("daily_sales") and build.dataset.has("transactions"):
        return "days of sales are filled up from receipts"
    months = changed_months(changes)
    known = kept.months.select(pl.col("month").n_unique()).collect().item()
    if len(months) > max(_FEW_MONTHS, MOST_TOUCHED * known):
        return f"sales of {len(months)} of {known} months are new or differ since {changes.before}"
    earlier = pl.scan_parquet(build.base.folder / "identity" / "*.parquet")
    accounts = touched_accounts(changes, identities, earlier)
    people = build.rows["person"]
    if accounts.height > MOST_TOUCHED * people:
        return f"{accounts.height:,} accounts of {people:,} people have new receipts since {changes.before}"
    if GoodsCounts(build.state / _COUNTS).exist():  # of a run that was cut off later
        return ""
    kept.with_news(
        build.state / _COUNTS,
        months,
        [_of_month(build, month) for month in months],
        change_of_buyers(changes, accounts, identities, earlier),
    )
    return ""


def _of_month(build: Build, month: date) -> pl.DataFrame:
    """The sums of one month, from its rows."""
    dataset = build.dataset
    lines = sales_lines(dataset, build.as_of).filter(in_month("at", month))
    has_receipts = dataset.has("transactions")
    return month_sums(days_sold(lines), lines if has_receipts else lines.clear()).collect(engine="streaming")


def _count_all(build: Build, chain: Chain, identities: pl.LazyFrame, options: GoodsOptions) -> None:
    """Counts all records, a bucket of products at a time."""
    if GoodsCounts(build.state / _COUNTS).exist():
        return
    as_of = build.as_of

    records = goods_records(build.dataset, as_of, identities, chain.products)
    folder = build.work / "goods_counts"
    buckets = Buckets("product_id", build.work / f"staged_{STAGED_GOODS}", folder, build.buckets["goods"])
    run_buckets(records, buckets, SalesCounts(as_of, options), build.executor, build.progress)
    GoodsCounts(build.state / _COUNTS).write(pl.scan_parquet(folder / "*.parquet"))
