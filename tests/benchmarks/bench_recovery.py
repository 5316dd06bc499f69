"""Sample chain against its truth: recovered demand, elasticities, and products in their first 28 days.

Run from the project's root; see docs/benchmarks.md, section Demand:

    POLARS_MAX_THREADS=2 OMP_WAIT_POLICY=PASSIVE python tests/benchmarks/bench_recovery.py [--data data/sample]

Choices were made on a chain of another seed (`python -m retail_brain.sample_chain --seed 11 --out FOLDER`).
"""

import argparse
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from features.demand.history import DemandHistory, read_history
from features.demand.recovered_units import recovered_days, recovery_audit
from retail_brain.dataset import Dataset
from retail_brain.outputs import SeriesFilter
from retail_brain.settings import Settings
from retail_brain.tables import TABLES
from training.demand.config import preset_config
from training.demand.elasticity import elasticities, price_response
from training.demand.model import DemandModel
from training.demand.what_if import ask, listed_series, sheets

LAST = date(2026, 2, 28)
KEY = ["store_id", "product_id"]
YOUNG_DAYS = 28
ORIGINS = 12
STEP_DAYS = 28


def main() -> None:
    """Prints the three measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/sample"))
    parser.add_argument("--only", choices=["recovery", "elasticity", "what-if", "cold"])
    options = parser.parse_args()
    started = time.perf_counter()
    dataset = Dataset.from_frames(
        {p.stem: pl.scan_parquet(p) for p in options.data.glob("*.parquet") if p.stem in TABLES}
    )
    history = read_history(dataset.at(LAST), Settings(), 0)
    with pl.Config(tbl_cols=20, tbl_rows=30, tbl_width_chars=200, float_precision=3):
        if options.only in {None, "recovery"}:
            recovery(dataset, history, options.data)
        if options.only in {None, "elasticity"}:
            elasticity(history, options.data)
        if options.only in {None, "what-if"}:
            what_if(dataset, options.data)
        if options.only in {None, "cold"}:
            cold_start(dataset)
    print(f"{time.perf_counter() - started:.0f} s")


def recovery(dataset: Dataset, history: DemandHistory, folder: Path) -> None:
    """Every series-day that ended without stock: demand as recovered and as sold, against what was wanted."""
    days = _ended_empty(dataset, history)
    true = pl.read_parquet(folder / "truth" / "demand.parquet").select(*KEY, "date", pl.col("demand").alias("wanted"))
    found = recovered_days(history).select(*KEY, "date", "demand", "is_masked")
    rows = (
        days.join(true, on=[*KEY, "date"], how="left")
        .join(found, on=[*KEY, "date"], how="left")
        .with_columns(pl.col("wanted").fill_null(pl.col("sold")), pl.col("demand").fill_null(pl.col("sold")))
        .with_columns(
            pl.when(pl.col("is_masked").is_null())
            .then(pl.lit("not sold out (wasted)"))
            .when(pl.col("is_masked"))
            .then(pl.lit("hardly or never in stock"))
            .otherwise(pl.lit("sold out later in the day"))
            .alias("day")
        )
    )
    unserved = rows.filter(pl.col("wanted") > pl.col("sold")).with_columns(pl.lit("somebody went without").alias("day"))
    both = pl.concat([rows.with_columns(pl.lit("all").alias("day")), unserved, rows])
    print("days that ended without stock:")
    print(both.group_by("day", maintain_order=True).agg(pl.len().alias("days"), *_errors("sold"), *_errors("demand")))
    series = rows.group_by(KEY).agg(pl.col("wanted", "sold", "demand").sum())
    print("sums over each series:", series.select(*_errors("sold"), *_errors("demand")))
    print("units added, the five largest additions:", recovery_audit(history).head(5))


def _ended_empty(dataset: Dataset, history: DemandHistory) -> pl.DataFrame:
    """store_id, product_id, date, sold of every counted day of a panel series that ended without stock."""
    sold = dataset.daily_sales().select(*KEY, "date", pl.col("units").clip(0).cast(pl.Float64).alias("sold"))
    empty = dataset.scan("inventory").filter(pl.col("on_hand") <= 0).select(*KEY, "date").collect()
    listed = empty.join(history.series.select(KEY), on=KEY, how="semi")
    return listed.join(sold.collect(), on=[*KEY, "date"], how="left").with_columns(pl.col("sold").fill_null(0.0))


def _errors(name: str) -> list[pl.Expr]:
    error = pl.col(name) - pl.col("wanted")
    return [
        (error.sum() / pl.col("wanted").sum()).alias(f"bias_{name}"),
        error.abs().mean().alias(f"mae_{name}"),
        (error**2).mean().sqrt().alias(f"rmse_{name}"),
    ]


def elasticity(history: DemandHistory, folder: Path) -> None:
    """Elasticities against those of the generator, beside the category's alone and one for all."""
    true = pl.read_parquet(folder / "truth" / "elasticities.parquet").select(
        "product_id", pl.col("elasticity").alias("true")
    )
    both = elasticities(history).join(true, on="product_id")
    few = pl.col("changed_days") < pl.col("changed_days").median()
    marked = pl.concat(
        [
            both.with_columns(pl.lit("all").alias("products")),
            both.with_columns(
                pl.when(few).then(pl.lit("fewer price days")).otherwise(pl.lit("more price days")).alias("products")
            ),
        ]
    )
    common = float(both["elasticity"].mean() or 0)
    error = pl.col("elasticity") - pl.col("true")
    print("elasticities:")
    print(
        marked.group_by("products", maintain_order=True).agg(
            pl.len().alias("count"),
            error.abs().mean().alias("mae"),
            error.mean().alias("bias"),
            (pl.col("category_elasticity") - pl.col("true")).abs().mean().alias("mae_category"),
            (common - pl.col("true")).abs().mean().alias("mae_one_for_all"),
            pl.col("true").is_between("low", "high").mean().alias("coverage_90"),
            (pl.col("high") - pl.col("low")).mean().alias("width"),
            pl.corr("elasticity", "true").alias("correlation"),
        )
    )


