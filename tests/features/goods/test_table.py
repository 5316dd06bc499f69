from datetime import date, datetime, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features.goods.options import GOODS_FEATURES, GOODS_RECORDS, SERIES_FEATURES, GoodsOptions
from features.goods.series import series_features
from features.goods.table import goods_features

AS_OF = date(2025, 6, 30)


def records(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame(
        [{"product_id": "P", "record": "line", "store_id": "S", **row} for row in rows], schema=dict(GOODS_RECORDS)
    )


def line(days_ago: int, units: float = 1.0, price: float = 10.0, **row) -> dict:
    return {"at": datetime(2025, 6, 30, 12) - timedelta(days=days_ago), "units": units, "unit_price": price, **row}


def goods(frame: pl.DataFrame, **options) -> dict:
    return goods_features(frame.lazy(), AS_OF, GoodsOptions(**options)).collect().row(0, named=True)


def trade(seed: int = 2, lines: int = 2000) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    start = datetime(2024, 9, 1)
    rows = pl.DataFrame(
        {
            "product_id": rng.choice(["牛奶", "茶", "P3", "P4"], lines, p=[0.5, 0.3, 0.19, 0.01]),
            "record": ["line"] * lines,
            "at": [start + timedelta(hours=int(h)) for h in rng.integers(0, 330 * 24, lines)],
            "store_id": rng.choice(["S1", "S2"], lines),
            "person_id": [f"c{i}" if i < 30 else None for i in rng.integers(0, 40, lines)],
            "channel": rng.choice(["store", "pickup"], lines),
            "units": rng.choice([-1.0, 1.0, 2.0], lines),
            "unit_price": rng.choice([4.0, 5.0], lines),
            "discount": rng.choice([0.0, 1.0], lines),
        },
        schema_overrides={"at": pl.Datetime("us")},
    )
    return pl.concat([pl.DataFrame(schema=dict(GOODS_RECORDS)), rows], how="diagonal")


SQL = """
with lines as (select *, cast("at" as date) as day from rows where cast("at" as date) <= date '2025-06-30'),
days as (select product_id, day, sum(units) as units, coalesce(sum(units) filter (units > 0), 0) as sold
    from lines group by 1, 2),
visits as (select distinct product_id, person_id, day from lines where units > 0 and person_id is not null),
gaps as (select product_id, person_id, day - lag(day) over (partition by product_id, person_id order by day) as gap
    from visits),
buyers as (select product_id, person_id, count(gap) as again from gaps group by 1, 2),
repeats as (select product_id, avg(case when again > 0 then 1.0 else 0.0 end) as repeat_rate from buyers group by 1),
cycles as (select product_id, median(gap) as repurchase_days from gaps group by 1),
demand as (select product_id, count(*) filter (sold > 0) as sale_days,
    (date '2025-06-30' - min(day) + 1) as age,
    pow(stddev_samp(sold) filter (sold > 0) / avg(sold) filter (sold > 0), 2) as cv2,
    coalesce(sum(units) filter (day > date '2025-06-30' - 28), 0) as units_28d,
    coalesce(sum(units) filter (day > date '2025-06-30' - 91), 0) as units_91d from days group by 1),
sales as (select product_id, -sum(units) filter (units < 0) / sum(units) filter (units > 0) as returns_share,
    coalesce(sum(units) filter (units > 0 and channel <> 'store'), 0) / sum(units) filter (units > 0) as remote_share,
    count(distinct person_id) filter (units > 0 and day > date '2025-06-30' - 365) as buyers_365d,
    count(distinct store_id) filter (units > 0 and day > date '2025-06-30' - 91) as stores from lines group by 1)
select product_id, stores, sale_days, 1 - sale_days / age as zero_share, age / sale_days as adi, cv2,
    units_28d, units_91d,
    units_28d / 28.0 as units_per_day_28d, buyers_365d, buyers_365d / 50.0 as penetration, repeat_rate, repurchase_days,
    remote_share, returns_share
from demand join sales using (product_id) join repeats using (product_id) join cycles using (product_id) order by 1
"""


def test_demand_people_and_returns_are_what_sql_says():
    rows = trade()
    with duckdb.connect() as connection:
        connection.register("rows", rows.to_arrow())
        expected = connection.sql(SQL).pl()
    found = goods_features(rows.lazy(), AS_OF, GoodsOptions(buyers_365d=50)).collect()
    assert_frame_equal(found.select(expected.columns), expected, check_dtypes=False)


def test_the_classes_of_demand_are_cut_at_the_published_limits():
    daily = records(*(line(n) for n in range(60)))
    weekly = records(*(line(n * 7) for n in range(9)))
    uneven = records(*(line(n * 7, units=20.0 if n == 0 else 1.0) for n in range(9)))
    assert [goods(frame)["demand_class"] for frame in (daily, weekly, uneven)] == ["smooth", "intermittent", "lumpy"]
    assert goods(weekly, period_days=7)["demand_class"] == "smooth"


def test_uplift_compares_promoted_days_with_the_series_own_pace():
    # 40 days of one unit a day, the ten promoted ones sell three.
    rows = [line(n, units=3.0 if 10 <= n < 20 else 1.0) for n in range(40)]
    promotion = {"record": "promotion", "valid_from": date(2025, 6, 11), "valid_to": date(2025, 6, 21)}
    row = goods(records(*rows, promotion), has_promotions=True)
    assert (row["promoted_days"], row["promotion_uplift"]) == (10, pytest.approx(2.0))
    assert row["promotion_share"] == pytest.approx(30 / 60)
    none = goods(records(*rows), has_promotions=True)
    assert (none["promoted_days"], none["promotion_share"], none["promotion_uplift"]) == (0, 0.0, None)


def test_without_a_promotions_table_reduced_prices_show_the_promotion():
    rows = [line(n, units=4.0, price=8.0, discount=2.0) if n < 10 else line(n, units=2.0) for n in range(30)]
    row = goods(records(*rows))
    assert (row["promoted_days"], row["promotion_uplift"]) == (10, pytest.approx(1.0))


def test_stock_price_margin_and_age_by_hand():
    stock = [
        {"record": "stock", "store_id": s, "at": datetime(2025, 6, 30) - timedelta(days=d), "on_hand": x}
        for s, d, x in (("S", 0, 12.0), ("S", 1, 0.0), ("T", 0, 16.0), ("T", 3, 5.0), ("T", 400, 0.0))
    ]
    product = {"record": "product", "store_id": None, "unit_cost": 6.0, "reference_price": 12.0, "category_price": 8.0}
    sold = [line(n, units=2.0, price=8.0) for n in range(28)]
    row = goods(records(product, *stock, *sold))
    assert (row["on_hand"], row["stockout_share"], row["cover_days"]) == (28.0, 0.25, 14.0)
    assert (row["price_mean"], row["price_last"], row["price_index"], row["margin_share"]) == (8.0, 8.0, 1.5, 0.25)
    assert (row["age_days"], row["launched_on"]) == (27, date(2025, 6, 3))


def test_a_product_never_sold_has_zero_sales_and_unknown_prices():
    row = goods(records({"record": "product", "store_id": None, "launched_on": date(2025, 6, 1), "abc": "C"}))
    assert (row["units_28d"], row["sale_days"], row["price_mean"], row["demand_class"]) == (0.0, 0, None, None)
    assert (row["age_days"], row["stores"]) == (29, 0)


def test_daily_sales_say_what_was_sold_and_on_the_shelf():
    days = [
        {
            "record": "day",
            "at": datetime(2025, 6, 30) - timedelta(days=n),
            "units": 2.0,
            "unit_price": 3.0,
            "in_stock": 0.5,
        }
        for n in range(14)
    ]
    row = goods(records(*days), has_daily_sales=True)
    assert (row["units_28d"], row["units_per_day_28d"], row["stockout_share"]) == (28.0, 2.0, 0.5)
    assert (row["penetration"], row["repeat_rate"]) == (None, None)


def test_series_add_up_to_their_product():
    rows = trade()
    series = series_features(rows.lazy(), AS_OF, GoodsOptions()).collect()
    whole = goods_features(rows.lazy(), AS_OF, GoodsOptions()).collect()
    sums = series.group_by("product_id").agg(pl.col("units_28d", "units_91d").sum()).sort("product_id")
    assert_frame_equal(sums, whole.select(sums.columns))
    assert series.columns == [
        "store_id",
        "product_id",
        "as_of",
        *(n for group in SERIES_FEATURES.values() for n in group),
    ]


@pytest.mark.parametrize("function", [goods_features, series_features])
def test_later_rows_and_row_order_change_nothing(function):
    rows = trade()
    promotions = pl.DataFrame(
        {
            "product_id": ["茶", "茶", "未来"],
            "record": "promotion",
            "valid_from": [date(2025, 6, 1), AS_OF + timedelta(days=1), AS_OF + timedelta(days=5)],
            "valid_to": [date(2025, 7, 20), date(2025, 9, 1), date(2025, 9, 1)],
        }
    )
    options = GoodsOptions(has_promotions=True)
    past = pl.concat([rows.filter(pl.col("at").dt.date() <= AS_OF), promotions[:1]], how="diagonal")
    whole = pl.concat([rows, promotions], how="diagonal").sample(fraction=1.0, shuffle=True, seed=1)
    before = whole.clone()
    found = function(whole.lazy(), AS_OF, options).collect()
    assert whole.height > past.height + 50
    assert_frame_equal(found, function(past.lazy(), AS_OF, options).collect())
    assert_frame_equal(whole, before)


def test_every_named_feature_is_there():
    names = ["product_id", "as_of", *(name for group in GOODS_FEATURES.values() for name in group)]
    empty = goods_features(pl.LazyFrame(schema=dict(GOODS_RECORDS)), AS_OF, GoodsOptions()).collect()
    assert (empty.columns, empty.height) == (names, 0)
