"""Says refusals in the language asked for, by the sentences of the page: one catalogue of problems for both."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.types import Scope

from retail_brain.errors import RetailBrainError
from serving.http.compression import header
from serving.http.condition_words import condition_words
from serving.http.field_words import PLACEHOLDER, field_words, page_texts
from serving.http.problem_words import SERVICE_ONLY
from serving.planning.people.reasons import Language

_BY_CODE = {
    "no_key": "需要密钥：请在请求头中发送 Authorization: Bearer 密钥。",
    "wrong_key": "密钥未知、已过期或已作废。请向管理员索取新的密钥。",
    "forbidden": "这把密钥的角色无权这样做。请用另一把密钥，或请管理员开通权限。",
    "wrong_place": "这把密钥只管自己的区域、门店或顾客。请找总部，或用总部的密钥。",
    "overloaded": "服务正忙，请稍候几秒再试，或缩小范围。",
    "unavailable": "服务暂时连不上数据库，请稍候几秒再试。",
    "starting": "服务正在启动，请稍候再试。",
    "not_published": "还没有发布过结果。请管理员训练模型并发布。",
    "at_fault": "暂时读不出该租户的结果、设置或数据库，系统会不断重试。请管理员运行 retail-brain doctor 查看原因。",
    "too_large": "请求内容过大，请分几次发送。",
    "failed": "处理时出错，请稍后再试；仍不行请联系管理员查看日志。",
    "too_slow": "请求内容没有及时送达，请重新发送。",
    "not_found": "没有这个地址。详见 /docs.json。",
    "wrong_method": "这个地址不接受该请求方式。",
}
"""Code of an error that only HTTP knows -> Chinese."""
_MALFORMED = "请求无法读取：{where}（{problem}）{more}。详见 details 与 /docs.json。"
_OF_TYPE = {"value_error": "不符合要求：", "impossible": "先后不对："}
"""What begins a sentence of ours about a field, by the type of its error."""
_IMPOSSIBLE = "请求无法执行：{where}（{problem}）{more}。详见 details 与 /docs.json。"
_SHOWN = 5
"""Faults of a list that a sentence tells; the details have more. By judgement."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_CODES = {"state": "campaign_state", "job_kind": "job_kind", "place": "place_kind"}
"""Detail that is a code -> group of texts that says it."""


def asked_language(scope: Scope) -> Language:
    """The language that a request asks for."""
    return "zh" if header(scope, b"accept-language")[:2].lower() == b"zh" else "en"


def by_code(code: str, text: str, language: Language) -> str:
    """The text of an error that only HTTP knows, such as one of BentoML's, in the language asked for."""
    return _BY_CODE.get(code, text) if language == "zh" else text


def in_words(error: RetailBrainError, language: Language) -> str:
    """The message of a refusal: in Chinese where that is asked for and there is a sentence for its problem or code.

    The others stay in English; `details.problem` names the problem in any language.
    """
    if language != "zh":
        return str(error)
    details = error.details
    problem = details.get("problem")
    sentence = page_texts("zh").get(f"problem.{problem}") or SERVICE_ONLY.get(str(problem))
    if sentence is not None and set(PLACEHOLDER.findall(sentence)) <= set(details):
        told = details | ({"faults": _faults(details)} if "faults" in details else {})
        return PLACEHOLDER.sub(lambda found: _said(found[1], told[found[1]]), sentence)
    if (listed := details.get("problems")) and isinstance(listed[0], Mapping) and "where" in listed[0]:
        more = f"，另有 {len(listed) - 1} 处" if len(listed) > 1 else ""
        sentence = _MALFORMED if error.code == "malformed" else _IMPOSSIBLE
        return sentence.format(where=listed[0]["where"], problem=_field(listed[0]), more=more)
    return str(error) if error.code == "not_found" else _BY_CODE.get(error.code, str(error))


def _field(problem: Mapping[str, Any]) -> str:
    words = field_words(problem, "zh")
    return f"{_OF_TYPE[problem['type']]}{words}" if problem["type"] in _OF_TYPE else words


def rows_in_words(rows: Sequence[Mapping[str, Any]], language: Language) -> list[dict[str, Any]]:
    """Refused rows of a request, each `problem` in the language asked for where there is a sentence for it."""
    if language != "zh":
        return [dict(row) for row in rows]
    return [{**row, "problem": condition_words(row["problem"]) or row["problem"]} for row in rows]


def _faults(details: Mapping[str, Any]) -> list[str]:
    """The faults of rules or of a definition in Chinese, each with its place; what has no sentence stays as it is."""
    listed = details.get("problems") or []
    if listed and isinstance(listed[0], Mapping) and "rule" in listed[0]:
        names = (f"（{one['name']}）" if one["name"] else "" for one in listed)
        return [
            f"规则 {one['rule']}{name}：{one['where']}：{_fault(one['problem'])}"
            for one, name in zip(listed[:_SHOWN], names, strict=False)
        ]
    places = (str(fault).partition(": ") for fault in details["faults"])
    return [f"{where}：{_fault(said)}" if said else where for where, _, said in places]


def _fault(said: str) -> str:
    return condition_words(said) or said


def _said(name: str, value: Any) -> str:
    """A detail in words, as the page says it."""
    if isinstance(value, list | tuple):
        return page_texts("zh")["word.list"].join(map(str, value))
    if name in _CODES:
        return page_texts("zh").get(f"{_CODES[name]}.{value}", str(value))
    if isinstance(value, str) and _DAY.fullmatch(value):
        return "{}年{}月{}日".format(*map(int, value.split("-")))
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)
