"""The panel: zeros inside the listed period only, plans spread over their periods, sums over windows."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from features.demand.demand_panel import DemandPanel
from features.demand.history import DemandHistory, read_history
from features.demand.panel import build_panel, panels
from retail_brain.dataset import Dataset
from retail_brain.settings import DemandSettings, Settings

DAY = date(2025, 3, 1)


def _day(number: int) -> date:
    return DAY + timedelta(days=number)


def _sales(*rows: tuple[str, str, int, float]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"store_id": store, "product_id": product, "date": _day(day), "units": units}
            for store, product, day, units in rows
        ]
    )


def _read(tables: dict[str, pl.DataFrame], last: int, horizon: int = 3, **demand: Any) -> DemandHistory:
    dataset = Dataset.from_frames(tables).at(_day(last))
    return read_history(dataset, Settings(demand=DemandSettings(**demand)), horizon)


def _panel(tables: dict[str, pl.DataFrame], last: int, horizon: int = 3) -> DemandPanel:
    history = _read(tables, last, horizon)
    return build_panel(history, 0, history.series.height)


def test_the_assortment_says_when_zeros_count() -> None:
    listed = {"store_id": ["S"], "product_id": ["P"], "listed_from": [_day(2)], "listed_until": [_day(7)]}
    sales = _sales(("S", "A", 0, 1), ("S", "P", 4, 2), ("S", "A", 9, 1))
    panel = _panel({"daily_sales": sales, "assortment": pl.DataFrame(listed)}, 9)
    assert panel.series["product_id"].to_list() == ["A", "P"]
    assert np.flatnonzero(panel.weight[1]).tolist() == [2, 3, 4, 5, 6]
    assert panel.sold[1].tolist() == [0, 0, 0, 0, 2, 0, 0, 0, 0, 0]
    assert not panel.listed[1, 10:].any()


def test_a_store_that_opened_later_lists_nothing_before() -> None:
    rows = [("S", "P", day, 1.0) for day in range(60)] + [("T", "P", day, 1.0) for day in range(50, 60)]
    listed = pl.DataFrame({"store_id": ["S", "T", "T"], "product_id": ["P", "P", "Q"], "listed_from": [_day(0)] * 3})
    listed = listed.with_columns(pl.lit(None, dtype=pl.Date).alias("listed_until"))
    history = _read({"daily_sales": _sales(*rows), "assortment": listed}, 59, min_sale_days=2)
    every = pl.concat([history.series, history.rare], how="diagonal_relaxed")
    begins = {(row["store_id"], row["product_id"]): row["begin"] for row in every.iter_rows(named=True)}
    assert begins == {("S", "P"): 0, ("T", "P"): 50, ("T", "Q"): 50}


def test_a_list_that_ended_before_its_store_opened_is_none() -> None:
    rows = [("S", "P", day, 1.0) for day in range(60)] + [("T", "P", day, 1.0) for day in range(50, 60)]
    listed = {"store_id": ["T"], "product_id": ["Q"], "listed_from": [_day(0)], "listed_until": [_day(20)]}
    history = _read({"daily_sales": _sales(*rows), "assortment": pl.DataFrame(listed)}, 59)
    every = pl.concat([history.series, history.rare], how="diagonal_relaxed")
    assert every.filter(product_id="Q").is_empty()


def test_a_store_that_opens_with_the_data_keeps_its_list() -> None:
    listed = pl.DataFrame({"store_id": ["T"], "product_id": ["P"], "listed_from": [_day(0)]})
    listed = listed.with_columns(pl.lit(None, dtype=pl.Date).alias("listed_until"))
    rows = [("S", "P", day, 1.0) for day in range(60)] + [("T", "P", day, 1.0) for day in range(20, 60)]
    history = _read({"daily_sales": _sales(*rows), "assortment": listed}, 59)
    assert history.series.filter(store_id="T")["begin"].item() == 0


def test_without_an_assortment_a_series_is_listed_from_its_first_sale_to_a_grace_after_its_last() -> None:
    sales = _sales(("S", "A", 0, 1), ("S", "P", 20, 1), ("S", "P", 22, 1), ("S", "A", 70, 1))
    panel = _panel({"daily_sales": sales}, 70)
    weight = panel.weight[1]
    assert np.flatnonzero(panel.listed[1])[[0, -1]].tolist() == [20, 22 + 28]
    assert weight[20] == 0, "the sale that started the listing is there by construction"
    assert weight[21:51].all()


def test_returns_do_not_make_demand_negative() -> None:
    panel = _panel({"daily_sales": _sales(("S", "P", 0, 1), ("S", "P", 1, -2), ("S", "P", 2, 3))}, 2)
    assert panel.sold.tolist() == [[1, 0, 3]]


def test_a_price_of_the_store_goes_before_that_of_the_chain_and_a_lower_promotion_before_both() -> None:
    sales = _sales(("S", "P", 0, 1), ("T", "P", 0, 1), ("S", "P", 5, 1), ("T", "P", 5, 1))
    prices = pl.DataFrame(
        {
            "store_id": ["S", None, None],
            "product_id": ["P"] * 3,
            "valid_from": [_day(0), _day(0), _day(4)],
            "valid_to": [None, _day(4), None],
            "unit_price": [9.0, 10.0, 12.0],
        }
    )
    promotions = pl.DataFrame(
        {
            "promotion_id": ["A"],
            "store_id": [None],
            "product_id": ["P"],
            "valid_from": [_day(5)],
            "valid_to": [_day(7)],
            "unit_price": [8.0],
            "display": ["0"],
            "mailer": ["front"],
        },
        schema_overrides={"store_id": pl.String},
    )
    panel = _panel({"daily_sales": sales, "prices": prices, "promotions": promotions}, 5)
    assert panel.price[0].tolist() == [9, 9, 9, 9, 9, 8, 8, 9, 9]
    assert panel.price[1].tolist() == [10, 10, 10, 10, 12, 8, 8, 12, 12]
    assert panel.promotion[0].tolist() == [False] * 5 + [True, True, False, False]
    assert not panel.display.any()
    assert panel.mailer[1].tolist() == panel.promotion[1].tolist()
    assert panel.promotion_age[0, 5:7].tolist() == [0, 1]


def test_end_of_day_stock_of_nil_marks_the_day() -> None:
    sales = _sales(*(("S", "P", day, 2.0) for day in range(10) if day not in (5, 6)))
    inventory = pl.DataFrame(
        {
            "date": [_day(4), _day(5), _day(6)],
            "store_id": ["S"] * 3,
            "product_id": ["P"] * 3,
            "on_hand": [0.0, 0.0, 5.0],
        }
    )
    panel = _panel({"daily_sales": sales, "inventory": inventory}, 9)
    assert panel.lost[0].tolist() == [False] * 4 + [True, True] + [False] * 4
    assert panel.weight[0].tolist() == [1, 1, 1, 1, 1, 0, 1, 1, 1, 1]


def test_series_with_few_days_of_sale_stay_outside_the_panel() -> None:
    sales = _sales(("S", "A", 0, 1), ("S", "A", 1, 1), ("S", "B", 0, 1))
    history = _read({"daily_sales": sales}, 1, min_sale_days=2)
    assert history.series["product_id"].to_list() == ["A"]
    assert history.rare["product_id"].to_list() == ["B"]
    assert _read({"daily_sales": sales}, 1, panel_series=1).series["product_id"].to_list() == ["A"]


def test_panels_hold_whole_stores_and_cover_every_series_once(
    small_chain: Callable[..., Any], dataset_of: Callable[..., Dataset]
) -> None:
    history = read_history(dataset_of(small_chain()), Settings(), 7)
    found = list(panels(history, chunk_cells=10))
    assert [panel.series["store_id"].unique().to_list() for panel in found] == [["S0"], ["S1"]]
    assert [s for panel in found for s in panel.series["s"]] == list(range(history.series.height))
    whole = build_panel(history, 0, history.series.height)
    assert np.array_equal(np.concatenate([panel.demand for panel in found]), whole.demand)
