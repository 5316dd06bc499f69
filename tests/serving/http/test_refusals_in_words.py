"""Refusals over HTTP in Chinese: every problem with a name has a sentence, and what only HTTP refuses has one too."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic_core._pydantic_core import list_all_errors

from features.segments.parsing import parse
from retail_brain import errors
from retail_brain.decisions.campaigns.definition import parse_definition
from retail_brain.errors import ExpressionError, ImpossibleError, NotFoundError, UsageError
from serving.http.condition_words import condition_words
from serving.http.errors import HttpError
from serving.http.field_words import field_words, has_words
from serving.http.problem_words import SERVICE_ONLY
from serving.http.refusals import _BY_CODE, in_words, rows_in_words
from serving.planning.people.rule_files import parse_rules

ROOT = Path(__file__).parents[3]
TEXTS = {
    language: json.loads((ROOT / "serving" / "page" / "static" / "i18n" / f"{language}.json").read_text("utf-8"))
    for language in ("zh", "en")
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


GOOD_EVENT = {"event_id": "nul-words", "occurred_at": "2025-02-28T10:00:00Z", "event_type": "view", "customer_id": "C1"}
PACKAGES = ("retail_brain", "features", "training", "serving")
SERVED = (
    *("serving/http", "serving/planning", "serving/store", "features/segments"),
    *("retail_brain/operational", "retail_brain/jobs", "retail_brain/decisions"),
)
"""What answers requests: whatever it refuses names a problem, or is of COMMAND_LINE."""
COMMAND_LINE = {
    "serving/http/launch.py": "before the service answers",
    "serving/http/metrics_folder.py": "before the service answers",
    "serving/http/state.py": "of newer tables, for the log",
    "serving/http/answers_pointer.py": "of damaged answers, for the log",
    "serving/store/answer_set.py": "of damaged answers, for the log",
    "serving/store/answers_manifest.py": "of damaged answers, for the log",
    "serving/store/current_answers.py": "of damaged answers, for the log",
    "serving/store/publishing/run.py": "the verb publish",
    "serving/planning/campaigns/files.py": "files of verbs",
    "serving/planning/people/audiences.py": "the verb assign",
    "serving/planning/people/campaigns.py": "files of verbs",
    "serving/planning/people/contact_lists.py": "the verbs contacts",
    "serving/planning/people/offering.py": "the verb recommend",
    "serving/planning/people/recommendations.py": "the verb recommend",
    "serving/planning/people/rule_files.py": "files of verbs",
    "serving/planning/replay/inputs.py": "the verb simulate",
    "serving/planning/replay/periods.py": "the verb simulate",
    "serving/planning/replay/run.py": "the verb simulate",
    "serving/planning/stock/limits_file.py": "files of verbs",
    "serving/planning/stock/order_export.py": "the verb orders export",
    "serving/planning/stock/order_files.py": "the verb orders export",
    "serving/planning/stock/receipts.py": "files of verbs",
    "serving/planning/stock/supply_side.py": "the verb replenish",
    "retail_brain/operational/database.py": "before the service answers",
    "retail_brain/operational/identity_decisions.py": "the verbs identity",
    "retail_brain/operational/keys.py": "the verbs keys",
    "retail_brain/operational/places.py": "the verbs keys",
    "retail_brain/operational/upgrade.py": "before the service answers",
    "retail_brain/decisions/forecast_value_added.py": "the verb ledger",
    "retail_brain/decisions/order_budgets.py": "the verb replenish",
    "retail_brain/decisions/replenishment.py": "the verb replenish",
}
"""Files with refusals that no request gets, and who does."""
KINDS = {name for name, kind in vars(errors).items() if isinstance(kind, type)} | {"HttpError"}
KINDS -= {"UnavailableError", "ExtensionError"}  # the one has words by its code, the other is of an installation


def unnamed(path: Path) -> list[str]:
    """Line of every refusal of a file that names no problem; codes that only HTTP knows have words of their own.

    Those of a key's role and place have too, but none that say what it may not do and who may.
    """
    worded = set(_BY_CODE) - {"forbidden", "wrong_place"}
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    made = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in KINDS and call.args]
    return [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for call in made
        if "'problem'" not in ast.unparse(call)
        and not any(isinstance(part, ast.Constant) and part.value in worded for part in call.args[:2])
    ]


def test_every_refusal_that_a_request_may_get_names_its_problem() -> None:
    files = [path for place in SERVED for path in (ROOT / place).rglob("*.py")]
    found = {path.relative_to(ROOT).as_posix(): unnamed(path) for path in sorted(files)}
    # one that is passed on as it came has its problem already
    passed_on = {"serving/http/errors.py", "serving/http/handlers/jobs.py"}
    told = {name for name, lines in found.items() if lines} - passed_on
    assert [line for name in sorted(told - set(COMMAND_LINE)) for line in found[name]] == []
    assert set(COMMAND_LINE) <= told, "a file that has none any more need not be listed"


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/similar", {"k": 3}, "product_id（缺少此项）"),
        ("/forecast", {"store_id": "S001", "product_ids": [], "horizon": 1}, "product_ids（不能为空）"),
        ("/forecast", {"store_id": 5, "product_ids": ["P0001"], "horizon": 0}, "store_id（应为文字），另有 1 处"),
        ("/forecast", {"store_id": "S001", "product_ids": ["P0001"], "horizon": 1, "x": 1}, "x（没有这个字段）"),
        ("/recommend", {"customer_id": "C1", "k": 0}, "k（不得小于 1）"),
        ("/recommend", {"customer_id": "C1", "kind": "all"}, "kind（应为以下之一：'repeat'、'explore'"),
        ("/jobs", {"detail": 1}, "detail（应为 true 或 false）"),
        ("/orders", {"since": "soon"}, "since（应为存在的日期，如 2026-02-28）"),
        ("/recommend", {"k": 3}, "不符合要求：请给出 customer_id，或 id_type 和 id_value"),
    ],
)
def test_a_field_that_cannot_be_read_is_told_of_in_chinese(client: Any, path: str, body: Any, words: str) -> None:
    chinese, english = (client.post(path, body, language=language).json()["error"] for language in ("zh", "en"))
    assert words in chinese["message"]
    assert not CHINESE.search(english["message"])
    assert not re.search(r"(Input|String|List|Field|Value|Extra)s? (should|required|error|inputs)", english["message"])
    assert (chinese["code"], chinese["details"]) == (english["code"], english["details"])
    assert all({"where", "problem", "type"} <= set(one) for one in english["details"]["problems"])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/line_comment", {"store_id": "S001", "product_id": "P0001", "text": "a\0b"}),
        ("/similar", {"product_id": "a\0b"}),
    ],
)
def test_a_text_with_the_character_nul_is_refused_in_words(client: Any, path: str, body: Any) -> None:
    chinese, english = (client.post(path, body, language=language).json()["error"] for language in ("zh", "en"))
    assert "含有空字符 NUL，请去掉" in chinese["message"]
    assert "holds the character NUL, which no text may; leave it out" in english["message"]
    (problem,) = english["details"]["problems"]
    assert problem["type"] == "string_pattern_mismatch"
    assert "^" not in json.dumps(english)
    assert "a" + chr(0) + "b" not in json.dumps(english, ensure_ascii=False)
    rows = {"events": [{"occurred_at": "2025-02-28T10:00:00", "event_type": "a\0b"}, GOOD_EVENT]}
    (row,) = client.post("/events", rows, language="zh").json()["refused"]
    assert (row["where"], row["problem"]) == ("event_type", "含有空字符 NUL，请去掉")


OF_PYTHON = re.compile(
    r"no_such|json_type|needs_python|recursion_loop|frozen_|get_attribute|_exact_type|named_tuple|default_factory|"
    r"iteration|ordered_|counter|deque|hashable|bytes_|assertion|missing_.|ellipsis|date_past|date_future|"
    r"datetime_past|datetime_future|timezone_offset|time_delta|is_|callable|argument|.*argument|multiple_argument|dataclass_exact|set_item|url_syntax|url_too|uuid|decimal_max|"
    r"decimal_whole|fraction|complex"
)
"""Types of errors of pydantic that no field of a request can have: of Python's own objects, or of kinds not used."""


