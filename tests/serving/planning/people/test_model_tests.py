"""A/B tests of two recommenders: one at a time, measured on all purchases, promoted by the measured effect."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from retail_brain.dataset import Dataset
from retail_brain.errors import ConflictError, ImpossibleError, NotFoundError, UsageError
from retail_brain.operational.audit import list_audit
from retail_brain.operational.campaign_effects import campaign_effects
from retail_brain.operational.database import Database
from retail_brain.operational.model_tests import ModelTest, note_left_out, note_served
from retail_brain.operational.repeated_contacts import repeats
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.planning.people.model_tests import (
    Asker,
    begin,
    drop,
    gets_challenger,
    listed_tests,
    measure,
    online,
    promote,
    tenant_model_test,
)
from tests.serving.planning.people.chain_under_test import PEOPLE, chain_under_test
from training.promotion import Promotion

BEGUN = datetime(2025, 2, 28, 9, tzinfo=UTC)
SEASONS = ModelTest("seasons", 7, 0.5, "Li", BEGUN)


@pytest.fixture
def asker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asker]:
    database = Database(Workspace(tmp_path).database_url)
    (tmp_path / "var").mkdir()
    upgrade(database)
    monkeypatch.setattr("training.promotion.export_challenger", lambda _, version: version or 7)
    yield Asker(Workspace(tmp_path), database, Settings(), "Li", BEGUN)
    database.close()


@pytest.fixture
def promoted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The challenges that were promoted."""
    found: list[Any] = []

    def fake(*given: Any, **_: Any) -> Promotion:
        found.append(given[-1])
        return Promotion(given[-1].version, True, 3, "-", "forced")

    monkeypatch.setattr("training.promotion.promote", fake)
    return found


def served(asker: Asker) -> None:
    begin(asker, "seasons", 7, 0.5)
    note_served("main", asker.database, "seasons", now=BEGUN + timedelta(hours=3))


def chain(moved: float) -> Dataset:
    return chain_under_test(moved, lambda who: gets_challenger(who, SEASONS))


def test_half_of_the_people_get_the_challenger_always_the_same_and_strangers_never() -> None:
    drawn = [gets_challenger(who, SEASONS) for who in PEOPLE]
    assert 0.42 < sum(drawn) / len(drawn) < 0.58
    assert drawn == [gets_challenger(who, SEASONS) for who in PEOPLE]
    assert drawn != [gets_challenger(who, replace(SEASONS, name="another")) for who in PEOPLE]
    assert not gets_challenger(None, SEASONS)


def test_what_is_clearly_better_online_becomes_champion(asker: Asker, promoted: list[Any]) -> None:
    served(asker)
    with pytest.raises(ImpossibleError, match=r"nothing was measured yet. .*model-tests effect seasons"):
        promote(asker, "seasons")
    effect = measure(asker, chain(moved=2.0), "seasons").effect
    assert (effect["contacts"] + effect["holdout"], effect["days"]) == (600, 14)
    # on three of ten days against six
    assert effect["outcomes"]["purchases"]["difference"] == pytest.approx(3.0, abs=0.3)
    test, reading = promote(asker, "seasons")
    assert (test.version, reading) == (7, effect["reading"])
    assert [(one.version, one.force) for one in promoted] == [(7, True)]
    assert "purchases per person" in promoted[0].note
    assert [row["state"] for row in listed_tests("main", asker.database, BEGUN)] == ["promoted"]
    told = {entry.action for entry in list_audit("main", asker.database)}
    assert {"model.test_begun", "model.promoted", "model.test_promoted"} <= told
    # a look at a test is none at a campaign, whose share of caused purchases it would change
    (kept,) = campaign_effects("main", asker.database)
    assert repeats(kept.campaign_id)


def test_what_is_not_clearly_better_stays_a_challenger_unless_forced(asker: Asker, promoted: list[Any]) -> None:
    served(asker)
    measure(asker, chain(moved=1.0), "seasons")
    with pytest.raises(ImpossibleError, match="not clearly better"):
        promote(asker, "seasons")
    assert not promoted
    promote(asker, "seasons", force=True)
    assert "forced" in promoted[0].note


