"""Breakfast at the Frat: do elasticities learnt on the first two years foretell the promotions of the third?

Run from the project's root; see docs/benchmarks.md, section Demand:

    POLARS_MAX_THREADS=2 OMP_WAIT_POLICY=PASSIVE python tests/benchmarks/bench_elasticity.py
"""

import argparse
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from features.demand.history import DemandHistory, read_history
from features.demand.panel import panels
from retail_brain.dataset import Dataset
from retail_brain.settings import DataSettings, DemandSettings, Settings
from training.demand.elasticity import elasticities_of
from training.demand.price_cells import joined_cells, price_cells

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "breakfast_frat"
LEARN_WEEKS = 104
CUT = -0.05
SETTINGS = Settings(data=DataSettings(period="week", country="US"), demand=DemandSettings(history_days=7 * 160))


def read(folder: Path) -> Dataset:
    """The weeks as canonical tables: base prices, and a promotion for each week below it or shown."""
    rows = pl.read_parquet(folder / "transactions.parquet").with_columns(
        (pl.col("week_end_date") - timedelta(days=6)).alias("date"),
        pl.col("store_id").cast(pl.String),
        pl.col("upc").cast(pl.String).alias("product_id"),
        pl.col("price", "base_price").cast(pl.Float64),
    )
    sold = rows.select("date", "store_id", "product_id", pl.col("units").cast(pl.Float64), unit_price="price")
    week = {"valid_from": pl.col("date"), "valid_to": pl.col("date") + timedelta(days=7)}
    known = rows.filter(pl.col("base_price") > 0, pl.col("price") > 0)
    prices = known.select("store_id", "product_id", unit_price="base_price", **week)
    shown = pl.col("feature") | pl.col("display") | (pl.col("price") < 0.98 * pl.col("base_price"))
    promotions = known.filter(shown).select(
        pl.format("{}-{}-{}", "store_id", "product_id", "date").alias("promotion_id"),
        "store_id",
        "product_id",
        pl.when("display").then(pl.lit("yes")).alias("display"),
        pl.when("feature").then(pl.lit("yes")).alias("mailer"),
        unit_price="price",
        **week,
    )
    products = pl.read_parquet(folder / "products.parquet").select(
        pl.col("upc").cast(pl.String).alias("product_id"), name="description", category="category"
    )
    return Dataset.from_frames({"daily_sales": sold, "prices": prices, "promotions": promotions, "products": products})


def cells_of(history: DemandHistory) -> pl.DataFrame:
    """Price cells of every panel of a history."""
    return joined_cells([price_cells(panel) for panel in panels(history)])


def foretold(later: pl.DataFrame, effects: pl.DataFrame) -> pl.DataFrame:
    """Units of each later cell with a price cut, by four ways of foretelling its lift over what was usual."""
    rows = later.filter(pl.col("change") <= CUT, pl.col("usual") > 0).join(effects, on="product_id")
    common = float(np.average(effects["elasticity"], weights=effects["changed_days"]))
    support = pl.when("display").then("display_lift").otherwise(1.0) * pl.when("mailer").then("mailer_lift").otherwise(
        1.0
    )
    ways = {
        "usual": pl.lit(1.0),
        "one for all": (common * pl.col("change")).exp() * support,
        "category": (pl.col("category_elasticity") * pl.col("change")).exp() * support,
        "product": (pl.col("elasticity") * pl.col("change")).exp() * support,
    }
    return rows.with_columns((pl.col("usual") * lift).alias(name) for name, lift in ways.items()).with_columns(
        pl.when(pl.col("display") | pl.col("mailer"))
        .then(pl.lit("shown"))
        .otherwise(pl.lit("price only"))
        .alias("kind")
    )


def main() -> None:
    """Prints elasticities by category, and how the lifts of the last year's promotions were foretold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    if not options.data.is_dir():
        print(f"skipped: {options.data} is not there")
        return
    started = time.perf_counter()
    dataset = read(options.data)
    first = dataset.daily_sales().select(pl.col("date").min()).collect().item()
    cutoff: date = first + timedelta(days=7 * LEARN_WEEKS - 1)
    learnt = cells_of(read_history(dataset.at(cutoff), SETTINGS, 0))
    effects = elasticities_of(learnt)
    everything = cells_of(read_history(dataset.at(dataset.last_day() + timedelta(days=6)), SETTINGS, 0))
    later = everything.filter(pl.col("block") >= LEARN_WEEKS)
    last_year = elasticities_of(later).select("product_id", pl.col("elasticity").alias("last_year"))
    by = effects.join(dataset.scan("products").select("product_id", "category").collect(), on="product_id").join(
        last_year, on="product_id"
    )
    with pl.Config(tbl_rows=40, tbl_cols=20, tbl_width_chars=160, float_precision=3):
        print(
            by.group_by("category")
            .agg(
                pl.len().alias("products"),
                pl.col("elasticity").median().alias("median"),
                pl.col("elasticity").min().alias("strongest"),
                pl.col("elasticity").max().alias("weakest"),
                pl.col("category_elasticity").first(),
                pl.col("display_lift", "mailer_lift").median(),
                pl.col("last_year").is_between("low", "high").mean().alias("last_year_inside"),
                pl.corr("elasticity", "last_year").alias("correlation"),
            )
            .sort("category")
        )
        rows = foretold(later, effects)
        ways = ("usual", "one for all", "category", "product")
        both = pl.concat([rows, rows.with_columns(pl.lit("all").alias("kind"))])
        print(f"weeks from {cutoff + timedelta(days=1)} with a price at least 5 % below the usual one:")
        for kind, part in both.group_by("kind", maintain_order=True):
            units = part["units"].sum()
            for way in ways:
                wape = float((part[way] - part["units"]).abs().sum()) / units
                bias = float((part[way] - part["units"]).sum()) / units
                mean = part[way].to_numpy().clip(1e-6)
                actual = part["units"].to_numpy()
                logs = np.log(np.where(actual > 0, actual / mean, 1.0))
                deviance = float((2 * (actual * logs - (actual - mean))).mean())
                size = f"({part.height:,} cells, {int(part['days'].sum()):,} series-weeks)"
                numbers = f"WAPE {wape:.3f}  bias {bias:+.3f}  Poisson deviance {deviance:.2f}"
                print(f"  {kind[0]:<11}{way:<13}{numbers}  {size}")
    print(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
