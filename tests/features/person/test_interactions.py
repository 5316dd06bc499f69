"""What a person did with a product."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.person.interactions import identified_events, interactions, purchases, shoppers
from retail_brain.dataset import Dataset
from retail_brain.errors import DataError
from retail_brain.tables import TABLES

AS_OF = date(2025, 3, 31)
Line = tuple[str, str | None, str, int, float, str | None]


def lines(rows: list[Line]) -> pl.DataFrame:
    """Rows of (receipt, customer, product, days before AS_OF, units, channel) at price 2 in store S."""
    schema = {
        "transaction_id": pl.String,
        "customer_id": pl.String,
        "product_id": pl.String,
        "age": pl.Int64,
        "units": pl.Float64,
        "channel": pl.String,
    }
    sold_at = (pl.lit(datetime(2025, 3, 31, 12)) - pl.duration(days="age")).alias("sold_at")
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.select(pl.exclude("age"), sold_at, store_id=pl.lit("S"), unit_price=pl.lit(2.0))


def dataset(rows: list[Line], **tables: pl.DataFrame) -> Dataset:
    return Dataset.from_frames({"transactions": lines(rows), **tables})


def test_counts_gaps_and_fading_of_one_pair() -> None:
    rows: list[Line] = [
        ("T1", "C", "P", 28, 1, "store"),
        ("T2", "C", "P", 21, 2, "online"),
        ("T3", "C", "P", 0, 1, "store"),
        ("T4", "C", "P", 0, 1, "store"),
    ]
    row = interactions(dataset(rows), AS_OF).collect().row(0, named=True)
    assert row["purchase_days"] == 3
    assert row["units"] == 5
    assert row["spend"] == 10
    assert (row["first_on"], row["last_on"]) == (AS_OF - timedelta(days=28), AS_OF)
    assert row["mean_gap_days"] == (7 + 21) / 2
    assert row["decayed_28d"] == pytest.approx(0.5 + 0.5**0.75 + 1)
    assert row["online"] == pytest.approx(1 / 3)


def test_visits_count_the_days_the_person_came_whatever_they_bought() -> None:
    rows: list[Line] = [("T1", "C", "P", 30, 1, None), ("T2", "C", "P", 24, 1, None), ("T3", "C", "Q", 9, 1, None)]
    rows += [("T4", "C", "P", 8, 1, None), ("T5", "C", "Q", 1, 1, None)]
    row = interactions(dataset(rows), AS_OF).filter(pl.col("product_id") == "P").collect().row(0, named=True)
    assert row["visits_since"] == 2
    assert row["visit_gaps_since"] == 2 / ((5 - 2) / 2)
    assert row["shorter_gaps"] == 1 / 2
    assert row["decayed_7v"] == pytest.approx(0.5 ** (1 / 7) + 0.5 ** (3 / 7) + 0.5 ** (4 / 7))


def test_a_return_takes_the_purchase_day_away() -> None:
    rows: list[Line] = [("T1", "C", "P", 1, 1, None), ("T2", "C", "P", 1, -1, None), ("T3", "C", "Q", 1, 1, None)]
    assert interactions(dataset(rows), AS_OF).collect()["product_id"].to_list() == ["Q"]


def test_goods_brought_back_on_later_days_are_no_habit() -> None:
    rows: list[Line] = [(f"T{age}", "C900", "P", age, 1, None) for age in (30, 20, 10)]
    rows += [(f"R{age}", "C900", "P", age, -1, None) for age in (28, 18, 8)]
    assert interactions(dataset(rows), AS_OF).collect().is_empty()


def test_a_return_takes_from_the_latest_purchase_before_it() -> None:
    rows: list[Line] = [("T1", "C", "P", 30, 2, None), ("T2", "C", "P", 20, 3, None), ("R", "C", "P", 15, -4, None)]
    rows += [("T3", "C", "P", 5, 1, None), ("R0", "C", "Q", 40, -1, None), ("T4", "C", "Q", 9, 1, None)]
    bought = purchases(dataset(rows), AS_OF).sort("product_id", "date").collect()
    assert bought.select("product_id", "date", "units", "spend").rows() == [
        ("P", AS_OF - timedelta(days=30), 1.0, 2.0),
        ("P", AS_OF - timedelta(days=5), 1.0, 2.0),
        ("Q", AS_OF - timedelta(days=9), 1.0, 2.0),
    ]


def kept_by_day(net: dict[int, float]) -> list[tuple[int, float]]:
    """Days (as ages) with the units that were kept of them, the first day first."""
    kept: list[tuple[int, float]] = []
    for age in sorted(net, reverse=True):
        if net[age] > 0:
            kept.append((age, net[age]))
        back = -net[age]
        while back > 0 and kept:
            day, units = kept.pop()
            if units > back:
                kept.append((day, units - back))
            back -= units
    return kept


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(-4, 4)), min_size=1, max_size=25))
def test_returns_are_netted_as_a_plain_loop_does(steps: list[tuple[int, int]]) -> None:
    rows: list[Line] = [(f"T{n}", "C", "P", age, units, None) for n, (age, units) in enumerate(steps)]
    kept = kept_by_day({age: sum(units for day, units in steps if day == age) for age, _ in steps})
    bought = purchases(dataset(rows), AS_OF).sort("date").collect()
    assert bought.select("date", "units").rows() == [(AS_OF - timedelta(days=age), units) for age, units in kept]


def test_events_are_columns_of_their_own_and_identifiers_name_people() -> None:
    at = [datetime(2025, 3, 31), datetime(2025, 3, 24), datetime(2025, 3, 31), datetime(2025, 3, 31)]
    events = pl.DataFrame(
        {
            "occurred_at": at,
            "customer_id": ["C", None, None, None],
            "id_type": [None, "device", "device", None],
            "id_value": [None, "d1", "shared", None],
            "event_type": ["view", "scan", "scan", "bag_add"],
            "product_id": ["Q", "P", "P", "P"],
        }
    )
    identities = pl.DataFrame(
        {
            "id_type": ["device"] * 3,
            "id_value": ["d1", "shared", "shared"],
            "customer_id": ["C", "C", "D"],
            "source": ["app"] * 3,
        }
    )
    data = dataset([("T1", "C", "P", 7, 1, None)], events=events, identities=identities)
    found = {row["product_id"]: row for row in interactions(data, AS_OF).collect().iter_rows(named=True)}
    assert found["P"]["event_scan"] == pytest.approx(0.5)
    assert found["P"]["event_bag_add"] == 0
    assert found["Q"]["event_view"] == 1
    assert found["Q"]["purchase_days"] == 0
    assert identified_events(data, AS_OF).collect().height == 2


def test_shoppers_know_their_store_and_visits() -> None:
    rows: list[Line] = [("T1", "C", "P", 40, 1, None), ("T2", "C", "P", 1, 1, None), ("T2", "C", "Q", 1, 1, None)]
    row = shoppers(dataset(rows), AS_OF).collect().row(0, named=True)
    assert (row["baskets"], row["visit_days"], row["visits_28d"], row["visits_90d"]) == (2, 2, 1, 2)
    assert (row["lines"], row["spend"], row["store_id"]) == (3, 6, "S")


def test_without_receipts_the_error_names_what_is_wanted() -> None:
    with pytest.raises(DataError, match="customer_id"):
        interactions(Dataset.from_frames({}), AS_OF)


pair_rows = st.lists(
    st.tuples(
        st.sampled_from(["T1", "T2", "T3"]),
        st.sampled_from(["C", "D", None]),
        st.sampled_from(["P", "Q"]),
        st.integers(-20, 60),
        st.sampled_from([1.0, 2.0, -1.0]),
        st.none(),
    ),
    max_size=30,
)


@given(pair_rows, st.integers(0, 1000))
def test_nothing_after_the_day_matters_nor_does_the_order(rows: list[Line], seed: int) -> None:
    past = [row for row in rows if row[3] >= 0]
    order = np.random.default_rng(seed).permutation(len(rows))
    whole = interactions(dataset([rows[at] for at in order]), AS_OF).collect()
    assert whole.equals(interactions(dataset(past), AS_OF).collect(), null_equal=True)


@given(pair_rows)
def test_a_plain_loop_counts_the_same_days(rows: list[Line]) -> None:
    net: dict[tuple[str, str], dict[int, float]] = {}
    for _, customer, product, age, sold, _ in rows:
        if customer is not None and age >= 0:
            of_pair = net.setdefault((customer, product), {})
            of_pair[age] = of_pair.get(age, 0) + sold
    days = {pair: len(kept) for pair, of_pair in net.items() if (kept := kept_by_day(of_pair))}
    frame = interactions(dataset(rows), AS_OF).collect()
    assert {
        (row[0], row[1]): row[2] for row in frame.select("customer_id", "product_id", "purchase_days").rows()
    } == days


def test_the_sample_chain_has_events_and_purchases(sample: Dataset) -> None:
    assert set(TABLES["events"].types) >= {"event_type", "product_id"}
    frame = interactions(sample, sample.last_day()).collect()
    assert frame.filter(pl.col("purchase_days") > 0).height > 10_000
    assert frame["event_scan"].sum() > 0
    assert frame.select("customer_id", "product_id").is_unique().all()
