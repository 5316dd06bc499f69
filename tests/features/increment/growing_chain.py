"""A small chain in data files, as a lake keeps it, of which a test changes what it likes between two builds."""

import hashlib
import shutil
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset, conform
from retail_brain.tables import TABLES

FIRST, TODAY = date(2024, 6, 1), date(2025, 6, 20)
PEOPLE, GOODS, SHOPS = 500, 150, 4


@dataclass
class GrowingChain:
    """Tables in files that are never changed; `dataset` shows them as of a day.

    Attributes:
        folder: of the files.
        files: table -> its files.
    """

    folder: Path
    files: dict[str, list[Path]] = field(default_factory=dict)
    written: int = 0

    def add(self, table: str, rows: pl.DataFrame) -> None:
        """Rows that come, in a file of their own."""
        self.written += 1
        path = self.folder / table / f"{self.written:03}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        conform(rows.lazy(), TABLES[table]).collect().write_parquet(path)
        self.files.setdefault(table, []).append(path)

    def copied(self, folder: Path) -> "GrowingChain":
        """The same tables in a folder of their own: features know files by their names."""
        shutil.copytree(self.folder, folder)
        files = {
            table: [folder / path.relative_to(self.folder) for path in paths] for table, paths in self.files.items()
        }
        return GrowingChain(folder, files, self.written)

    def digest(self) -> bytes:
        """Of all that its files hold, and of which table each is."""
        parts = hashlib.sha256()
        for table, paths in sorted(self.files.items()):
            for path in paths:
                parts.update(table.encode() + hashlib.sha256(path.read_bytes()).digest())
        return parts.digest()

    def rows(self, table: str) -> pl.DataFrame:
        return pl.concat([pl.read_parquet(path) for path in self.files[table]], how="diagonal_relaxed")

    def rewrite(self, table: str, rows: pl.DataFrame, *, forget: bool = False) -> None:
        """The table anew, as a correction does it; an erasure also removes (`forget`) the files before."""
        before = self.files.pop(table)
        self.add(table, rows)
        for path in before if forget else ():
            path.unlink()

    def dataset(self, as_of: date) -> Dataset:
        frames = {
            table: conform(pl.concat([pl.scan_parquet(path) for path in paths], how="diagonal_relaxed"), TABLES[table])
            for table, paths in self.files.items()
        }
        files = {table: tuple(map(str, paths)) for table, paths in self.files.items()}
        return Dataset(frames, dict.fromkeys(frames, self.written), as_of, files=files)


def line(
    number: int, at: datetime, who: str | None, product: int, shop: int = 1, **values: object
) -> dict[str, object]:
    """One receipt line."""
    return {
        "transaction_id": f"R{number}",
        "sold_at": at,
        "store_id": f"S{shop}",
        "product_id": f"P{product}",
        "customer_id": who,
        "channel": "store",
        "units": 1.0,
        "unit_price": 10.0,
        "discount": 0.0,
    } | values


def noon(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour)


def growing_chain(folder: Path, *, with_promotions: bool = True) -> GrowingChain:
    """A chain with every table that features read, up to three days after TODAY."""
    chain, rng = GrowingChain(folder), np.random.default_rng(8)
    days = (TODAY - FIRST).days + 4
    lines = []
    for number in range(2400):
        at = noon(FIRST + timedelta(days=int(rng.integers(days))), int(rng.integers(9, 20)))
        who = None if rng.random() < 0.2 else f"C{rng.integers(PEOPLE)}"
        price = float(rng.choice([8.0, 10.0, 12.5]))
        units = -1.0 if rng.random() < 0.05 else float(rng.integers(1, 4))
        channel = str(rng.choice(["store", "store", "online", "pickup"]))
        shop, product = int(rng.integers(1, SHOPS + 1)), int(rng.integers(GOODS))
        lines.append(line(number // 2, at, who, product, shop, units=units, unit_price=price, channel=channel))
    chain.add("transactions", pl.DataFrame(lines))
    people = [f"C{number}" for number in range(PEOPLE)]
    chain.add(
        "products",
        pl.DataFrame(
            {
                "product_id": [f"P{number}" for number in range(GOODS)],
                "category": [f"K{number % 7}" for number in range(GOODS)],
                "list_price": [11.0 if number % 3 else None for number in range(GOODS)],
            }
        ),
    )
    chain.add("stores", pl.DataFrame({"store_id": [f"S{shop}" for shop in range(1, SHOPS + 1)]}))
    joined = [FIRST + timedelta(days=int(day)) for day in rng.integers(0, days, PEOPLE)]
    chain.add("customers", pl.DataFrame({"customer_id": people, "joined_on": joined, "home_store_id": "S1"}))
    phones = {"id_type": "phone", "id_value": [f"1{number}" for number in range(80)], "source": "crm"}
    chain.add("identities", pl.DataFrame({**phones, "customer_id": people[:80], "first_seen": FIRST}))
    events = [
        {
            "occurred_at": noon(FIRST + timedelta(days=int(rng.integers(days))), 10),
            "customer_id": f"C{rng.integers(PEOPLE)}",
            "event_type": str(rng.choice(["visit", "view", "share"])),
            "store_id": "S1",
        }
        for _ in range(300)
    ]
    chain.add("events", pl.DataFrame(events))
    told = [noon(FIRST + timedelta(days=int(day)), 8) for day in rng.integers(0, days, 120)]
    who = [f"C{number}" for number in rng.integers(0, PEOPLE, 120)]
    chain.add("consents", pl.DataFrame({"customer_id": who, "channel": "sms", "granted": True, "changed_at": told}))
    contact = {"campaign_id": "A", "customer_id": who, "channel": "sms", "contacted_at": told, "is_holdout": False}
    chain.add("contacts", pl.DataFrame(contact))
    counted = [
        {"date": TODAY + timedelta(days=day), "store_id": f"S{shop}", "product_id": f"P{product}", "on_hand": 5.0 + day}
        for day in range(-100, 4, 3)
        for shop in range(1, SHOPS + 1)
        for product in range(0, GOODS, 4)
    ]
    chain.add("inventory", pl.DataFrame(counted))
    if with_promotions:
        begins = [FIRST + timedelta(days=int(day)) for day in rng.integers(0, days, 150)]
        promotion = {
            "promotion_id": [f"A{number}" for number in range(150)],
            "store_id": [f"S{shop}" if shop else None for shop in rng.integers(0, SHOPS + 1, 150)],
            "product_id": [f"P{product}" for product in rng.integers(0, GOODS, 150)],
            "valid_from": begins,
            "valid_to": [day + timedelta(days=int(n)) for day, n in zip(begins, rng.integers(3, 40, 150), strict=True)],
        }
        chain.add("promotions", pl.DataFrame(promotion))
    return chain
