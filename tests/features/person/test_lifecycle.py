from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from features.person.lifecycle import LifecycleRules, lifecycle

AS_OF = date(2025, 6, 30)
RULES = LifecycleRules(typical_gap_days=20.0)


def days_ago(*days: int) -> list[date]:
    return [AS_OF - timedelta(days=n) for n in days]


def judge(purchases: list[date], events: list[date] = (), known: date | None = None, as_of: date = AS_OF) -> dict:
    def rows(days):
        return pl.LazyFrame(
            {"person_id": ["p"] * len(days), "at": list(days)}, schema={"person_id": pl.String, "at": pl.Date}
        )

    people = pl.LazyFrame(
        {"person_id": ["p"], "known_on": [known]}, schema={"person_id": pl.String, "known_on": pl.Date}
    )
    return lifecycle(people, rows(purchases), rows(events), as_of, RULES).collect().row(0, named=True)


def test_a_card_without_any_act_is_a_stranger_since_it_is_known():
    row = judge([], known=date(2025, 1, 2))
    assert (row["stage"], row["stage_since"], row["activity"]) == ("stranger", date(2025, 1, 2), "none")
    assert row["churn_risk"] is None


def test_an_event_makes_a_visitor_and_ninety_days_of_silence_a_stranger_again():
    assert judge([], days_ago(89))["stage"] == "visitor"
    gone = judge([], days_ago(90))
    assert (gone["stage"], gone["stage_since"]) == ("stranger", AS_OF)
    back = judge([], days_ago(200, 40, 10))
    assert (back["stage"], back["stage_since"]) == ("visitor", days_ago(40)[0])


def test_a_first_purchase_makes_a_new_friend():
    row = judge(days_ago(5), days_ago(50, 5))
    assert (row["stage"], row["stage_since"], row["activity"]) == ("friend", days_ago(5)[0], "new")


def test_five_purchase_days_over_ninety_days_make_an_old_friend():
    row = judge(days_ago(100, 80, 60, 40, 20))
    assert (row["stage"], row["activity"]) == ("old_friend", "active")
    assert row["stage_since"] == days_ago(10)[0]  # the later of the fifth day (20 ago) and first + 90 days (10 ago)


def test_a_friend_who_stays_away_too_long_sleeps_and_is_lost_in_the_end():
    # rhythm: (5 gaps of 20 + 2 typical of 20) / 7 = 20 days, silence allowed for 60, lost after 120
    for last, stage, since in ((60, "old_friend", 70), (61, "sleeping", 0), (120, "sleeping", 59), (121, "lost", 0)):
        row = judge(days_ago(*(last + 20 * n for n in range(6))))
        assert (row["stage"], row["rhythm_days"], row["quiet_after_days"]) == (stage, 20.0, 60.0)
        assert row["stage_since"] == days_ago(since)[0]
        assert row["aipl"] == ("loyalty" if stage == "old_friend" else "purchase")
        assert row["activity"] == ("late" if stage == "old_friend" else "lapsed")


def test_late_is_measured_by_the_median_gap_and_who_is_late_does_not_warm():
    # nine gaps of 19 days and one of 150: the mean is 32, the median 19
    row = judge(days_ago(*(39 + 19 * n for n in range(10)), 39 + 19 * 9 + 150), days_ago(30, 31, 32, 33))
    assert (row["activity"], row["trend"]) == ("late", "cooling")
    assert row["active_days_recent"] > row["active_days_previous"]


def test_an_old_friend_who_comes_back_is_one_since_the_return():
    row = judge(days_ago(400, 380, 360, 340, 320, 20))
    assert (row["stage"], row["stage_since"]) == ("old_friend", days_ago(20)[0])


def test_churn_risk_without_a_fit_is_the_posterior_of_having_left():
    row = judge(days_ago(60, 40))
    # one gap of 20 and two typical ones of 20: rhythm 20; silence 40
    odds_stayed = 0.95 * 2.718281828459045 ** (-40 / 20)
    assert row["churn_risk"] == pytest.approx(0.05 / (0.05 + odds_stayed))


def test_trend_compares_active_days_of_two_windows():
    assert judge(days_ago(5, 15, 25, 100))["trend"] == "warming"  # 3 against 1: 4 / 2
    assert judge(days_ago(5, 70, 80, 90))["trend"] == "cooling"
    assert judge(days_ago(5, 70))["trend"] == "steady"
    assert judge(days_ago(300))["trend"] == "quiet"


def test_what_happens_after_as_of_changes_nothing():
    past, later = days_ago(100, 80, 60, 40, 20), [AS_OF + timedelta(days=n) for n in (1, 2, 30)]
    assert judge(past + later, later) == judge(past)


@given(st.lists(st.integers(0, 500), min_size=1, max_size=25, unique=True))
@example([0, 1, 2, 3, 4, 136, 137, 138, 139, 140, 481])  # back on the very day the silence would have become too long
def test_stage_since_begins_the_present_stretch_as_a_walk_through_the_days_says(ago: list[int]):
    purchases = sorted(days_ago(*ago))
    row = judge(purchases)

    def stage(day: date) -> str:
        past = [p for p in purchases if p <= day]
        if not past:
            return "stranger"
        silence = (day - past[-1]).days
        if silence > row["quiet_after_days"]:
            return "lost" if silence > 2 * row["quiet_after_days"] else "sleeping"
        return "old_friend" if len(past) >= 5 and (day - past[0]).days >= 90 else "friend"

    day = AS_OF
    while day > purchases[0] and stage(day - timedelta(days=1)) == stage(AS_OF):
        day -= timedelta(days=1)
    assert (row["stage"], row["stage_since"]) == (stage(AS_OF), day)
