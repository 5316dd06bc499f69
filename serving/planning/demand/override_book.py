"""Overrides of one tenant, found by series: what the service applies when somebody asks for a forecast."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from retail_brain.operational.overrides import Override, StoredOverride

OverrideState = Literal["active", "waiting", "expired", "withdrawn"]


@dataclass(frozen=True)
class OverrideBook:
    """Overrides with where they apply.

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
        found: dict[tuple[str | None, str | None], list[StoredOverride]] = defaultdict(list)
        for one in stored:
            found[one.override.store_id, one.override.product_id].append(one)
        return cls(stored, mark, dict(found))

    def of_series(self, store_id: str, product_id: str, origin: date) -> list[Override]:
        """Overrides of a series that count on a day; where several hit the same day the last one counts."""
        if not self._by_series:
            return []
        keys = ((store_id, product_id), (store_id, None), (None, product_id), (None, None))
        found = [one for key in keys for one in self._by_series.get(key, []) if one.counts_on(origin)]
        return [one.override for one in sorted(found, key=lambda one: (one.override.as_of, one.id))]


def state_of(stored: StoredOverride, origin: date) -> OverrideState:
    """How an override stands for forecasts made at the end of a day."""
    override, first = stored.override, origin + timedelta(days=1)
    if stored.withdrawn_at is not None:
        return "withdrawn"
    if override.ends_on is not None and override.ends_on <= first:
        return "expired"
    return "waiting" if override.begins_on > first else "active"
