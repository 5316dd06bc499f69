from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from features.jobs import scan_features
from retail_brain.cli.app import app
from retail_brain.errors import NotFoundError, UsageError

LINES = pl.DataFrame(
    {
        "transaction_id": ["1", "2", "3"],
        "sold_at": [datetime(2025, 6, 1, 9), datetime(2025, 6, 8, 9), datetime(2025, 7, 1, 9)],
        "store_id": ["店"] * 3,
        "product_id": ["货"] * 3,
        "customer_id": ["人", "人", "客"],
        "units": [1.0, 2.0, 3.0],
        "unit_price": [5.0] * 3,
    }
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chain")
    LINES.write_parquet(folder / "transactions.parquet")
    run(folder / "home", "ingest", str(folder))
    return folder / "home"


def run(home: Path, *words: str) -> str:
    result = CliRunner().invoke(app, ["--home", str(home), *words], catch_exceptions=False, standalone_mode=False)
    return result.output


def test_features_are_built_as_of_the_last_sale_into_the_tenants_folder(home):
    said = run(home, "features")
    assert "Features as of 2025-07-01" in said
    assert scan_features(home / "var" / "main" / "features", "person").collect()["person_id"].to_list() == ["人", "客"]


def test_an_earlier_day_sees_less_and_out_says_where(home, tmp_path):
    run(home, "features", "--as-of", "2025-06-30", "--out", str(tmp_path / "june"))
    assert scan_features(tmp_path / "june", "person").collect()["person_id"].to_list() == ["人"]


def test_a_day_after_the_last_sale_is_said(home, tmp_path):
    said = run(home, "features", "--as-of", "2025-07-04", "--out", str(tmp_path / "july"))
    assert "--as-of 2025-07-04 is 3 days after the last sale (2025-07-01)" in " ".join(said.split())


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--as-of", "30.06.2025"], UsageError),
        (["--as-of", "2999-01-01"], UsageError),
        (["--as-of", "2020-01-01"], NotFoundError),
        (["--lake", "/nowhere/at/all"], NotFoundError),
    ],
)
def test_what_cannot_be_built_is_a_plain_error(home, words, error):
    with pytest.raises(error):
        run(home, "features", *words)
