"""A small chain as a source of triggers, and a desk on a database."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_brain.decisions.audience_request import AudienceFacts
from retail_brain.decisions.triggers.definition import TriggerDefinition, parse_trigger
from retail_brain.operational.database import Database
from retail_brain.operational.events import Event, store_events
from retail_brain.operational.triggers import StoredTrigger, TriggerChange
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import Settings
from serving.planning.triggers import desk as triggers
from serving.planning.triggers.changes import BIRTHDAYS, PRICE_DROPS, RESTOCKED
from serving.planning.triggers.source import STAGES

AS_OF = date(2025, 2, 28)
NOON = datetime(2025, 3, 1, 12).astimezone(UTC)
"""Noon of the machine's own zone: hours are those of the shops."""


@dataclass
class FakeSource:
    """People c0, c1 ... of shops S1 and S2 in turn, each likely to buy P1; P2 goes with P1, and P3 is new."""

    people: int = 4
    stock: float = 100.0
    as_of: date = AS_OF
    answers_id: str = "first"
    reason_code: str | None = "every_days"
    frames: dict[str, pl.DataFrame | None] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)

    def ids(self) -> list[str]:
        return [f"c{number}" for number in range(self.people)]

    def goods(self) -> pl.DataFrame:
        launched = [date(2024, 1, 1), date(2024, 1, 1), date(2025, 2, 27)]
        return pl.DataFrame(
            {"product_id": ["P1", "P2", "P3"], "category": ["tea", "milk", "tea"], "launched_on": launched}
        )

    def stores(self) -> Sequence[str]:
        return ("S1", "S2")

    def lake_campaigns(self) -> Sequence[str]:
        return ()

    def left_over(self) -> pl.DataFrame:
        pytest.fail("a trigger asked for goods that will be left over; only campaigns do")

    def segments(self) -> pl.DataFrame:
        return pl.DataFrame({"customer_id": self.ids(), "segment": ["friend", "lost"] * (self.people // 2)})

    def people_of(self, segment: str) -> Sequence[str] | None:
        named = self.segments().filter(pl.format("stage:{}", "segment") == segment)["customer_id"].to_list()
        return named or None

    def facts(self, product_ids: Sequence[str] | None) -> AudienceFacts:
        homes = [f"S{number % 2 + 1}" for number in range(self.people)]
        stock = [
            {"store_id": store, "product_id": one, "on_hand": self.stock}
            for store in ("S1", "S2")
            for one in product_ids or ()
        ]
        schema = {"store_id": pl.String, "product_id": pl.String, "on_hand": pl.Float64}
        whole: dict[str, Any] = {
            "customers": pl.DataFrame({"customer_id": self.ids(), "home_store_id": homes}),
            "stock": pl.DataFrame(stock, schema=schema),
        }
        return AudienceFacts(**(whole | self.changes))

    def guide_names(self) -> Mapping[str, str]:
        return {"G1": "陈", "G2": "周"}

    def names(self, product_ids: Sequence[str]) -> Mapping[str, str]:
        return {one: f"{one}茶" for one in product_ids}

    def channel_costs(self) -> Mapping[str, float]:
        return {}

    def pairs(self, product_ids: Sequence[str] | None, _customers: Sequence[str] | None) -> pl.DataFrame:
        rows = [
            {"customer_id": who, "product_id": one, "probability": 0.4, "kind": "repeat", "due_on": date(2025, 3, 2)}
            for who in self.ids()
            for one in product_ids or ("P1",)
        ]
        return pl.DataFrame(rows).with_columns(
            reason=pl.lit("Every nine days"),
            reason_zh=pl.lit("每九天"),
            reason_code=pl.lit(self.reason_code, dtype=pl.String),
        )

    def owner(self, id_type: str, id_value: str) -> str | None:
        return {("device", "d0"): "c0"}.get((id_type, id_value))

    def goes_with(self, product_id: str, _store_id: str | None = None) -> str | None:
        return {"P1": "P2"}.get(product_id)

    def stages(self) -> pl.DataFrame | None:
        return self._frame("stages", STAGES)

    def restocked(self) -> pl.DataFrame | None:
        return self._frame("restocked", RESTOCKED)

    def price_drops(self) -> pl.DataFrame | None:
        return self._frame("price_drops", PRICE_DROPS)

    def birthdays(self) -> pl.DataFrame | None:
        return self._frame("birthdays", BIRTHDAYS)

    def first_purchases(self) -> pl.DataFrame | None:
        return self._frame("first_purchases", {"customer_id": pl.String, "first_purchase_on": pl.Date})

    def fitting(self, product_id: str) -> pl.DataFrame:
        chances = [round(0.4 - number / 100, 2) for number in range(self.people)]
        return pl.DataFrame({"customer_id": self.ids(), "product_id": product_id, "probability": chances})

    def _frame(self, name: str, schema: Mapping[str, Any]) -> pl.DataFrame | None:
        return self.frames[name] if name in self.frames else pl.DataFrame(schema=schema)


SLOT = {
    "channel": "sms",
    "text": "{product}[ with {goes_with}]",
    "text_zh": "{product}[配{goes_with}]",
    "contact_cost": 0.1,
}


@pytest.fixture
def define() -> Callable[..., TriggerDefinition]:
    def made(**changes: Any) -> TriggerDefinition:
        usual = {"name": "袋", "kind": "bag_add", "slots": [SLOT], "holdout_share": 0.0}
        return parse_trigger({name: value for name, value in (usual | changes).items() if value is not None}, "test")

    return made


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'operational.db'}")
    upgrade(made)
    yield made
    made.close()


@pytest.fixture
def source() -> FakeSource:
    return FakeSource()


@pytest.fixture
def desk(database: Database, source: FakeSource) -> Callable[..., triggers.Desk]:
    def made(at: datetime = NOON, **changes: Any) -> triggers.Desk:
        usual: dict[str, Any] = {"guides": {}, "settings": Settings(), "source": source}
        return triggers.Desk("main", database, now=at, **(usual | changes))

    return made


@pytest.fixture
def save(desk: Callable[..., triggers.Desk], define: Callable[..., TriggerDefinition]) -> Callable[..., StoredTrigger]:
    def made(name: str = "bag", version: int | None = None, *, is_on: bool = True, **changes: Any) -> StoredTrigger:
        change = TriggerChange("main", name, version, "Li", NOON)
        return triggers.save(desk(), change, define(**changes), owner=None, is_on=is_on)

    return made


@pytest.fixture
def lay(database: Database) -> Callable[..., None]:
    """Somebody lays a product into the bag at noon."""

    def made(
        person: str, product: str = "P1", *, name: str | None = None, kind: str = "bag_add", **changes: Any
    ) -> None:
        usual: dict[str, Any] = {"customer_id": person, "product_id": product, "event_id": name}
        event = Event(datetime(2025, 3, 1, 12), kind, **(usual | changes))
        store_events("main", database, [event], now=NOON)

    return made
