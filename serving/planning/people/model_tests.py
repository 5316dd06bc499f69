"""A/B tests of two recommenders: who gets which by hash, both answered, promoted by the effect measured online."""

import re
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError, UsageError
from retail_brain.operational.campaign_effects import StoredEffect
from retail_brain.operational.database import Database
from retail_brain.operational.model_tests import (
    ModelTest,
    begin_model_test,
    check_may_begin,
    end_model_test,
    list_model_tests,
    no_test,
    running_test,
)
from retail_brain.operational.repeated_contacts import MODELS_PREFIX
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.planning.demand.overrides import has_database
from serving.planning.people.online_tests import OnlineTest, deciding_reading, first_day, is_drawn, look_at

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")


@dataclass(frozen=True)
class Asker:
    """Where tests are kept, and who works on them when."""

    workspace: Workspace
    database: Database
    settings: Settings
    by: str
    now: datetime

    @property
    def tenant(self) -> str:
        """Whose tests."""
        return self.workspace.tenant


def begin(asker: Asker, name: str, version: int | None, share: float) -> ModelTest:
    """Begins a test of a registered recommender (None: the newest) beside the champion; it counts from `publish` on.

    Raises:
        UsageError: the name or the share cannot be used.
        NotFoundError: there is no such version.
        ImpossibleError: there is no champion, or it is the champion.
        ConflictError: another test runs, or the name was used before.
        ModelError: the model's files cannot be read.
    """
    # MLflow takes seconds to import and a hundred megabytes: only whoever begins a test pays for it
    from training.promotion import export_challenger  # noqa: PLC0415 - see above

    if not _NAME.fullmatch(name):
        raise UsageError(
            f"a test cannot be called {name!r}; wanted 1 to 40 letters, digits, `_`, `.` or `-`.",
            {"problem": "model_test_named", "test": name},
        )
    if not 0 < share < 1:
        raise UsageError(
            f"a share of {share} leaves nobody to compare; wanted one between 0 and 1.",
            {"problem": "model_test_share", "share": share},
        )
    check_may_begin(asker.tenant, asker.database, name)
    found = export_challenger(asker.workspace, version)
    return begin_model_test(asker.tenant, asker.database, name, found, share, by=asker.by, now=asker.now)


def online(asker: Asker, name: str) -> tuple[ModelTest, OnlineTest]:
    """A running test, and what is measured of it.

    Raises:
        NotFoundError: no test of that name runs.
        ImpossibleError: no answers with it were published yet.
    """
    test = running_test(asker.tenant, asker.database)
    if test is None or test.name != name:
        raise no_test(name)
    if test.served_at is None:
        raise ImpossibleError(
            f"nobody got the recommendations of test {name!r} yet: its answers are not published. Run `publish`.",
            {"problem": "model_test_unserved", "test": name},
        )
    return test, OnlineTest(MODELS_PREFIX, name, test.share, first_day(test.served_at), _left_out(test))


def measure(asker: Asker, dataset: Dataset, name: str) -> StoredEffect:
    """Measures a test as of the dataset's day and keeps the look; see `online_tests.look_at`.

    Raises:
        NotFoundError: no test of that name runs.
        ImpossibleError: it is not published, or no whole day of it is in the data yet.
    """
    _, test = online(asker, name)
    return look_at(asker.tenant, asker.database, dataset, test, asker.settings, by=asker.by, now=asker.now)


def promote(asker: Asker, name: str, *, force: bool = False) -> tuple[ModelTest, dict[str, Any] | None]:
    """Makes the version under test champion, where the newest look says for sure that it brings purchases.

    Returns:
        The test, and the reading that decided; None where it was forced without any.

    Raises:
        NotFoundError: no test of that name runs.
        ImpossibleError: nothing was measured, or it is not clearly better.
        ModelError: the model's files cannot be read.
    """
    from training.promotion import Challenge, record_promotion  # noqa: PLC0415 - as in `begin`
    from training.promotion import promote as promote_version  # noqa: PLC0415 - as in `begin`

    test, measured = online(asker, name)
    reading = deciding_reading(asker.tenant, asker.database, measured, measure="model-tests effect", force=force)
    why = (
        f"test {name}, forced"
        if reading is None or reading["low"] <= 0
        else f"test {name}: {reading['low']:+.4f} to {reading['high']:+.4f} purchases per person"
    )
    challenge = Challenge(test.version, force=True, note=f"{asker.by}: {why}")
    done = promote_version(asker.workspace, "recommender", asker.settings, _no_lake, challenge)
    record_promotion(asker.tenant, asker.database, "recommender", done, by=asker.by, now=asker.now, reason=why)
    # last: a promotion that was cut off is completed by asking again
    end_model_test(asker.tenant, asker.database, name, "promoted", by=asker.by, now=asker.now)
    return test, reading


def drop(asker: Asker, name: str) -> None:
    """Ends a test: everybody gets the champion's recommendations at once.

    Raises:
        NotFoundError: no test of that name runs.
    """
    end_model_test(asker.tenant, asker.database, name, "dropped", by=asker.by, now=asker.now)


def tenant_model_test(workspace: Workspace) -> ModelTest | None:
    """The running test of a tenant, for publishing; None where there is none, or no database yet.

    Raises:
        UnavailableError: the database does not answer.
    """
    with closing(Database(workspace.database_url)) as database:
        if not has_database(workspace, database):
            return None
        upgrade(database)
        return running_test(workspace.tenant, database)


def gets_challenger(customer_id: str | None, test: ModelTest) -> bool:
    """Whether a person is among those who get the recommendations of the version under test, by a hash that stays."""
    return is_drawn(customer_id, MODELS_PREFIX + test.name, test.share)


def listed_tests(tenant: str, database: Database, now: datetime) -> list[dict[str, Any]]:
    """Every test as JSON, the newest first; `days_left_out` are those up to now, or to its end."""
    return [
        {
            "name": one.name,
            "version": one.version,
            "share": one.share,
            "state": one.outcome or ("running" if one.is_served else "waiting"),
            "begun_by": one.begun_by,
            "begun_at": one.begun_at.isoformat(timespec="seconds"),
            "since": None if one.served_at is None else first_day(one.served_at).isoformat(),
            "days_left_out": _days_left_out(one, one.ended_at or now),
            "ended_by": one.ended_by,
            "ended_at": None if one.ended_at is None else one.ended_at.isoformat(timespec="seconds"),
        }
        for one in list_model_tests(tenant, database)
    ]


def _left_out(test: ModelTest) -> tuple[tuple[date, date | None], ...]:
    """First and last days that are not whole days of the test, as its version was not published."""
    return tuple((_day(begin), None if end is None else _day(end)) for begin, end in test.left_out)


def _days_left_out(test: ModelTest, until: datetime) -> int:
    if test.served_at is None:
        return 0
    online_test = OnlineTest(MODELS_PREFIX, test.name, test.share, first_day(test.served_at), _left_out(test))
    return len(online_test.days_left_out(_day(until)))


def _day(moment: datetime) -> date:
    """Its day in business time."""
    return moment.astimezone().date()


def _no_lake(_versions: object) -> Dataset:
    raise ImpossibleError("a promotion by the effect of a test opens no lake.", {"problem": "promotion_needs_lake"})
