"""What the sample claims to hold can be found in it: stock that conserves, festivals, elasticities, uplift."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset

SERIES = ["store_id", "product_id"]
SPRING_FESTIVALS = (date(2025, 1, 29), date(2026, 2, 17))


@pytest.fixture(scope="module")
def sold(sample: Dataset) -> pl.DataFrame:
    """One row per date x store x product: units sold, returns left aside."""
    return (
        sample.scan("transactions")
        .filter(pl.col("units") > 0)
        .group_by(pl.col("sold_at").dt.date().alias("date"), *SERIES)
        .agg(pl.col("units").sum().alias("sold"))
        .collect()
    )


@pytest.fixture(scope="module")
def demand(sample: Dataset, sold: pl.DataFrame, truth: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """One row per date x listed store x product with true demand."""
    known = truth["demand"].select("date", *SERIES, "demand")
    return (
        sample.scan("inventory")
        .filter(pl.col("store_id") != "D01")
        .collect()
        .join(sold, on=["date", *SERIES], how="left")
        .join(known, on=["date", *SERIES], how="left")
        .with_columns(pl.col("sold").fill_null(0))
        .with_columns(pl.coalesce(pl.col("demand").cast(pl.Float64), "sold").alias("demand"))
    )


def test_stock_conserves(sample: Dataset, sold: pl.DataFrame, truth: dict[str, pl.DataFrame]) -> None:
    """on_hand = yesterday's + received - sold + returned - wasted - shipped + adjusted, phantoms included."""
    stock = (
        sample.scan("inventory")
        .collect()
        .join(truth["movements"], on=["date", *SERIES], how="left")
        .join(sold, on=["date", *SERIES], how="left")
        .fill_null(0)
        .sort(*SERIES, "date")
    )
    pair = pl.concat_str(*SERIES, separator="|")
    follows = (pair == pair.shift(1)) & (pl.col("date").diff() == pl.duration(days=1))
    moved = (
        pl.col("received")
        - pl.col("sold")
        + pl.col("returned")
        - pl.col("wasted")
        - pl.col("shipped")
        + pl.col("adjusted")
    )
    checked = stock.with_columns(wrong=pl.col("on_hand").shift(1) + moved - pl.col("on_hand"), follows=follows).filter(
        "follows"
    )
    assert checked.height > 500_000
    assert checked.filter(pl.col("wrong") != 0).is_empty()


def test_returns_in_receipts_are_those_put_back(sample: Dataset, truth: dict[str, pl.DataFrame]) -> None:
    back = sample.scan("transactions").filter(pl.col("units") < 0).select(-pl.col("units").sum()).collect().item()
    assert back == truth["movements"]["returned"].sum() > 0


def test_sales_happen_only_where_listed(sample: Dataset, sold: pl.DataFrame) -> None:
    listed = sample.scan("inventory").select("date", *SERIES).collect()
    assert sold.join(listed, on=["date", *SERIES], how="anti").is_empty()


def test_sold_is_demand_less_what_was_missing_plus_substitutes(
    sold: pl.DataFrame, truth: dict[str, pl.DataFrame]
) -> None:
    known = truth["demand"].join(sold.rename({"sold": "receipts"}), on=["date", *SERIES], how="left")
    assert (known["receipts"].fill_null(0) == known["sold"]).all()
    assert (known["demand"] >= known["sold"] - known["substituted_in"]).all()
    assert (known["demand"] > known["sold"]).any()


def test_demand_goes_unserved_only_where_stock_ran_out(sample: Dataset, truth: dict[str, pl.DataFrame]) -> None:
    short = truth["demand"].filter(pl.col("demand") > pl.col("sold") - pl.col("substituted_in"))
    phantom = truth["phantom_stock"].select(SERIES)
    wasted = truth["movements"].filter(pl.col("wasted") > 0).select("date", *SERIES)
    left = (
        short.join(sample.scan("inventory").collect(), on=["date", *SERIES])
        .join(phantom, on=SERIES, how="anti")
        .join(wasted, on=["date", *SERIES], how="anti")
    )
    returned = truth["movements"].select("date", *SERIES, "returned")
    left = left.join(returned, on=["date", *SERIES], how="left").with_columns(pl.col("returned").fill_null(0))
    assert (left["on_hand"] <= left["returned"]).all()


def test_share_of_days_that_end_empty_is_that_of_a_shop(sample: Dataset) -> None:
    shops = sample.scan("inventory").filter(pl.col("store_id") != "D01").collect()
    assert 0.03 < (shops["on_hand"] <= 0).mean() < 0.1


@pytest.mark.parametrize("new_year", SPRING_FESTIVALS)
def test_spring_festival_moves_with_the_moon(sold: pl.DataFrame, new_year: date) -> None:
    daily = sold.group_by("date").agg(pl.col("sold").sum())

    def mean(first: int, last: int) -> float:
        days = pl.col("date").is_between(new_year + timedelta(days=first), new_year + timedelta(days=last))
        return float(daily.filter(days)["sold"].mean())

    usual = mean(-56, -36)
    assert mean(-8, -2) > 1.4 * usual
    assert mean(0, 1) < 0.75 * usual


