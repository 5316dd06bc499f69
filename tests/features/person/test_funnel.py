from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from features.jobs import build_features, scan_features
from features.person.funnel import funnel_of, month_ends, people_moves
from features.person.lifecycle import LifecycleRules
from retail_brain.dataset import Dataset

AS_OF = date(2026, 2, 28)
RULES = LifecycleRules()


def _dataset(*later: tuple[str, datetime]) -> Dataset:
    bought = [("new", datetime(2026, 2, 10)), ("gone", datetime(2025, 12, 1)), *later]
    lines = pl.DataFrame(bought, schema=["customer_id", "sold_at"], orient="row").with_row_index("transaction_id")
    receipts = lines.with_columns(
        pl.col("transaction_id").cast(pl.String),
        store_id=pl.lit("S2"),
        product_id=pl.lit("P"),
        units=pl.lit(1.0),
        unit_price=pl.lit(1.0),
    )
    events = pl.DataFrame(
        {"occurred_at": [datetime(2026, 1, 20), datetime(2026, 2, 3)], "customer_id": ["new", "looks"]}
    ).with_columns(event_type=pl.lit("visit"))
    customers = pl.DataFrame({"customer_id": ["new", "gone", "looks"], "home_store_id": ["S1", None, "S1"]})
    tables = {"transactions": receipts, "events": events, "customers": customers}
    return Dataset.from_frames(tables, as_of=AS_OF)


def _identities() -> pl.LazyFrame:
    ids = ["new", "gone", "looks"]
    return pl.LazyFrame({"id_type": ["customer_id"] * 3, "id_value": ids, "person_id": ids})


def test_moves_are_counted_by_month_and_shop() -> None:
    moves = funnel_of(people_moves(_dataset(), _identities(), RULES, AS_OF, 2))
    rows = {(str(row[0])[:7], row[1], row[2], row[3]): row[4] for row in moves.rows()}
    # customers without a joining day count as known at any time
    assert rows == {
        ("2026-01", "S1", "stranger", "visitor"): 1,
        ("2026-01", "S1", "stranger", "stranger"): 1,
        ("2026-01", "S2", "friend", "friend"): 1,
        ("2026-02", "S1", "visitor", "friend"): 1,
        ("2026-02", "S1", "stranger", "visitor"): 1,
        # the one gap allowed is 30 days x 3: 1 December and 90 days is 1 March
        ("2026-02", "S2", "friend", "friend"): 1,
    }


def test_what_comes_later_changes_no_earlier_month() -> None:
    early = funnel_of(people_moves(_dataset(), _identities(), RULES, AS_OF, 2)).filter(pl.col("month_end") < AS_OF)
    more = _dataset(("looks", datetime(2026, 2, 20)), ("gone", datetime(2026, 3, 9)))
    later = funnel_of(people_moves(more, _identities(), RULES, AS_OF, 2))
    assert later.filter(pl.col("month_end") < AS_OF).equals(early)
    assert not later.filter(pl.col("month_end") == AS_OF).equals(
        funnel_of(people_moves(_dataset(), _identities(), RULES, AS_OF, 2)).filter(pl.col("month_end") == AS_OF)
    )


def test_the_last_month_ends_with_the_stages_of_the_person_table(tmp_path: Path) -> None:
    build_features(_dataset(), tmp_path, AS_OF)
    person = scan_features(tmp_path, "person").collect()
    moves = funnel_of(people_moves(_dataset(), scan_features(tmp_path, "identity"), RULES, AS_OF, 1))
    counted = moves.group_by("to_stage").agg(pl.col("people").sum()).sort("to_stage")
    stages = person.group_by(to_stage="stage").agg(pl.len().cast(pl.Int64).alias("people")).sort("to_stage")
    assert counted.equals(stages)


def test_months_end_before_the_last_day() -> None:
    assert month_ends(date(2026, 3, 1), 1) == [date(2026, 2, 28), date(2026, 3, 1)]
    assert all(
        later - earlier < timedelta(days=32)
        for earlier, later in zip(month_ends(AS_OF, 5), month_ends(AS_OF, 5)[1:], strict=False)
    )
