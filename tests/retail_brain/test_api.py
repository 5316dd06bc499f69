"""The Python API: what it names, how it opens a tenant, and what it says when something is missing."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from retail_brain import api
from retail_brain.api import open_tenant
from retail_brain.errors import ModelError, NotFoundError, UsageError

HEAVY = ("lightgbm", "mlflow", "bentoml", "implicit", "statsmodels", "polars", "scipy", "sqlalchemy", "deltalake")


def test_importing_it_loads_no_heavy_library() -> None:
    code = f"import sys, retail_brain.api; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_all_names_exist() -> None:
    assert sorted(api.__all__) == ["Assets", "Audience", "Backtest", "Tenant", "open_tenant"]
    assert all(hasattr(api, name) for name in api.__all__)


def test_a_tenant_that_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tenant name"):
        open_tenant("No Such", tmp_path)
    with pytest.raises(UsageError, match="no_such"):
        open_tenant("main", tmp_path, settings={"no_such": 1})


def test_nothing_ingested_and_nothing_promoted_are_said(tmp_path: Path) -> None:
    tenant = open_tenant("main", tmp_path)
    with pytest.raises(NotFoundError, match="ingest"):
        tenant.table("transactions")
    with pytest.raises(ModelError, match="no demand champion"):
        tenant.forecast()


def test_settings_given_stand_in_the_place_of_the_file(tmp_path: Path) -> None:
    tenant = open_tenant("main", tmp_path, settings={"demand": {"sample_paths": 30}})
    assert tenant.settings.demand.sample_paths == 30
    assert tenant.at(date(2025, 1, 1)).as_of == date(2025, 1, 1)
    assert tenant.as_of is None
