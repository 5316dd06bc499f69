"""Goods that will be left over, from the chain's plan to the price that clears them; money of every way out."""

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.decisions.clearance import ACTIONS
from retail_brain.decisions.excess_stock import LEFTOVERS, advised
from retail_brain.decisions.transfers import StockValues
from retail_brain.outputs import DemandPaths
from retail_brain.settings import NetworkSettings, Settings
from serving.planning.stock.chain_plan import ChainPlan
from serving.planning.stock.clearing import relieved

AS_OF = date(2025, 2, 28)
END = date(2025, 3, 10)
ELASTIC = pl.DataFrame({"product_id": ["P"], "elasticity": [-2.5], "low": [-2.5]})


class Known:
    """Price estimates that are known beforehand."""

    def __init__(self, table: pl.DataFrame) -> None:
        self._table = table

    def table(self) -> pl.DataFrame:
        return self._table


def chain(
    stock: dict[str, float], *, rate: float = 1.0, network: NetworkSettings | None = None, prices=ELASTIC, pays=None
) -> ChainPlan:
    """Shops that sell `rate` a day of P until its listing ends; at 10 a unit, bought for 6."""
    shops = list(stock)
    keys = pl.DataFrame({"store_id": shops, "product_id": "P"})
    sales = keys.with_columns(date=pl.lit(AS_OF), units=pl.lit(1.0), unit_price=pl.lit(10.0))
    supply = keys.with_columns(
        lead_time_days=pl.lit(2.0), review_period_days=pl.lit(7.0), unit_cost=pl.lit(6.0),
        return_price=pl.lit(pays, dtype=pl.Float64),
    )  # fmt: skip
    held = keys.with_columns(date=pl.lit(AS_OF), on_hand=pl.Series([float(units) for units in stock.values()]))
    listing = keys.with_columns(listed_from=pl.lit(date(2024, 1, 1)), listed_until=pl.lit(END + timedelta(days=1)))
    tables = {"daily_sales": sales, "supply": supply, "inventory": held, "assortment": listing}
    settings = Settings(network=network or NetworkSettings(markdown_change_cost=0))
    found = replace(ChainPlan.read(Dataset.from_frames(tables).at(AS_OF), settings), prices=Known(prices))
    days = pl.date_range(AS_OF + timedelta(days=1), AS_OF + timedelta(days=28), eager=True)
    for shop in shops:
        ids = pl.DataFrame({"store_id": [shop], "product_id": ["P"]})
        found.add(DemandPaths(ids, days, np.full((1, 4, 28), rate, dtype=np.float32)))
    return found


def test_of_what_will_be_left_the_price_is_lowered_as_far_as_it_earns():
    # Ten days of one unit: 30 of 40 would be left. Half price sells 10 * .5^-2.5 = 56.6 in ten days: all 40, at 5.
    row = chain({"A": 40}).settled().leftovers.row(0, named=True)
    assert (row["left_over_units"], row["action"], row["sell_by"]) == (30, "markdown", END)
    path = json.loads(row["price_path"])
    assert (path[-1]["discount"], path[-1]["price"]) == (0.5, 5.0)
    assert row["markdown_units"] == pytest.approx(30, abs=0.2)
    # One change on the third day sells 2 at 10, then the other 38 at 5; two changes do no worse.
    assert row["markdown_value"] >= 40 * 5 - 10 * 10
    assert row["markdown_units_low"] == row["markdown_units_high"] == pytest.approx(row["markdown_units"])


@pytest.mark.parametrize(
    ("prices", "network", "path"),
    [
        (ELASTIC.clear(), None, None),
        (ELASTIC.with_columns(elasticity=-0.5, low=-0.5), None, "[]"),
        (ELASTIC, NetworkSettings(markdown_steps=()), "[]"),
        (ELASTIC, NetworkSettings(markdown_changes=0), "[]"),
        (ELASTIC, NetworkSettings(markdown_change_cost=1e6), "[]"),
    ],
)
def test_without_elasticity_steps_or_gain_the_price_stays_and_the_reason_says_why(prices, network, path):
    row = chain({"A": 40}, prices=prices, network=network).settled().leftovers.row(0, named=True)
    assert (row["price_path"], row["action"]) == (path, "keep")
    known = ("No markdown pays", "降价不划算"), ("is not known", "降价的效果未知")
    said = known[path is None]
    assert said[0] in row["reason"]
    assert said[1] in row["reason_zh"]


