"""The ranker's features: one row per pair of a person and a product, the same in training and in serving."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from features.jobs import TableName
from features.person.interactions import EVENT_TYPES, HALF_LIVES_VISITS, visits_column
from features.sets import KEYS, chosen_columns, read_columns
from retail_brain.dataset import Dataset
from training.recommender.candidates.pool import Candidates
from training.recommender.config import RecommenderConfig
from training.recommender.history import ATTRIBUTES, History
from training.recommender.repeat_gap import Gaps, expected_gaps
from training.recommender.sparse import CSR, Floats, Ints, csr, distinct, look_up, row_sums

PAIR = (
    "purchase_days",
    "units",
    "spend",
    "sd_gap_days",
    "online",
    "stores",
    "visits_since",
    "visit_gaps_since",
    "shorter_gaps",
    *(visits_column(v) for v in HALF_LIVES_VISITS),
    *(f"event_{kind}" for kind in EVENT_TYPES),
)
UNKNOWN = {
    "sd_gap_days",
    "visits_since",
    "visit_gaps_since",
    "shorter_gaps",
    "since_last",
    "since_first",
    "since_event",
    "gap",
    "gaps_since_last",
}
TIMING = ("since_last", "since_first", "since_event", "gap", "gaps_since_last", "rate_28d", "share_of_visits")
PERSON = (
    "baskets",
    "visit_days",
    "visits_28d",
    "visits_90d",
    "since_visit",
    "tenure",
    "basket_size",
    "variety",
    "loyalty",
    "visit_gaps_due",
)
PRODUCT = ("buyers", "repeat_share", "sales_trend", "product_gap", "log_price", "age", "since_sold", "product_baskets")
AFFINITY = (*(f"{name}_days" for name in ATTRIBUTES), "subcategory_others", "category_since")


TABLES: Final[tuple[TableName, ...]] = ("person", "goods")
"""Feature tables that say something of a person or a product."""

REDEFINED: Mapping[str, int] = MappingProxyType({})
"""Number of a column's definition, by name, of pairs and of due dates; one that is not named here has its first.

