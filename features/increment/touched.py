"""Finds whose state a day changed: people and series with a row that came, went or left a window."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from features.goods.series import SERIES_WINDOWS
from features.identity.resolve import CUSTOMER, add_person_id
from features.increment.changes import Changes
from features.person.lifecycle import LifecycleRules
from features.person.table import windows
from features.records import PERSON_TABLES

_NAMES: Final = pl.Schema({"customer_id": pl.String, "id_type": pl.String, "id_value": pl.String})
_SERIES: Final = ("store_id", "product_id")


def touched_people(
    changes: Changes,
    identities: pl.LazyFrame,
    earlier: pl.LazyFrame,
    rules: LifecycleRules,
    products: pl.DataFrame,
) -> pl.DataFrame:
    """One row per person whose state may have changed since the build before: person_id, and `is_new`.

    `is_new` says whether something came, went or is compared otherwise; of the others rows only left a window.

    Args:
        changes: rows that came and went.
        identities: result of `resolve_identities`.
        earlier: that of the build before.
        rules: lifecycle thresholds, for the windows of the trend.
        products: product_id of goods that are compared with another price or category than before.
    """
    widths = windows(rules)
    news, left = [_names(changes.rows(table)) for table in PERSON_TABLES], []
    for table, kind in PERSON_TABLES.items():
        if kind in widths:
            left.append(_names(changes.leaving(table, widths[kind])))
    if products.height:
        names = products["product_id"].implode()
        news.append(_names(changes.now.scan_or_empty("transactions").filter(pl.col("product_id").is_in(names))))
    of_news, of_left = (_people_of(pl.concat(rows), identities) for rows in (news, left))
    return _marked(pl.concat([of_news, *_moved(identities, earlier)]), of_left, ["person_id"])


def _people_of(names: pl.LazyFrame, identities: pl.LazyFrame) -> pl.LazyFrame:
    """People whom accounts or identifiers of rows name, some twice."""
    rows = names.unique().collect(engine="streaming").lazy()
    of_rows = add_person_id(rows, identities).select("person_id")
    # a row that names an account tells of the identifier as well
    of_identifiers = (
        rows.join(identities, on=["id_type", "id_value"], how="semi")
        .drop("customer_id")
        .join(identities, on=["id_type", "id_value"])
    )
    return pl.concat([of_rows, of_identifiers.select("person_id")])


def touched_series(changes: Changes, known: pl.LazyFrame, products: pl.DataFrame) -> pl.DataFrame:
    """One row per series whose state may have changed since the build before: store_id, product_id, `is_new`.

    Args:
        changes: rows that came and went.
        known: the series of the build before.
        products: product_id of goods whose lines are compared with another price than before.
    """
    sales = "daily_sales" if changes.now.has("daily_sales") else "transactions"
    parts = [changes.rows(table).select(_SERIES) for table in ("transactions", "daily_sales")]
    promotions = changes.rows("promotions").select(_SERIES).unique()
    in_all = promotions.filter(pl.col("store_id").is_null()).select("product_id")
    parts.append(promotions.filter(pl.col("store_id").is_not_null()).join(known, on=_SERIES, how="semi"))
    parts.append(known.join(in_all, on="product_id", how="semi"))
    parts.append(known.join(products.lazy(), on="product_id", how="semi"))
    # what is counted every day is a series already; only what is counted for the first time, or no longer, matters
    stocked = changes.rows("inventory").select(_SERIES).unique()
    parts.append(stocked.join(known, on=_SERIES, how="anti"))
    if changes.has_gone("inventory"):
        parts.append(stocked)
    return _marked(
        pl.concat([part.select(_SERIES) for part in parts]),
        changes.leaving(sales, SERIES_WINDOWS).select(_SERIES),
        _SERIES,
    )


def _marked(news: pl.LazyFrame, left: pl.LazyFrame, key: Sequence[str]) -> pl.DataFrame:
    """Keys of both, each once: `is_new` says whether it is of the first."""
    new = news.select(key).drop_nulls().unique().collect(engine="streaming")
    others = left.select(key).drop_nulls().unique().join(new.lazy(), on=key, how="anti")
    marked = [new.lazy().with_columns(is_new=True), others.with_columns(is_new=False)]
    return pl.concat(marked).collect(engine="streaming")


def changed_products(products: pl.LazyFrame, earlier: pl.LazyFrame) -> pl.DataFrame:
    """One row per product that lines are compared with otherwise than in the build before: product_id."""
    columns = ["product_id", "category", "reference_price", "category_share"]
    now, then = (frame.select(columns) for frame in (products, earlier))
    both = [
        now.join(then, on=columns, how="anti", nulls_equal=True),
        then.join(now, on=columns, how="anti", nulls_equal=True),
    ]
    return pl.concat(both).select("product_id").unique().collect()


def _names(rows: pl.LazyFrame) -> pl.LazyFrame:
    present = rows.collect_schema()
    return rows.select(
        (pl.col(name) if name in present else pl.lit(None, dtype=kind)).alias(name) for name, kind in _NAMES.items()
    ).unique()


def _moved(identities: pl.LazyFrame, earlier: pl.LazyFrame) -> list[pl.LazyFrame]:
    """People who gained or lost an account or identifier."""
    columns = ["id_type", "id_value", "person_id"]
    now, then = (frame.select(columns) for frame in (identities, earlier))
    pairs = ((now, then), (then, now))
    parts = [one.join(other, on=columns, how="anti", nulls_equal=True) for one, other in pairs]
    # an account that was alone was a person of its own id
    alone = [part.filter(pl.col("id_type") == CUSTOMER).select(pl.col("id_value").alias("person_id")) for part in parts]
    return [*(part.select("person_id") for part in parts), *alone]
