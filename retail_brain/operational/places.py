"""The place of an API key: all of the tenant, some regions, some shops, or one guide's people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from retail_brain.errors import UsageError

_FIELDS = ("regions", "stores", "guide")


@dataclass(frozen=True)
class Place:
    """Where a key may look; nothing named is headquarters, which sees all.

    Attributes:
        regions: every shop of these regions (column `region` of `stores`), also those that open later.
        stores: these shops.
        guide: only people of this guide; with shops or regions also the rows of those shops.
    """

    regions: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    guide: str | None = None

    @property
    def is_headquarters(self) -> bool:
        """Whether it sees all."""
        return not self.regions and not self.stores and self.guide is None

    @property
    def kind(self) -> str:
        """headquarters, region, shop or guide."""
        if self.guide is not None:
            return "guide"
        return "region" if self.regions else "shop" if self.stores else "headquarters"

    def __str__(self) -> str:
        parts = [f"region {name}" for name in self.regions] + [f"store {name}" for name in self.stores]
        return ", ".join(parts + ([] if self.guide is None else [f"guide {self.guide}"])) or "headquarters"

    def stored(self) -> dict[str, Any] | None:
        """The place as JSON; None for headquarters, as in rows of older versions."""
        if self.is_headquarters:
            return None
        return {"regions": list(self.regions), "stores": list(self.stores), "guide": self.guide}


HEADQUARTERS = Place()
NOWHERE = Place(stores=("",))
"""A place without rows: what a stored place becomes that this version cannot read."""


def place_of(regions: Sequence[str] = (), stores: Sequence[str] = (), guide: str | None = None) -> Place:
    """A place from what was named, each once and in order.

    Raises:
        UsageError: a name is empty.
    """
    if any(not name.strip() for name in (*regions, *stores, *([] if guide is None else [guide]))):
        raise UsageError("a region, store or guide without a name was given; wanted an id. Leave it out or name it.")
    return Place(tuple(sorted(set(regions))), tuple(sorted(set(stores))), guide)


def read_place(stored: object) -> Place:
    """The place behind a stored value; one that cannot be read opens nothing.

    >>> read_place({"stores": ["S01"]}).kind
    'shop'
    >>> read_place({"planets": ["Mars"]}) == NOWHERE
    True
    """
    if stored is None:
        return HEADQUARTERS
    # a field of a later version would narrow the place further: without it the key would see too much
    if not isinstance(stored, dict) or not stored or set(stored) - set(_FIELDS):
        return NOWHERE
    regions, stores, guide = stored.get("regions") or [], stored.get("stores") or [], stored.get("guide")
    texts = [*regions, *stores, *([] if guide is None else [guide])]
    if not texts or not all(isinstance(text, str) and text for text in texts):
        return NOWHERE
    return Place(tuple(regions), tuple(stores), guide)
