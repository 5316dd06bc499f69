"""Customer assets, funnel, quarantine and model versions over HTTP: what they answer and who may ask."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, get_args

import polars as pl
import pytest

from features.dictionary.features import FEATURE_COLUMNS
from features.drift import LEVELS
from features.jobs import build_features
from retail_brain.ingest import ingest
from retail_brain.lake import open_lake
from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.progress import SILENT
from retail_brain.settings import ServingSettings, Settings
from retail_brain.workspace import Workspace
from serving.http.app import _seconds
from serving.http.handlers import assets
from serving.http.messages.insight_messages import (
    AssetsResponse,
    DriftResponse,
    FunnelResponse,
    ModelsResponse,
    PromoteResponse,
    QuarantineResponse,
)
from serving.http.routes import ROUTES
from training.promotion import Challenge, Outcome, Promotion
from training.tracking import version_tables

Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def lake(client: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Tenant `main` with a lake of two customers, and one receipt line of a customer that is not there."""
    folder = tmp_path_factory.mktemp("data") / "insight data"
    folder.mkdir()
    rows = [
        ("a", "C00001", datetime(2025, 1, 10, 9), "1"),
        ("b", "C00001", datetime(2025, 2, 20, 9), "2"),
        ("c", "C00002", datetime(2025, 2, 21, 9), "1"),
        ("d", "C00002", datetime(2025, 2, 22, 9), "many"),
    ]
    names = ["transaction_id", "customer_id", "sold_at", "units"]
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(product_id=pl.lit("P0001"))
    frame.with_columns(store_id=pl.lit("S001"), unit_price=pl.lit(5.0)).write_csv(folder / "transactions.csv")
    customers = pl.DataFrame({"customer_id": ["C00001", "C00002"], "home_store_id": ["S001", "S002"]})
    customers.write_csv(folder / "customers.csv")
    ingest(str(folder), str(Workspace(client.home, "insight").lake), Settings(), SILENT)
    return client


@pytest.fixture
def ask(lake: Any, synthetic: Any, database: Database) -> Ask:
    workspace = Workspace(lake.home, "insight")
    if not workspace.answers.exists():
        synthetic.publish_synthetic(workspace, "first")
        for role in ("admin", "data_scientist", "marketer"):
            key = create_key("insight", database, role=role, name=role, now=datetime.now(UTC))
            lake.keys["insight", role] = key
    lake.wait_for("insight")

    def asked(path: str, body: dict[str, Any], role: str = "admin", **options: Any) -> dict[str, Any]:
        answer: dict[str, Any] = lake.ask(path, body, tenant="insight", role=role, **options)
        return answer

    return asked


def test_a_funnel_counts_moves_by_month_and_store(ask: Ask) -> None:
    found = ask("/funnel", {"months": 1}, "marketer")
    FunnelResponse.model_validate(found)
    assert found["months"] == [found["as_of"]]
    assert sum(row["people"] for row in found["moves"]) == 2
    of_store = ask("/funnel", {"months": 1, "store_id": "S002"})
    assert [(row["from_stage"], row["people"]) for row in of_store["moves"]] == [("stranger", 1)]


def test_assets_count_the_people_of_the_funnel_by_level(ask: Ask) -> None:
    found = ask("/assets", {"months": 1}, "marketer")
    AssetsResponse.model_validate(found)
    known = {(row["level"], row["store_id"]): (row["known"], row["active"]) for row in found["rows"]}
    # both bought within their rhythm, and nobody has a region or a guide
    assert known[("all", None)] == known[("guide", None)] == known[("region", None)] == (2, 2)
    assert (known[("store", "S001")], known[("store", "S002")]) == ((1, 1), (1, 1))
    of_store = ask("/assets", {"months": 1, "store_id": "S002", "levels": ["store", "guide"]})
    assert [(row["level"], row["store_id"]) for row in of_store["rows"]] == [("store", "S002")]
    assert found["departures"] == []


def test_assets_are_refused_to_who_sees_no_people_and_of_unknown_shops(lake: Any, ask: Ask) -> None:
    assert ask("/assets", {})
    body = {"store_id": "S999"}
    assert lake.refused("/assets", body, tenant="insight", role="marketer") == (404, "not_found")
    assert lake.refused("/assets", {"levels": ["city"]}, tenant="insight", role="marketer") == (400, "malformed")


def test_a_funnel_that_is_being_worked_out_is_not_worked_out_twice(lake: Any, ask: Ask) -> None:
    first = ask("/funnel", {"months": 2})
    with assets._WORKING:
        assert ask("/funnel", {"months": 2, "store_id": "S001"})["months"] == first["months"]  # kept
        response = lake.post("/funnel", {"months": 9}, tenant="insight")
        assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert ask("/funnel", {"months": 9})["as_of"] == first["as_of"]


