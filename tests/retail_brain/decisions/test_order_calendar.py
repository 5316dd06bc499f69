"""Order weekdays and cycles."""

import numpy as np
import pytest

from retail_brain.decisions.order_calendar import next_open_day, order_cycle, parse_weekdays, period_of, weekday_table


@pytest.mark.parametrize(
    ("text", "open_days"),
    [
        ("1,3,5", {0, 2, 4}),
        ("1 3 5", {0, 2, 4}),
        ("0", {6}),
        ("7", {6}),
        ("Mon/Wed", {0, 2}),
        ("monday;WEDNESDAY", {0, 2}),
        ("周一、周三", {0, 2}),
        ("星期日", {6}),
        ("一三五", {0, 2, 4}),
        ("", set(range(7))),
        (None, set(range(7))),
        ("Fri-Mon", {4, 5, 6, 0}),
        ("周一到周六", set(range(6))),
        ("每天", set(range(7))),
        ("daily", set(range(7))),
    ],
)
def test_weekdays_are_read_in_many_ways(text, open_days):
    assert {day for day, is_open in enumerate(parse_weekdays(text)) if is_open} == open_days


def test_the_next_open_day_is_the_day_itself_when_it_is_open():
    saturday = np.array(["2025-03-01", "2025-03-01"], dtype="datetime64[D]")
    assert next_open_day(saturday, weekday_table(["6", "5"])).astype(str).tolist() == ["2025-03-01", "2025-03-07"]


def test_a_cycle_runs_from_this_arrival_to_the_next_one():
    cycle = order_cycle(np.datetime64("2025-03-01"), np.array([2.5]), np.array([3.0]), weekday_table(["1,4"]))
    assert cycle.order_on.astype(str)[0] == "2025-03-03"
    assert cycle.arrives_on.astype(str)[0] == "2025-03-06"
    assert cycle.next_arrives_on.astype(str)[0] == "2025-03-09", "Thursday 6th is the next order day, plus three"


def test_goods_arriving_within_a_week_count_from_the_next():
    starts = np.array(["2025-03-03", "2025-03-10", "2025-03-17"], dtype="datetime64[D]")
    asked = np.array(["2025-03-03", "2025-03-05", "2025-03-10", "2025-04-01"], dtype="datetime64[D]")
    assert period_of(asked, starts).tolist() == [0, 1, 1, 3]
