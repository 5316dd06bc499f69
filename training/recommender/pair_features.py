"""Computes the ranker's features: one row per customer x product, the same code in training and in serving."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from features.jobs import TableName
from features.sets import KEYS, chosen_columns, read_columns
from retail_brain.dataset import Dataset
from training.recommender.candidates.pool import Candidates
from training.recommender.config import RecommenderConfig
from training.recommender.history import ATTRIBUTES, History
from training.recommender.pair_feature_names import (
    NAN_WITHOUT_INTERACTION,
    PAIR,
    PERSON,
    PRODUCT,
    TABLES,
    TIMING,
    slow_half_life,
)
from training.recommender.repeat_gap import Gaps, expected_gaps
from training.recommender.sparse import CSR, Floats, Ints, csr, distinct, look_up, row_sums


@dataclass(frozen=True)
class PairFeatures:
    """Computes features of any pair of a history, from tables built once.

    Attributes:
        history: the interactions.
        config: half-lives and feature sets.
        gaps: expected days between purchases.
        person: customers x PERSON.
        product: products x PRODUCT and its decayed sales.
        affinities: attribute -> customers x values, decayed purchase days.
        codes: attribute -> code of each product's value, 0 = unknown.
        category_last: customers x categories, 1 + days since the last purchase, 0 = never.
        person_price: mean log price of each customer's purchase days.
        person_columns: customers x chosen columns of the person table.
        goods_columns: products x chosen columns of the goods table.
    """

    history: History
    config: RecommenderConfig
    gaps: Gaps
    person: Floats
    product: Floats
    affinities: dict[str, CSR]
    codes: dict[str, npt.NDArray[np.int32]]
    category_last: CSR
    person_price: Floats
    person_columns: Floats
    goods_columns: Floats

    def table(self, candidates: Candidates) -> Floats:
        """Features of the candidates, pairs x `feature_names`; NaN = unknown."""
        pair_rows = self.history.find(candidates.people, candidates.products)
        pair = self._pair(pair_rows)
        groups = [
            pair,
            self.person[candidates.people],
            self.product[candidates.products],
            self._affinity(candidates, pair),
            self._price(candidates),
            candidates.scores,
            candidates.relative,
            *self._of_tables(candidates),
        ]
        table: Floats = np.empty((pair_rows.size, sum(group.shape[1] for group in groups)), np.float32)
        column = 0
        for group in groups:
            table[:, column : column + group.shape[1]] = group
            column += group.shape[1]
        visit_days = table[:, pair.shape[1] + PERSON.index("visit_days")]
        table[:, self._share_at] = table[:, 0] / np.maximum(visit_days, 1)
        return table

    def _pair(self, rows: Ints) -> Floats:
        """Features of rows of `history.pairs`; those of a pair that never interacted where a row is -1."""
        features = np.tile(self._absent(), (rows.size, 1))
        known = np.flatnonzero(rows >= 0)
        features[known] = _pair_table(self.history, self.config, self.gaps, rows[known])
        return features

    def _of_tables(self, candidates: Candidates) -> list[Floats]:
        """Chosen columns of the feature tables, in the order of the configuration, which may mix the tables."""
        table_columns = chosen_columns(self.config.feature_sets, TABLES)
        rows = {"person": (self.person_columns, candidates.people), "goods": (self.goods_columns, candidates.products)}
        next_column = dict.fromkeys(rows, 0)
        columns = []
        for column in table_columns:
            values, codes = rows[column.table]
            columns.append(values[codes, next_column[column.table]][:, None])
            next_column[column.table] += 1
        return columns

    @property
    def _share_at(self) -> int:
        return len(PAIR) + len(self.config.half_lives_days) + TIMING.index("share_of_visits")

    def _absent(self) -> Floats:
        names = [*PAIR, *(f"decayed_{h}d" for h in self.config.half_lives_days), *TIMING]
        return np.array([np.nan if name in NAN_WITHOUT_INTERACTION else 0.0 for name in names], np.float32)

    def _affinity(self, candidates: Candidates, pair: Floats) -> Floats:
        block = distinct(candidates.people)
        rows = np.searchsorted(block, candidates.people)
        codes = {name: self.codes[name][candidates.products].astype(np.int64) for name in ATTRIBUTES}
        days = [look_up(self.affinities[name][block], rows, codes[name]) for name in ATTRIBUTES]
        own_days = pair[:, len(PAIR) + self._slow]
        since = look_up(self.category_last[block], rows, codes["category"])
        # the third attribute is the subcategory: its purchases without those of the product itself
        return np.stack([*days, days[2] - own_days, np.where(since > 0, since - 1, np.nan)], axis=1).astype(np.float32)

    @property
    def slow_half_life(self) -> int:
        """The half-life nearest to 90 days, which the affinities are decayed by."""
        return slow_half_life(self.config)

    @property
    def _slow(self) -> int:
        return self.config.half_lives_days.index(self.slow_half_life)

    def _price(self, candidates: Candidates) -> Floats:
        price = self.product[candidates.products, PRODUCT.index("log_price")]
        log_ratio: Floats = (price - self.person_price[candidates.people])[:, None]
        return log_ratio


def build_pair_features(dataset: Dataset, history: History, config: RecommenderConfig) -> PairFeatures:
    """Tables of pairs, people and products, built once per history.

    Args:
        dataset: feature tables are built from it where `config.feature_sets` asks for them.
        history: the interactions.
        config: half-lives and feature sets.

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
        person=_person_table(history),
        product=product,
        affinities={
            name: csr(weights.row, code[weights.col].astype(np.int64), weights.data, (history.shape[0], count))
            for name, (code, count) in codes.items()
        },
        codes={name: code for name, (code, _) in codes.items()},
        category_last=_category_last(history, *codes["category"]),
        person_price=((days @ np.nan_to_num(log_price)) / np.maximum(row_sums(days), 1e-9)).astype(np.float32),
        person_columns=of_tables["person"],
        goods_columns=of_tables["goods"],
    )


