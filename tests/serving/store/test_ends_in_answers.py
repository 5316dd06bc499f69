"""Until when people may be told of goods: as the data say, and as the plan of stock knows better."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.frame_memo import FrameMemo
from retail_brain.settings import Settings
from serving.planning.people.audience_facts import read_facts
from serving.planning.stock.sell_by import ends_of_goods
from serving.planning.stock.settled_plan import PLAN
from serving.store.audience_facts import facts_of
from serving.store.goods_ends import ends_of_series

AS_OF = date(2025, 3, 1)


def chain() -> Dataset:
    """`old` ends in S and later in T, `half` in S alone, `tea` never; a warehouse holds some of `old`."""
    listed = [("S", "old", 9), ("T", "old", 20), ("S", "half", 9), ("T", "half", None), ("S", "tea", None)]
    until = [None if days is None else AS_OF + timedelta(days) for *_, days in listed]
    assortment = pl.DataFrame(
        {
            "store_id": [store for store, *_ in listed],
            "product_id": [product for _, product, _ in listed],
            "listed_from": [date(2024, 1, 1)] * 5,
            "listed_until": pl.Series(until, dtype=pl.Date),
        }
    )
    sales = pl.DataFrame({"date": [AS_OF], "store_id": ["S"], "product_id": ["tea"], "units": [1.0]})
    stock = pl.DataFrame({"store_id": ["DC", "S"], "product_id": ["old", "old"], "on_hand": [5.0, 1.0]})
    tables = {"assortment": assortment, "daily_sales": sales, "inventory": stock.with_columns(date=pl.lit(AS_OF))}
    return Dataset.from_frames(tables).at(AS_OF)


def last_days(ends: pl.DataFrame) -> dict[tuple[str | None, str], int]:
    return {(store, product): (until - AS_OF).days for store, product, until in ends.iter_rows()}


def test_listings_end_by_shop_and_in_the_whole_chain_when_the_last_does() -> None:
    stock = pl.DataFrame({"store_id": ["DC"], "product_id": ["old"]})
    found = ends_of_goods(chain(), stock, AS_OF, Settings()).select("store_id", "product_id", "ends_on")
    assert last_days(found) == {("S", "old"): 8, ("T", "old"): 19, ("S", "half"): 8, (None, "old"): 19}


def test_facts_of_a_dataset_hold_the_ends_of_their_goods() -> None:
    facts = read_facts(chain(), AS_OF, ["half"], Settings())
    assert facts.ends is not None
    assert last_days(facts.ends.select("store_id", "product_id", "ends_on")) == {("S", "half"): 8}


def test_the_plan_moves_seasons_on_and_never_listings() -> None:
    def end(store: str | None, product: str, days: int, kind: str, listing: int | None) -> dict[str, Any]:
        until = None if listing is None else AS_OF + timedelta(listing)
        return {
            "store_id": store, "product_id": product, "ends_on": AS_OF + timedelta(days), "end_kind": kind,
            "listing": until, "product": 0,
        }  # fmt: skip

    ends = [
        end("S", "gift", 5, "season", None), end("T", "gift", 5, "season", 9), end("V", "gift", 5, "season", None),
        end(None, "gift", 5, "season", None), end("S", "old", 8, "listing", 8), end(None, "new", 3, "season", None),
    ]  # fmt: skip
    planned = [
        ("S", "gift", 7, "season"),
        ("T", "gift", None, None),
        ("S", "old", None, None),
        ("S", "new", 6, "season"),
    ]
    plan = pl.DataFrame(
        [{"store_id": store, "product_id": product, "end_kind": kind,
          "ends_on": None if days is None else AS_OF + timedelta(days)} for store, product, days, kind in planned],
        schema=PLAN,
    )  # fmt: skip
    schema = {"ends_on": pl.Date, "listing": pl.Date, "store_id": pl.String}
    rows = {"facts_ends": pl.DataFrame(ends, schema_overrides=schema), "plan": plan}
    values = pl.DataFrame({"product_id": ["gift"], "value": [1.0], "product": [0]})
    answers: Any = SimpleNamespace(
        rows=rows | {"facts_values": values, "facts_customers": pl.DataFrame({"customer_id": ["c"]})},
        attributes=None,
        audience_memo=FrameMemo(),
    )
    found = facts_of(answers, None).ends
    assert found is not None
    assert found is facts_of(answers, None).ends, "worked out once, so that what rests on it is remembered"
    # in V, which has no plan, the season ends as the data say; in the chain it goes on where one shop goes on selling
    assert last_days(found.select("store_id", "product_id", "ends_on")) == {
        ("S", "gift"): 7, ("T", "gift"): 9, ("V", "gift"): 5, ("S", "old"): 8, (None, "new"): 6,
    }  # fmt: skip


def test_the_ends_of_series_are_those_of_the_plan() -> None:
    plan = pl.DataFrame(
        [("S", "gift", AS_OF + timedelta(7), "season"), ("T", "gift", None, None)],
        schema={"store_id": pl.String, "product_id": pl.String, "ends_on": pl.Date, "end_kind": pl.String},
        orient="row",
    )
    answers: Any = SimpleNamespace(rows={"plan": plan}, audience_memo=FrameMemo())
    assert ends_of_series(answers) == {("S", "gift"): ((AS_OF + timedelta(7)).isoformat(), "season")}
    assert ends_of_series(answers) is ends_of_series(answers)
    assert ends_of_series(SimpleNamespace(rows={}, audience_memo=FrameMemo())) == {}  # type: ignore[arg-type]
