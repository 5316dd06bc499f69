"""Caps of all campaigns: by hand, and against a plain loop over windows."""

from datetime import date, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from retail_brain.decisions.contact_caps import Caps, with_open_days

FIRST = date(2025, 3, 1)
LOG = {"person_id": pl.String, "channel": pl.String, "day": pl.Date}


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def opened(log: list[tuple[str, str, int]], caps: Caps, days: int = 5) -> dict[tuple[str, str | None], list[int]]:
    options = pl.DataFrame({"person_id": ["a", "a", "b"], "channel": ["sms", "app", "sms"]})
    frame = pl.DataFrame([(who, channel, day(at)) for who, channel, at in log], schema=LOG, orient="row")
    found = with_open_days(options, frame, [day(number) for number in range(days)], caps)
    return {
        (who, channel): list(range(days)) if listed is None else [(one - FIRST).days for one in listed]
        for who, channel, listed in found.iter_rows()
    }


def test_a_contact_before_and_one_planned_after_both_close_the_days_around_them():
    assert opened([("a", "sms", -2)], Caps(1, 4))["a", "app"] == [2, 3, 4]
    assert opened([("a", "sms", 6)], Caps(1, 4))["a", "app"] == [0, 1, 2]


def test_two_contacts_close_a_day_only_where_one_window_holds_both_and_the_day():
    # days 0 and 4 lie in one window of 5 days, so every day between is full; day 4 + 1 is in none with day 0
    assert opened([("a", "sms", 0), ("a", "sms", 4)], Caps(2, 5), days=7)["a", "sms"] == [5, 6]


def test_a_channel_has_a_cap_of_its_own_and_the_other_stays_open():
    found = opened([("a", "sms", -1)], Caps(4, 10, {"sms": 1}))
    assert ("a", "sms") not in found
    assert found["a", "app"] == [0, 1, 2, 3, 4]


def test_a_cap_of_none_closes_everything_of_it():
    assert opened([], Caps(0, 10)) == {}
    assert list(opened([], Caps(3, 10, {"sms": 0}))) == [("a", "app")]


@given(
    log=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["sms", "app"]), st.integers(-9, 15)), max_size=12),
    most=st.integers(1, 3),
    sms=st.integers(1, 2),
    window=st.integers(1, 8),
)
def test_a_plain_loop_over_all_windows_says_the_same(
    log: list[tuple[str, str, int]], most: int, sms: int, window: int
) -> None:
    def fits(who: str, channel: str, at: int) -> bool:
        for start in range(at - window + 1, at + 1):
            inside = [one for one in log if one[0] == who and start <= one[2] < start + window]
            if len(inside) >= most or (channel == "sms" and sum(one[1] == "sms" for one in inside) >= sms):
                return False
        return True

    wanted = {
        (who, channel): [at for at in range(5) if fits(who, channel, at)]
        for who, channel in (("a", "sms"), ("a", "app"), ("b", "sms"))
    }
    assert opened(log, Caps(most, window, {"sms": sms})) == {key: days for key, days in wanted.items() if days}
