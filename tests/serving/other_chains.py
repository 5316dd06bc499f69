"""Two chains of other shape than the sample's: fashion with sizes and seasons, and fresh goods of a few days.

Run as a script, it writes one as a folder of Parquet files that `retail-brain ingest` takes:

    python tests/serving/other_chains.py fashion|fresh FOLDER
"""

import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

FASHION_DAY, FRESH_DAY = date(2025, 2, 12), date(2025, 6, 18)
"""Last day of each chain: the winter is almost over, and an ordinary Wednesday."""
SIZES = {"S": 0.15, "M": 0.3, "L": 0.3, "XL": 0.15, "XXL": 0.1}


def fashion(shops: int = 5, styles: int = 8) -> dict[str, pl.DataFrame]:
    """Tables of a fashion chain: styles x sizes of winter and summer, one warehouse, prices cut late in a season."""
    rng = np.random.default_rng(11)
    stores, days = [f"F{number}" for number in range(shops)], 760
    goods = [
        {"product_id": f"{style:02}-{size}", "style": style, "share": share, "winter": style % 2 == 0}
        for style in range(styles)
        for size, share in SIZES.items()
    ]
    products = pl.DataFrame(goods).with_columns(
        category=pl.when("winter").then(pl.lit("coats")).otherwise(pl.lit("shirts")),
        list_price=40.0 + 10 * pl.col("style"),
        unit_cost=18.0 + 4.5 * pl.col("style"),
    )
    dates = [FASHION_DAY - timedelta(days=days - 1 - day) for day in range(days)]
    into = np.array([(day - date(day.year if day.month > 2 else day.year - 1, 3, 1)).days for day in dates])
    summer, winter = (into > 60) & (into < 184), into > 245
    late = (summer & (into > 150)) | (into > 335)
    keys = pl.DataFrame({"store_id": stores}).join(products, how="cross")
    level = rng.uniform(0.5, 1.6, keys.height) * keys["share"].to_numpy() * 4
    in_season = np.where(keys["winter"].to_numpy()[:, None], winter[None, :], summer[None, :])
    price = keys["list_price"].to_numpy()[:, None] * np.where(late, 0.7, 1.0)[None, :]
    mean = level[:, None] * np.where(in_season, 1.0, 0.01) * np.where(late, 0.7**-1.8 * 0.5, 1.0)[None, :]
    sales = _sales(keys, dates, rng.poisson(mean), price)
    cover = rng.choice([3.0, 10.0, 45.0], keys.height)
    held = keys.select("store_id", "product_id", on_hand=pl.Series(np.rint(level * cover)))
    central = products.select(
        pl.lit("D").alias("store_id"), "product_id", on_hand=pl.Series(rng.integers(0, 40, len(goods)) * 1.0)
    )
    listing = keys.filter(pl.col("style") % 4 == 1).select(
        "store_id", "product_id", listed_from=pl.lit(dates[0]), listed_until=pl.lit(FASHION_DAY + timedelta(days=17))
    )
    supply = keys.select(
        "store_id", "product_id", lead_time_days=pl.lit(3.0), review_period_days=pl.lit(7.0),
        source_store_id=pl.lit("D"), presentation_stock=pl.when(pl.col("style") == 1).then(1.0),
        return_price=pl.when(pl.col("style") == 2).then(15.0),
    )  # fmt: skip
    own = products.select(
        pl.lit("D").alias("store_id"), "product_id", lead_time_days=pl.lit(20.0), review_period_days=pl.lit(28.0)
    )
    return {
        "daily_sales": sales,
        "products": products.drop("share", "winter", "style"),
        "stores": pl.DataFrame({"store_id": [*stores, "D"]}),
        "inventory": pl.concat([held, central]).with_columns(date=pl.lit(FASHION_DAY)),
        "assortment": listing,
        "supply": pl.concat([supply, own], how="diagonal"),
    }


def fresh(shops: int = 4, goods: int = 24) -> dict[str, pl.DataFrame]:
    """Tables of a fresh chain: goods that last two to seven days, ordered daily in packs, some with agreed levels."""
    rng = np.random.default_rng(12)
    stores, days = [f"N{number}" for number in range(shops)], 300
    number = pl.int_range(pl.len())
    products = pl.DataFrame({"product_id": [f"fresh{place:02}" for place in range(goods)]}).with_columns(
        category=pl.when(number % 2 == 0).then(pl.lit("bakery")).otherwise(pl.lit("dairy")),
        shelf_life_days=(2 + number % 6).cast(pl.Float64),
        list_price=3.0 + 0.5 * number,
        unit_cost=1.9 + 0.32 * number,
    )
    dates = [FRESH_DAY - timedelta(days=days - 1 - day) for day in range(days)]
    weekday = np.array([1.0, 0.9, 0.9, 1.0, 1.2, 1.5, 1.4])[[day.weekday() for day in dates]]
    keys = pl.DataFrame({"store_id": stores}).join(products, how="cross")
    level = rng.gamma(1.2, 3.0, keys.height)
    off = rng.random((goods, days // 7 + 1)) < 0.08
    promoted = np.tile(np.repeat(off, 7, axis=1)[:, :days], (shops, 1))
    price = keys["list_price"].to_numpy()[:, None] * np.where(promoted, 0.8, 1.0)
    mean = level[:, None] * weekday[None, :] * np.where(promoted, 0.8**-2.2, 1.0)
    sales = _sales(keys, dates, rng.poisson(mean), price)
    held = keys.select(
        "store_id", "product_id", on_hand=pl.Series(np.rint(level * rng.choice([0.5, 2.0, 9.0], keys.height)))
    )
    place = pl.int_range(pl.len())
    supply = keys.select(
        "store_id", "product_id", lead_time_days=pl.lit(1.0), review_period_days=pl.lit(1.0),
        case_pack=pl.when(place % 3 == 0).then(6.0).otherwise(1.0),
        service_level=pl.when(place % 5 == 0).then(0.97), return_price=pl.when(place % 7 == 0).then(1.0),
    )  # fmt: skip
    return {
        "daily_sales": sales,
        "products": products,
        "stores": pl.DataFrame({"store_id": stores}),
        "inventory": held.with_columns(date=pl.lit(FRESH_DAY)),
        "supply": supply,
    }


def _sales(keys: pl.DataFrame, dates: list[date], units: np.ndarray, price: np.ndarray) -> pl.DataFrame:
    """One row per series and day with a sale."""
    row, day = np.nonzero(units)
    return (
        keys[row]
        .select("store_id", "product_id")
        .with_columns(
            date=pl.Series(dates)[day.tolist()],
            units=pl.Series(units[row, day].astype(np.float64)),
            unit_price=pl.Series(np.round(price[row, day], 2)),
        )
    )


def main() -> None:
    """Writes a chain."""
    made = {"fashion": fashion, "fresh": fresh}[sys.argv[1]]()
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True)
    for name, table in made.items():
        table.write_parquet(folder / f"{name}.parquet")


if __name__ == "__main__":
    main()
