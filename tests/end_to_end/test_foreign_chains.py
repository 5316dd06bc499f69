"""Chains we have never seen, as small or as odd as a user may bring, through every verb."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.end_to_end.conftest import quick_settings

Invoke = Callable[..., tuple[int, str]]
START = date(2026, 3, 1)


def receipts(stores: int, products: int, customers: int, days: int) -> pl.DataFrame:
    random = np.random.default_rng(3)
    lines = max(days * stores * products // 2, days)
    day = np.sort(np.append(random.integers(0, days, lines - 1), days - 1))
    return pl.DataFrame(
        {
            "transaction_id": [f"票{index // 2}" for index in range(lines)],
            "sold_at": [datetime(2026, 3, 1, 10) + timedelta(days=int(offset)) for offset in day],
            "store_id": [f"店{value}" for value in random.integers(0, stores, lines)],
            "product_id": [f"0{value}" for value in random.integers(0, products, lines)],
            "customer_id": [f"客{value}" for value in random.integers(0, customers, lines)],
            "units": random.integers(1, 4, lines).astype(float),
            "unit_price": np.round(random.uniform(3, 9, lines), 2),
        }
    )


def put(folder: Path, **tables: pl.DataFrame) -> Path:
    folder.mkdir()
    for name, table in tables.items():
        table.write_csv(folder / f"{name}.csv")
    return folder


@pytest.mark.parametrize(
    ("stores", "products", "customers", "days"),
    [(1, 1, 1, 40), (3, 6, 12, 90), (1, 5, 9, 1)],
    ids=["one of each", "a small chain", "one day"],
)
def test_receipts_alone_are_enough(
    invoke: Invoke, tmp_path: Path, stores: int, products: int, customers: int, days: int
) -> None:
    data = put(tmp_path / "chain", transactions=receipts(stores, products, customers, days))
    base = ("--home", tmp_path / "home", "--quiet")
    assert invoke(*base, "ingest", data)[0] == 0
    if days == 40:
        code, said = invoke(*base, "train", "demand")
        assert code == 2
        assert "Set country" in said
    quick_settings(tmp_path / "home", country="CN")
    for kind in ("demand", "recommender"):
        code, said = invoke(*base, "train", kind)
        if days == 1:
            assert code in (0, 1), said
            assert "Traceback" not in said
            if code == 1:
                assert "days" in said or "day" in said
                continue
        assert code == 0, said
        code, said = invoke(*base, "promote", kind, "--no-publish")
        assert code == 0, said
    if days == 1:
        return
    code, said = invoke(*base, "forecast", "--horizon", 7, "--out", tmp_path / "f.parquet")
    assert code == 0, said
    forecasts = pl.read_parquet(tmp_path / "f.parquet")
    assert forecasts["date"].min() == START + timedelta(days=days)
    assert forecasts.group_by("store_id", "product_id").len().filter(pl.col("len") != 7).is_empty()
    code, said = invoke(*base, "replenish", "--out", tmp_path / "s.csv")
    assert code == 0, said
    code, said = invoke(*base, "recommend", "--k", 3, "--out", tmp_path / "r.csv")
    assert code == 0, said
    product = pl.read_csv(data / "transactions.csv", schema_overrides={"product_id": pl.String})["product_id"][0]
    code, said = invoke(*base, "audience", "--product", product, "--size", 5, "--out", tmp_path / "a.csv")
    assert code == 0, said
    audience = pl.read_csv(tmp_path / "a.csv", schema_overrides={"product_id": pl.String})
    assert set(audience["product_id"]) <= {product}
    code, said = invoke(*base, "publish")
    assert code == 0, said


@pytest.mark.parametrize("period", ["day", "week"])
def test_daily_sales_without_people_give_forecasts_and_orders(invoke: Invoke, tmp_path: Path, period: str) -> None:
    step = 7 if period == "week" else 1
    start = date(2025, 1, 6)
    dates = [start + timedelta(days=step * index) for index in range(80)]
    random = np.random.default_rng(5)
    sales = pl.DataFrame(
        [
            {"date": day, "store_id": store, "product_id": product, "units": int(random.poisson(3))}
            for day in dates
            for store in ("A", "B")
            for product in ("milk", "tea", "面条")
        ]
    )
    home = tmp_path / "home"
    quick_settings(home, period=period, country="DE")
    base = ("--home", home, "--quiet")
    assert invoke(*base, "ingest", put(tmp_path / "chain", daily_sales=sales))[0] == 0
    for verb in (("train", "demand"), ("promote", "demand")):
        code, said = invoke(*base, *verb)
        assert code == 0, said
    code, said = invoke(*base, "forecast", "--horizon", 4, "--out", tmp_path / "f.parquet")
    assert code == 0, said
    forecasts = pl.read_parquet(tmp_path / "f.parquet")
    last = dates[-1]
    assert sorted(set(forecasts["date"])) == [last + timedelta(days=step * index) for index in range(1, 5)]
    assert 1.5 < forecasts["forecast"].mean() < 4.5
    assert invoke(*base, "replenish", "--out", tmp_path / "s.csv")[0] == 0
    code, said = invoke(*base, "train", "recommender")
    assert code == 1
    assert "transactions" in said