def test_a_price_response_that_nothing_in_the_data_shows_is_said_to_be_assumed():
    flat = ELASTIC.with_columns(elasticity=-0.5, low=-0.5)
    others = pl.DataFrame({"product_id": ["Q"], "elasticity": [-2.0], "low": [-2.5], "changed_days": [500]})
    for estimates, is_assumed in (
        (flat.with_columns(changed_days=pl.lit(0)), True),
        (ELASTIC.with_columns(changed_days=pl.lit(0)), True),
        (flat.with_columns(changed_days=pl.lit(9)), False),
        (pl.concat([flat.with_columns(changed_days=pl.lit(0)), others], how="vertical_relaxed"), False),
        (flat, False),
    ):
        row = chain({"A": 40}, prices=estimates).settled().leftovers.row(0, named=True)
        assert ("The response to price is assumed" in row["reason"]) == is_assumed
        assert ("价格反应为假定值" in row["reason_zh"]) == is_assumed


def test_a_return_is_weighed_against_the_markdown():
    dear = chain({"A": 40}, pays=5.5).settled().leftovers.row(0, named=True)
    assert (dear["action"], dear["return_units"], dear["return_value"]) == ("return", 30, 30 * 5.5)
    assert "Return 30 to the supplier" in dear["reason"]
    assert "A markdown would earn" in dear["reason"]
    cheap = chain({"A": 40}, pays=0.5).settled().leftovers.row(0, named=True)
    assert (cheap["action"], cheap["return_value"]) == ("markdown", 30 * 0.5)
    assert "Returning them to the supplier would earn ¥15.00" in cheap["reason"]
    assert "退回供应商可多赚¥15.00" in cheap["reason_zh"]


def test_units_move_only_where_they_earn_more_than_a_lower_price_brings():
    # B is empty and sells one a day before its own supply: what A has too much of is worth more there.
    free = NetworkSettings(markdown_steps=(), transfer_cost_per_unit=6.0, transfer_line_cost=0.0)
    cheap = NetworkSettings(markdown_change_cost=0, transfer_cost_per_unit=6.0, transfer_line_cost=0.0)
    stock = {"A": 40.0, "B": 0.0}
    without, plan = (chain(stock, network=network).settled() for network in (free, cheap))
    assert without.transfers["units"].sum() > 0
    assert plan.transfers["units"].sum() <= without.transfers["units"].sum()
    assert plan.transfers["expected_value"].sum() < without.transfers["expected_value"].sum()
    row = plan.leftovers.filter(store_id="A").row(0, named=True)
    if plan.transfers.height:
        assert (row["moved_units"], row["moved_value"]) == plan.transfers.select("units", "expected_value").row(0)


def test_a_loss_is_relieved_where_the_values_hold_it():
    ones = np.ones(2)
    values = StockValues(np.zeros((2, 3)), ones, 5 * ones, ones, ones, scrap=np.array([4.0, 0.0]))
    changed = relieved(values, np.array([3.0, 3.0]))
    assert (changed.scrap.tolist(), changed.hold.tolist()) == ([1.0, 0.0], [5.0, 2.0])


@pytest.mark.parametrize(
    ("markdown", "back", "people", "action"),
    [(3.0, 2.0, 1.0, "markdown"), (3.0, 4.0, None, "return"), (3.0, None, 9.0, "audience"), (0.0, None, None, "keep"),
     (None, None, None, "keep"), (None, 0.0, 2.0, "audience")],
)  # fmt: skip
def test_what_earns_most_is_advised(markdown, back, people, action):
    row = {
        "store_id": "A", "product_id": "P", "as_of": AS_OF, "on_hand": 9.0, "sell_by": END, "left_over_units": 2.0,
        "probability": 1.0, "value_at_risk": 4.0, "reason_code": "date", "reason": "R.", "reason_zh": "因。",
        "price_path": None if markdown is None else "[]", "path_en": "10% off", "path_zh": "降价10%",
        "markdown_units": markdown, "markdown_units_low": markdown, "markdown_units_high": markdown,
        "markdown_value": markdown, "return_units": back, "return_value": back, "audience_value": people,
    }  # fmt: skip
    kinds = {"markdown_value": pl.Float64, "return_value": pl.Float64, "audience_value": pl.Float64}
    kinds |= {"return_units": pl.Float64, "price_path": pl.String} | {
        f"markdown_units{end}": pl.Float64 for end in ("", "_low", "_high")
    }
    told = advised(pl.DataFrame([row], schema_overrides=kinds)).row(0, named=True)
    assert told["action"] == action
    assert action in ACTIONS
    starts = {"markdown": " Mark down", "return": " Return ", "audience": " Offering them", "keep": ""}
    assert starts[action] in told["reason"]
    assert dict(advised(pl.DataFrame([row], schema_overrides=kinds)).schema) == LEFTOVERS
