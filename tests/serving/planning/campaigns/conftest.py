"""A small chain as a source of campaigns, and a database."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_brain.decisions.audience_request import AudienceFacts
from retail_brain.decisions.campaigns.definition import CampaignDefinition, parse_definition
from retail_brain.decisions.excess_stock import LEFTOVERS
from retail_brain.operational.campaigns import Change
from retail_brain.operational.database import Database
from retail_brain.operational.upgrade import upgrade

AS_OF = date(2025, 2, 28)
PRODUCTS = ("P1", "P2")


@dataclass
class FakeSource:
    """People c0, c1 ... of shops S1 and S2 in turn; every second one is a friend. P1 is likelier than P2."""

    people: int = 6
    probability: float = 0.4
    stock: float = 100.0
    value: float = 10.0
    as_of: date = AS_OF
    changes: dict[str, Any] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()

    def ids(self) -> list[str]:
        return [one for one in (f"c{number}" for number in range(self.people)) if one not in self.missing]

    def goods(self) -> pl.DataFrame:
        launched = [date(2024, 1, 1), date(2025, 2, 1)]
        return pl.DataFrame({"product_id": PRODUCTS, "category": ["tea", "milk"], "launched_on": launched})

    def stores(self) -> list[str]:
        return ["S1", "S2", "S3"]

    def lake_campaigns(self) -> list[str]:
        return ["K01"]

    def left_over(self) -> pl.DataFrame:
        row = {"store_id": "S1", "product_id": "P2", "left_over_units": 1.0, "value_at_risk": 9.0}
        return pl.DataFrame([row | {"sell_by": date(2025, 3, 20)}], schema=LEFTOVERS)

    def segments(self) -> pl.DataFrame:
        stages = ["friend" if int(one[1:]) % 2 else "stranger" for one in self.ids()]
        return pl.DataFrame({"customer_id": self.ids(), "segment": stages})

    def people_of(self, segment: str) -> Sequence[str] | None:
        named = self.segments().filter(pl.format("stage:{}", "segment") == segment)["customer_id"].to_list()
        return named or None

    def facts(self, product_ids: Sequence[str] | None) -> AudienceFacts:
        goods = list(product_ids or PRODUCTS)
        homes = [f"S{int(one[1:]) % 2 + 1}" for one in self.ids()]
        stock = [
            {"store_id": store, "product_id": one, "on_hand": self.stock} for store in ("S1", "S2") for one in goods
        ]
        values = pl.DataFrame({"product_id": goods, "value": [self.value] * len(goods)})
        whole: dict[str, Any] = {
            "customers": pl.DataFrame({"customer_id": self.ids(), "home_store_id": homes}),
            "stock": pl.DataFrame(stock),
            "values": values,
        }
        return AudienceFacts(**(whole | self.changes))

    def names(self, product_ids: Sequence[str]) -> dict[str, str]:
        return {one: f"{one}茶" for one in product_ids}

    @property
    def answers_id(self) -> str:
        return "first"

    def owner(self, _id_type: str, _id_value: str) -> str | None:
        return None

    def guide_names(self) -> dict[str, str]:
        return {}

    def goes_with(self, _product_id: str, _store_id: str | None = None) -> str | None:
        return None

    def stages(self) -> pl.DataFrame | None:
        return None

    restocked = price_drops = birthdays = first_purchases = stages

    def fitting(self, _product_id: str) -> pl.DataFrame:
        pytest.fail("no trigger of these chains is about arrivals, prices or stock")

    def channel_costs(self) -> dict[str, float]:
        return {"sms": 0.05, "guide": 1.5}

    def pairs(self, product_ids: Sequence[str] | None, customer_ids: Sequence[str] | None) -> pl.DataFrame:
        rows = [
            {"customer_id": who, "product_id": one, "probability": self.probability / (1 + place), "kind": "repeat"}
            for who in (customer_ids or self.ids())
            for place, one in enumerate(PRODUCTS)
            if product_ids is None or one in product_ids
        ]
        return pl.DataFrame(rows).with_columns(due_on=pl.lit(None, dtype=pl.Date))


@pytest.fixture
def make_source() -> type[FakeSource]:
    return FakeSource


@pytest.fixture
def define() -> Callable[..., CampaignDefinition]:
    def made(**changes: Any) -> CampaignDefinition:
        usual = {"name": "春", "product_ids": ["P1"], "starts_on": "2025-03-01", "ends_on": "2025-03-08"}
        usual |= {"slots": [{"channel": "sms", "text": "Tea", "text_zh": "茶"}], "holdout_share": 0.0}
        given = usual | changes
        return parse_definition({name: value for name, value in given.items() if value is not None}, "test")

    return made


@pytest.fixture
def change() -> Callable[..., Change]:
    def made(campaign_id: str, version: int | None = None, by: str = "Li") -> Change:
        return Change("main", campaign_id, version, by, datetime(2025, 2, 28, 9, tzinfo=UTC))

    return made


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'operational.db'}")
    upgrade(made)
    yield made
    made.close()