def what_if(dataset: Dataset, folder: Path) -> None:
    """What the model answers when asked about a price a tenth lower or higher, as an elasticity, against the truth."""
    config = preset_config(Settings(), "fast").model_copy(update={"threads": 1})
    model = DemandModel.fit(dataset.at(LAST), config, residuals=())
    responses = price_response(elasticities(read_history(dataset.at(LAST), config.settings, 0)))
    rows = []
    for store in model.forecast(dataset.at(LAST), config.horizon):
        if store.features is None or store.factor is None:
            continue
        series = listed_series(store.features.panel, config.horizon)
        ids = store.features.panel.series["product_id"].gather(series)
        for product, sheet in zip(
            ids, sheets(model.mean, store.factor, store.features, series, config.horizon, {}), strict=True
        ):
            asked = [
                ask(
                    model.mean,
                    sheet,
                    config.horizon,
                    price=sheet.usual_price * factor,
                    promotion=False,
                    elasticity=responses.get(product),
                ).changed.sum()
                for factor in (0.8, 0.9, 1.0)
            ]
            rows.append((product, *asked))
    table = pl.DataFrame(rows, schema=["product_id", "at_80", "at_90", "at_100"], orient="row")
    true = pl.read_parquet(folder / "truth" / "elasticities.parquet")
    by = table.group_by("product_id").agg(pl.col("at_80", "at_90", "at_100").sum()).join(true, on="product_id")
    print("what-if without promotion, as elasticities of the products:")
    for name, factor in (("at_80", 0.8), ("at_90", 0.9)):
        found = (pl.col(name) / pl.col("at_100")).log() / np.log(factor)
        error = found - pl.col("elasticity")
        print(
            by.select(
                pl.lit(f"price x {factor}").alias("asked"),
                found.mean().alias("mean"),
                pl.col("elasticity").mean().alias("true_mean"),
                error.abs().mean().alias("mae"),
                pl.corr(found, pl.col("elasticity")).alias("correlation"),
            )
        )


def cold_start(dataset: Dataset) -> None:
    """Series in their first 28 days at each of several origins: the model against the category's mean in the store."""
    config = preset_config(Settings(), "fast")
    parts = []
    for number in range(ORIGINS, 0, -1):
        origin = LAST - timedelta(days=config.horizon + STEP_DAYS * (number - 1))
        parts.append(_young(dataset, origin, config.horizon, DemandModel.fit(dataset.at(origin), config, residuals=())))
        print(f"  {origin}: {parts[-1].height} young series-days", flush=True)
    rows = pl.concat([part for part in parts if part.height])
    absolute = [
        ((pl.col(name) - pl.col("units")).abs().sum() / pl.col("units").sum()).alias(f"wape_{name}")
        for name in ("model", "category")
    ]
    biases = [
        ((pl.col(name) - pl.col("units")).sum() / pl.col("units").sum()).alias(f"bias_{name}")
        for name in ("model", "category")
    ]
    print("first 28 days after the listing, by origin and altogether:")
    print(rows.group_by("origin", maintain_order=True).agg(pl.len().alias("rows"), *absolute, *biases))
    print(rows.select(pl.len().alias("rows"), *absolute, *biases))
    unseen = rows.filter("unseen")
    print(
        "of these, series that had not sold a unit at the origin:",
        unseen.select(pl.len().alias("rows"), *absolute, *biases),
    )
    sums = rows.group_by("origin", *KEY).agg(pl.col("units", "model", "category").sum())
    print("sums over each series' young days:", sums.select(*absolute, *biases))


