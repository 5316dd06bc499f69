"""Refusals over HTTP in Chinese: every problem with a name has a sentence, and what only HTTP refuses has one too."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from retail_brain.errors import ImpossibleError, NotFoundError, UsageError
from serving.http.errors import HttpError
from serving.http.refusals import in_words

ROOT = Path(__file__).parents[3]
TEXTS = {
    language: json.loads((ROOT / "serving" / "page" / "static" / "i18n" / f"{language}.json").read_text("utf-8"))
    for language in ("zh", "en")
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_every_problem_that_the_code_names_has_a_sentence_in_both_languages() -> None:
    named = set()
    for package in ("retail_brain", "features", "training", "serving"):
        for path in (ROOT / package).rglob("*.py"):
            # details of errors: `{"problem": "name"`; other dictionaries hold a problem in words
            named |= set(re.findall(r'\{\s*"problem": "([a-z_]+)"', path.read_text("utf-8")))
    assert len(named) > 50
    for language, texts in TEXTS.items():
        assert {one for one in named if f"problem.{one}" not in texts} == set(), language


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/profile", {"store_id": "S9"}, "没有门店“S9”。请从列表中选择，或检查编号。"),
        ("/profile", {"customer_id": "C9"}, "没有顾客“C9”。请检查编号。"),
        ("/forecast", {"store_id": "S001", "product_ids": ["P0001"], "horizon": 99}, "只有 28 期"),
        ("/guide_list", {"guide_id": "G9"}, "没有导购“G9”"),
        ("/campaign", {"campaign_id": "x"}, "没有“x”这个活动"),
        ("/trigger", {"trigger_id": "x"}, "没有触发器“x”"),
        ("/segments", {"action": "members", "name": "x"}, "没有“x”这个人群"),
        ("/model_test", {"act": "drop", "name": "x"}, "没有正在进行的测试“x”"),
        (
            "/calendar",
            {"begins_on": "2025-04-02", "ends_on": "2025-04-01"},
            "2025年4月1日 早于开始日期",
        ),
        ("/changes_file", {"file_name": "a.csv", "content": "?"}, "base64"),
        ("/job_upload", {"file_name": "a.csv", "offset": 0, "content": "?"}, "base64"),
        ("/job_start", {"kind": "ingest"}, "请选择要导入的内容"),
        ("/job_start", {"kind": "ingest", "upload": "up_0123456789abcdef", "form": "x"}, "无法按“x”格式读取"),
        ("/profile", {}, "请求无法读取：body"),
    ],
)
def test_a_refusal_is_in_the_language_asked_for(client: Any, path: str, body: Any, words: str) -> None:
    chinese, english = (client.post(path, body, language=language).json()["error"] for language in ("zh", "en"))
    assert words in chinese["message"]
    assert not CHINESE.search(english["message"])
    assert (chinese["code"], chinese["details"]) == (english["code"], english["details"])


def test_what_only_http_refuses_is_said_too(client: Any) -> None:
    headers = {"accept-language": "zh-CN"}
    for sent in ({}, {"authorization": "Bearer nobody"}):
        error = client.http.post("/overview", json={}, headers=headers | sent).json()["error"]
        assert CHINESE.search(error["message"])
    assert CHINESE.search(
        client.post("/rules", {"rules": []}, role="merchandiser", language="zh").json()["error"]["message"]
    )


def test_lists_days_and_codes_are_said_as_the_page_says_them() -> None:
    assert "P1、P2" in in_words(NotFoundError("x", {"problem": "unknown_products", "product_ids": ["P1", "P2"]}), "zh")
    young = {"problem": "test_too_young", "since": "2025-03-01", "as_of": "2025-02-28", "test": "t"}
    assert in_words(ImpossibleError("x", young), "zh").startswith("测试从 2025年3月1日 起计")
    ended = ImpossibleError("x", {"problem": "campaign_state", "state": "approved"})
    assert TEXTS["zh"]["campaign_state.approved"] in in_words(ended, "zh")


@pytest.mark.parametrize(
    "error",
    [
        UsageError("plain"),
        NotFoundError("plain", {"problem": "of_another_package"}),
        NotFoundError("plain", {"problem": "store_unknown"}),  # details that the sentence needs are not there
        HttpError(418, "teapot", "plain"),
    ],
)
def test_what_has_no_sentence_stays_as_it_is(error: Any) -> None:
    assert in_words(error, "zh") == in_words(error, "en") == "plain"