def test_what_is_worked_out_at_first_and_kept_has_a_limit_of_its_own() -> None:
    """The first question of a large chain is answered: it need not be asked again."""
    limits = ServingSettings(timeout_seconds=1, slow_seconds=2, file_seconds=3)
    seconds = {route.path: _seconds(route, limits) for route in ROUTES}
    assert {path for path, most in seconds.items() if most == 2} == {"/assets", "/funnel", "/models"}
    assert (seconds["/profile"], seconds["/promote"]) == (1, 3)


def test_people_are_counted_anew_under_other_settings(lake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Settings] = []
    monkeypatch.setattr(assets, "_KEPT", {})
    monkeypatch.setattr(assets, "open_dataset", lambda _workspace, _settings: None)
    monkeypatch.setattr(assets.GuideBook, "read", lambda *_: None)
    monkeypatch.setattr(
        assets, "tenant_assets", lambda _dataset, settings, *_: counted.append(settings) or len(counted)
    )

    def kept(settings: Settings) -> Any:
        view = SimpleNamespace(settings=settings, moved_mark=0)
        answers = SimpleNamespace(manifest=SimpleNamespace(answers_id="first"))
        state = SimpleNamespace(home=lake.home, database=None)
        return assets._kept(
            SimpleNamespace(principal=SimpleNamespace(tenant="t"), state=state, answers=answers, view=view), 3
        )

    before, after = Settings(), Settings()
    assert [kept(one) for one in (before, before, after, after)] == [1, 1, 2, 2]
    assert counted[0] is before
    assert counted[1] is after


def test_set_aside_rows_are_listed_shown_mended_and_brought_in(ask: Ask) -> None:
    counts = ask("/quarantine", {}, "data_scientist")["counts"]
    assert [(row["table"], row["rows"]) for row in counts] == [("transactions", 1)]
    shown = ask("/quarantine", {"action": "show", "table": "transactions"})
    QuarantineResponse.model_validate(shown)
    (row,) = shown["rows"]
    # the dataset is a folder of the machine
    assert {counts[0]["dataset"], row["dataset"]} == {"…/insight data"}
    assert (row["transaction_id"], row["units"], shown["total"]) == ("d", "many", 1)
    done = ask("/quarantine", {"action": "retry", "table": "transactions", "rows": [row | {"units": "3"}]})
    assert (done["brought_in"], done["still_bad"], done["counts"]) == (1, 0, [])


@pytest.mark.parametrize(
    ("body", "role", "refusal"),
    [
        ({}, "marketer", (403, "forbidden")),
        ({"action": "show"}, "admin", (400, "malformed")),
        ({"action": "show", "table": "nonsense"}, "admin", (404, "not_found")),
        ({"action": "retry", "table": "transactions"}, "admin", (400, "malformed")),
        ({"action": "show", "table": "events"}, "admin", (404, "not_found")),
    ],
)
def test_what_quarantine_cannot_do_is_refused(lake: Any, ask: Ask, body: Any, role: str, refusal: Any) -> None:
    assert lake.refused("/quarantine", body, tenant="insight", role=role) == refusal


