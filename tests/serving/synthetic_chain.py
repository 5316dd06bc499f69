"""The shops, goods and people of the synthetic answers: names, places, stock, attributes."""

from datetime import date

import polars as pl

from retail_brain.decisions.offer_rule_definition import ATTRIBUTES
from retail_brain.decisions.offer_rules import Goods

AS_OF = date(2025, 2, 28)
QUANTILES = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
GROUPS = ["level", "weekday", "price"]
HORIZON = 28
STORES = {"S001": "西湖店", "S002": "Grand-Place", "S003": "网店"}
PRODUCTS = {
    f"P{number:04d}": f"{name}{number}" for number in range(1, 61) for name in [["牛奶", "面包", "苹果"][number % 3]]
}
CUSTOMERS = [f"C{number:05d}" for number in range(1, 201)]


def catalog(names: dict[str, str], detail: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": list(names),
            "name": list(names.values()),
            "detail": detail,
            "weight": [-float(row) for row in range(len(names))],
        }
    )


def goods_attributes() -> Goods:
    """P0057 is for adults; products by tens are of one category, each of its own subcategory."""
    ids = list(PRODUCTS)
    columns: dict[str, list[str | None]] = dict.fromkeys(ATTRIBUTES, [None] * len(ids))
    columns |= {"category": [f"类{row // 10}" for row in range(len(ids))], "subcategory": ids}
    columns["adult"] = ["yes" if product == "P0057" else None for product in ids]
    return Goods.of(ids, columns)


def shop_places() -> pl.DataFrame:
    """S001 and S002 lie apart and ship nothing; S003, the web shop, has nothing."""
    return pl.DataFrame(
        {
            "is_online": [False, False, True],
            "daily_fulfilment_capacity": [None, None, 10.0],
            "latitude": [30.2, 50.8, None],
            "longitude": [120.1, 4.3, None],
            "region": ["杭州", "Bruxelles", None],
            "sells": [True] * 3,
        }
    )


def stock_now() -> pl.DataFrame:
    rows = [(store, product, 0.0 if product % 10 == 9 else 5.0) for store in (0, 1) for product in range(60)]
    return pl.DataFrame(rows, schema={"store": pl.Int64, "product": pl.Int64, "on_hand": pl.Float64}, orient="row")


def goods_values() -> pl.DataFrame:
    return pl.DataFrame({"product": list(range(60)), "product_id": list(PRODUCTS), "value": 2.0})
