"""Requests and responses about A/B tests of two recommenders."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from serving.http.messages.common import GIVEN, Flag, Number, Strict, Version, config, every, required, when
from serving.http.messages.effect_messages import LookRow

_CHANGES = ["begin", "measure", "promote", "drop"]


class ModelTestRequest(BaseModel):
    """Lists the tests, or does something to one: a version of the recommender for a share of the people, by hash.

    `promote` makes the version champion where the newest look says for sure that it brings purchases; `force` asks for
    no proof. `measure` needs the lake.
    """

    model_config = config(
        {},
        {"act": "begin", "name": "seasons", "version": 7, "share": 0.5},
        rule=every(when(required(act={"enum": _CHANGES}), required(name=GIVEN))),
    )

    act: Literal["list", "begin", "measure", "promote", "drop"] = "list"
    name: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$", description="of the test; with `list` the one whose looks are given"),
    ] = None
    version: Annotated[Version | None, Field(description="to begin with; null: the newest")] = None
    share: Annotated[Number, Field(gt=0, lt=1, description="of the people who get it")] = 0.5
    force: Flag = False

    @model_validator(mode="after")
    def _names_a_test(self) -> "ModelTestRequest":
        if self.act != "list" and self.name is None:
            raise ValueError(f"act {self.act} needs name")
        return self


class ModelTestRow(Strict):
    """A test: `waiting` for a publication with its version, `running`, `promoted` or `dropped`."""

    name: str
    version: int
    share: float
    state: Literal["waiting", "running", "promoted", "dropped"]
    begun_by: str
    begun_at: str
    since: str | None
    days_left_out: Annotated[
        int, Field(description="days since then on which answers without its version were published")
    ]
    ended_by: str | None
    ended_at: str | None


class ModelTestResponse(Strict):
    """Every test, the newest first, and of the one named its newest effect and every look at it."""

    tests: list[ModelTestRow]
    effect: Annotated[dict[str, Any] | None, Field(description="as of /campaign_effect; null: not measured")]
    looks: list[LookRow]
    looks_left_out: int = 0
    note: Annotated[str | None, Field(description="what comes of it, in the language asked for")]
    may_write: bool