def _young(dataset: Dataset, origin: date, horizon: int, model: DemandModel) -> pl.DataFrame:
    """Units, the model's forecast and the category's mean of each day of a series' first 28 days after its listing."""
    visible = dataset.at(origin)
    listed = dataset.scan("assortment").select(*KEY, "listed_from", "listed_until").collect()
    young = listed.filter(
        pl.col("listed_from") > origin - timedelta(days=YOUNG_DAYS), pl.col("listed_from") <= origin + timedelta(days=1)
    )
    sold = dataset.daily_sales().select(*KEY, "date", pl.col("units").clip(0).cast(pl.Float64)).collect()
    begun = sold.filter(pl.col("units") > 0).group_by(KEY).agg(pl.col("date").min().alias("first_sale"))
    again = pl.col("first_sale") < pl.col("listed_from")
    young = young.join(begun, on=KEY, how="left").filter(~again.fill_null(value=False)).drop("first_sale")
    if young.is_empty():
        return pl.DataFrame()
    history = read_history(visible, Settings(), horizon)
    category = _category_means(history)
    tables = []
    for store in model.forecast(
        visible,
        horizon,
        SeriesFilter(young["store_id"].unique().sort().to_list(), young["product_id"].unique().sort().to_list()),
    ):
        dates = store.paths.dates
        rows = store.paths.series.select(KEY).join(
            dates.alias("date").to_frame(), how="cross", maintain_order="left_right"
        )
        tables.append(rows.with_columns(pl.Series("model", store.mean.ravel())))
    forecast = pl.concat(tables).join(young, on=KEY)
    within = pl.col("date").is_between(pl.col("listed_from"), pl.col("listed_from") + timedelta(days=YOUNG_DAYS - 1))
    open_days = within & (pl.col("listed_until").is_null() | (pl.col("date") < pl.col("listed_until")))
    before = sold.filter(pl.col("date") <= origin, pl.col("units") > 0).select(KEY).unique()
    later = read_history(dataset.at(LAST), Settings(), 0)
    masked = recovered_days(later).filter("is_masked").select(*KEY, "date")
    groups = dataset.scan("products").select("product_id", "department", "category").collect()
    return (
        forecast.filter(open_days)
        .join(masked, on=[*KEY, "date"], how="anti")
        .join(recovered_days(later).select(*KEY, "date", "demand"), on=[*KEY, "date"], how="left")
        .join(sold, on=[*KEY, "date"], how="left")
        .with_columns(pl.coalesce("demand", "units").fill_null(0.0).alias("units"))
        .join(before.with_columns(pl.lit(value=False).alias("unseen")), on=KEY, how="left")
        .join(groups, on="product_id")
        .join(category, on=["store_id", "department", "category"], how="left")
        .select(
            pl.lit(origin).alias("origin"),
            *KEY,
            "date",
            "units",
            "model",
            pl.col("mean").fill_null(0.0).alias("category"),
            pl.col("unseen").fill_null(value=True),
        )
    )


def _category_means(history: DemandHistory) -> pl.DataFrame:
    """Units per listed series and day of each category in each store over the last 28 days."""
    count = history.axis.count
    recent = history.sales.filter(pl.col("t") >= count - 28).group_by("s").agg(pl.col("units").sum())
    days = (pl.min_horizontal("end", pl.lit(count)) - pl.max_horizontal("begin", pl.lit(count - 28))).clip(0)
    series = (
        history.series.with_columns(days.alias("days"))
        .join(recent, on="s", how="left")
        .with_columns(pl.col("units").fill_null(0.0))
    )
    return series.group_by("store_id", "department", "category").agg(
        (pl.col("units").sum() / pl.col("days").sum()).alias("mean")
    )


if __name__ == "__main__":
    main()