Raise it whenever a column of the same name begins to mean something else: models fitted on the earlier definition are
then refused by that name."""


def feature_names(config: RecommenderConfig, sources: Sequence[str] | None = None) -> list[str]:
    """Names of the features, in order.

    Args:
        config: of the recommender.
        sources: names of the candidate sources whose opinions are features; None: those of the configuration.
    """
    decayed = [f"decayed_{h}d" for h in config.half_lives_days]
    product = [*PRODUCT, *(f"product_{name}" for name in decayed)]
    sources = config.sources if sources is None else sources
    opinions = [f"{name}_score" for name in sources] + [f"{name}_relative" for name in sources]
    of_tables = map(str, chosen_columns(config.feature_sets, TABLES))
    return [*PAIR, *decayed, *TIMING, *PERSON, *product, *AFFINITY, "relative_price", *opinions, *of_tables]


def slow_half_life(config: RecommenderConfig) -> int:
    """The half-life nearest to 90 days."""
    return min(config.half_lives_days, key=lambda h: abs(h - 90))


@dataclass(frozen=True)
class PairFeatures:
    """What a history says of any pair."""

    history: History
    config: RecommenderConfig
    gaps: Gaps
    pair: Floats
    person: Floats
    product: Floats
    affinities: dict[str, CSR]
    codes: dict[str, npt.NDArray[np.int32]]
    category_last: CSR
    person_price: Floats
    of_person: Floats
    of_goods: Floats

    def table(self, candidates: Candidates) -> Floats:
        """One row per candidate, columns `feature_names`."""
        at = self.history.find(candidates.people, candidates.products)
        pair = np.where(at[:, None] >= 0, self.pair[at], self._absent())
        person, product = self.person[candidates.people], self.product[candidates.products]
        columns = [pair, person, product, self._affinity(candidates, pair)]
        columns += [self._price(candidates), candidates.scores, candidates.relative]
        columns += self._of_tables(candidates)
        table: Floats = np.hstack(columns, dtype=np.float32)
        table[:, self._share_at] = table[:, 0] / np.maximum(person[:, 1], 1)
        return table

    def _of_tables(self, candidates: Candidates) -> list[Floats]:
        """Columns of feature tables in the order of the configuration."""
        chosen = chosen_columns(self.config.feature_sets, TABLES)
        rows = {"person": (self.of_person, candidates.people), "goods": (self.of_goods, candidates.products)}
        counts = dict.fromkeys(rows, 0)
        columns = []
        for column in chosen:
            values, codes = rows[column.table]
            columns.append(values[codes, counts[column.table]][:, None])
            counts[column.table] += 1
        return columns

    @property
    def _share_at(self) -> int:
        return len(PAIR) + len(self.config.half_lives_days) + TIMING.index("share_of_visits")

    def _absent(self) -> Floats:
        names = [*PAIR, *(f"decayed_{h}d" for h in self.config.half_lives_days), *TIMING]
        return np.array([np.nan if name in UNKNOWN else 0.0 for name in names], np.float32)

    def _affinity(self, candidates: Candidates, pair: Floats) -> Floats:
        block = distinct(candidates.people)
        rows = np.searchsorted(block, candidates.people)
        codes = {name: self.codes[name][candidates.products].astype(np.int64) for name in ATTRIBUTES}
        days = [look_up(self.affinities[name][block], rows, codes[name]) for name in ATTRIBUTES]
        mine = pair[:, len(PAIR) + self._slow]
        since = look_up(self.category_last[block], rows, codes["category"])
        return np.stack([*days, days[2] - mine, np.where(since > 0, since - 1, np.nan)], axis=1).astype(np.float32)

    @property
    def slow_half_life(self) -> int:
        """The half-life nearest to 90 days: that of the affinities."""
        return slow_half_life(self.config)

    @property
    def _slow(self) -> int:
        return self.config.half_lives_days.index(self.slow_half_life)

    def _price(self, candidates: Candidates) -> Floats:
        price = self.product[candidates.products, PRODUCT.index("log_price")]
        apart: Floats = (price - self.person_price[candidates.people])[:, None]
        return apart


def build_pair_features(dataset: Dataset, history: History, config: RecommenderConfig) -> PairFeatures:
    """Everything that can be worked out once per history.

    Raises:
        UsageError: a feature set or a column of `config.feature_sets` is unknown, or a column is no number.
    """
    gaps = expected_gaps(history)
    product = _product_table(history, config, gaps)
    codes = {name: history.attribute_codes(name) for name in ATTRIBUTES}
    weights = history.matrix(f"decayed_{slow_half_life(config)}d").tocoo()
    days = history.matrix("purchase_days")
    of_tables = _table_values(dataset, history, config)
    log_price = product[:, PRODUCT.index("log_price")].astype(np.float64)
    return PairFeatures(
        history=history,
        config=config,
        gaps=gaps,
        pair=_pair_table(history, config, gaps),
        person=_person_table(history),
        product=product,
        affinities={
            name: csr(weights.row, code[weights.col].astype(np.int64), weights.data, (history.shape[0], count))
            for name, (code, count) in codes.items()
        },
        codes={name: code for name, (code, _) in codes.items()},
        category_last=_category_last(history, *codes["category"]),
        person_price=((days @ np.nan_to_num(log_price)) / np.maximum(row_sums(days), 1e-9)).astype(np.float32),
        of_person=of_tables["person"],
        of_goods=of_tables["goods"],
    )


def _table_values(dataset: Dataset, history: History, config: RecommenderConfig) -> dict[TableName, Floats]:
    """Table -> chosen columns as of the history's day, one row per code of a person or product; NaN = unknown."""
    chosen = chosen_columns(config.feature_sets, TABLES)
    frames = read_columns(dataset, history.as_of, chosen) if chosen else {}
    rows = {"person": history.customers.select("customer_id"), "goods": history.products.select("product_id")}
    values: dict[TableName, Floats] = {}
    for table in TABLES:
        names = [str(column) for column in chosen if column.table == table]
        known = rows[table]
        if table in frames:
            known = known.join(frames[table], on=list(KEYS[table]), how="left", maintain_order="left")
        values[table] = _dense(known.select(names)) if names else np.empty((known.height, 0), np.float32)
    return values