def test_price_elasticities_come_back_from_true_demand(
    sample: Dataset, demand: pl.DataFrame, truth: dict[str, pl.DataFrame]
) -> None:
    """Event study: demand in a promotion against the two weeks on either side, with the support's effect taken out."""
    daily = demand.group_by("date", "product_id").agg(pl.col("demand").sum())
    promotions = sample.scan("promotions").collect()
    busy = promotions.select("product_id", date=pl.date_ranges("valid_from", "valid_to", closed="left"))
    busy = busy.explode("date").unique()
    wide = promotions.filter(pl.col("store_id").is_null()).join(
        truth["promotion_effects"].select("promotion_id", "support_effect"), on="promotion_id"
    )
    near = wide.select("promotion_id", "product_id", "valid_from", "valid_to").join(daily, on="product_id")
    inside = (pl.col("date") >= pl.col("valid_from")) & (pl.col("date") < pl.col("valid_to"))
    around = pl.col("date").is_between(
        pl.col("valid_from") - pl.duration(days=14), pl.col("valid_to") + pl.duration(days=13)
    )
    during = near.filter(inside).group_by("promotion_id").agg(on=pl.col("demand").mean(), seen=pl.col("demand").sum())
    beside = near.filter(around & ~inside).join(busy, on=["product_id", "date"], how="anti")
    usual = beside.group_by("promotion_id").agg(off=pl.col("demand").mean(), base=pl.col("demand").sum())
    shelf = sample.scan("prices").filter(pl.col("store_id").is_null()).collect()
    cases = (
        wide.join(during, on="promotion_id")
        .join(usual, on="promotion_id")
        .filter(pl.col("seen") > 10, pl.col("base") > 20)
        .join(
            shelf.select("product_id", "valid_from", "valid_to", shelf="unit_price"), on="product_id", suffix="_shelf"
        )
        .filter(pl.col("valid_from") >= pl.col("valid_from_shelf"))
        .filter(pl.col("valid_to_shelf").is_null() | (pl.col("valid_from") < pl.col("valid_to_shelf")))
        .with_columns(
            cut=(pl.col("unit_price") / pl.col("shelf")).log(),
            lift=(pl.col("on") / pl.col("off") / pl.col("support_effect")).log(),
            weight=1 / (1 / pl.col("seen") + 1 / pl.col("base") + 0.04),
        )
    )
    slope = (pl.col("weight") * pl.col("cut") * pl.col("lift")).sum() / (pl.col("weight") * pl.col("cut") ** 2).sum()
    found = (
        cases.group_by("product_id").agg(slope.alias("found"), promotions=pl.len()).filter(pl.col("promotions") >= 4)
    )
    both = found.join(truth["elasticities"], on="product_id")
    assert both.height > 60
    assert np.corrcoef(both["found"], both["elasticity"])[0, 1] > 0.7
    assert (both["found"] - both["elasticity"]).abs().median() < 0.4


def test_uplift_shows_between_contacted_and_withheld(sample: Dataset, truth: dict[str, pl.DataFrame]) -> None:
    keys = ["campaign_id", "customer_id"]
    responses = sample.scan("responses").group_by(keys).agg(responses=pl.len()).collect()
    contacts = sample.scan("contacts").collect().join(truth["uplift"], on=keys).join(responses, on=keys, how="left")
    rate = (
        contacts.with_columns(pl.col("responses").fill_null(0))
        .group_by("is_holdout")
        .agg(pl.col("responses").mean(), pl.col("uplift").mean())
    )
    rows = {row["is_holdout"]: row for row in rate.iter_rows(named=True)}
    assert rows[True]["uplift"] == pytest.approx(rows[False]["uplift"], abs=0.01)
    assert rows[False]["responses"] - rows[True]["responses"] == pytest.approx(rows[False]["uplift"], abs=0.03)


def test_contacts_respect_consent(sample: Dataset) -> None:
    consents = sample.scan("consents").select("customer_id", "channel", "granted", "changed_at").collect()
    contacts = sample.scan("contacts").collect().sort("contacted_at")
    latest = contacts.join_asof(
        consents.sort("changed_at"),
        left_on="contacted_at",
        right_on="changed_at",
        by=["customer_id", "channel"],
        check_sortedness=False,
    )
    assert latest["granted"].mean() > 0.98


def test_looks_at_goods_come_before_purchases(sample: Dataset) -> None:
    """Most goods that are put into the bag are bought within ten days."""
    looks = sample.scan("events").filter(pl.col("event_type") == "bag_add").drop_nulls(["customer_id", "product_id"])
    looks = looks.filter(pl.col("occurred_at") < pl.datetime(2026, 2, 18)).collect()
    bought = sample.scan("transactions").filter(pl.col("units") > 0).select("customer_id", "product_id", "sold_at")
    after = (
        looks.lazy()
        .join(bought, on=["customer_id", "product_id"])
        .filter(
            pl.col("sold_at") > pl.col("occurred_at"),
            pl.col("sold_at") < pl.col("occurred_at") + pl.duration(days=10),
        )
    )
    kept = after.select("customer_id", "product_id", "occurred_at").unique().collect().height
    assert kept / looks.height > 0.5


def test_members_come_back_for_the_same_goods(sample: Dataset, truth: dict[str, pl.DataFrame]) -> None:
    pairs = sample.scan("transactions").filter(pl.col("units") > 0).drop_nulls("customer_id")
    pairs = pairs.group_by("customer_id", "product_id").agg(times=pl.col("transaction_id").n_unique()).collect()
    needed = pairs.join(truth["needs"], on=["customer_id", "product_id"], how="semi")
    assert needed.height / pairs.height > 0.7
    assert (needed["times"] > 1).mean() > (pairs["times"] > 1).mean() > 0.5


def test_persons_with_two_records_exist_in_truth_only(sample: Dataset, truth: dict[str, pl.DataFrame]) -> None:
    records = truth["persons"].group_by("person_id").len()
    assert 80 < records.filter(pl.col("len") == 2).height < 200
    assert records["len"].max() == 2
    assert "person_id" not in sample.scan("customers").collect_schema()
