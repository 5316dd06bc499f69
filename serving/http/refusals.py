"""Says refusals in the language asked for, by the sentences of the page: one catalogue of problems for both."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from retail_brain.errors import RetailBrainError
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
    "too_large": "请求内容过大，请分几次发送。",
    "too_slow": "请求内容没有及时送达，请重新发送。",
    "wrong_method": "这个地址不接受该请求方式。",
}
"""Code of an error that only HTTP knows -> Chinese."""
_MALFORMED = "请求无法读取：{where}（{problem}）{more}。详见 details 与 /docs.json。"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_CODES = {"state": "campaign_state", "job_kind": "job_kind"}
"""Detail that is a code -> group of texts that says it."""


def in_words(error: RetailBrainError, language: Language) -> str:
    """The message of a refusal: in Chinese where that is asked for and there is a sentence for its problem or code.

    The others stay in English; `details.problem` names the problem in any language.
    """
    if language != "zh":
        return str(error)
    details = error.details
    sentence = _texts().get(f"problem.{details.get('problem')}")
    if sentence is not None and set(_PLACEHOLDER.findall(sentence)) <= set(details):
        return _PLACEHOLDER.sub(lambda found: _said(found[1], details[found[1]]), sentence)
    if (listed := details.get("problems")) and error.code == "malformed":
        more = f"，另有 {len(listed) - 1} 处" if len(listed) > 1 else ""
        return _MALFORMED.format(**listed[0], more=more)
    return _BY_CODE.get(error.code, str(error))


def _said(name: str, value: Any) -> str:
    """A detail in words, as the page says it."""
    if isinstance(value, list | tuple):
        return _texts()["word.list"].join(map(str, value))
    if name in _CODES:
        return _texts().get(f"{_CODES[name]}.{value}", str(value))
    if isinstance(value, str) and _DAY.fullmatch(value):
        return "{}年{}月{}日".format(*map(int, value.split("-")))
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)


@cache
def _texts() -> Mapping[str, str]:
    """The page's texts in Chinese."""
    found: dict[str, str] = json.loads((files("serving.page") / "static" / "i18n" / "zh.json").read_text("utf-8"))
    return found
