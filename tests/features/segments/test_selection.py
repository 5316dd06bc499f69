"""Segments select the people that SQL selects, and say what can match nobody."""

import random
from datetime import date, datetime, timedelta

import duckdb
import polars as pl
import pytest

from features.segments.parsing import parse
from features.segments.selection import count_people, select_people
from features.segments.sources import SegmentSources
from retail_brain.dataset import Dataset
from retail_brain.errors import UsageError

TODAY = date(2026, 2, 28)
STAGES = ["stranger", "visitor", "friend", "old_friend", None]
CATEGORIES = ["tea", "茶饮", "bread"]


def _sources(seed: int = 0) -> SegmentSources:
    draw = random.Random(seed)
    ids = [f"C{number:02d}" for number in range(40)]
    person = pl.DataFrame(
        {
            "person_id": ids,
            "as_of": [TODAY] * 40,
            "customer_ids": [[name] for name in ids],
            "spend": [draw.choice([None, 0.0, 50.0, 100.0, 250.5]) for _ in ids],
            "stage": [draw.choice(STAGES) for _ in ids],
            "last_purchase_on": [draw.choice([None, TODAY - timedelta(days=draw.randint(0, 90))]) for _ in ids],
            "home_store_id": [draw.choice(["S1", "S2", "S3", None]) for _ in ids],
            "granted_channels": [draw.choice([[], ["sms"], ["sms", "wechat"], None]) for _ in ids],
            "is_contactable": [draw.random() < 0.5 for _ in ids],
        },
        schema_overrides={"granted_channels": pl.List(pl.String)},
    )
    lines = pl.DataFrame(
        {
            "transaction_id": [f"t{number}" for number in range(300)],
            "sold_at": [datetime(2026, 2, 28, 12) - timedelta(days=draw.randint(0, 99)) for _ in range(300)],
            "store_id": [draw.choice(["S1", "S2", "S3"]) for _ in range(300)],
            "product_id": [draw.choice(["P1", "P2", "P3"]) for _ in range(300)],
            "customer_id": [draw.choice([*ids, None]) for _ in range(300)],
            "units": [1.0] * 300,
            "unit_price": [10.0] * 300,
        }
    )
    products = pl.DataFrame({"product_id": ["P1", "P2", "P3"], "category": CATEGORIES})
    stores = pl.DataFrame({"store_id": ["S1", "S2", "S3"], "region": ["north", "south", "north"]})
    customers = pl.DataFrame({"customer_id": ids, "level": [draw.choice(["gold", "basic", None]) for _ in ids]})
    dataset = Dataset.from_frames(
        {"transactions": lines, "products": products, "stores": stores, "customers": customers}, as_of=TODAY
    )
    identities = pl.LazyFrame({"id_type": ["customer_id"] * 40, "id_value": ids, "person_id": ids})
    return SegmentSources(person.lazy(), identities, dataset, TODAY)


def _random_condition(draw: random.Random, depth: int) -> tuple[str, str]:
    """An expression and the SQL that means the same, over the views `people`, `bought` and `stores`."""
    if depth and draw.random() < 0.6:
        parts = [_random_condition(draw, depth - 1) for _ in range(draw.randint(2, 3))]
        word = draw.choice(["and", "or"])
        text, sql = (f" {word} ".join(f"({part[place]})" for part in parts) for place in (0, 1))
        return (f"not ({text})", f"NOT ({sql})") if draw.random() < 0.3 else (text, sql)
    amount, days = draw.choice([0, 50, 100]), draw.choice([7, 30, 90])
    stage, store, category = draw.choice(STAGES[:4]), draw.choice(["S1", "S2"]), draw.choice(CATEGORIES)
    relation = draw.choice(["=", "!=", "<", "<=", ">", ">="])
    times = draw.randint(1, 3)
    region = draw.choice(["north", "south"])
    window = f"day > DATE '2026-02-28' - {days} AND day <= DATE '2026-02-28'"
    counted = "SELECT person_id FROM bought WHERE {} AND {} GROUP BY person_id HAVING COUNT(DISTINCT day) >= {}"
    often = counted.format(f"category = '{category}'", window, times)
    once = counted.format(f"(store_id = '{store}' OR category <> '{category}')", window, 1)
    return draw.choice(
        [
            (f"spend {relation} {amount}", f"COALESCE(spend {relation} {amount}, FALSE)"),
            (f"stage != {stage}", f"COALESCE(stage <> '{stage}', FALSE)"),
            (f"stage not in ({stage}, friend)", f"NOT COALESCE(stage IN ('{stage}', 'friend'), FALSE)"),
            ("spend between 50 and 100", "COALESCE(spend BETWEEN 50 AND 100, FALSE)"),
            (
                f"last_purchase_on >= today - {days}",
                f"COALESCE(last_purchase_on >= DATE '2026-02-28' - {days}, FALSE)",
            ),
            ("last_purchase_on is missing", "last_purchase_on IS NULL"),
            ("granted_channels has sms", "COALESCE(list_contains(granted_channels, 'sms'), FALSE)"),
            ("level = gold", "COALESCE(level = 'gold', FALSE)"),
            (
                f"home_store_id in stores(region = {region})",
                f"COALESCE(home_store_id IN (SELECT store_id FROM stores WHERE region = '{region}'), FALSE)",
            ),
            (
                f"bought(category = {category}, last {days} days, at least {times} times)",
                f"person_id IN ({often})",
            ),
            (
                f"bought(store_id = {store} or category != {category}, last {days} days)",
                f"person_id IN ({once})",
            ),
        ]
    )