def test_every_type_of_error_that_a_field_may_have_has_words() -> None:
    kinds = {one["type"] for one in list_all_errors()} - {"value_error"}
    assert {kind for kind in kinds if not has_words(kind) and not OF_PYTHON.match(kind)} == set()
    unknown = {"type": "of tomorrow", "problem": "Input should be nice", "where": "k"}
    assert (field_words(unknown, "en"), field_words(unknown, "zh")) == ("is not as wanted", "不符合要求")


def test_an_expression_of_segments_that_cannot_be_used_is_told_without_english() -> None:
    for text, words in (
        ("spend >", "条件没有写完：spend >>>>"),
        ("birthday = 2026-13-45", "第 12 个字符处的日期不存在"),
        ("bought(last 3 days, last 4 days)", "有一项写了两次"),
        ("a ? 3", "第 3 个字符处看不懂"),
    ):
        with pytest.raises(ExpressionError) as refused:
            parse(text)
        told = in_words(refused.value, "zh")
        assert words in told
        assert "the end" not in told


def test_a_rule_with_half_a_character_is_told_of_in_chinese() -> None:
    with pytest.raises(UsageError) as refused:
        parse_rules([{"action": "cap", "name": "\ud800"}], "the request", is_strict=True)
    assert "文字中有残缺的字符" in in_words(refused.value, "zh")


