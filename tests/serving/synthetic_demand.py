"""Demand of the synthetic answers: forecasts, history, what-if, promotions, the ledger of forecasts."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from features.demand.feature_matrix import FEATURES, Vocabulary
from features.demand.target_period import TARGET
from serving.planning.demand.value_added import COLUMNS
from serving.store.forecasts import ForecastBlock
from serving.store.publishing.promotion_days import PROMOTION_DAYS
from serving.store.rows import write_rows
from serving.store.what_if_sheets import MODEL, PlacedSheet, SheetWriter
from tests.serving.synthetic_chain import AS_OF, HORIZON, PRODUCTS, STORES
from training.demand.calibration import Calibration
from training.demand.config import DemandConfig
from training.demand.dispersion import Dispersion
from training.demand.mean_model import MeanModel
from training.demand.model import DemandModel
from training.demand.what_if import Sheet


def forecasts(factor: float) -> list[ForecastBlock]:
    blocks = []
    for store, store_id in enumerate(list(STORES)[:2], start=1):
        level = factor * (store + np.arange(1, 51, dtype=np.float64))
        mean = np.repeat(level[:, None], HORIZON, axis=1)
        mean[:25, ::7] += 1
        spread = mean[:, :, None] * np.array([0.4, 0.5, 0.7, 1.0, 1.3, 1.6, 1.8])
        drivers = np.stack([mean - 1, np.full_like(mean, 0.75), np.full_like(mean, 0.25)], axis=2)[:25]
        ids = list(PRODUCTS)[:50]
        blocks.append(ForecastBlock(store_id, ids[:25], mean[:25], spread[:25], drivers))
        blocks.append(ForecastBlock(store_id, ids[25:], mean[25:], spread[25:]))
    return blocks


def sales_history() -> pl.DataFrame:
    days = 120
    grid = pl.DataFrame({"store": [0, 1]}).join(pl.DataFrame({"product": list(range(50))}), how="cross")
    ages = pl.DataFrame({"age": list(range(days))})
    return grid.join(ages, how="cross").select(
        "store",
        "product",
        date=pl.lit(AS_OF) - pl.duration(days="age"),
        units=((pl.col("product") + pl.col("age")) % 7).cast(pl.Float64),
        unit_price=pl.lit(9.9),
        promotion=pl.col("age") % 30 < 5,
        in_stock=pl.when(pl.col("age") % 40 == 0).then(0.5).otherwise(1.0),
    )


def write_what_if(folder: Path, n_products: int, factor: float) -> None:
    """A model without trees, to which price and promotion are nothing, for the first three products of S001."""
    config = DemandConfig()
    mean = MeanModel(config, Vocabulary((), (), (), ()), None)
    (folder / MODEL).mkdir()
    DemandModel(config, mean, Calibration(1.0, Dispersion.default())).save(folder / MODEL)
    rows, target = (np.zeros((HORIZON, size), np.float32) for size in (len(FEATURES), len(TARGET)))
    price = np.full(HORIZON, 10.0, np.float32)
    writer = SheetWriter(folder, n_products)
    for product in range(3):
        units = np.full(HORIZON, factor * (product + 1), np.float32)
        known = (10.0, 8.0, 10.0, 6.0) if product else (float("nan"),) * 4
        planned = rows.copy()
        planned[0, list(FEATURES).index("promotion")] = product == 2
        sheet = Sheet(planned, target, target, units, price if product else price * np.nan, *known)
        writer.add([PlacedSheet(0, product, sheet)])
    writer.close()
    # of the third product the elasticity is known, of the fourth only that of its category
    estimates = {"elasticity": [None, None, -2.0, None], "category_elasticity": [None, None, -1.5, -1.5]}
    estimates |= {"low": [None, None, -3.0, None], "high": [None, None, -1.0, None]}
    estimates |= {"display_lift": [1.0] * 4, "mailer_lift": [1.0] * 4}
    table = pl.DataFrame({"product_id": list(PRODUCTS)[:4], **estimates, "changed_days": [0, 0, 90, 0]})
    ids = pl.DataFrame({"product_id": list(PRODUCTS)})
    gone = {"store_id": "S001", "product_id": "老品", "reason": "delisted", "last_sale": date(2024, 8, 31)}
    write_rows(folder, "left_out", pl.DataFrame([gone | {"sale_days": 90}]))
    write_rows(folder, "elasticities", ids.join(table, on="product_id", how="left", maintain_order="left"))


def write_promotion_days(folder: Path) -> None:
    """A promotion of March in two shops, with a product of its own in the second, and one of a quarter in all."""
    march = (AS_OF + timedelta(days=1), AS_OF + timedelta(days=7))
    quarter = (AS_OF + timedelta(days=10), AS_OF + timedelta(days=100))
    rows = [("spring", "S001", *march, 2, ["P0001", "P0002"]), ("spring", "S002", *march, 2, ["P0002", "P0003"])]
    rows += [("all", None, *quarter, 1, ["P0004"])]  # type: ignore[list-item]
    names = ["promotion_id", "store_id", "begins_on", "ends_on", "products", "product_ids"]
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        mechanic=pl.lit("price"), display=pl.lit(value=True), mailer=pl.lit(value=False)
    )
    write_rows(folder, "promotion_days", frame.select(pl.col(name).cast(kind) for name, kind in PROMOTION_DAYS.items()))


def planned_promotions() -> pl.DataFrame:
    """P0002 in S001 on the forecast's second day; P0003 everywhere on the first."""
    day = AS_OF.toordinal()
    rows = [(0, 1, day + 2, day + 2), (len(STORES), 2, day + 1, day + 1)]
    return pl.DataFrame(rows, schema=["store", "product", "first_day", "last_day"], orient="row")


def ledger() -> pl.DataFrame:
    said = {"mae_lag": 0.25, "bias_lag": 0.1, "score_lag": 0.35, "rows": 3}
    rows = [
        {"scope": "all", "touch": "engine"} | said,
        {"scope": "user", "user": "王芳", "touch": "override"} | said,
    ]
    return pl.DataFrame(rows, schema=COLUMNS)
