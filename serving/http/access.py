"""Authorization: roles, the scopes of each, and the principal of a request."""

from dataclasses import dataclass
from enum import StrEnum


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


ROLE_SCOPES: dict[str, frozenset[Scope]] = {
    "merchandiser": frozenset({Scope.DEMAND, Scope.STOCK, Scope.DECIDE, Scope.GOODS}),
    "marketer": frozenset({Scope.GOODS, Scope.PEOPLE, Scope.EVENTS, Scope.RULES, Scope.SEGMENTS, Scope.CAMPAIGNS}),
    "data_scientist": frozenset({Scope.DEMAND, Scope.STOCK, Scope.GOODS, Scope.PEOPLE, Scope.EVENTS, Scope.SEGMENTS}),
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
    """

    tenant: str
    role: str
    key_id: str
    name: str

    def may(self, scope: Scope) -> bool:
        """Whether the role has the scope."""
        return scope in ROLE_SCOPES.get(self.role, frozenset())
