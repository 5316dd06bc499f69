"""Stock of several shops as one, on the sample chain and by hand."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.decisions.excess_stock import LEFTOVERS
from retail_brain.decisions.phantom_stock import CYCLE_COUNTS
from retail_brain.decisions.transfers import TRANSFERS
from retail_brain.errors import NotFoundError
from retail_brain.outputs import ALL_SERIES, DemandPaths, SeriesFilter
from retail_brain.settings import NetworkSettings, ReplenishmentSettings, Settings
from serving.planning.stock.chain_plan import ChainPlan
from serving.planning.stock.exceptions import EXCEPTIONS, StockFindings, stock_exceptions, usual_sales
from serving.planning.stock.order_suggestions import suggest
from serving.planning.stock.picking_capacity import read_shops, spare_units
from serving.planning.stock.plan_request import PlanRequest
from serving.planning.stock.season import season_ends
from serving.planning.stock.sell_by import demand_ends, past_ends, sell_by
from serving.planning.stock.settled_plan import PLAN, SettledPlan
from serving.planning.stock.stock_network import counts, cycle_counts, leftovers, transfers
from training.demand.anomalies import ANOMALIES

AS_OF = date(2025, 12, 20)
TRUTH = Path(__file__).parents[4] / "data" / "sample" / "truth" / "phantom_stock.parquet"


class Flat:
    """Poisson paths at the mean rate of the last 28 days."""

    def forecast(self, dataset, horizon, only=ALL_SERIES, *, seed=0, **_):
        as_of = dataset.as_of
        recent = dataset.daily_sales().filter(pl.col("date") > as_of - timedelta(days=28))
        rates = recent.group_by("store_id", "product_id").agg(rate=pl.col("units").sum().clip(0) / 28).collect()
        for name, wanted in (("store_id", only.stores), ("product_id", only.products)):
            rates = rates if wanted is None else rates.filter(pl.col(name).is_in(wanted))
        days = pl.date_range(as_of + timedelta(days=1), as_of + timedelta(days=horizon), eager=True)
        for _, part in rates.sort("store_id", "product_id").group_by("store_id", maintain_order=True):
            rate = part["rate"].to_numpy()[:, None, None]
            units = np.random.default_rng(seed).poisson(rate, (part.height, 40, horizon)).astype(np.float32)
            yield type("Store", (), {"paths": DemandPaths(part.select("store_id", "product_id"), days, units)})()


@pytest.fixture(scope="module")
def known(sample: Dataset) -> Dataset:
    return sample.at(AS_OF)


@pytest.fixture(scope="module")
def chain(known: Dataset) -> ChainPlan:
    found = ChainPlan.read(known, Settings())
    for one in Flat().forecast(known, 28):
        found.add(one.paths)
    return found


@pytest.fixture(scope="module")
def plan(chain: ChainPlan) -> SettledPlan:
    return chain.settled()


def test_transfers_pay_and_keep_within_stock_and_picking(chain, plan):
    table = plan.transfers
    assert dict(table.schema) == TRANSFERS
    assert table.height > 0
    assert (table["expected_value"] > 0).all()
    assert (table["from_store_id"] != table["to_store_id"]).all()
    given = table.group_by("product_id", store_id="from_store_id").agg(pl.col("units").sum())
    held = given.join(plan.stock, on=["store_id", "product_id"], how="left")
    assert (held["units"] <= held["on_hand"]).all()
    spare = spare_units(chain.shops)
    for store_id, units in table.group_by("from_store_id").agg(pl.col("units").sum()).iter_rows():
        assert units <= spare.get(store_id, np.inf)
    assert table.filter(pl.col("from_store_id") == "D01").is_empty(), "a warehouse without sales takes no part"


def test_dear_transport_moves_less(chain):
    cheap, dear = (
        chain.transfers(NetworkSettings(transfer_cost_per_unit=cost, transfer_line_cost=line))
        for cost, line in ((0.1, 0.0), (3.0, 20.0))
    )
    assert dear["units"].sum() < cheap["units"].sum()
    assert dear["expected_value"].sum() < cheap["expected_value"].sum()


def test_counts_find_the_phantoms_that_are_empty_shelves(chain, known):
    """The truth names two live phantoms; both are found, among few others."""
    table = cycle_counts(known, chain.side, Settings())
    assert dict(table.schema) == CYCLE_COUNTS
    live = pl.read_parquet(TRUTH).filter(
        pl.col("valid_from") <= AS_OF, pl.col("valid_to").is_null() | (pl.col("valid_to") > AS_OF)
    )
    found = live.join(table, on=["store_id", "product_id"])
    assert (live.height, found.height) == (2, 2)
    assert (found["probability"] > 0.99).all()
    assert table.height <= 8


def test_nobody_counts_in_a_closed_shop_or_what_was_taken_off_the_assortment():
    days = [date(2025, 1, 1) + timedelta(days=day) for day in range(150)]
    last = days[-1]

    def sold(store: str, product: str, until: int) -> pl.DataFrame:
        return pl.DataFrame({"date": days[:until], "store_id": store, "product_id": product, "units": 1.0})

    # "gone" stopped in two open shops, in one because it was delisted; the shop "shut" sells nothing since day 80
    sales = pl.concat([sold("open", "kept", 150), sold("open", "gone", 100), sold("open", "lost", 100)])
    sales = pl.concat([sales, sold("shut", "kept", 80), sold("other", "kept", 150), sold("other", "lost", 150)])
    stock = sales.select("store_id", "product_id").unique().with_columns(date=pl.lit(last), on_hand=pl.lit(2.0))
    listed = pl.DataFrame({"store_id": ["open"], "product_id": ["gone"], "listed_from": [days[0]]})
    frames = {"daily_sales": sales, "inventory": stock}
    without = Dataset.from_frames(frames).at(last)
    assert sorted(counts(without, Settings())["product_id"]) == ["gone", "lost"]
    ended = listed.with_columns(listed_until=pl.lit(days[100]))
    found = counts(Dataset.from_frames(frames | {"assortment": ended}).at(last), Settings())
    assert found.select("store_id", "product_id").rows() == [("open", "lost")]


def test_leftovers_say_why_and_only_what_is_there(chain, plan):
    table = plan.leftovers
    assert dict(table.schema) == LEFTOVERS
    assert set(table["reason_code"]) <= {"date", "listing", "season", "slow"}
    assert (table["left_over_units"] <= table["on_hand"]).all()
    assert (table["sell_by"] >= AS_OF).all()
    keeps = chain.side.terms.filter(pl.col("shelf_life_days").is_null()).select("store_id", "product_id")
    assert table.join(keeps, on=["store_id", "product_id"]).filter(reason_code="date").is_empty()
    assert table["value_at_risk"].is_sorted(descending=True)


def test_the_lines_that_matter_are_the_dearest_of_every_kind(chain, plan, known):
    side, counted = chain.side, cycle_counts(known, chain.side, Settings())
    odd = {"level": ["chain", "series", "series"], "store_id": [None, "S1", "S1"], "product_id": [None, "P1", "P1"]}
    odd |= {"money": [900.0, 70.0, 50.0], "units_beyond": [9.0, 7.0, 5.0], "reason": ["why"] * 3}
    anomalies = pl.concat(
        [pl.DataFrame(schema=ANOMALIES), pl.DataFrame(odd | {"reason_zh": ["原因"] * 3})], how="diagonal_relaxed"
    )
    parts = {"transfers": plan.transfers, "counts": counted, "leftovers": plan.leftovers, "anomalies": anomalies}
    usual = usual_sales(known, AS_OF, side.terms)
    table = stock_exceptions(
        plan.suggestions(),
        side.terms,
        usual,
        plan.series,
        StockFindings(**parts, lost_orders=side.lost),
        ReplenishmentSettings(),
    )
    assert dict(table.schema) == EXCEPTIONS
    assert table["money"].is_sorted(descending=True)
    assert {"phantom", "leftover", "transfer", "stockout"} <= set(table["kind"])
    assert table.filter(kind="anomaly").select("store_id", "money", "units").rows() == [("S1", 70.0, 7.0)]
    assert table.select("reason", "reason_zh").null_count().sum_horizontal().item() == 0
    dearest = parts["leftovers"].row(0, named=True)
    shown = table.filter(pl.col("kind") == "leftover").row(0, named=True)
    assert (shown["store_id"], shown["money"]) == (dearest["store_id"], dearest["value_at_risk"])


def test_the_plan_tells_one_story_of_every_series(chain, plan):
    """What each screen says about a shelf agrees with what the others say."""
    table, orders = plan.table(), plan.suggestions()
    keys = ["store_id", "product_id"]
    assert dict(table.schema) == PLAN
    assert table.select(keys).equals(orders.select(keys))
    assert table["order_quantity"].equals(orders["order_quantity"])
    ordered = table.filter(pl.col("order_quantity") > 0)
    left = plan.leftovers.join(ordered, on=keys, how="inner")
    assert left.select(pl.col("notes").list.contains("fresh_after_expiry").all()).item()
    into = plan.transfers.rename({"to_store_id": "store_id"})
    assert into.join(plan.leftovers, on=keys, how="semi").is_empty()
    both = into.join(ordered, on=keys, how="inner").join(orders.select(*keys, told="reason"), on=keys)
    assert both.height > 0
    assert both.select(pl.col("notes").list.contains("transfer_and_order").all()).item()
    giver = pl.col("from_store_id").replace(chain.names)
    assert chain.names["S01"] != "S01"
    assert both.select(pl.col("told").str.contains(giver, literal=True).all()).item()
    assert both.select(pl.col("reason").str.contains(" The receiving store's own order of ", literal=True).all()).item()
    ended = ordered.filter(pl.col("arrives_on") > pl.col("ends_on"))
    assert ended.is_empty()
    assert table.filter(pl.col("ends_on").is_not_null()).height > 0


def test_the_arithmetic_of_every_line_adds_up_to_its_order(plan):
    """What is missing, in whole packs, is the order, wherever no limit decided; warehouses count what shops hold."""
    lines = plan.suggestions()
    counted = pl.col("on_hand").clip(0) + pl.col("on_order") + pl.col("moved_units") + pl.col("shops_hold")
    lines = lines.with_columns(gap=(pl.col("order_up_to") - counted).clip(0))
    off = (pl.col("order_quantity") - pl.col("gap")).abs() >= pl.max_horizontal("case_pack", 1.0)
    limits = {"source_stock", "minimum_order", "shelf", "budget", "limit", "collision"}
    limits |= {"not_worth_minimum", "loses_money", "unknown_stock"}
    decided_by_limits = set(lines.filter(off)["reason_code"])
    assert decided_by_limits <= limits
    assert (lines["moved_units"] != 0).any()
    assert lines.filter(pl.col("shops_hold") > 0)["store_id"].unique().to_list() == ["D01"]
    assert lines.select("moved_units", "shops_hold").null_count().sum_horizontal().item() == 0


def test_orders_on_a_warehouse_keep_within_its_stock(chain, plan):
    orders = plan.suggestions().filter(pl.col("source").str.starts_with("transfer:"))
    asked = orders.group_by("product_id", store_id=pl.col("source").str.strip_prefix("transfer:")).agg(
        pl.col("order_quantity").sum()
    )
    held = asked.join(plan.stock, on=["store_id", "product_id"])
    assert held.height > 30
    assert (held["order_quantity"] <= held["on_hand"].clip(0)).all()
    cut = orders.filter(pl.col("reason_code") == "source_stock")
    assert cut.height > 0
    assert cut["reason"].str.contains(f"{chain.names['D01']} has ").all()
    assert cut["reason_zh"].str.contains(f"{chain.names['D01']}可供").all()


def test_without_the_setting_a_warehouse_limits_nothing(known):
    network = NetworkSettings(orders_within_source_stock=False)
    free = suggest(PlanRequest(known, Flat(), Settings(network=network), SeriesFilter(["S01", "D01"])))
    assert "source_stock" not in set(free["reason_code"])
    assert "source_stock" in set(
        suggest(PlanRequest(known, Flat(), Settings(), SeriesFilter(["S01", "D01"])))["reason_code"]
    )


def test_use_cases_take_shops_and_goods_and_refuse_unknown_ones(known):
    settings = Settings()
    some = leftovers(PlanRequest(known, Flat(), settings, SeriesFilter(["S01"])))
    assert set(some["store_id"]) == {"S01"}
    goods = some["product_id"][:2].to_list()
    assert set(leftovers(PlanRequest(known, Flat(), settings, SeriesFilter(["S01"], goods)))["product_id"]) == set(
        goods
    )
    assert transfers(PlanRequest(known, Flat(), settings, SeriesFilter(["S01"]))).is_empty(), (
        "one shop has nobody to send to"
    )
    assert set(counts(known, settings, stores=["M01"])["store_id"]) == {"M01"}
    with pytest.raises(NotFoundError, match="nowhere"):
        transfers(PlanRequest(known, Flat(), settings, SeriesFilter(["nowhere"])))


def test_named_goods_are_planned_where_the_chain_sells_them_and_not_in_its_warehouse(known):
    asked = []

    class Noting(Flat):
        def forecast(self, dataset, horizon, only=ALL_SERIES, **options):
            asked.append(only)
            return super().forecast(dataset, horizon, only, **options)

    suggest(PlanRequest(known, Noting(), Settings(), SeriesFilter(None, ["P080"])))
    # a model asked for P080 wherever it is would plan the warehouse D01 as a shop that begins to sell it
    assert asked == [SeriesFilter(None, ["P080"], unsold=False)]


def test_goods_that_nobody_sells_cannot_be_planned(known):
    with pytest.raises(NotFoundError, match="NEVER"):
        suggest(PlanRequest(known, Flat(), Settings(), SeriesFilter(None, ["NEVER"])))


def test_a_chain_with_sales_alone_has_nothing_to_say():
    days = [date(2025, 1, 1) + timedelta(days=day) for day in range(60)]
    sales = pl.DataFrame({"date": days, "store_id": "S", "product_id": "P", "units": 1.0})
    bare = Dataset.from_frames({"daily_sales": sales}).at(days[-1])
    for table in (
        transfers(PlanRequest(bare, Flat(), Settings())),
        leftovers(PlanRequest(bare, Flat(), Settings())),
        counts(bare, Settings()),
        read_shops(bare, days[-1], 3.0),
    ):
        assert table.is_empty()


def test_a_season_ends_where_a_year_ago_nothing_sold_any_more():
    days = [date(2024, 1, 1) + timedelta(days=day) for day in range(425)]
    steady = pl.DataFrame({"date": days, "product_id": "milk", "units": 2.0})
    gift = steady.filter(pl.col("date").dt.month().is_in([1, 2])).with_columns(product_id=pl.lit("gift"))
    sales = pl.concat([steady, gift]).with_columns(store_id=pl.lit("S"))
    ends = season_ends(Dataset.from_frames({"daily_sales": sales}).at(date(2025, 2, 10)), date(2025, 2, 10), "US")
    # The last sale was 2024-02-29; 52 weeks later it is 2025-02-27.
    assert ends.rows() == [("gift", date(2025, 2, 27))]


@pytest.mark.parametrize(
    ("sold", "is_season"),
    [
        ([(week, 5.0) for week in (-4, -3, *range(8))], True),
        ([(week, 5.0) for week in (-4, *range(8))], False),  # one week before the year says nothing of one ago
        ([(week, 5.0) for week in (-4, -3, 0)], False),  # a single week in the year
        ([(week, 1.0) for week in (-4, -3, 0, 2, 5, 30)], False),  # three of four units in a quarter are chance
    ],
)
def test_a_season_needs_more_than_a_few_sales(sold, is_season):
    as_of = date(2025, 2, 10)
    first = as_of - timedelta(days=363)
    days = [first + timedelta(days=7 * week) for week, _ in sold]
    sales = pl.DataFrame({"date": days, "store_id": "S", "product_id": "gift", "units": [units for _, units in sold]})
    assert season_ends(Dataset.from_frames({"daily_sales": sales}).at(as_of), as_of, None).height == is_season


def test_goods_of_a_moving_festival_end_as_far_from_it_as_the_year_before():
    spring = {2024: date(2024, 2, 10), 2025: date(2025, 1, 29), 2026: date(2026, 2, 17)}
    days = [date(2024, 1, 1) + timedelta(days=day) for day in range(789)]
    near = [day for day in days if -30 <= (day - spring[day.year]).days <= 20]
    sales = pl.DataFrame({"date": near, "store_id": "S", "product_id": "gift", "units": 2.0})
    as_of = date(2026, 2, 25)
    seen = Dataset.from_frames({"daily_sales": sales.filter(pl.col("date") <= as_of)}).at(as_of)
    assert season_ends(seen, as_of, "CN").rows() == [("gift", spring[2026] + timedelta(days=20))]
    # By the date a year ago, 2025-02-26, nothing had been sold for a week.
    assert season_ends(seen, as_of, "US").rows() == [("gift", as_of)]


def test_the_first_of_date_listing_and_season_counts():
    as_of = date(2025, 3, 1)
    stock = pl.DataFrame({"store_id": ["S"] * 3, "product_id": ["milk", "old", "tea"]})
    terms = stock.with_columns(
        shelf_life_days=pl.Series([10.0, None, None]), review_period_days=pl.Series([4.0, None, None])
    )
    sales = pl.DataFrame({"date": [as_of], "store_id": ["S"], "product_id": ["tea"], "units": [1.0]})
    listing = pl.DataFrame(
        {
            "store_id": ["S"],
            "product_id": ["old"],
            "listed_from": [date(2024, 1, 1)],
            "listed_until": [date(2025, 3, 9)],
        }
    )
    dataset = Dataset.from_frames({"daily_sales": sales, "assortment": listing})
    ends = demand_ends(dataset, stock, as_of, Settings())
    table = sell_by(stock, terms, ends, as_of, Settings())
    assert table.select("product_id", "sell_by", "sell_by_kind", "is_end").rows() == [
        ("milk", date(2025, 3, 9), "date", False),
        ("old", date(2025, 3, 8), "listing", True),
        ("tea", date(2025, 6, 29), "slow", False),
    ]
    assert past_ends(dataset, stock, as_of, Settings()).is_empty()
    assert past_ends(dataset, stock, date(2025, 5, 1), Settings()).rows() == [("S", "old", date(2025, 3, 8))]
