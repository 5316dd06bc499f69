"""One merchandising rule as operators write it: action, goods that it means, shops, times; and its JSON schema."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

Action = Literal["pin", "boost", "bury", "exclude", "cap", "diversify", "allow"]
Attribute = Literal["product_id", "department", "category", "subcategory", "brand", "adult"]
ATTRIBUTES: tuple[Attribute, ...] = ("department", "category", "subcategory", "brand", "adult")
ADULT = "yes"
"""The value of the attribute `adult` of goods that only adults may be offered."""
_DEFAULT_FACTOR = 2.0
"""Times; how much a boost or a bury changes a score where the rule names no factor. Chosen by judgement, not
measured."""
_DEFAULT_LIMIT = 2
"""Products; how many a cap leaves where the rule names no limit. Chosen by judgement, not measured."""
_FIRST_YEAR, _LAST_YEAR = 1970, 2999
"""Years of a rule's times: at the ends of the calendar a time zone would leave it."""
_ADULT_GOODS: dict[str, Any] = {"properties": {"attribute": {"const": "adult"}}, "required": ["attribute"]}
_RULE_SCHEMA: dict[str, Any] = {
    "allOf": [
        {
            "anyOf": [
                {"properties": {"action": {"enum": ["cap", "diversify"]}}},
                {"properties": {"values": {"minItems": 1}}, "required": ["values"]},
                _ADULT_GOODS,
            ]
        },
        {"anyOf": [{"properties": {"action": {"not": {"const": "allow"}}}}, _ADULT_GOODS]},
        {
            "anyOf": [
                {"properties": {"action": {"enum": ["boost", "bury", "diversify"]}}},
                {"properties": {"factor": {"const": _DEFAULT_FACTOR}}},
            ]
        },
        {"anyOf": [{"properties": {"action": {"const": "cap"}}}, {"properties": {"limit": {"const": _DEFAULT_LIMIT}}}]},
    ]
}
"""JSON schema of what `Rule._makes_sense` asks, but for the order of the times, which JSON schema cannot state."""
_TIME = (
    "^(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]"
    "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?$"
)
# stated only: what an earlier version stored stays readable, and whoever takes new rules refuses it (`parse_rules`)
LONGEST_TEXT = 200
"""Characters of a rule's name, of an id or of a value that it names, as of ids everywhere else in the service."""
_Text = Annotated[str, Field(json_schema_extra={"pattern": r"^[^\x00]*$", "maxLength": LONGEST_TEXT})]
_Time = Annotated[datetime, Field(json_schema_extra={"pattern": _TIME})]


def _whole(value: object) -> object:
    """JSON knows one kind of number: 5.0 is a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Rule(BaseModel):
    """One merchandising rule of an operator.

    Attributes:
        action: `pin` shows the goods first, in the order of `values`; `boost` and `bury` multiply and divide their
            weight by `factor`; `exclude` never shows them; `cap` shows at most `limit` of them; `diversify` divides
            the weight of the second of a kind by `factor`, of the third by its square, and so on; `allow` lifts the
            built-in rule that adult goods are for those known to be adults.
        attribute: what `values` name: product_id, an attribute of products, or `adult`.
        values: the goods meant; empty means every value by itself (`cap`, `diversify`, `allow` only).
        factor: of boost, bury and diversify.
        limit: of cap.
        stores: only in these; empty means everywhere.
        starts_at: from then on; a time without zone is UTC. None = always.
        ends_at: until then, exclusive.
        adults_only: applies unless the customer is known to be an adult.
        name: shown beside the goods that the rule moved.
        test: name of the A/B test that the rule is under: it applies to a share of the people, drawn by hash. Rules of
            one test apply to the same people. Empty: to everybody.
        test_share: of the people, in a test.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=_RULE_SCHEMA)

    action: Action
    attribute: Attribute = "product_id"
    values: tuple[_Text, ...] = Field(default=(), max_length=2000)
    factor: float = Field(default=_DEFAULT_FACTOR, gt=1, le=100)
    limit: Annotated[int, Field(ge=1, le=1000), BeforeValidator(_whole)] = _DEFAULT_LIMIT
    stores: tuple[_Text, ...] = Field(default=(), max_length=2000)
    starts_at: _Time | None = None
    ends_at: _Time | None = None
    adults_only: bool = False
    name: _Text = Field(default="", max_length=LONGEST_TEXT)
    test: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]*$", max_length=40)] = ""
    test_share: float = Field(default=0.5, gt=0, lt=1)

    @field_validator("starts_at", "ends_at")
    @classmethod
    def _in_utc(cls, instant: datetime | None) -> datetime | None:
        if instant is None:
            return None
        if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
            raise ValueError(f"wanted a time in the years {_FIRST_YEAR} to {_LAST_YEAR}")
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)

    @model_validator(mode="after")
    def _makes_sense(self) -> "Rule":
        if self.action in {"pin", "boost", "bury", "exclude"} and not self.values and self.attribute != "adult":
            raise ValueError(f"{self.action} names no goods; give values of {self.attribute}")
        if self.action == "allow" and self.attribute != "adult":
            raise ValueError("allow is about adult goods only; give attribute 'adult'")
        if self.action not in {"boost", "bury", "diversify"} and self.factor != _DEFAULT_FACTOR:
            raise ValueError(f"{self.action} has no factor; it belongs to boost, bury and diversify")
        if self.action != "cap" and self.limit != _DEFAULT_LIMIT:
            raise ValueError(f"{self.action} has no limit; it belongs to cap")
        if self.starts_at is not None and self.ends_at is not None and self.starts_at >= self.ends_at:
            raise ValueError("ends_at must lie after starts_at")
        return self

    @property
    def title(self) -> str:
        """The name, or what the rule says where it has none."""
        return self.name or " ".join([self.action, self.attribute, *self.values[:3]])

    def state(self, now: datetime) -> Literal["active", "waiting", "ended"]:
        """Whether the rule's time has come, or gone."""
        if self.ends_at is not None and now >= self.ends_at:
            return "ended"
        return "waiting" if self.starts_at is not None and now < self.starts_at else "active"

    def applies(self, store_id: str | None, now: datetime) -> bool:
        """Whether the rule holds in a store (None = in no particular one) at a time."""
        return (not self.stores or store_id in self.stores) and self.state(now) == "active"


ADULTS_ONLY = Rule(action="exclude", attribute="adult", adults_only=True, name="adults only")
"""Built in: goods flagged adult are for those known to be adults, unless a rule `allow`s them."""
