"""Indexes the forecast overrides of a tenant by series, for the forecasts of a request."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from retail_brain.operational.overrides import Override, StoredOverride

OverrideState = Literal["active", "waiting", "expired", "withdrawn"]


@dataclass(frozen=True)
class OverrideBook:
    """Overrides indexed by store and product; None stands for all.

    Attributes:
        stored: every override, oldest first.
        mark: of the state of the database that they were read in.
    """

    stored: Sequence[StoredOverride] = ()
    mark: tuple[int, int] = (0, 0)
    _by_series: dict[tuple[str | None, str | None], list[StoredOverride]] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: Sequence[StoredOverride], mark: tuple[int, int]) -> "OverrideBook":
        """A book of the overrides given."""
        by_series: dict[tuple[str | None, str | None], list[StoredOverride]] = defaultdict(list)
        for entry in stored:
            by_series[entry.override.store_id, entry.override.product_id].append(entry)
        return cls(stored, mark, dict(by_series))

    def of_series(self, store_id: str, product_id: str, origin: date) -> list[Override]:
        """Overrides of a series that count on a day; where several hit the same day the last one counts."""
        if not self._by_series:
            return []
        keys = ((store_id, product_id), (store_id, None), (None, product_id), (None, None))
        matching = [entry for key in keys for entry in self._by_series.get(key, []) if entry.counts_on(origin)]
        return [entry.override for entry in sorted(matching, key=lambda entry: (entry.override.as_of, entry.id))]


def state_of(stored: StoredOverride, origin: date) -> OverrideState:
    """How an override stands for forecasts made at the end of a day."""
    override, first = stored.override, origin + timedelta(days=1)
    if stored.withdrawn_at is not None:
        return "withdrawn"
    if override.ends_on is not None and override.ends_on <= first:
        return "expired"
    return "waiting" if override.begins_on > first else "active"
