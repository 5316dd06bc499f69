"""Overrides: stored once, audited, taken back, and each tenant's own."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from retail_brain.errors import ImpossibleError, NotFoundError, UnconfirmedError
from retail_brain.operational.audit import list_audit
from retail_brain.operational.database import Database
from retail_brain.operational.overrides import (
    Override,
    check_override,
    is_usable_factor,
    list_overrides,
    overrides_mark,
    store_overrides,
    withdraw_overrides,
)
from retail_brain.settings import DemandSettings

NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)
FAIR = Override(
    "o1", "S1", "P1", date(2025, 3, 3), date(2025, 3, 10), "factor", 1.5, "隔壁庙会", "王芳", date(2025, 2, 28)
)


def test_an_override_is_kept_as_it_was_given_and_audited(database: Database) -> None:
    (stored,) = store_overrides("main", database, [FAIR], now=NOW)
    assert (stored.override, stored.made_at, stored.withdrawn_at) == (FAIR, NOW, None)
    assert list_overrides("main", database) == [stored]
    assert list_overrides("other", database) == []
    (deed,) = list_audit("main", database)
    assert (deed.actor, deed.action, deed.subject) == ("王芳", "forecast.override", "o1")
    assert deed.details["reason"] == "隔壁庙会"
    assert deed.details["ends_on"] == "2025-03-10"


def test_sending_one_again_changes_nothing_and_another_under_its_id_is_refused(database: Database) -> None:
    first = store_overrides("main", database, [FAIR], now=NOW)
    assert store_overrides("main", database, [FAIR, FAIR], now=NOW.replace(hour=9)) == first * 2
    with pytest.raises(ImpossibleError, match="was used before"):
        store_overrides("main", database, [replace(FAIR, override_id="o2"), replace(FAIR, value=2.0)], now=NOW)
    assert [stored.override.override_id for stored in list_overrides("main", database)] == ["o1"]
    assert len(list_audit("main", database)) == 1


def test_one_that_is_taken_back_still_counts_for_the_days_before(database: Database) -> None:
    store_overrides("main", database, [FAIR], now=NOW)
    back = {"by": "李强", "as_of": date(2025, 3, 5), "now": NOW}
    (stored,) = withdraw_overrides("main", database, ["o1"], **back)
    assert (stored.withdrawn_by, stored.withdrawn_as_of) == ("李强", date(2025, 3, 5))
    assert withdraw_overrides("main", database, ["o1"], **(back | {"by": "x"})) == [stored]
    counted = [
        stored.counts_on(date(2025, 2, 27)),
        stored.counts_on(date(2025, 2, 28)),
        stored.counts_on(date(2025, 3, 5)),
    ]
    assert counted == [False, True, False]
    assert [deed.action for deed in list_audit("main", database)] == [
        "forecast.override.withdrawn",
        "forecast.override",
    ]


def test_nobody_takes_back_what_is_not_there_or_not_theirs(database: Database) -> None:
    store_overrides("main", database, [FAIR], now=NOW)
    for tenant, override_id in (("main", "o9"), ("other", "o1")):
        with pytest.raises(NotFoundError, match=override_id):
            withdraw_overrides(tenant, database, [override_id], by="x", as_of=date(2025, 3, 5), now=NOW)


def test_the_mark_moves_with_each_change(database: Database) -> None:
    marks = [overrides_mark("main", database)]
    store_overrides("main", database, [FAIR], now=NOW)
    marks.append(overrides_mark("main", database))
    withdraw_overrides("main", database, ["o1"], by="x", as_of=date(2025, 3, 5), now=NOW)
    marks.append(overrides_mark("main", database))
    assert len(set(marks)) == 3
    assert overrides_mark("other", database) == marks[0]


def test_an_override_that_lasts_longer_than_is_usual_names_the_last_usual_day() -> None:
    check_override(replace(FAIR, ends_on=FAIR.begins_on + timedelta(days=366)), DemandSettings(), None)
    with pytest.raises(UnconfirmedError, match=r"ends on 2099-01-01, later than .* \(366 days\)") as caught:
        check_override(replace(FAIR, ends_on=date(2099, 1, 1)), DemandSettings(), None)
    assert caught.value.details["problems"][0]["days"] == 366


@pytest.mark.parametrize(
    ("kind", "value", "peak", "code"),
    [
        ("units", 1e9, 4.2, "override_units"),
        ("units", 84.1, 4.2, "override_units"),
        ("units", 84.0, 4.2, None),
        ("units", 20.0, 0.01, None),
        ("units", 1e9, None, None),
        ("factor", 20.1, None, "factor"),
        ("factor", 20.0, 0.0, None),
    ],
)
def test_an_override_far_beyond_the_forecast_is_confirmed_first(
    kind: str, value: float, peak: float | None, code: str | None
) -> None:
    override = replace(FAIR, kind=kind, value=value)
    if code is None:
        check_override(override, DemandSettings(), peak)
        return
    with pytest.raises(UnconfirmedError) as caught:
        check_override(override, DemandSettings(), peak)
    assert [one["code"] for one in caught.value.details["problems"]] == [code]


@pytest.mark.parametrize(("factor", "usable"), [(0, True), (0.01, True), (100, True), (1e-300, False), (101, False)])
def test_a_factor_is_nothing_or_within_what_a_person_means(factor: float, *, usable: bool) -> None:
    assert is_usable_factor(factor) is usable
