"""Authorization: roles, the scopes of each, how routes are narrowed by place, and the principal of a request."""

from dataclasses import dataclass
from enum import StrEnum

from retail_brain.operational.places import HEADQUARTERS, Place


class Scope(StrEnum):
    """A right that a route asks for."""

    DEMAND = "demand:read"
    STOCK = "stock:read"
    DECIDE = "stock:decide"
    GOODS = "goods:read"
    PEOPLE = "people:read"
    EVENTS = "events:write"
    RULES = "rules:write"
    SEGMENTS = "segments:write"
    CAMPAIGNS = "campaigns:write"
    PROPOSE = "campaigns:propose"
    MODELS = "models:read"
    PROMOTE = "models:promote"
    DATA_READ = "data:read"
    DATA = "data:write"
    JOBS = "jobs:run"


class ScopedBy(StrEnum):
    """How a route is narrowed for a key with a place (region, shops, guide); see `serving.http.places`.

    A route of `STORES` or `PEOPLE` finds only the place's shops and people in `call.view`, `TENANT` says the same to
    everybody of the tenant (goods, dates), and `HEADQUARTERS` answers 403 to keys with a place. So does a route that
    declares nothing.
    """

    STORES = "store rows"
    PEOPLE = "people"
    TENANT = "tenant-wide read"
    HEADQUARTERS = "headquarters only"


ROLE_SCOPES: dict[str, frozenset[Scope]] = {
    "merchandiser": frozenset({Scope.DEMAND, Scope.STOCK, Scope.DECIDE, Scope.GOODS, Scope.PROPOSE}),
    "marketer": frozenset(
        {Scope.GOODS, Scope.PEOPLE, Scope.EVENTS, Scope.RULES, Scope.SEGMENTS, Scope.CAMPAIGNS, Scope.PROPOSE}
    ),
    "data_scientist": frozenset(
        {Scope.DEMAND, Scope.STOCK, Scope.GOODS, Scope.PEOPLE, Scope.EVENTS, Scope.SEGMENTS, Scope.MODELS}
        | {Scope.PROMOTE, Scope.DATA_READ, Scope.DATA, Scope.JOBS}
    ),
    "admin": frozenset(Scope),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking: a key of one tenant with one role.

    Attributes:
        tenant: whose data the key opens.
        role: one of `ROLE_SCOPES`.
        key_id: public id of the key.
        name: recorded beside what is done: the key's name, with the start of its id where two keys share the name.
        place: whose rows the key opens.
    """

    tenant: str
    role: str
    key_id: str
    name: str
    place: Place = HEADQUARTERS

    def may(self, scope: Scope) -> bool:
        """Whether the role has the scope."""
        return scope in ROLE_SCOPES.get(self.role, frozenset())
