"""What lists are grouped by is published: category and region as described, supplier and the plan's cost of a unit."""

from pathlib import Path

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.settings import ReplenishmentSettings
from serving.store.publishing.line_facts import publish_line_facts, publish_line_supply
from serving.store.rows import map_rows


def test_goods_and_stores_are_published_with_their_groups(tmp_path: Path) -> None:
    tables = {
        "products": pl.DataFrame({"product_id": ["tea", "milk"], "category": ["drinks", None], "brand": ["b", "b"]}),
        "stores": pl.DataFrame({"store_id": ["S1"], "region": ["north"], "latitude": [30.2], "longitude": [120.1]}),
    }
    publish_line_facts(tmp_path, Dataset.from_frames(tables))
    goods = map_rows(tmp_path, "line_products").sort("product_id")
    assert goods.rows() == [("milk", None, None), ("tea", None, "drinks")]
    assert map_rows(tmp_path, "line_stores").rows() == [("S1", "north", 30.2, 120.1)]


def test_suppliers_and_guides_are_published_with_their_names_those_without_are_left_out(tmp_path: Path) -> None:
    tables = {
        "suppliers": pl.DataFrame({"supplier_id": ["V1", "V2", "V3"], "name": ["江澜商贸", None, " "]}),
        "guides": pl.DataFrame({"guide_id": ["G1"], "name": ["王芳"]}),
    }
    publish_line_facts(tmp_path, Dataset.from_frames(tables))
    assert map_rows(tmp_path, "supplier_names").rows() == [("V1", "江澜商贸")]
    assert map_rows(tmp_path, "guide_names").rows() == [("G1", "王芳")]


def test_a_chain_without_descriptions_publishes_empty_tables(tmp_path: Path) -> None:
    publish_line_facts(tmp_path, Dataset.from_frames({}))
    assert map_rows(tmp_path, "line_products").columns == ["product_id", "department", "category"]
    assert map_rows(tmp_path, "line_stores").height == 0
    assert [map_rows(tmp_path, name).height for name in ("supplier_names", "guide_names")] == [0, 0]


def test_a_unit_costs_what_the_plan_counts_in(tmp_path: Path) -> None:
    supply = pl.DataFrame(
        {"store_id": ["S1"], "product_id": ["tea"], "supplier_id": ["V1"], "lead_time_days": [2.0]}
        | {"review_period_days": [7.0]}
    )
    keys = {"store_id": ["S1"] * 3, "product_id": ["milk", "tea", "salt"]}
    terms = pl.DataFrame(keys | {"unit_cost": [None, 3.0, None], "unit_price": [10.0, 5.0, None]})
    settings = ReplenishmentSettings(assumed_margin_share=0.4)
    publish_line_supply(tmp_path, Dataset.from_frames({"supply": supply}), terms, pl.DataFrame(keys), settings)
    written = map_rows(tmp_path, "line_supply")
    assert written["supplier_id"].to_list() == [None, "V1", None]
    assert written["unit_cost"].to_list() == [pytest.approx(10 * 0.6), 3.0, None]
    assert written["cost_basis"].to_list() == ["price", "recorded", None]
