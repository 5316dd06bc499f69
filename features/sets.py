"""Named feature sets: columns of the goods, series, place and person tables that models may use besides their own.

A setting names sets (`goods`) or single columns (`goods.units_trend`, also those of another package's feature). The
tables are built by the feature job as of a day, so that nothing later than that day enters a model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, cast

import polars as pl

from features.jobs import FeatureOptions, TableName, build_features, scan_features
from retail_brain.dataset import Dataset
from retail_brain.errors import UsageError
from retail_brain.files import scratch_folder

KEYS: Final[Mapping[TableName, tuple[str, ...]]] = MappingProxyType(
    {
        "goods": ("product_id",),
        "series": ("store_id", "product_id"),
        "place": ("store_id",),
        "person": ("customer_id",),
    }
)
"""Table -> columns that its rows are found by. Person rows are given per customer id, as models know people."""

FEATURE_SETS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "goods": (
            *("age_days", "stores", "zero_share", "adi", "cv2", "units_trend", "weekly_strength", "peak_month_index"),
            *("price_index", "margin_share", "promotion_share", "promotion_uplift", "penetration", "repeat_rate"),
            *("repurchase_days", "remote_share", "returns_share", "stockout_share", "cover_days"),
        ),
        "series": ("zero_share", "adi", "cv2", "units_trend", "promotion_share", "promotion_uplift", "stockout_share"),
        "place": (
            *("is_online", "revenue_trend", "baskets_per_day", "basket_value", "basket_units", "products_sold_91d"),
            *("conversion", "member_share", "repeat_share", "home_share", "remote_share", "stockout_share"),
        ),
        "person": (
            *("tenure_days", "recency_days", "baskets_91d", "spend_91d", "basket_value", "basket_units", "spend_trend"),
            *("regularity", "remote_share", "categories", "reduced_share", "discount_share", "price_index"),
            *("weekend_share", "contacts_91d", "responses_91d", "events_28d", "visits_28d", "probability_alive"),
        ),
    }
)
"""Set -> numeric columns of the table of the same name."""


@dataclass(frozen=True, order=True)
class TableColumn:
    """A column of a feature table; `str` gives its name in a model, such as `goods.units_trend`."""

    table: TableName
    column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


def chosen_columns(names: Sequence[str], tables: Sequence[TableName]) -> tuple[TableColumn, ...]:
    """The columns behind names of sets and of single columns, each once, in the order given.

    Args:
        names: `TABLE` for the whole set, or `TABLE.COLUMN`.
        tables: that the model can use.

    Raises:
        UsageError: a name is of another form, or its table is not one of those.
    """
    chosen: dict[TableColumn, None] = {}
    for name in names:
        table, _, column = name.partition(".")
        if table not in tables or name.endswith("."):
            raise UsageError(
                f"feature set {name!r} is unknown; wanted one of {', '.join(tables)} for a whole set, or TABLE.COLUMN "
                f"such as {tables[0]}.{FEATURE_SETS[tables[0]][0]}. Correct the setting feature_sets."
            )
        known = cast("TableName", table)
        for each in (column,) if column else FEATURE_SETS[table]:
            chosen[TableColumn(known, each)] = None
    return tuple(chosen)


def read_columns(
    dataset: Dataset, as_of: date, columns: Sequence[TableColumn], options: FeatureOptions | None = None
) -> dict[TableName, pl.DataFrame]:
    """Table -> its rows as of a day: the key columns (`KEYS`) and the chosen ones as Float32, named as in a model.

    Complexity: one run of the feature job over what the day shows.

    Raises:
        UsageError: a table has no such column, or the column is not a number.
        NotFoundError: no sale is visible on that day.
    """
    with scratch_folder("features") as folder:
        out = folder / "tables"
        build_features(dataset.at(as_of), out, as_of, options=options)
        frames = {}
        for table in dict.fromkeys(column.table for column in columns):
            frame = scan_features(out, table).collect()
            if table == "person":
                frame = _by_customer(frame, scan_features(out, "identity").collect())
            numbers = [_number(frame, column) for column in columns if column.table == table]
            frames[table] = frame.select(*KEYS[table], *numbers)
    return frames


def _by_customer(people: pl.DataFrame, identity: pl.DataFrame) -> pl.DataFrame:
    """One row per customer id: its person's row. A customer whom no identity names is a person of the same id."""
    accounts = identity.filter(pl.col("id_type") == "customer_id", pl.col("person_id").is_not_null())
    named = accounts.select(pl.col("id_value").alias("customer_id"), "person_id").unique("customer_id", keep="first")
    alone = people.select(pl.col("person_id").alias("customer_id"), "person_id")
    owners = pl.concat([named, alone.join(named, on="customer_id", how="anti")])
    return owners.sort("customer_id").join(people, on="person_id", how="inner", maintain_order="left")


def _number(frame: pl.DataFrame, chosen: TableColumn) -> pl.Expr:
    kind = frame.schema.get(chosen.column)
    if kind is None or not (kind.is_numeric() or kind == pl.Boolean):
        numeric = [name for name, dtype in frame.schema.items() if dtype.is_numeric() or dtype == pl.Boolean]
        problem = "is not in the table" if kind is None else f"holds {kind}, which is no number"
        raise UsageError(
            f"the column {chosen} of the setting feature_sets {problem}; the numeric columns of the {chosen.table} "
            f"table are {', '.join(numeric)}. Name one of those."
        )
    return pl.col(chosen.column).cast(pl.Float32).alias(str(chosen))
