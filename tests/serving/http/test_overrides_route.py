"""Overrides over HTTP: made, applied at once, listed, taken back; and the ledger."""

import uuid
from typing import Any

import pytest

from retail_brain.operational.audit import list_audit
from retail_brain.operational.database import Database

OF = {"store_id": "S002", "product_id": "P0020"}
FAIR = OF | {"kind": "factor", "value": 2.0, "begins_on": "2025-03-02", "ends_on": "2025-03-03", "reason": "庙会"}


def _forecast(client: Any, **asker: str) -> list[dict[str, Any]]:
    asked = {"store_id": "S002", "product_ids": ["P0020"], "horizon": 3, "quantiles": [0.05, 0.95]}
    return client.ask("/forecast", asked, **asker)["forecasts"]


def test_an_override_applies_at_once_until_it_ends_or_is_taken_back(client: Any, database: Database) -> None:
    before = _forecast(client)
    override_id = uuid.uuid4().hex
    made = client.ask("/overrides", {"overrides": [FAIR | {"override_id": override_id}]}, role="merchandiser")
    assert made["stored"] == [override_id]
    after = _forecast(client)
    assert [after[0], after[2]] == [before[0], before[2]]
    assert after[1]["forecast"] == pytest.approx(2 * before[1]["forecast"])
    assert after[1]["engine_forecast"] == before[1]["forecast"]
    assert after[1]["forecast_p95"] == pytest.approx(2 * before[1]["forecast_p95"])
    assert after[1]["override"] == {
        "override_id": override_id,
        "made_by": "merchandiser先生",
        "reason": "庙会",
        "kind": "factor",
        "value": 2.0,
        "ends_on": "2025-03-03",
    }
    assert _forecast(client, tenant="other")[1].get("override") is None
    taken = client.ask("/overrides", {"withdraw": [override_id]} | OF)
    assert [row["state"] for row in taken["overrides"] if row["override_id"] == override_id] == ["withdrawn"]
    assert _forecast(client) == before
    deeds = [deed.action for deed in list_audit("main", database) if deed.subject == override_id]
    assert deeds == ["forecast.override.withdrawn", "forecast.override"]


def test_drivers_add_up_to_the_forecast_that_a_person_changed(client: Any) -> None:
    asked = {"store_id": "S002", "product_ids": ["P0020"], "horizon": 3, "explain": True}
    (made,) = client.ask("/overrides", {"overrides": [FAIR]})["stored"]
    rows = client.ask("/forecast", asked)["forecasts"]
    client.ask("/overrides", {"withdraw": [made]})
    assert rows[1]["drivers"]["override"] == pytest.approx(rows[1]["forecast"] - rows[1]["engine_forecast"])
    before = client.ask("/forecast", asked)["forecasts"]
    # published drivers are rounded to four decimals each
    assert sum(rows[1]["drivers"].values()) - sum(before[1]["drivers"].values()) == pytest.approx(
        rows[1]["forecast"] - before[1]["forecast"], abs=1e-3
    )
    assert "override" not in rows[0]["drivers"]


def test_units_are_what_the_forecast_becomes_and_the_last_word_counts(client: Any) -> None:
    of = {"store_id": "S002", "product_id": "P0021"}
    said = [
        of | {"kind": "factor", "value": 9.0, "ends_on": "2025-03-04", "reason": "a"},
        {"store_id": "S002", "kind": "units", "value": 7.5, "ends_on": "2025-03-02", "reason": "b"},
    ]
    ids = client.ask("/overrides", {"overrides": said})["stored"]
    rows = client.ask("/forecast", {"store_id": "S002", "product_ids": ["P0021"], "horizon": 2})["forecasts"]
    assert rows[0]["forecast"] == 7.5
    assert rows[1]["forecast"] == pytest.approx(9 * rows[1]["engine_forecast"])
    client.ask("/overrides", {"withdraw": ids})


def test_units_far_beyond_the_forecast_are_confirmed_first(client: Any) -> None:
    asked = OF | {"kind": "units", "value": 1e9, "ends_on": "2025-03-04", "reason": "slip"}
    error = client.error("/overrides", {"overrides": [asked]})
    assert error["code"] == "unconfirmed"
    (problem,) = error["details"]["problems"]
    assert problem["limit"] == pytest.approx(20 * max(problem["peak"], 1), rel=0.05)
    stored = client.ask("/overrides", {"overrides": [asked | {"confirm_exception": True}]})["stored"]
    client.ask("/overrides", {"withdraw": stored})


def test_sending_the_same_override_again_changes_nothing(client: Any) -> None:
    body = {"overrides": [FAIR | {"override_id": uuid.uuid4().hex, "store_id": "S003"}]}
    first = client.ask("/overrides", body)
    assert client.ask("/overrides", body)["total"] == first["total"]
    body["overrides"][0]["value"] = 3.0
    assert client.refused("/overrides", body) == (422, "impossible")
    client.ask("/overrides", {"withdraw": first["stored"]})


def test_an_override_of_decades_counts_when_it_is_confirmed(client: Any) -> None:
    asked = FAIR | {"store_id": "S003", "ends_on": "2090-01-01"}
    error = client.error("/overrides", {"overrides": [asked]})
    assert (error["code"], error["details"]["problems"][0]["limit"]) == ("unconfirmed", "2026-03-03")
    made = client.ask("/overrides", {"overrides": [asked | {"confirm_exception": True}]})
    client.ask("/overrides", {"withdraw": made["stored"]})


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"value": -1}, 400),
        ({"value": 1e-300}, 400),
        ({"value": 1e5}, 400),
        ({"kind": "magic"}, 400),
        ({"reason": ""}, 400),
        ({"ends_on": None}, 400),
        ({"ends_on": "2025-03-01"}, 422),
        ({"begins_on": None, "ends_on": "2025-03-01"}, 422),
        ({"store_id": None, "product_id": None}, 400),
        ({"store_id": "nowhere"}, 404),
        ({"product_id": "nothing"}, 404),
    ],
)
def test_an_override_that_cannot_be_is_refused(client: Any, change: dict[str, Any], status: int) -> None:
    before = client.ask("/overrides", {})["total"]
    assert client.refused("/overrides", {"overrides": [FAIR, FAIR | change]})[0] == status
    assert client.ask("/overrides", {})["total"] == before


def test_who_may_only_look_may_not_override(client: Any) -> None:
    assert client.refused("/overrides", {"overrides": [FAIR]}, role="data_scientist")[0] == 403
    assert client.ask("/overrides", {}, role="data_scientist")["may_write"] is False
    assert client.refused("/overrides", {}, role="marketer")[0] == 403
    assert client.refused("/overrides", {"withdraw": ["none"]})[0] == 404


def test_the_ledger_is_what_was_published(client: Any) -> None:
    answer = client.ask("/ledger", {"scope": "user"})
    assert [(row["user"], row["touch"], row["mae_lag"]) for row in answer["ledger"]] == [("王芳", "override", 0.25)]
    assert answer["as_of"] == "2025-02-28"
    assert client.ask("/ledger", {}, tenant="bare")["ledger"] == []