def test_200_random_expressions_select_what_sql_selects() -> None:
    sources = _sources()
    with duckdb.connect() as connection:
        for name, frame in (
            ("people", sources.people),
            ("bought", sources.facts("bought")),
            ("stores", sources.stores),
        ):
            connection.register(name, frame.collect().to_arrow())
        sizes = set()
        for seed in range(200):
            text, sql = _random_condition(random.Random(seed), depth=2)
            wanted = connection.execute(f"SELECT person_id FROM people WHERE {sql} ORDER BY 1").fetchall()
            got = select_people(parse(text), sources)["person_id"].to_list()
            assert got == [row[0] for row in wanted], text
            sizes.add(len(got))
    assert len(sizes) > 20  # the conditions told people apart


def test_a_purchase_after_the_day_and_one_that_was_returned_do_not_count() -> None:
    sources = _sources()
    lines = sources.dataset.frames["transactions"].collect()
    late = lines.head(1).with_columns(
        sold_at=pl.lit(datetime(2026, 3, 1)), customer_id=pl.lit("new"), transaction_id=pl.lit("late")
    )
    back = late.with_columns(sold_at=pl.lit(datetime(2026, 2, 1)), customer_id=pl.lit("back"))
    returned = back.with_columns(units=pl.lit(-1.0), transaction_id=pl.lit("return"))
    person = pl.concat(
        [
            sources.person.collect(),
            sources.person.collect()
            .head(2)
            .with_columns(person_id=pl.Series(["new", "back"]), customer_ids=pl.Series([["new"], ["back"]])),
        ]
    )
    dataset = Dataset.from_frames({"transactions": pl.concat([lines, late, back, returned])}, as_of=TODAY)
    people = select_people(parse("bought()"), SegmentSources(person.lazy(), sources.identities, dataset, TODAY))
    assert not {"new", "back"} & set(people["person_id"])
    assert people.height > 30


@pytest.mark.parametrize(
    "text",
    [
        "home_store_id in (S1, S2, S3, S4, S5, S6, S7, S8, S9)",
        "spend in (50, 1, 2, 3, 4, 5, 6, 7, 100)",
        f"last_purchase_on in ({', '.join(str(TODAY - timedelta(days=n)) for n in range(40))})",
        "bought(product_id in (P1, P2, P3, P4, P5, P6, P7, P8, P9))",
        "home_store_id in stores(store_id in (S1, S2, S3, S4, S5, S6, S7, S8, S9))",
    ],
)
def test_lists_may_be_long(text: str) -> None:
    assert select_people(parse(text), _sources()).height > 0


def test_a_misspelt_value_and_an_absent_table_are_named() -> None:
    counted = count_people(parse("stage = freind or bought(category = teaa) or did(event_type = visit)"), _sources())
    assert counted.people == 0
    assert ("people", "stage", "freind") in counted.unseen
    assert ("bought", "category", "teaa") in counted.unseen
    assert counted.absent == ["did"]


def test_a_count_says_how_people_may_be_reached() -> None:
    sources = _sources()
    counted = count_people(parse("granted_channels has sms"), sources)
    frame = sources.person.collect().filter(pl.col("granted_channels").list.contains("sms").fill_null(value=False))
    assert (counted.people, counted.of, counted.customers) == (frame.height, 40, frame.height)
    assert counted.contactable == int(frame["is_contactable"].sum())
    assert counted.channels["sms"] == frame.height
    assert counted.channels["wechat"] == int(frame["granted_channels"].list.contains("wechat").sum())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("spnd > 1", "nearest are spend"),
        ("STAGE = friend", "nearest are stage\\."),
        ("spend = tea", "holds a number; got 'tea'"),
        ("spend > today", "got today"),
        ("stage > 3", "no order"),
        ("last_purchase_on = true", "2026-02-28 or today - 30"),
        ("is_contactable = 1", "true or false"),
        ("bought(spend > 1 and stage = friend)", "no column 'stage' of bought"),
        ("bought(bought())", "it is for people"),
        ("home_store_id in stores(store_id in stores(region = north))", "people or purchases"),
        ("spend in stores(region = north)", "column of store ids"),
        ("granted_channels > a", "no order"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        select_people(parse(text), _sources())


def test_people_without_any_features_are_refused(tmp_path: object) -> None:
    from pathlib import Path

    from retail_brain.errors import NotFoundError

    with pytest.raises(NotFoundError, match="retail-brain features"):
        SegmentSources.open(Path(str(tmp_path)), _sources().dataset)