def _table_values(dataset: Dataset, history: History, config: RecommenderConfig) -> dict[TableName, Floats]:
    """Table -> people or products x its chosen columns as of the history's day; NaN = unknown."""
    table_columns = chosen_columns(config.feature_sets, TABLES)
    frames = read_columns(dataset, history.as_of, table_columns) if table_columns else {}
    rows = {"person": history.customers.select("customer_id"), "goods": history.products.select("product_id")}
    values: dict[TableName, Floats] = {}
    for table in TABLES:
        names = [str(column) for column in table_columns if column.table == table]
        rows_of_table = rows[table]
        if table in frames:
            rows_of_table = rows_of_table.join(frames[table], on=list(KEYS[table]), how="left", maintain_order="left")
        values[table] = (
            _dense(rows_of_table.select(names)) if names else np.empty((rows_of_table.height, 0), np.float32)
        )
    return values


def _days_before(as_of: object, column: str) -> pl.Expr:
    return (pl.lit(as_of) - pl.col(column)).dt.total_days().cast(pl.Float32)


def _pair_table(history: History, config: RecommenderConfig, gaps: Gaps, rows: Ints) -> Floats:
    """Features of rows of `history.pairs`."""
    decayed = [f"decayed_{h}d" for h in config.half_lives_days]
    columns = [*PAIR, *decayed, "last_on", "first_on", "last_event_on"]
    frame = (
        history.pairs.select(columns)[rows]
        .select(
            *PAIR,
            *decayed,
            _days_before(history.as_of, "last_on").alias("since_last"),
            _days_before(history.as_of, "first_on").alias("since_first"),
            _days_before(history.as_of, "last_event_on").alias("since_event"),
            pl.Series("gap", gaps.pair[rows]),
        )
        .with_columns(
            (pl.col("since_last") / pl.col("gap")).alias("gaps_since_last"),
            (pl.col("purchase_days") * 28 / (pl.col("since_first") + 28)).alias("rate_28d"),
            pl.lit(0.0).alias("share_of_visits"),
        )
    )
    return _dense(frame)


def _person_table(history: History) -> Floats:
    bought = history.pairs.filter(pl.col("purchase_days") > 0)
    habits = bought.group_by("person").agg(
        pl.len().alias("variety"), (pl.col("purchase_days") > 1).mean().alias("loyalty")
    )
    frame = (
        history.customers.with_row_index("person")
        .with_columns(pl.col("person").cast(pl.Int32))
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
            *(pl.col(name).cast(pl.Float64).sum().alias(f"product_{name}") for name in decayed),
        )
    )
    frame = (
        history.products.with_row_index("product")
        .with_columns(pl.col("product").cast(pl.Int32), pl.Series("product_gap", gaps.product))
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