def test_a_test_counts_from_the_day_after_its_first_publishing(asker: Asker) -> None:
    begin(asker, "seasons", 7, 0.5)
    with pytest.raises(ImpossibleError, match="not published"):
        measure(asker, chain(1.0), "seasons")
    assert listed_tests("main", asker.database, BEGUN)[0]["state"] == "waiting"
    for hours in (3, 300):
        note_served("main", asker.database, "seasons", now=BEGUN + timedelta(hours=hours))
    assert online(asker, "seasons")[1].since == date(2025, 3, 1)
    with pytest.raises(ImpossibleError, match="'seasons' is 2025-03-01"):
        measure(asker, chain(1.0).at(date(2025, 2, 27)), "seasons")


def test_days_on_which_answers_left_the_version_out_do_not_count(asker: Asker) -> None:
    """Left out from noon of 4 March to noon of 6 March: three days are no whole days of the test."""
    served(asker)
    march = datetime(2025, 3, 1, 12, tzinfo=UTC)
    whole = measure(asker, chain(2.0), "seasons").effect
    for day in (3, 4):  # the second publication without it changes nothing
        note_left_out("main", asker.database, now=march + timedelta(days=day))
    (row,) = listed_tests("main", asker.database, march + timedelta(days=4))
    assert (row["state"], row["since"], row["days_left_out"]) == ("waiting", "2025-03-01", 2)
    note_served("main", asker.database, "seasons", now=march + timedelta(days=5))
    (row,) = listed_tests("main", asker.database, march + timedelta(days=30))
    assert (row["state"], row["since"], row["days_left_out"]) == ("running", "2025-03-01", 3)
    test = online(asker, "seasons")[1]
    assert test.days_left_out(date(2025, 3, 5)) == [date(2025, 3, 4), date(2025, 3, 5)]
    effect = measure(asker, chain(2.0), "seasons").effect
    assert (effect["days"], effect["days_left_out"], whole["days"], whole["days_left_out"]) == (11, 3, 14, 0)
    bought = chain(2.0).scan("transactions").collect()["sold_at"].dt.date()
    on_days = bought.is_between(date(2025, 3, 4), date(2025, 3, 6)).sum()
    kept = effect["attributed"]["units"] / whole["attributed"]["units"]
    assert kept == pytest.approx(1 - on_days / bought.is_between(date(2025, 3, 1), date(2025, 3, 14)).sum(), abs=0.02)
    assert "model.test_left_out" in {entry.action for entry in list_audit("main", asker.database)}


def test_a_test_that_was_left_out_on_all_its_days_measures_nothing(asker: Asker) -> None:
    served(asker)
    note_left_out("main", asker.database, now=BEGUN + timedelta(hours=4))
    with pytest.raises(ImpossibleError, match="left the test 'seasons' out on each of its 14 days"):
        measure(asker, chain(1.0), "seasons")
    drop(asker, "seasons")
    note_left_out("main", asker.database, now=BEGUN + timedelta(hours=5))  # none runs: nothing to note


def test_a_test_that_cannot_begin_leaves_no_bundle(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(asker, "seasons", 7, 0.5)
    monkeypatch.setattr("training.promotion.export_challenger", lambda *_: pytest.fail("a bundle was exported"))
    with pytest.raises(ConflictError, match="one version is tested at a time"):
        begin(asker, "other", 8, 0.5)
    drop(asker, "seasons")
    with pytest.raises(ConflictError, match="Take another name"):
        begin(asker, "seasons", 8, 0.5)


def test_one_version_is_tested_at_a_time_and_a_name_is_used_once(asker: Asker) -> None:
    begin(asker, "seasons", 7, 0.5)
    with pytest.raises(ConflictError, match="one version is tested at a time"):
        begin(asker, "other", 8, 0.5)
    drop(asker, "seasons")
    with pytest.raises(ConflictError, match="Take another name"):
        begin(asker, "seasons", 8, 0.5)
    assert begin(asker, "other", None, 0.2).version == 7
    running = tenant_model_test(asker.workspace)
    assert running is not None
    assert running.name == "other"


@pytest.mark.parametrize(("name", "share"), [("a b", 0.5), ("", 0.5), ("x" * 41, 0.5), ("a", 0.0), ("a", 1.0)])
def test_names_and_shares_that_cannot_be_used_are_refused(asker: Asker, name: str, share: float) -> None:
    with pytest.raises(UsageError):
        begin(asker, name, 7, share)
    assert listed_tests("main", asker.database, BEGUN) == []


def test_what_does_not_run_is_not_known(asker: Asker) -> None:
    for act in (lambda: drop(asker, "seasons"), lambda: online(asker, "seasons")):
        with pytest.raises(NotFoundError, match="no test of models 'seasons' runs"):
            act()
