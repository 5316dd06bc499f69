from datetime import date, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features.place.clusters import assign_clusters
from features.place.table import LINE_DAYS, PLACE_FEATURES, PLACE_RECORDS, PlaceOptions, line_totals, place_features
from features.windows import within

AS_OF = date(2025, 6, 30)


def records(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame([{"store_id": "店1", "record": "line", **row} for row in rows], schema=dict(PLACE_RECORDS))


def line(days_ago: int, hour: int = 10, **row) -> dict:
    at = datetime(2025, 6, 30) - timedelta(days=days_ago) + timedelta(hours=hour, minutes=1)
    return {
        "at": at,
        "transaction_id": f"{days_ago}-{hour}",
        "product_id": "P",
        "units": 1.0,
        "unit_price": 10.0,
        **row,
    }


def place(frame: pl.DataFrame, **options) -> dict:
    return place_features(frame.lazy(), AS_OF, PlaceOptions(**options)).collect().row(0, named=True)


def test_sales_baskets_and_people_by_hand():
    rows = records(
        line(0, person_id="a", stage="old_friend", is_home=True, units=2.0, category="茶"),
        line(0, person_id="a", stage="old_friend", is_home=True, product_id="Q", category="酒"),
        line(0, hour=18, category="茶"),
        line(27, person_id="a", stage="old_friend", is_home=True, category="茶"),
        line(28, person_id="b", stage="friend", is_home=False, category="茶"),
        line(1, hour=9, person_id="b", units=-1.0),
    )
    row = place(rows)
    assert (row["revenue_28d"], row["revenue_91d"], row["baskets_28d"]) == (40.0, 50.0, 3)
    assert (row["basket_value"], row["basket_units"], row["open_days_28d"]) == (
        pytest.approx(50 / 3),
        pytest.approx(5 / 3),
        2,
    )
    assert (row["customers_91d"], row["member_share"], row["repeat_share"]) == (2, 0.75, 0.5)
    assert (row["old_friend_share"], row["friend_share"], row["home_share"]) == (0.8, 0.2, 0.8)
    assert row["top_categories"] == ["茶", "酒"]
    assert row["top_category_shares"] == pytest.approx([5 / 6, 1 / 6])


def test_peaks_come_from_visits_where_there_are_any():
    visits = [
        {"record": "event", "event_type": "visit", "at": datetime(2025, 6, 28, hour)} | {"product_id": None}
        for hour, count in ((8, 3), (12, 2), (19, 4), (15, 1))
        for _ in range(count)
    ]
    visits = [visit | {"at": visit["at"] + timedelta(minutes=5)} for visit in visits]
    paid = [line(2, hour=21)]
    row = place(records(*visits, *paid))
    assert row["peak_hours"] == [8, 12, 19]
    assert sum(row["hour_shares"]) == pytest.approx(1.0)
    assert (row["peak_weekday"], row["visits_28d"], row["conversion"], row["traffic"]) == (6, 10, 0.1, "counted")
    assert place(records(*paid))["peak_hours"] == [21]


def test_there_is_no_conversion_where_traffic_is_not_fully_counted():
    visit = {"record": "event", "event_type": "visit", "at": datetime(2025, 6, 28, 9), "product_id": None}
    paid = [{**line(day), "transaction_id": f"t{day}"} for day in (1, 2, 3)]
    few, none = place(records(visit, visit, *paid)), place(records(*paid))
    assert (few["conversion"], few["traffic"], few["visits_28d"]) == (None, "partial", 2)
    assert (none["conversion"], none["traffic"]) == (None, "none")


def test_receipts_without_a_time_have_no_hours_but_a_week():
    row = place(records({**line(0), "at": datetime(2025, 6, 30)}))
    assert (row["hour_shares"], row["peak_hours"], row["peak_weekday"]) == (None, None, 1)


def test_fulfilment_load_is_orders_a_day_over_capacity():
    orders = [line(d, hour=h, channel="pickup") for d in range(14) for h in (9, 10, 11)]
    store = {"record": "store", "capacity": 2.0, "region": "杭州", "is_online": False}
    row = place(records(store, *orders, line(0, hour=12, channel="store")))
    assert (row["orders_per_day"], row["orders_peak_day"], row["capacity"]) == (1.5, 3.0, 2.0)
    assert (row["load"], row["overload_share"], row["region"]) == (0.75, 0.5, "杭州")
    assert row["pickup_share"] == pytest.approx(42 / 43)


def test_stock_cover_and_stockouts():
    stock = [
        {"record": "stock", "product_id": p, "at": datetime(2025, 6, 30) - timedelta(days=d), "on_hand": x}
        for p, d, x in (("P", 0, 7.0), ("P", 1, 0.0), ("Q", 0, 7.0), ("Q", 1, 1.0), ("R", 90, 50.0))
    ]
    row = place(records(*stock, *(line(d) for d in range(28))))
    assert (row["on_hand"], row["stockout_share"], row["cover_days"]) == (14.0, 0.25, 14.0)


def test_without_receipts_baskets_and_customers_are_unknown():
    days = [line(d) | {"transaction_id": None, "at": datetime(2025, 6, 30) - timedelta(days=d)} for d in range(5)]
    row = place(records(*days), has_receipts=False)
    assert (row["revenue_28d"], row["baskets_28d"], row["basket_value"], row["member_share"]) == (
        50.0,
        None,
        None,
        None,
    )


def test_a_warehouse_that_sells_nothing_has_a_row():
    row = place(records({"record": "store", "format": "配送中心"}))
    assert (row["format"], row["revenue_91d"], row["baskets_28d"]) == ("配送中心", 0.0, None)


def chain() -> pl.DataFrame:
    rows = []
    for shop in range(8):
        early = shop < 4
        for n in range(120):
            category = ("茶", "酒")[(n + (not early)) % 4 == 0]
            rows.append(line(n - 10, hour=(8 if early else 19) + n % 3, category=category, store_id=f"S{shop}"))
    return records(*rows)


def test_shops_that_sell_alike_at_like_times_are_one_group():
    found = assign_clusters(place_features(chain().lazy(), AS_OF, PlaceOptions()).collect())
    groups = dict(found.select("store_id", "cluster").iter_rows())
    assert {groups[f"S{shop}"] for shop in range(4)} | {groups[f"S{shop}"] for shop in range(4, 8)} == {1, 2}
    assert len({groups[f"S{shop}"] for shop in range(4)}) == 1
    shuffled = assign_clusters(
        place_features(chain().lazy(), AS_OF, PlaceOptions()).collect().sample(fraction=1, shuffle=True)
    )
    assert dict(shuffled.select("store_id", "cluster").iter_rows()) == groups


def test_three_shops_are_not_grouped():
    few = place_features(chain().filter(pl.col("store_id") < "S3").lazy(), AS_OF, PlaceOptions()).collect()
    assert assign_clusters(few)["cluster"].to_list() == [None] * 3


def test_later_rows_and_row_order_change_nothing():
    rows = chain()
    past = rows.filter(pl.col("at").dt.date() <= AS_OF)
    assert past.height < rows.height
    mixed = rows.sample(fraction=1.0, shuffle=True, seed=4)
    before = mixed.clone()
    found = place_features(mixed.lazy(), AS_OF, PlaceOptions()).collect()
    assert_frame_equal(found, place_features(past.lazy(), AS_OF, PlaceOptions()).collect())
    assert_frame_equal(mixed, before)
    assert found.columns == [
        *("store_id", "as_of"),
        *(name for group, names in PLACE_FEATURES.items() if group != "group" for name in names),
    ]


def test_with_totals_only_the_lines_of_the_windows_are_needed():
    rows = chain()
    lines = rows.filter(pl.col("record") == "line")
    old = lines.head(3).with_columns(at=pl.lit(AS_OF - timedelta(days=200)).cast(pl.Datetime("us")))
    closed = old.with_columns(store_id=pl.lit("closed"))
    whole = pl.concat([rows, old, closed]).lazy()
    totals = line_totals(whole.filter(pl.col("record") == "line"), AS_OF)
    is_old = (pl.col("record") == "line") & ~within("at", AS_OF, LINE_DAYS)
    known = pl.LazyFrame({"store_id": ["closed"], "record": ["store"]})
    few = pl.concat([whole.filter(~is_old.fill_null(value=False)), known], how="diagonal")
    expected = place_features(whole, AS_OF, PlaceOptions()).collect()
    assert expected.filter(pl.col("store_id") == "closed")["opened_on"].item() == AS_OF - timedelta(days=200)
    assert_frame_equal(place_features(few, AS_OF, PlaceOptions(), totals).collect(), expected)
