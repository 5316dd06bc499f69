from datetime import date, datetime, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from features.person.lifecycle import LifecycleRules
from features.person.repeat_buying import RepeatBuying
from features.person.rfm import RfmEdges
from features.person.spending import Spending
from features.person.table import PERSON_FEATURES, PERSON_RECORDS, PersonOptions, person_features

AS_OF = date(2025, 6, 30)


def records(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame([{"person_id": "p", "record": "line", **row} for row in rows], schema=dict(PERSON_RECORDS))


def line(at: datetime, **row) -> dict:
    return {"at": at, "customer_id": "c", "transaction_id": str(at), "units": 1.0, "unit_price": 10.0, **row}


def features(frame: pl.DataFrame, as_of: date = AS_OF, **options) -> pl.DataFrame:
    return person_features(frame.lazy(), as_of, PersonOptions(**options)).collect()


def only(frame: pl.DataFrame, **options) -> dict:
    return features(frame, **options).row(0, named=True)


def crowd(seed: int = 5, lines: int = 1500) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    start = datetime(2024, 6, 1)
    return pl.DataFrame(
        {
            "person_id": [f"顾客{i}" for i in rng.integers(0, 40, lines)],
            "record": ["line"] * lines,
            "at": [start + timedelta(minutes=int(m)) for m in rng.integers(0, 450 * 1440, lines)],
            "transaction_id": [f"T{i}" for i in rng.integers(0, 700, lines)],
            "customer_id": ["c"] * lines,
            "store_id": rng.choice(["S1", "S2", "网店"], lines),
            "product_id": rng.choice(["P1", "P2", "P3", "P4"], lines),
            "channel": rng.choice(["store", "online"], lines),
            "units": rng.choice([-1.0, 1.0, 2.0, 3.0], lines),
            "unit_price": rng.choice([4.0, 5.0, 8.0], lines),
            "discount": rng.choice([0.0, 0.0, 1.0], lines),
            "reference_price": [8.0] * lines,
            "category": rng.choice(["酒", "茶", "米"], lines),
            "category_share": [1 / 3] * lines,
        },
        schema_overrides={"at": pl.Datetime("us")},
    ).pipe(lambda rows: pl.concat([pl.DataFrame(schema=dict(PERSON_RECORDS)), rows], how="diagonal"))


SQL = """
with lines as (select * from rows where cast("at" as date) <= date '2025-06-30'),
days as (select distinct person_id, cast("at" as date) as day from lines where units > 0),
gaps as (select person_id, day, day - lag(day) over (partition by person_id order by day) as gap from days),
cadence as (select person_id, count(*) as purchase_days, median(gap) as gap_median_days,
    1 / (1 + stddev_samp(gap) / avg(gap)) as regularity from gaps group by 1)
select l.person_id,
    count(distinct transaction_id) filter (units > 0) as baskets,
    sum(units * unit_price) as spend,
    coalesce(sum(units * unit_price) filter (cast("at" as date) > date '2025-06-30' - 91), 0) as spend_91d,
    count(distinct transaction_id) filter (units > 0 and cast("at" as date) > date '2025-06-30' - 28) as baskets_28d,
    date '2025-06-30' - max(cast("at" as date)) filter (units > 0) as recency_days,
    sum(-units * unit_price) filter (units < 0) / sum(units * unit_price) filter (units > 0) as returns_share,
    sum(units * unit_price) filter (units > 0 and channel <> 'store')
        / sum(units * unit_price) filter (units > 0) as remote_share,
    sum(units * unit_price) filter (units > 0 and (discount > 0 or unit_price < 7.6))
        / sum(units * unit_price) filter (units > 0) as reduced_share,
    sum(units * unit_price) filter (units > 0) / sum(units * 8) filter (units > 0) as price_index,
    any_value(purchase_days) as purchase_days, any_value(gap_median_days) as gap_median_days,
    any_value(regularity) as regularity
from lines l join cadence using (person_id) group by 1 order by 1
"""


def test_value_cadence_shares_and_prices_are_what_sql_says():
    rows = crowd()
    with duckdb.connect() as connection:
        connection.register("rows", rows.to_arrow())
        expected = connection.sql(SQL).pl()
    found = features(rows).select(expected.columns)
    assert_frame_equal(found, expected, check_dtypes=False)


def test_top_and_favourite_categories_by_a_plain_loop():
    rows = crowd()
    found = features(rows)
    past = rows.filter((pl.col("at").dt.date() <= AS_OF) & (pl.col("units") > 0))
    for person in found["person_id"]:
        mine = past.filter(pl.col("person_id") == person)
        spent: dict[str, float] = {}
        for category, units, price in mine.select("category", "units", "unit_price").iter_rows():
            spent[category] = spent.get(category, 0.0) + units * price
        row = found.row(by_predicate=pl.col("person_id") == person, named=True)
        ranked = sorted(spent, key=lambda name: (-spent[name], name))
        total = sum(spent.values())
        assert row["top_categories"] == ranked[:3]
        assert row["top_category_shares"] == pytest.approx([spent[name] / total for name in ranked[:3]])
        assert set(row["favourite_categories"] or []) == {name for name in ranked if spent[name] / total > 0.4}


def test_habits_name_weekday_and_part_of_the_day():
    sunday = datetime(2025, 6, 1)
    row = only(records(*(line(sunday + timedelta(days=7 * w, hours=19)) for w in range(3))))
    assert (row["main_weekday"], row["weekend_share"], row["main_daypart"]) == (7, 1.0, "evening")
    untimed = only(records(*(line(sunday + timedelta(days=7 * w)) for w in range(3))))
    assert untimed["main_daypart"] is None
    assert only(records(line(datetime(2025, 6, 2, 2))))["main_daypart"] == "night"


def test_the_last_word_on_a_consent_counts():
    def word(day: int, channel: str, granted: bool) -> dict:
        return {
            "record": "consent",
            "at": datetime(2025, 5, day),
            "customer_id": "c",
            "channel": channel,
            "granted": granted,
        }

    told = records(word(1, "sms", True), word(2, "sms", False), word(1, "微信", True), word(3, "email", True))
    row = only(told, has_consents=True)
    assert (row["granted_channels"], row["is_contactable"]) == (["email", "微信"], True)
    silent = only(records(line(datetime(2025, 6, 1))), has_consents=True)
    assert (silent["granted_channels"], silent["is_contactable"]) == ([], False)
    nobody_asked = only(records(line(datetime(2025, 6, 1))))
    assert (nobody_asked["granted_channels"], nobody_asked["is_contactable"]) == (None, True)


def test_contacts_leave_out_the_holdout_and_events_are_counted():
    def contact(days: int, holdout: bool) -> dict:
        return {"record": "contact", "at": datetime(2025, 6, 30, 9) - timedelta(days=days), "is_holdout": holdout}

    rows = records(
        *(contact(0, False), contact(27, False), contact(28, False), contact(3, True), contact(200, False)),
        {"record": "event", "at": datetime(2025, 6, 29), "event_type": "bag_add"},
        {"record": "event", "at": datetime(2025, 5, 1), "event_type": "visit"},
        {"record": "identifier"},
    )
    row = only(rows)
    assert (row["contacts_28d"], row["contacts_91d"], row["last_contact_on"]) == (2, 3, AS_OF)
    assert (row["events_28d"], row["bag_adds_28d"], row["visits_28d"], row["identifiers"]) == (1, 1, 0, 1)
    assert (row["stage"], row["baskets"], row["probability_alive"]) == ("visitor", None, None)


def test_expectations_come_from_the_model_by_weeks():
    model = RepeatBuying(0.243, 4.414, 0.793, 2.426)
    rows = records(*(line(datetime(2025, 6, 30, 12) - timedelta(days=d)) for d in (140, 70, 14)))
    row = only(rows, repeat_buying=model)
    x, age = np.array([2.0]), np.array([20.0])
    assert row["probability_alive"] == pytest.approx(1 - row["churn_risk"])
    assert row["expected_purchases_28d"] == pytest.approx(
        (1 - row["churn_risk"]) * model.expected_if_alive(4.0, x, age)[0]
    )
    assert row["expected_spend_365d"] is None


def test_the_spend_expected_is_purchases_times_the_amount_drawn_to_that_of_all():
    model = RepeatBuying(0.243, 4.414, 0.793, 2.426)
    rows = records(*(line(datetime(2025, 6, 30, 12) - timedelta(days=d)) for d in (140, 70, 14)))
    row = only(rows, repeat_buying=model, spending=Spending(2.0, 3.0, 20.0))
    assert row["expected_basket_value"] == pytest.approx(2.0 * (20.0 + 30.0) / (2.0 * 3 + 3.0 - 1))
    purchases = (1 - row["churn_risk"]) * model.expected_if_alive(365 / 7, np.array([2.0]), np.array([20.0]))[0]
    assert row["expected_spend_365d"] == pytest.approx(purchases * row["expected_basket_value"])


def test_scores_are_fifths_of_recent_buyers_and_null_without_a_purchase():
    edges = RfmEdges(recency=(5, 10, 20, 40), frequency=(1, 2, 4, 8), monetary=(10, 20, 30, 40))
    lines = [line(datetime(2025, 6, 30) - timedelta(days=d)) for d in (5, 30, 60)]
    row = only(records(*lines), rfm=edges)
    # 5 days is in the best fifth, 3 receipts are above two borders, 30 of money is above two
    assert (row["recency_score"], row["frequency_score"], row["monetary_score"], row["rfm"]) == (5, 3, 3, "5-3-3")
    stranger = only(records({"record": "identifier"}), rfm=edges)
    assert (stranger["recency_score"], stranger["rfm"]) == (None, None)


def test_what_comes_after_as_of_changes_nothing():
    rows = crowd()
    options = {"repeat_buying": RepeatBuying(0.2, 4.0, 0.8, 2.4), "rules": LifecycleRules()}
    later = pl.col("at").dt.date() > AS_OF
    changed = rows.with_columns(
        pl.when(later).then(pl.col("units") * 100).otherwise("units").alias("units"),
        pl.when(later).then(pl.lit("新品类")).otherwise("category").alias("category"),
    )
    expected = features(rows.filter(~later), **options)
    assert rows.filter(later).height > 50
    assert_frame_equal(features(rows, **options), expected)
    assert_frame_equal(features(changed, **options), expected)


def test_row_order_does_not_matter_and_the_input_stays_as_it_was():
    rows = crowd()
    before = rows.clone()
    assert_frame_equal(features(rows.sample(fraction=1.0, shuffle=True, seed=3)), features(rows))
    assert_frame_equal(rows, before)


def test_no_records_give_no_persons_with_every_column():
    empty = features(pl.DataFrame(schema=dict(PERSON_RECORDS)), repeat_buying=RepeatBuying(0.2, 4.0, 0.8, 2.4))
    assert empty.is_empty()
    assert empty.columns == ["person_id", "as_of", *(name for group in PERSON_FEATURES.values() for name in group)]
