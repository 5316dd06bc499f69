"""Options and report of the feature job."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

import polars as pl

from features.identity.evidence import IdentityRules
from features.person.lifecycle import LifecycleRules
from features.person.repeat_buying import RepeatBuying
from retail_brain.settings import Settings

TableName = Literal["identity", "person", "goods", "series", "place"]
FEATURE_TABLES: Final[tuple[TableName, ...]] = ("identity", "person", "goods", "series", "place")


@dataclass(frozen=True)
class FeatureOptions:
    """Options of the feature job.

    Attributes:
        rules: lifecycle thresholds; the typical gap is estimated from the data where possible.
        identity: weights and thresholds of identity resolution.
        period_days: length of the demand panel's period in days.
        buckets: parts that persons, products and stores are split into; None chooses by the number of rows.
    """

    rules: LifecycleRules = field(default_factory=LifecycleRules)
    identity: IdentityRules = field(default_factory=IdentityRules)
    period_days: int = 1
    buckets: int | None = None


def feature_options(settings: Settings) -> FeatureOptions:
    """Options of a tenant's settings."""
    return FeatureOptions(period_days={"day": 1, "week": 7, "month": 30}[settings.data.period])


@dataclass(frozen=True)
class StoredDrift:
    """How a build of the features differs from the one before at the same place.

    Attributes:
        before: last visible day of the build before.
        as_of: last visible day of the build.
        columns: one row per column of the tables: `features.drift.DRIFT_COLUMNS`.
    """

    before: date
    as_of: date
    columns: pl.DataFrame

    def drifted(self, levels: Collection[str] = ("large", "moderate", "new", "gone")) -> pl.DataFrame:
        """The columns of some levels."""
        return self.columns.filter(pl.col("level").is_in(list(levels)))


@dataclass(frozen=True)
class FeatureReport:
    """Report of the feature job.

    Attributes:
        as_of: last visible day.
        rows: table -> rows written.
        repeat_buying: the fitted BG/NBD model, or None where too few people bought again.
        drift: what `read_drift` reads; None where there was no build to compare with.
        rebuilt: table -> why it was computed anew; the others took what is new into the build before.
    """

    as_of: date
    rows: Mapping[str, int]
    repeat_buying: RepeatBuying | None
    drift: StoredDrift | None = None
    rebuilt: Mapping[str, str] = field(default_factory=dict)