def test_versions_are_given_with_their_tables_by_window_class_and_store(
    lake: Any, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask("/models", {"kind": "demand"}) == {
        "versions": [],
        "total": 0,
    }  # nothing is made where nothing was trained
    monkeypatch.setattr(version_tables, "Tracking", FakeTracking)
    database = Workspace(lake.home, "insight").mlruns / "mlflow.db"
    database.parent.mkdir(parents=True, exist_ok=True)
    database.touch()
    found = ask("/models", {"kind": "demand", "limit": 1}, "data_scientist")
    ModelsResponse.model_validate(found)
    (version,) = found["versions"]
    assert (version["version"], version["is_champion"], found["total"]) == (2, False, 2)
    assert version["metrics"] == {"wape": 0.5}
    assert version["windows"] == [{"cutoff": "2025-01-31", "method": "champion", "wape": 0.5}]
    assert version["classes"] == [{"span": "period", "group": "smooth", "within_90": 0.9}]
    assert version["stores"] == [{"store_id": "007", "wape": 0.4}]


def test_drift_of_the_features_is_told_column_by_column(lake: Any, ask: Ask) -> None:
    workspace = Workspace(lake.home, "insight")
    assert lake.refused("/drift", {}, tenant="insight", role="admin") == (404, "not_found")
    chain = open_lake(str(workspace.lake))
    build_features(chain.at(date(2025, 1, 31)), workspace.features, date(2025, 1, 31))
    assert ask("/drift", {}) == {"as_of": None, "before": None, "counts": {}, "rows": []}
    build_features(chain, workspace.features, date(2025, 2, 22))
    found = ask("/drift", {"levels": ["stable", "moderate", "large"]}, "data_scientist")
    DriftResponse.model_validate(found)
    assert (found["before"], found["as_of"]) == ("2025-01-31", "2025-02-22")
    assert sum(found["counts"].values()) == len(found["rows"])
    spoken = ask("/drift", {"table": "person", "levels": list(LEVELS)}, language="zh")["rows"]
    meanings = {row["column"]: row["meaning"] for row in spoken}
    assert meanings["spend"] == FEATURE_COLUMNS["spend"][1]
    goods = ask("/drift", {"table": "goods", "levels": ["stable"]})["rows"]
    assert {row["table"] for row in goods} == {"goods"}
    assert lake.refused("/drift", {}, tenant="insight", role="marketer") == (403, "forbidden")
    assert lake.refused("/drift", {"table": "identity"}, tenant="insight", role="admin") == (400, "malformed")


def test_only_who_works_with_models_sees_them(lake: Any, ask: Ask) -> None:
    body = {"kind": "demand"}
    assert lake.refused("/models", body, tenant="insight", role="marketer") == (403, "forbidden")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_version_is_promoted_with_the_reason_of_who_does(
    lake: Any, ask: Ask, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    asked: list[Challenge] = []

    def fake(_workspace: Workspace, _kind: str, _settings: Any, _lake: Any, challenge: Challenge) -> Promotion:
        asked.append(challenge)
        assert challenge.version is not None
        better = challenge.version != 2
        values = (0.3, 0.4) if better else (0.5, 0.4)
        return Promotion(challenge.version, better, 1, "-", "better" if better else "not_better", values, "wape")

    monkeypatch.setattr("training.promotion.promote", fake)
    body = {"kind": "demand", "version": 2, "reason": "fresh goods"}
    refused = ask("/promote", body, "data_scientist", language=language)
    PromoteResponse.model_validate(refused)
    assert (refused["promoted"], refused["champion_before"], refused["outcome"]) == (False, 1, "not_better")
    wanted = {"en": "It is no better than version 1: WAPE 0.5 against 0.4.", "zh": "并不优于版本 1：WAPE 0.5 对 0.4。"}
    assert refused["reason"] == wanted[language]
    assert ask("/promote", body | {"version": 3}, "admin")["promoted"]
    assert [(one.note, one.may_backtest) for one in asked] == [
        ("data_scientist: fresh goods", False),
        ("admin: fresh goods", False),
    ]


@pytest.mark.parametrize("outcome", get_args(Outcome))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_version_that_no_window_tested_is_said_with_every_outcome(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, language: str
) -> None:
    done = Promotion(2, outcome != "untested", 1, "-", outcome, (0.3, 0.4), "wape", tested=False)
    monkeypatch.setattr("training.promotion.promote", lambda *_: done)
    answer = ask("/promote", {"kind": "demand", "version": 2, "reason": "x"}, "admin", language=language)
    assert PromoteResponse.model_validate(answer).outcome == outcome
    assert {"en": "No window tested it", "zh": "未经回测"}[language] in answer["reason"]


def test_a_promotion_asks_for_a_reason_and_the_right(lake: Any, ask: Ask) -> None:
    body = {"kind": "demand", "version": 2, "reason": "x"}
    assert lake.refused("/promote", body, tenant="insight", role="marketer") == (403, "forbidden")
    assert lake.refused("/promote", body | {"reason": ""}, tenant="insight") == (400, "malformed")


class FakeTracking:
    """A store with two versions; the newest recorded scores, calibration and a store whose id is no number."""

    def __init__(self, workspace: Workspace) -> None:
        self.folder = workspace.mlruns

    def champion(self, _kind: str) -> int:
        return 1

    def numbers(self, _kind: str) -> list[int]:
        return [2, 1]

    def read(self, _kind: str, version: int) -> Any:
        return version_tables.ModelVersion(
            version=version,
            config={},
            metrics={"wape": 0.5, "rmsse": float("nan")},
            windows=(date(2025, 1, 31),),
            primary=("wape", "lower"),
            data_versions={},
            as_of=date(2025, 2, 28),
            trained_at=datetime(2025, 3, 1, tzinfo=UTC),
            run_id="r1",
        )

    def table(self, _run_id: str, name: str) -> str | None:
        tables = {
            "scores": "cutoff,method,wape\n2025-01-31,champion,0.5\n",
            "calibration": "span,group,within_90\nperiod,smooth,0.9\nsum,smooth,0.8\n",
            "stores": "store_id,wape\n007,0.4\n",
        }
        return tables.get(name)

    def run_url(self, _run_id: str) -> None:
        return None
