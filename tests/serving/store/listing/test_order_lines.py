"""Order lines of all stores: their order, costs, and answers of versions that published no groups."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from retail_brain.settings import ReplenishmentSettings
from retail_brain.workspace import Workspace
from serving.store.answer_set import Answers, map_answers
from serving.store.answers_manifest import read_manifest
from serving.store.listing.order_lines import _purchase_orders, order_lines, with_decisions


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, synthetic: Any) -> Path:
    made: Path = synthetic.publish_synthetic(Workspace(tmp_path_factory.mktemp("listed")), "first")
    return made


def lines_of(answers: Answers) -> pl.DataFrame:
    suggestions = answers.suggestions
    assert suggestions is not None
    lines = order_lines(answers, suggestions, ReplenishmentSettings())
    return with_decisions(lines, answers, suggestions, [], np.ones(len(suggestions), dtype=bool))


def test_the_worst_exceptions_come_first_and_what_has_enough_last(folder: Path) -> None:
    lines = lines_of(map_answers(folder, read_manifest(folder)))
    assert lines["urgency"].is_sorted(descending=True)
    # each is expected to lose one unit of one wanted; P0001 is not ordered
    large = ["loss", "large"]
    assert {row[0]: row[1] for row in lines.select("quantity", "flags").iter_rows()}[39.0] == large
    assert lines.tail(2)["product_id"].to_list() == ["P0001", "P0001"]


def test_a_unit_costs_what_the_plan_counts_and_nothing_costs_nothing(folder: Path) -> None:
    lines = lines_of(map_answers(folder, read_manifest(folder)))
    assert lines["unit_cost"].unique().to_list() == [2.0]
    assert (lines["cost"] == lines["order_cost"]).all()


def test_answers_of_older_versions_have_no_groups_and_costs_only_where_something_is_ordered(
    folder: Path, tmp_path: Path
) -> None:
    older = tmp_path / "older"
    older.mkdir()
    for file in folder.iterdir():
        if not file.name.startswith("line_"):
            (older / file.name).symlink_to(file)
    lines = lines_of(map_answers(older, read_manifest(folder)))
    for name in ("supplier_id", "region", "category", "department"):
        assert lines[name].null_count() == lines.height, name
    unordered = lines.filter(pl.col("order_quantity") == 0)
    assert (unordered["unit_cost"].null_count(), unordered["cost"].to_list()) == (2, [0.0, 0.0])
    assert (lines["cost"] == lines["order_cost"]).all()


def orders(*rows: tuple[str | None, float, float | None, float | None, float | None]) -> pl.DataFrame:
    names = ["purchase_order", "quantity", "cost", "min_order_value", "units_per_truck"]
    lines = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Float64) | {"purchase_order": pl.String}, orient="row")
    return lines.with_columns(is_order=pl.col("quantity") > 0)


TOLD = ("purchase_order_cost", "purchase_order_minimum", "purchase_order_trucks", "is_below_minimum")


def test_a_purchase_order_is_added_up_over_all_shops_and_held_against_the_minimum() -> None:
    """A: 300 + 150 of 500, 30/60 + 30/40 loads. B: 80 of 50. What is not ordered (C) asks for nothing."""
    lines = orders(
        ("A", 30.0, 300.0, 500.0, 60.0),
        ("B", 8.0, 80.0, 50.0, None),
        ("A", 30.0, 150.0, 400.0, 40.0),
        ("C", 0.0, 0.0, 500.0, 60.0),
        (None, 5.0, 1.0, None, None),
    ).with_columns(_purchase_orders(is_whole=True))
    assert lines.select(TOLD).rows() == [
        (450.0, 500.0, 1.25, True),
        (80.0, 50.0, None, False),
        (450.0, 500.0, 1.25, True),
        (0.0, None, 0.0, False),
        (None, None, None, False),
    ]


def test_a_purchase_order_with_an_unknown_cost_is_not_called_too_small() -> None:
    lines = orders(("A", 30.0, 300.0, 500.0, None), ("A", 3.0, None, 500.0, None))
    made = lines.with_columns(_purchase_orders(is_whole=True))
    assert made.select(TOLD).rows() == [(None, 500.0, None, False)] * 2


def test_a_key_of_some_shops_sees_no_whole_purchase_order() -> None:
    made = orders(("A", 30.0, 300.0, 500.0, 60.0)).with_columns(_purchase_orders(is_whole=False))
    assert made.select(TOLD).rows() == [(None, None, None, False)]
