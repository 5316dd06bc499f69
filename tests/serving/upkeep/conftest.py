"""A small ingested home, and the operational databases that its rows go to."""

import os
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from retail_brain.cli.app import app
from tests.retail_brain.operational.conftest import (
    database,
    empty_url,
    postgresql_tables,
    postgresql_url,
)

__all__ = ["database", "empty_url", "postgresql_tables", "postgresql_url"]


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a lake of 28 receipts, to be copied."""
    home = tmp_path_factory.mktemp("home")
    days = [datetime(2025, 2, day, 9) for day in range(1, 29)]
    receipts = {"transaction_id": [str(day.day) for day in days], "sold_at": days, "store_id": "S001"}
    lines = pl.DataFrame(receipts | {"product_id": "P0001", "units": 1.0, "unit_price": 2.5})
    (home / "data").mkdir()
    lines.write_parquet(home / "data" / "transactions.parquet")
    before = os.umask(0o077)
    try:
        result = CliRunner().invoke(app, ["--home", str(home), "--quiet", "ingest", str(home / "data")])
    finally:
        os.umask(before)
    assert result.exit_code == 0, result.output
    return home
