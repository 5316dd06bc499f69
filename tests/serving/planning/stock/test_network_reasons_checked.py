"""Every number of every reason of transfers, cycle counts, left-overs and exceptions is the row's own."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from retail_brain.currency import Currency
from retail_brain.dataset import Dataset
from retail_brain.decisions.excess_stock import advised
from retail_brain.decisions.phantom_stock import suggest_cycle_counts
from retail_brain.outputs import DemandPaths
from retail_brain.settings import NetworkSettings, ReplenishmentSettings, Settings
from serving.planning.stock.chain_plan import ChainPlan
from serving.planning.stock.exceptions import StockFindings, stock_exceptions
from serving.planning.stock.settled_plan import SettledPlan
from training.demand.anomalies import ANOMALIES

AS_OF = date(2025, 2, 28)
YUAN = Currency("¥")
SHOPS = [f"S{number}" for number in range(6)]
GOODS = [f"P{number:02}" for number in range(12)]
Row = dict[str, Any]
Sentences = Mapping[str, Callable[[Row], tuple[Any, ...]]]
"""English sentence with gaps, and the Chinese one behind a bar -> what a row says must stand in the gaps."""


class Known:
    """Elasticities known beforehand: none of P04 and P07, and too small to lower a price of P06."""

    def table(self) -> pl.DataFrame:
        known = pl.DataFrame({"product_id": [name for name in GOODS if name not in ("P04", "P07")]})
        elasticity = pl.when(pl.col("product_id") == "P06").then(-0.4).otherwise(-2.0)
        return known.with_columns(elasticity=elasticity, low=elasticity - 0.1 * pl.int_range(pl.len()) / 11)


@pytest.fixture(scope="module")
def chain() -> ChainPlan:
    """Shops with too much and too little of goods that keep, expire, or are delisted soon; some may be sent back."""
    rng = np.random.default_rng(5)
    keys = pl.DataFrame({"store_id": SHOPS}).join(pl.DataFrame({"product_id": GOODS}), how="cross")
    rate = rng.uniform(0.3, 3.0, keys.height)
    sales = keys.with_columns(date=pl.lit(AS_OF), units=pl.Series(np.ceil(rate)), unit_price=pl.lit(10.0))
    life = pl.when(pl.int_range(pl.len()) % 3 == 0).then(9.0)
    products = pl.DataFrame({"product_id": GOODS}).with_columns(shelf_life_days=life)
    pays = pl.when(pl.int_range(pl.len()) % 4 == 0).then(5.5).when(pl.int_range(pl.len()) % 4 == 1).then(0.8)
    supply = keys.with_columns(
        lead_time_days=pl.lit(3.0), review_period_days=pl.lit(7.0), unit_cost=pl.lit(6.0), return_price=pays
    )
    held = keys.with_columns(
        date=pl.lit(AS_OF), on_hand=pl.Series(np.rint(rate * rng.choice([0, 3, 30, 60], len(rate))))
    )
    listing = keys.filter(pl.col("product_id").is_in(GOODS[4:9])).with_columns(
        listed_from=pl.lit(date(2024, 1, 1)), listed_until=pl.lit(AS_OF + timedelta(days=13))
    )
    late = keys[:3].with_columns(due_on=pl.lit(AS_OF - timedelta(days=40)), units=pl.lit(7.5))
    tables = {"daily_sales": sales, "products": products, "supply": supply, "inventory": held, "assortment": listing}
    dataset = Dataset.from_frames(tables | {"open_orders": late}).at(AS_OF)
    settings = Settings(network=NetworkSettings(transfer_line_cost=0.5))
    found = replace(ChainPlan.read(dataset, settings), prices=Known())
    days = pl.date_range(AS_OF + timedelta(days=1), AS_OF + timedelta(days=28), eager=True)
    for shop in SHOPS:
        rows = np.flatnonzero((keys["store_id"] == shop).to_numpy())
        units = rng.poisson(rate[rows][:, None, None], (len(rows), 40, 28)).astype(np.float32)
        found.add(DemandPaths(keys[rows], days, units))
    return found


@pytest.fixture(scope="module")
def plan(chain: ChainPlan) -> SettledPlan:
    return chain.settled()


def shown(value: float) -> str:
    rounded = round(value, 1)
    return str(int(rounded)) if rounded == int(rounded) else str(rounded)


def money(value: float) -> str:
    return YUAN.text(value)


def path(row: Row) -> tuple[str, str]:
    steps = [
        (spoken(date.fromisoformat(one["begins_on"])), one["discount"], one["price"])
        for one in json.loads(row["price_path"])
    ]
    english = [f"{100 * off:g}% off ({money(paid)}) from {begun[0]}" for begun, off, paid in steps]
    return ", then ".join(english), "，再".join(
        f"{begun[1]}起降价{100 * off:g}%（{money(paid)}）" for begun, off, paid in steps
    )


def spoken(day: date) -> tuple[str, str]:
    """A day of the plan, which are all within half a year."""
    return f"{day.day} {day:%B}", f"{day.month}月{day.day}日"


def check(row: Row, sentences: Sentences) -> set[str]:
    """Holds both reasons of a row against the sentences; returns those that were said. Nothing else may be said."""
    said = set()
    for place, name in enumerate(("reason", "reason_zh")):
        rest = row[name]
        for both, numbers in sentences.items():
            sentence = both.split("|")[place]
            if not rest or not rest.startswith(sentence.split("{}")[0]):
                continue
            told = (one[place] if isinstance(one, tuple) else one for one in numbers(row))
            expected = sentence.format(*told)
            assert rest.startswith(expected), f"wanted {expected!r}, got {rest!r}"
            rest = rest[len(expected) :]
            said.add(both)
        assert not rest.strip(), f"nothing says {rest!r}"
    return said


MOVES: Sentences = {
    "The receiving store is expected to sell them before its next delivery, the sending store is not. Moving {} "
    "earns about {} after costs.|"
    "调入门店在下次到货前预计能卖出，调出门店预计会积压；调拨{}件扣除调拨成本后约可多赚{}。": lambda row: (
        f"{row['units']:g}", money(row["expected_value"])
    ),
    " The receiving store's own order of {}, due on {}, allows for them.|"
    "调入门店另订的{}件（{}到货）已扣除调入数量。": lambda row: (
        shown(row["order_quantity"]), spoken(row["arrives_on"])
    ),
}  # fmt: skip


def moved(row: Row) -> tuple[str, str]:
    both = (row["moved_units"] or 0, "out", "调出"), (row["moved_in"], "in", "调入")
    told = [(shown(units), english, chinese) for units, english, chinese in both if units > 0]
    return (
        ", ".join(f"{units} {english}" for units, english, _ in told),
        "、".join(f"{chinese}{units}件" for units, _, chinese in told),
    )


WHY = {"date": ("expiry date", "保质期"), "listing": ("end of listing", "下架")}
WHY |= {"season": ("end of season", "当季结束"), "slow": ("at the current rate of sale", "按目前销速")}
LEFT: Sentences = {
    "{} on hand, about {} will not sell by {} ({}).|现有{}件，预计约{}件在{}（{}）前卖不完。": lambda row: (
        shown(row["on_hand"]), shown(row["left_over_units"]), spoken(row["sell_by"]), WHY[row["reason_code"]]
    ),
    " After transfers: {}.|（已计入调拨：{}）": lambda row: (moved(row),),
    " Mark down: {}: about {} more sold ({} to {} in nine of ten cases), which earns {} more than the full price.|"
    "建议降价：{}：预计多卖约{}件（九成可能为{}至{}件），比原价多赚{}。": lambda row: (
        path(row), *(shown(row[f"markdown_units{end}"]) for end in ("", "_low", "_high")),
        money(row["markdown_value"]),
    ),
    " Return {} to the supplier: that earns {} more than keeping them.|"
    "建议退回供应商{}件：比留存多赚{}。": lambda row: (
        shown(row["return_units"]), money(row["return_value"])
    ),
    " Returning them to the supplier would earn {}.|退回供应商可多赚{}。": lambda row: (money(row["return_value"]),),
    " A markdown would earn {}.|降价可多赚{}。": lambda row: (money(row["markdown_value"]),),
    " No markdown pays.|降价不划算。": lambda _: (),
    " What a markdown would do is not known.|降价的效果未知。": lambda _: (),
    " Offering them to interested customers is expected to earn {}.|推荐给有意向的顾客预计可赚{}。": lambda row: (
        money(row["audience_value"]),
    ),
    " What telling interested customers would earn is not known.|推荐给有意向顾客的效果未知。": lambda _: (),
    " Telling interested customers earns nothing.|推荐给有意向的顾客也不会多赚。": lambda _: (),
}  # fmt: skip
COUNTED: Sentences = {
    "{} on record, but no sales for {} days, where about {} were expected: {}% likely to be phantom stock. Count it.|"
    "账面库存{}件，但已{}天没有销售，按正常应售出约{}件：虚库存的可能性{}%，请盘点。": lambda row: (
        shown(row["on_hand"]), row["days_without_sale"], round(row["expected_units"], 1),
        min(round(100 * row["probability"]), 99),
    ),
}  # fmt: skip
OVERDUE: Sentences = {
    "{} due since {} are {} days late: the plan no longer counts on them. Ask the supplier, or close the order.|"
    "{}件自{}起应到，已迟{}天：计划不再计入。请联系供应商或关闭该订单。": lambda row: (
        shown(row["units"]), spoken(AS_OF - timedelta(days=40)), 40
    ),
}  # fmt: skip


def test_transfers_say_what_is_moved_earned_and_ordered(plan: SettledPlan) -> None:
    orders = plan.suggestions().select("product_id", "order_quantity", "arrives_on", to_store_id="store_id")
    rows = plan.transfers.join(orders, on=["to_store_id", "product_id"], how="left").rows(named=True)
    said = [check(row, MOVES) for row in rows]
    assert set().union(*said) == set(MOVES)
    named = [len(one) == 2 for one in said]
    assert named == [row["order_quantity"] > 0 for row in rows]


def test_left_overs_say_units_money_and_prices(plan: SettledPlan) -> None:
    place = pl.int_range(pl.len())
    audience = pl.when(place % 3 == 0).then(place * 20.77).when(place % 3 == 1).then(0.0)
    excess = plan.excess.with_columns(audience_value=audience)
    inward = excess.select("store_id", "product_id", "moved_in")
    rows = advised(excess, YUAN).join(inward, on=["store_id", "product_id"], maintain_order="left").rows(named=True)
    said = [check(row, LEFT) for row in rows]
    assert set().union(*said) == set(LEFT)
    assert {row["action"] for row in rows} == {"markdown", "return", "audience", "keep"}


def test_cycle_counts_say_what_the_record_and_the_rate_say() -> None:
    silent = pl.DataFrame(
        {
            "store_id": "S", "product_id": ["a", "b", "c"], "on_hand": [9.0, 3.5, 40.0], "rate": [1.25, 0.5, 3.0],
            "dispersion": [1.0, 2.0, None], "days_without_sale": [9, 30, 20], "margin": [2.0, 1.0, None],
        }
    )  # fmt: skip
    rows = suggest_cycle_counts(silent, AS_OF, prior=0.02).rows(named=True)
    assert len(rows) == 3
    for row in rows:
        given = silent.filter(product_id=row["product_id"]).row(0, named=True)
        assert row["expected_units"] == given["rate"] * given["days_without_sale"]
        check(row, COUNTED)


def test_overdue_orders_say_units_day_and_age(chain: ChainPlan, plan: SettledPlan) -> None:
    usual = pl.DataFrame(schema={"store_id": pl.String, "product_id": pl.String, "usual": pl.Float64})
    nothing = suggest_cycle_counts(
        pl.DataFrame(
            schema={
                "store_id": pl.String, "product_id": pl.String, "on_hand": pl.Float64, "rate": pl.Float64,
                "dispersion": pl.Float64, "days_without_sale": pl.Int64, "margin": pl.Float64,
            }
        ),
        AS_OF,
    )  # fmt: skip
    findings = StockFindings(plan.transfers, nothing, plan.leftovers, chain.side.lost, pl.DataFrame(schema=ANOMALIES))
    table = stock_exceptions(
        plan.suggestions(), chain.side.terms, usual, plan.series, findings, ReplenishmentSettings()
    )
    rows = table.filter(kind="overdue_order").rows(named=True)
    assert [row["units"] for row in rows] == [7.5] * 3
    for row in rows:
        check(row, OVERDUE)
