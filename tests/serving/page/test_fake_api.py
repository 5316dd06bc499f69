"""The stand-in for the service answers as the service would: each answer in the shape that the routes promise."""

from typing import Any

import pytest
from pydantic import ValidationError

from tests.serving.page import fake_api, fake_campaigns, fake_jobs

STORE = {"store_id": "S01"}
SERIES = STORE | {"product_id": "P0001"}
DRAFT = {
    "name": "牛奶",
    "product_ids": ["P0001"],
    "slots": [{"channel": "sms", "text": "Milk", "text_zh": "牛奶"}],
    "starts_on": "2026-03-01",
    "ends_on": "2026-03-15",
}
QUESTIONS: dict[str, dict[str, Any]] = {
    "overview": {},
    "search": {"query": "", "kind": "product", "limit": 5},
    "history": SERIES | {"days": 100},
    "forecast": STORE | {"product_ids": ["P0001"], "horizon": 7},
    "replenish": STORE,
    "recommend": {"customer_id": "C00001", "k": 5, "basket": ["P0001"]},
    "audience": {"product_ids": ["P0001"], "size": 20},
    "campaigns": {},
    "anomalies": {},
    "funnel": {},
    "assets": {},
    "models": {"kind": "demand"},
    "drift": {},
    "promote": {"kind": "demand", "version": 2, "reason": "better"},
    "quarantine": {"action": "list"},
    "calendar": {"limit": 5},
    "jobs": {},
    "job": {"job_id": "job_a"},
    "job_start": {"kind": "features"},
    "job_cancel": {"job_id": "job_a"},
    "job_upload": {"file_name": "a.csv", "content": ""},
    "campaign": {"campaign_id": "k", "campaign": DRAFT},
    "campaign_act": {"campaign_id": "q", "version": 2, "act": "approve"},
    "campaign_propose": {"campaign_id": "q"},
    "campaign_contacts": {"campaign_id": "q", "limit": 20},
    "campaign_effect": {"campaign_id": "q"},
    "campaign_measure": {"campaign_id": "q"},
    "segments": {"action": "count", "expression": "spend > 1"},
    "decisions": {"decisions": [SERIES | {"as_of": "2026-02-28", "action": "approve"}]},
    "head_office": {},
    "worth": {},
    "listing": {"table": "suggestions", "group_by": "supplier_id"},
    "bulk_decisions": {
        "batch_id": "b20260301a",
        "as_of": "2026-02-28",
        "action": "approve",
        "check": True,
        "lines": [SERIES | {"seen_quantity": 24}],
    },
    "changes_file": {"file_name": "c.csv", "content": "c3RvcmVfaWQscHJvZHVjdF9pZCxxdWFudGl0eQpTMDEsUDAwMDEsMTIK"},
    "listing_file": {"table": "suggestions", "format": "csv"},
    "line_history": SERIES,
    "line_comment": SERIES | {"text": "隔壁有集市"},
    "line_plan": SERIES,
    "attention": {},
    "transfers": {},
    "counts": {},
    "leftovers": {},
    "orders": {},
    "what_if": SERIES | {"horizon": 3},
    "similar": {"product_id": "P0001"},
    "complete_basket": {"product_ids": ["P0001"]},
    "rules": {},
    "guides": {},
    "guide_list": {"guide_id": "G1"},
    "guide_make": {},
    "guide_answers": {
        "answers": [{"answer_id": "a1", "task_id": "t0", "outcome": "done", "at": "2026-03-01T10:15:00Z"}]
    },
    "overrides": {},
    "ledger": {},
    "profile": {"customer_id": "C00001"},
}


def test_every_answer_of_the_stand_in_has_a_question_here() -> None:
    assert set(QUESTIONS) == {*fake_api.ANSWERS, "profile"}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", QUESTIONS)
def test_question_and_answer_have_the_shapes_of_the_service(name: str, language: str) -> None:
    fake_api.MODELS[name].request.model_validate(QUESTIONS[name])
    fake_campaigns.KEPT.clear()
    fake_jobs.forget()
    fake_jobs.JOBS.append(fake_jobs.made("job_a", "publish", "done"))
    fake_campaigns.propose({"campaign_id": "q"})
    answer = fake_api.answer_to(name, QUESTIONS[name], language)
    assert fake_api.MODELS[name].response.model_validate(answer)


def test_an_answer_that_the_service_would_not_give_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    invented = fake_api.overview({}) | {"mood": "good"}
    monkeypatch.setitem(fake_api.ANSWERS, "overview", lambda _: invented)
    with pytest.raises(ValidationError, match="mood"):
        fake_api.answer_to("overview", {}, "en")
