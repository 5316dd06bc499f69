"""Ids of people who are erased, and salted digests by which those who were are known again."""

import hashlib
import hmac
import re
from dataclasses import dataclass

import polars as pl

CUSTOMER = "customer_id"
LEAST_SEARCHED = 5
"""Characters of an id from which it is looked for inside longer texts: a shorter one stands in many by chance."""
NAMES_PEOPLE = re.compile("customer|person|id_value|member|owner")
"""Columns whose values are people; elsewhere a short id is a number or code of something else."""
DIGEST = re.compile(
    r"""(?<![0-9A-Za-z])(?=[0-9-]*[a-f])
    (?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}|[0-9a-f]{24}|[0-9a-f]{16}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})
    (?![0-9A-Za-z])""",
    re.VERBOSE,
)
"""Digests and random ids, of suggestions, contacts, jobs: what stands within one stands there by chance.

One letter at least: a row of digits may be phone numbers one behind the other."""
LONGEST_CHANCE = 15
"""Characters of an id up to which it stands within a digest by chance: 16 given ones are in none of 10^15."""


@dataclass(frozen=True)
class Subjects:
    """Ids of people.

    Attributes:
        customers: customer ids.
        identifiers: (id_type, id_value).
    """

    customers: frozenset[str]
    identifiers: frozenset[tuple[str, str]] = frozenset()

    @property
    def values(self) -> list[str]:
        """Every id as text, sorted."""
        return sorted(self.customers | {value for _, value in self.identifiers})


@dataclass(frozen=True)
class ErasedIds:
    """Salted digests of the ids of erased people: enough to know them again, not to name them.

    Attributes:
        salt: hexadecimal; without it the digests of phone numbers could be found by trying all of them.
    """

    salt: str
    digests: frozenset[str]

    def among(self, rows: pl.LazyFrame) -> Subjects:
        """The erased people whom rows name, by any of the person columns that they have."""
        names = rows.collect_schema().names()
        customers, identifiers = frozenset[str](), frozenset[tuple[str, str]]()
        if CUSTOMER in names:
            ids = rows.select(CUSTOMER).unique().drop_nulls().collect(engine="streaming")[CUSTOMER]
            customers = frozenset(one for one in ids if self.holds(CUSTOMER, one))
        if {"id_type", "id_value"} <= set(names):
            pairs = rows.select("id_type", "id_value").unique().drop_nulls().collect(engine="streaming")
            identifiers = frozenset(pair for pair in pairs.iter_rows() if self.holds(*pair))
        return Subjects(customers, identifiers)

    def holds(self, id_type: str, id_value: str) -> bool:
        """Whether an id is one of an erased person."""
        return digest_of(self.salt, id_type, id_value) in self.digests


def digest_of(salt: str, id_type: str, id_value: str) -> str:
    """Salted digest of an id (HMAC-SHA-256, hexadecimal).

    >>> digest_of("00", "phone", "1") == digest_of("00", "card", "1")
    False
    """
    return hmac.new(bytes.fromhex(salt), f"{id_type}\t{id_value}".encode(), hashlib.sha256).hexdigest()