def _days_before(as_of: object, column: str) -> pl.Expr:
    return (pl.lit(as_of) - pl.col(column)).dt.total_days().cast(pl.Float32)


def _pair_table(history: History, config: RecommenderConfig, gaps: Gaps) -> Floats:
    decayed = [f"decayed_{h}d" for h in config.half_lives_days]
    frame = history.pairs.select(
        *PAIR,
        *decayed,
        _days_before(history.as_of, "last_on").alias("since_last"),
        _days_before(history.as_of, "first_on").alias("since_first"),
        _days_before(history.as_of, "last_event_on").alias("since_event"),
        pl.Series("gap", gaps.pair),
    ).with_columns(
        (pl.col("since_last") / pl.col("gap")).alias("gaps_since_last"),
        (pl.col("purchase_days") * 28 / (pl.col("since_first") + 28)).alias("rate_28d"),
        pl.lit(0.0).alias("share_of_visits"),
    )
    return _dense(frame)


def _person_table(history: History) -> Floats:
    bought = history.pairs.filter(pl.col("purchase_days") > 0)
    habits = bought.group_by("person").agg(
        pl.len().alias("variety"), (pl.col("purchase_days") > 1).mean().alias("loyalty")
    )
    frame = (
        history.customers.with_row_index("person")
        .with_columns(pl.col("person").cast(pl.Int64))
        .join(habits, on="person", how="left", maintain_order="left")
        .with_columns(
            _days_before(history.as_of, "last_visit_on").alias("since_visit"),
            _days_before(history.as_of, "first_visit_on").alias("tenure"),
            (pl.col("lines") / pl.col("baskets")).alias("basket_size"),
        )
        .with_columns(
            (pl.col("since_visit") * (pl.col("visit_days") - 1) / (pl.col("tenure") - pl.col("since_visit")))
            .fill_nan(None)
            .alias("visit_gaps_due")
        )
    )
    return _dense(frame.select(PERSON))


def _product_table(history: History, config: RecommenderConfig, gaps: Gaps) -> Floats:
    decayed = [f"decayed_{h}d" for h in config.half_lives_days]
    sales = (
        history.pairs.filter(pl.col("purchase_days") > 0)
        .group_by("product")
        .agg(
            pl.len().alias("buyers"),
            (pl.col("purchase_days") > 1).mean().alias("repeat_share"),
            *(pl.col(name).sum().alias(f"product_{name}") for name in decayed),
        )
    )
    frame = (
        history.products.with_row_index("product")
        .with_columns(pl.col("product").cast(pl.Int64), pl.Series("product_gap", gaps.product))
        .join(sales, on="product", how="left", maintain_order="left")
        .with_columns(
            (pl.col(f"product_{decayed[0]}") / (pl.col(f"product_{decayed[-1]}") + 1)).alias("sales_trend"),
            pl.col("price").log1p().alias("log_price"),
            _days_before(history.as_of, "new_on").alias("age"),
            _days_before(history.as_of, "last_sold_on").alias("since_sold"),
        )
    )
    return _dense(frame.select(*PRODUCT, *(f"product_{name}" for name in decayed)))


def _category_last(history: History, codes: npt.NDArray[np.int32], count: int) -> CSR:
    """Customers x categories: 1 + days since the last purchase in the category, 0 = never."""
    bought = (
        history.pairs.with_columns(pl.Series("category", codes[history.columns]).cast(pl.Int64))
        .filter(pl.col("last_on").is_not_null())
        .group_by("person", "category")
        .agg((_days_before(history.as_of, "last_on").min() + 1).alias("since"))
    )
    people, categories = bought["person"].to_numpy(), bought["category"].to_numpy()
    return csr(people, categories, bought["since"].to_numpy(), (history.shape[0], count))


def _dense(frame: pl.DataFrame) -> Floats:
    return frame.select(pl.all().cast(pl.Float32).fill_null(float("nan"))).to_numpy()


def customer_share(people: Ints, share: float, seed: int) -> npt.NDArray[np.bool_]:
    """A stable random share of customers by a hash of their code and the seed."""
    mixed = (people.astype(np.uint64) + np.uint64(seed)) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(40)).astype(np.float64) / 2**24 < share