def test_refusals_name_no_place_of_this_machine(client: Any) -> None:
    for path, body in (
        ("/job_start", {"kind": "ingest", "source": "nowhere"}),
        ("/quarantine", {"action": "show", "table": "prices"}),
        ("/model_test", {"act": "drop", "name": "x"}),
    ):
        error = client.post(path, body).json()["error"]
        assert str(client.home) not in json.dumps(error), path
        assert "settings.toml" not in error["message"]


def test_every_problem_that_the_code_names_has_a_sentence_in_both_languages() -> None:
    named = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            # details of errors: `{"problem": "name"`; other dictionaries hold a problem in words
            named |= set(re.findall(r'\{\s*"problem": "([a-z_]+)"', path.read_text("utf-8")))
    assert len(named) > 50
    for language, texts in TEXTS.items():
        told = {name.removeprefix("problem.") for name in texts if name.startswith("problem.")}
        assert named - told - set(SERVICE_ONLY) == set(), language
        assert told & set(SERVICE_ONLY) == set(), "one sentence in one place"
    code = "".join(path.read_text("utf-8") for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    assert [one for one in SERVICE_ONLY if code.count(f'"{one}"') < 2] == [], "words of what is refused nowhere"


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
        ("/job_start", {"kind": "publish", "source": "tills"}, "该任务不接受 source"),
        ("/job_start", {"kind": "ingest", "source": "x"}, "没有名为“x”的来源"),
        ("/listing", {"table": "suggestions", "sort": [{"column": "x"}]}, "没有“x”，可用："),
        ("/profile", {}, "请求无法读取：body"),
        ("/orders", {"since": "2998-01-01"}, "2998年1月1日 还没有到"),
        ("/listing", {"table": "orders", "since": "2998-01-01"}, "2998年1月1日 还没有到"),
        ("/guide_credit", {"since": "2998-01-01"}, "2998年1月1日 还没有到"),
        ("/guide_make", {"day": "2998-01-01"}, "只能做 2025年3月1日 至 2025年3月15日 的"),
        ("/guide_leave", {"guide_id": "G1", "on": "2998-01-01"}, "2998年1月1日 还没有到"),
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


CONDITIONS = (
    "serving/http/messages",
    "retail_brain/decisions/campaigns/definition.py",
    "retail_brain/decisions/offer_rules.py",
    "retail_brain/decisions/triggers/definition.py",
    "retail_brain/decisions/triggers/messages.py",
)
"""Where conditions over several fields are, of what requests send."""


def _example(message: ast.expr) -> str:
    """The message with x for what varies."""
    parts = message.values if isinstance(message, ast.JoinedStr) else [message]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in parts)


def test_every_condition_of_a_request_has_a_sentence_in_chinese() -> None:
    files = [file for place in CONDITIONS for file in ([*(ROOT / place).rglob("*.py")] or [ROOT / place])]
    said = [
        _example(call.args[0])
        for file in files
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") in {"ValueError", "impossible"}
        and isinstance(call.args[0], ast.Constant | ast.JoinedStr)
    ]
    assert len(said) > 40
    assert [one for one in said if not CHINESE.search(condition_words(one) or "")] == []


def test_faults_of_rules_and_definitions_are_told_in_chinese_with_their_places() -> None:
    rules = [{"action": "boost", "factor": 0.5, "values": ["P1"], "name": "牛奶"}, {"action": "pin"}]
    with pytest.raises(UsageError) as refused:
        parse_rules(rules, "the request", is_strict=True)
    words = in_words(refused.value, "zh")
    assert "规则 1（牛奶）：factor：须大于 1" in words
    assert "规则 2：rule：pin 没有指明商品" in words
    with pytest.raises(UsageError) as unusable:
        parse_definition({"name": "x"}, "the request")
    told = in_words(unusable.value, "zh")
    assert "starts_on：缺少此项" in told
    assert not re.search("[a-z] [a-z]", told), "no English sentence is left"


def test_a_place_is_told_of_in_chinese() -> None:
    refused = HttpError(403, "wrong_place", "of all", {"problem": "headquarters_only", "place": "shop"})
    assert "只限一家门店使用" in in_words(refused, "zh")
    refused = HttpError(403, "wrong_place", "taken", {"problem": "segment_name_of_others", "name": "friends"})
    assert in_words(refused, "zh") == "名称“friends”已被其他地方使用。请换一个名称。"


def test_rows_that_are_refused_are_told_of_in_the_language_asked_for() -> None:
    rows = [{"event": 0, "where": "occurred_at", "problem": "later than 2026-03-01"}, {"event": 1, "problem": "else"}]
    assert [row["problem"] for row in rows_in_words(rows, "zh")] == ["晚于 2026-03-01", "else"]
    assert rows_in_words(rows, "en") == rows
