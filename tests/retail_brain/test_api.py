"""The Python API: what it names, how it opens a tenant, and what it says when something is missing."""

import subprocess
import sys
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from retail_brain import api
from retail_brain.api import Tenant, open_tenant
from retail_brain.erased_ids import Subjects
from retail_brain.errors import ModelError, NotFoundError, UsageError
from retail_brain.operational.campaign_receipts import ContactReceipt, store_receipts
from retail_brain.operational.database import Database
from retail_brain.operational.erasures import begin_erasure
from retail_brain.operational.upgrade import upgrade
from serving.planning.people.offering import RecommendationRequest

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


def test_an_audience_leaves_out_who_refused_since_and_whose_erasure_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [f"c{number}" for number in range(5)]
    folder = tmp_path / "chain"
    folder.mkdir()
    columns = "transaction_id,sold_at,store_id,product_id,units,unit_price,customer_id"
    lines = [f"t{one},2026-01-0{at} 10:00:00,S1,P1,1,2,{one}" for at, one in enumerate(people, 1)]
    (folder / "transactions.csv").write_text("\n".join([columns, *lines]))
    consents = [f"{one},sms,true,2025-12-01 09:00:00" for one in people]
    (folder / "consents.csv").write_text("\n".join(["customer_id,channel,granted,changed_at", *consents]))
    pairs = pl.DataFrame({"customer_id": people, "product_id": "P1", "probability": 0.5})
    monkeypatch.setattr(Tenant, "_champion_recommender", lambda _: pairs)
    tenant = open_tenant("main", tmp_path / "home", settings={"audience": {"just_bought_days": 0, "control_share": 0}})
    tenant.ingest(folder)

    def listed() -> set[str]:
        return set(tenant.audience(["P1"], holdout_share=0.0).people["customer_id"])

    assert listed() == set(people)
    now = datetime(2026, 1, 6, tzinfo=UTC)
    with closing(Database(tenant.workspace.database_url)) as database:
        upgrade(database)
        refusal = ContactReceipt("r1", "K1", "c1", "sms", "opted_out", now)
        store_receipts("main", database, [refusal], by="test", now=now)
        begin_erasure("main", database, Subjects(frozenset({"c3"})), by="test", now=now)
    assert listed() == {"c0", "c2", "c4"}


def test_recommendations_go_by_the_tenants_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def recommended(_dataset: object, _model: object, wish: RecommendationRequest, **_: object) -> list[pl.DataFrame]:
        asked.append(wish)
        return [pl.DataFrame({"customer_id": ["c1"]})]

    monkeypatch.setattr("serving.planning.people.recommendations.recommend", recommended)
    monkeypatch.setattr(Tenant, "_champion_recommender", lambda _: None)
    monkeypatch.setattr(Tenant, "dataset", None)
    open_tenant("main", tmp_path, settings={"audience": {"adult_age": 21}}).recommend(k=3)
    assert [(one.k, one.settings.audience.adult_age) for one in asked] == [(3, 21)]
