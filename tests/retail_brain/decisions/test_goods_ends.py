"""Nobody is told of goods after the last day of their listing or season."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.decisions.audience import build_audience
from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.goods_ends import GOODS_ENDS
from retail_brain.settings import AudienceSettings

AS_OF = date(2025, 2, 28)


def ends(*rows: tuple[str | None, str, date]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=GOODS_ENDS, orient="row")


def stock(**units: float) -> pl.DataFrame:
    rows = [(store, "P", held) for store, held in units.items()]
    return pl.DataFrame(rows, schema=["store_id", "product_id", "on_hand"], orient="row")


def drawn(
    last: pl.DataFrame | None, due: date | None = None, log: pl.DataFrame | None = None, **changes: Any
) -> tuple[list[date], dict[str, int]]:
    """Days of contact of a person of S1 who may want P, and who is left out why."""
    facts = AudienceFacts(
        customers=pl.DataFrame({"customer_id": ["c"], "home_store_id": ["S1"]}), ends=last, contacts=log, **changes
    )
    pairs = pl.DataFrame(
        [("c", "P", 0.4, "repeat", due)],
        schema={"customer_id": str, "product_id": str, "probability": float, "kind": str, "due_on": pl.Date},
        orient="row",
    )
    request = AudienceRequest(("P",), 9, holdout_share=0.0, starts_on=AS_OF + timedelta(3))
    listed, out = build_audience(pairs, facts, request, AS_OF, AudienceSettings(max_contacts=1, contact_window_days=3))
    return listed["send_on"].to_list(), dict(out.select("code", "customers").iter_rows())


def day(number: int) -> date:
    return AS_OF + timedelta(number)


@pytest.mark.parametrize(
    ("last", "due", "held", "found"),
    [
        (None, day(20), {"S1": 1}, day(19)),
        ([("S1", 9)], day(20), {"S1": 1}, "too_late"),  # it is wanted after the listing
        ([("S1", 9)], None, {"S1": 1}, day(3)),
        ([("S1", 2)], None, {"S1": 1}, "too_late"),  # it ends before the first day of contact
        ([(None, 2)], None, {"S1": 1}, "too_late"),  # the season of the chain
        ([("S1", 2)], None, {"S1": 1, "S2": 1}, day(3)),  # any shop will do
        ([("S1", 2), ("S2", 2)], None, {"S1": 1, "S2": 1}, "too_late"),
        ([("S1", 2), ("S2", 9)], day(5), {"S1": 1, "S2": 0}, "too_late"),  # the other shop has none
        ([("S2", 9), (None, 2)], None, {"S1": 0, "S2": 1}, day(3)),  # a shop's own end goes before the chain's
        ([(None, 2)], None, {}, "too_late"),  # nothing was counted
    ],
)
def test_contacts_end_with_the_goods_and_who_is_left_out_is_counted(
    last: Any, due: date | None, held: Any, found: Any
) -> None:
    table = None if last is None else ends(*((store, "P", day(until)) for store, until in last))
    told, out = drawn(table, due, stock=stock(**held) if held else None)
    assert (told, out) == (([], {found: 1}) if isinstance(found, str) else ([found], {}))


def test_the_own_shop_alone_counts_where_goods_must_lie_there() -> None:
    last = ends(("S1", "P", day(2)))
    assert drawn(last, stock=stock(S1=1, S2=1), at_home_only=True) == ([], {"too_late": 1})
    assert drawn(last, stock=stock(S1=1, S2=1)) == ([day(3)], {})


def test_left_overs_keep_their_own_day_and_other_stock_that_is_told_of_takes_the_end_of_its_goods() -> None:
    left = pl.DataFrame({"store_id": ["S1"], "product_id": ["P"], "left_over_units": [9.0], "sell_by": [day(8)]})
    last = ends(("S1", "P", day(2)))
    assert drawn(last, left_over=left) == ([day(3)], {})  # the plan gave the day
    open_ended = left.with_columns(sell_by=pl.lit(None, dtype=pl.Date))
    assert drawn(last, left_over=open_ended) == ([], {"too_late": 1})


def test_where_the_caps_leave_no_day_before_the_end_nobody_is_told_after_it() -> None:
    log = pl.DataFrame(
        {"campaign_id": ["K"], "customer_id": ["c"], "channel": ["sms"], "is_holdout": [False]}
    ).with_columns(contacted_at=pl.lit(day(3)).cast(pl.Datetime))
    assert drawn(None, log=log) == ([day(6)], {})
    assert drawn(ends(("S1", "P", day(5)), (None, "P", day(5))), log=log) == ([], {"contacted_too_often": 1})


@given(
    last=st.lists(st.tuples(st.sampled_from(["S1", "S2", None]), st.integers(0, 12)), unique_by=lambda one: one[0]),
    held=st.dictionaries(st.sampled_from(["S1", "S2"]), st.integers(0, 1)),
    due=st.none() | st.integers(1, 25),
    at_home=st.booleans(),
)
def test_no_contact_lies_after_every_shop_that_could_give_the_goods(
    last: list[tuple[str | None, int]], held: dict[str, int], due: int | None, at_home: bool
) -> None:
    table = ends(*((store, "P", day(until)) for store, until in last))
    told, out = drawn(table, None if due is None else day(due), stock=stock(**held) if held else None,
                      at_home_only=at_home)  # fmt: skip
    assert len(told) + sum(out.values()) == 1
    known = dict(last)
    shops = [store for store, units in held.items() if units and (store == "S1" or not at_home)] if held else [None]
    until = [known.get(store, known.get(None)) for store in shops]
    if told and None not in until:
        assert told[0] <= max(day(one) for one in until if one is not None)
