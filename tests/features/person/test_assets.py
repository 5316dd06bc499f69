from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from features.jobs import build_features, scan_features
from features.person.assets import ACTIVE_STAGES, Shown, assets
from features.person.funnel import GUIDE_MOVES, NOT_KNOWN, funnel_of, guides_on, people_moves
from features.person.lifecycle import STAGES, LifecycleRules
from retail_brain.dataset import Dataset

AS_OF = date(2026, 2, 28)
RULES = LifecycleRules()
REGIONS = {"S1": "north", "S2": "north", "S3": None}


def _moves(*rows: tuple[str, str, str, str, int]) -> pl.DataFrame:
    """Rows of stage before, stage, shop before, shop, people; one guide, who has all."""
    schema = ["from_stage", "stage", "from_store_id", "store_id", "people"]
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(
        month_end=pl.lit(AS_OF),
        from_guide_id=pl.lit("G"),
        guide_id=pl.lit("G"),
        from_is_reachable=pl.lit(value=True),
        is_reachable=pl.lit(value=True),
    )


def _counts(rows: pl.DataFrame, level: str, column: str | None, value: str | None) -> tuple[int, ...]:
    at_level = rows.filter(pl.col("level") == level)
    (row,) = at_level.filter(True if column is None else pl.col(column).eq_missing(pl.lit(value))).iter_rows(named=True)
    return tuple(row[name] for name in ("known", "newly_known", "active", "gained", "lost", "moved_in", "moved_out"))


def test_gained_lost_and_moved_people_are_counted_where_they_were_and_are() -> None:
    moves = _moves(
        ("friend", "friend", "S1", "S1", 100),
        ("friend", "old_friend", "S1", "S2", 10),  # went on elsewhere, active all the time
        ("old_friend", "sleeping", "S1", "S3", 7),  # lost by S1
        ("sleeping", "friend", "S1", "S2", 5),  # won back by S2
        (NOT_KNOWN, "friend", "S1", "S1", 3),
        (NOT_KNOWN, "stranger", "S1", "S1", 2),
    )
    rows = assets(moves, REGIONS)
    assert _counts(rows, "all", None, None) == (127, 5, 118, 8, 7, 0, 0)
    assert _counts(rows, "store", "store_id", "S1") == (105, 5, 103, 3, 7, 0, 10)
    assert _counts(rows, "store", "store_id", "S2") == (15, 0, 15, 5, 0, 10, 0)
    assert _counts(rows, "region", "region", "north") == (120, 5, 118, 8, 7, 0, 0)
    assert _counts(rows, "region", "region", None) == (7, 0, 0, 0, 0, 0, 0)
    assert _counts(rows, "guide", "guide_id", "G") == (127, 5, 118, 8, 7, 0, 0)


def test_of_some_shops_who_comes_from_elsewhere_moved_in() -> None:
    moves = _moves(("friend", "friend", "S1", "S2", 4), ("friend", "friend", "S2", "S1", 1))
    rows = assets(moves, REGIONS, Shown("store_id", ["S2"]))
    assert _counts(rows, "all", None, None) == (4, 0, 4, 0, 0, 4, 1)
    assert rows["store_id"].drop_nulls().unique().to_list() == ["S2"]


_SHOPS = ("S1", "S2", "S3")
_ROW = st.tuples(
    st.sampled_from((*STAGES, NOT_KNOWN)),
    st.sampled_from(STAGES),
    st.sampled_from(_SHOPS),
    st.sampled_from(_SHOPS),
    st.integers(1, 9),
)


@given(st.lists(_ROW, min_size=1, max_size=12), st.sampled_from([None, Shown("store_id", ["S1", "S3"])]))
def test_active_people_before_with_what_came_and_went_are_those_after(
    rows: Sequence[tuple[str, str, str, str, int]], shown: Shown | None
) -> None:
    moves = _moves(*rows)
    inside = _SHOPS if shown is None else tuple(shown.values)
    found = assets(moves, REGIONS, shown).filter(pl.col("level") == "store")
    for row in found.iter_rows(named=True):
        before = sum(
            people
            for was, _, shop, _, people in rows
            if was in ACTIVE_STAGES and shop == row["store_id"] and shop in inside
        )
        after = before + row["gained"] - row["lost"] + row["moved_in"] - row["moved_out"]
        assert after == row["active"]


def _dataset() -> Dataset:
    lines = pl.DataFrame({"customer_id": ["a", "b", "b"], "sold_at": [datetime(2026, 2, day) for day in (1, 2, 20)]})
    receipts = lines.with_row_index("transaction_id").with_columns(
        pl.col("transaction_id").cast(pl.String),
        store_id=pl.lit("S1"),
        product_id=pl.lit("P"),
        units=pl.lit(1.0),
        unit_price=pl.lit(1.0),
    )
    customers = {"customer_id": ["a", "b", "c"], "home_store_id": ["S1", "S2", None], "guide_id": ["G1", "G1", None]}
    consents = {
        "customer_id": ["a", "a", "b"],
        "channel": ["sms", "sms", "email"],
        "granted": [True, False, True],
        "changed_at": [datetime(2026, 1, 2), datetime(2026, 2, 3), datetime(2026, 1, 1)],
    }
    tables = {"transactions": receipts, "customers": pl.DataFrame(customers), "consents": pl.DataFrame(consents)}
    # known by a contact alone
    contacts = {"campaign_id": ["K"], "customer_id": ["d"], "channel": ["sms"], "is_holdout": [False]}
    tables["contacts"] = pl.DataFrame(contacts).with_columns(contacted_at=pl.lit(datetime(2026, 2, 5)))
    return Dataset.from_frames(tables, as_of=AS_OF)


def _identities() -> pl.LazyFrame:
    ids = ["a", "b", "c", "d"]
    return pl.LazyFrame({"id_type": ["customer_id"] * 4, "id_value": ids, "person_id": ids})


def test_known_reachable_and_stages_are_those_of_the_person_features(tmp_path: Path) -> None:
    build_features(_dataset(), tmp_path, AS_OF)
    person = scan_features(tmp_path, "person").collect()
    moves = people_moves(_dataset(), scan_features(tmp_path, "identity"), RULES, AS_OF, 1)
    (row,) = assets(moves, {}).filter(pl.col("level") == "all").iter_rows(named=True)
    assert (row["known"], row["reachable"]) == (person.height, person["is_contactable"].sum()) == (4, 1)
    assert row["active"] == person["stage"].is_in(ACTIVE_STAGES).sum() == 2
    assert funnel_of(moves)["people"].sum() == row["known"]


def test_a_guides_people_of_a_past_month_are_those_of_then() -> None:
    moved = [
        ("a", "G2", "G1", date(2026, 2, 10)),
        ("c", None, "G3", date(2026, 5, 1)),
        ("a", "G9", "G2", date(2026, 6, 1)),
    ]
    frame = pl.DataFrame(moved, schema=GUIDE_MOVES, orient="row")
    at_january = dict(guides_on(frame, date(2026, 1, 31)).iter_rows())
    assert at_january == {"a": "G1", "c": "G3"}
    assert dict(guides_on(frame, None).iter_rows()) == {"a": "G9", "c": None}
    moves = people_moves(_dataset(), _identities(), RULES, AS_OF, 1, frame)
    rows = assets(moves, {})
    # a stranger in January and a friend in February: gained by the guide of now
    assert _counts(rows, "guide", "guide_id", "G9") == (1, 0, 1, 1, 0, 0, 0)
    assert _counts(rows, "guide", "guide_id", "G1")[:3] == (1, 0, 1)
