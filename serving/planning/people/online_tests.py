"""A/B tests online, of rules and models: who gets which by hash, measured on all purchases, decided by the effect."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.campaigns.measure import PEOPLE, PURCHASES, Measured
from retail_brain.decisions.holdout import holdout_score, is_holdout
from retail_brain.errors import ImpossibleError
from retail_brain.operational.campaign_effects import StoredEffect, effect_looks
from retail_brain.operational.database import Database
from retail_brain.settings import Settings
from serving.planning.campaigns.measuring import keep_look, margins, purchases_of

_KNOWN_DAYS = 365
"""Days before the test within which somebody must have bought to be compared: those who left add only noise."""


@dataclass(frozen=True)
class OnlineTest:
    """A test that counts now.

    Attributes:
        kind: prefix of the hash's salt, and of the id under which looks are kept: of rules or of models.
        name: of the test.
        share: of the people who get what is new.
        since: first whole day on which they got it.
        left_out: first and last days between which not everybody drawn got it; None as the last: to this day.
    """

    kind: str
    name: str
    share: float
    since: date
    left_out: tuple[tuple[date, date | None], ...] = ()

    @property
    def key(self) -> str:
        """Salt of the hash; looks are kept under it."""
        return self.kind + self.name

    def days_left_out(self, as_of: date) -> list[date]:
        """Days up to a day on which those drawn did not get what is new, or not all day."""
        days = ((as_of - self.since).days + 1) if as_of >= self.since else 0
        every = (self.since + timedelta(days=day) for day in range(days))
        return [day for day in every if any(first <= day <= (last or as_of) for first, last in self.left_out)]


def is_drawn(customer_id: str | None, key: str, share: float) -> bool:
    """Whether a person is among those who get what is new, by a hash that stays.

    People who are not known get what there was before.
    """
    return customer_id is not None and holdout_score(customer_id, key) < share


def arm(name: str, *, is_in: bool) -> str:
    """What an attribution id says of a test that counts: `+NAME` for those who get what is new, else `-NAME`."""
    return f"{'+' if is_in else '-'}{name}"


def first_day(begun: datetime) -> date:
    """The first whole day after an instant, in business time: the machine's zone."""
    return begun.astimezone().date() + timedelta(days=1)


def look_at(
    tenant: str, database: Database, dataset: Dataset, test: OnlineTest, settings: Settings, *, by: str, now: datetime
) -> StoredEffect:
    """Measures a test as of the dataset's day and keeps the look; see `Measured.effect`.

    Everybody who bought within a year before the test is compared as they were drawn, whether they asked for anything
    or not, over all goods and all days of the test on which they got it.

    Raises:
        ImpossibleError: no whole day of it is in the data yet, or it was left out on all of them.
    """
    as_of = dataset.as_of or dataset.last_day()
    if as_of < test.since:
        raise ImpossibleError(
            f"the first whole day of test {test.name!r} is {test.since}, and the data end on {as_of}. Ask again when "
            "sales of it have come.",
            {"problem": "test_too_young", "since": test.since.isoformat(), "as_of": as_of.isoformat()},
        )
    days, left_out = (as_of - test.since).days + 1, test.days_left_out(as_of)
    if len(left_out) == days:
        raise ImpossibleError(
            f"published answers left the test {test.name!r} out on each of its {days} days, so nobody got it. Publish "
            "again; what publishing leaves out is said there.",
            {"problem": "test_left_out", "test": test.name, "days": days},
        )
    people = _people(dataset, test)
    purchases = margins(dataset, purchases_of(dataset, people), settings).select(*PURCHASES).collect()
    counted = purchases.filter(~pl.col("day").is_in(left_out))
    effect = Measured(as_of, days, people, counted).effect()
    effect |= {"days": days - len(left_out), "days_left_out": len(left_out)}
    return keep_look(tenant, database, test.key, effect, by=by, now=now)


def deciding_reading(
    tenant: str, database: Database, test: OnlineTest, *, measure: str, force: bool = False
) -> dict[str, Any] | None:
    """The reading of the newest look at a test, where it says for sure that what is new brings purchases.

    Args:
        tenant: whose test.
        database: where the looks are.
        test: looks from before its first day are those of an earlier test of the name, or of other rules under it.
        measure: command that measures it, for the message.
        force: whatever was measured; None then where nothing was.

    Raises:
        ImpossibleError: nothing was measured, or it is not clearly better.
    """
    stored = effect_looks(tenant, database, test.key)
    looks = [one for one in stored.read if one.as_of >= test.since]
    reading: dict[str, Any] | None = looks[-1].effect["reading"] if looks else None
    if not force and (reading is None or reading["low"] <= 0):
        said = (
            "nothing was measured yet"
            if reading is None
            else f"purchases per person differ by {reading['low']:.4f} to {reading['high']:.4f}"
        )
        said += f" ({stored.left_out} stored looks cannot be read and are left out)" if stored.left_out else ""
        raise ImpossibleError(
            f"the test {test.name!r} is not clearly better: {said}. Measure it again later (`{measure} {test.name}`), "
            "drop it, or promote it with --force.",
            {"problem": "test_not_better", "test": test.name, "reading": reading},
        )
    return reading


def _people(dataset: Dataset, test: OnlineTest) -> pl.DataFrame:
    """Who is compared: columns PEOPLE."""
    day = pl.col("sold_at").dt.date()
    bought = dataset.scan("transactions").filter(
        pl.col("customer_id").is_not_null(), day < test.since, day >= test.since - timedelta(days=_KNOWN_DAYS)
    )
    ids = bought.select("customer_id").unique().sort("customer_id").collect()["customer_id"]
    in_test = is_holdout(ids, test.key, test.share)
    frame = pl.DataFrame({"customer_id": ids, "held": ~in_test, "channel": "recommend", "day": test.since, "cost": 0.0})
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in PEOPLE.items() if name not in frame.columns]
    return frame.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in PEOPLE.items())
