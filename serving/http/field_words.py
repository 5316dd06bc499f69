"""Says what is wrong with a field of a request: by the page's texts, and by more for what only programs send."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from retail_brain.decisions.nul import NUL
from serving.http.condition_words import condition_words
from serving.planning.people.reasons import Language

PLACEHOLDER = re.compile(r"\{(\w+)\}")
"""What varies in a text of the page."""
_OF_OURS = ("value_error", "impossible")
"""Types whose sentence is one of ours and names fields itself."""
_EMPTY = ("string_too_short", "too_short")
_PROGRAMS: Final[Mapping[str, tuple[str, str]]] = {
    "other": ("is not as wanted", "不符合要求"),
    "extra_forbidden": ("is no field of this request", "没有这个字段"),
    "invalid_key": ("must have text as its keys", "键应为文字"),
    "json_invalid": ("is not valid JSON", "不是有效的 JSON"),
    "recursion_depth_exceeded": ("is nested too deeply", "嵌套过深"),
    "none_required": ("must be left out", "不能填写"),
    "string_type": ("must be text", "应为文字"),
    "string_unicode": ("must be text without broken characters", "含有残缺的字符"),
    "string_nul": (NUL, "含有空字符 NUL，请去掉"),
    "string_not_ascii": ("must have only plain ASCII characters", "只能用 ASCII 字符"),
    "string_too_short": ("must have at least {limit} characters", "至少 {limit} 个字符"),
    "string_pattern_mismatch": ("is not in the wanted form", "格式不对"),
    "int_parsing_size": ("is too large a number", "数字过大"),
    "int_type": ("must be a whole number", "应为整数"),
    "date_type": ("must be a day that exists, such as 2026-02-28", "应为存在的日期，如 2026-02-28"),
    "literal_error": ("must be one of {limit}", "应为以下之一：{limit}"),
    "finite_number": ("must be a finite number", "应为有限的数字"),
    "greater_than": ("must be more than {limit}", "须大于 {limit}"),
    "less_than": ("must be less than {limit}", "须小于 {limit}"),
    "multiple_of": ("must be a multiple of {limit}", "应为 {limit} 的倍数"),
    "bool_type": ("must be true or false", "应为 true 或 false"),
    "list_type": ("must be a list", "应为列表"),
    "too_short": ("must have at least {limit} entries", "至少 {limit} 项"),
    "too_long": ("must have at most {limit} entries", "最多 {limit} 项"),
    "dict_type": ("must be an object", "应为对象"),
    "datetime_type": (
        "must be a moment that exists, such as 2026-02-28T18:30:00+08:00",
        "应为存在的时间，如 2026-02-28T18:30:00+08:00",
    ),
    "time_type": ("must be a time of day, such as 18:30", "应为一天中的时刻，如 18:30"),
    "timezone_aware": ("needs a time zone, such as +08:00", "须带时区，如 +08:00"),
    "timezone_naive": ("must have no time zone", "不能带时区"),
    "union_tag_not_found": ("does not say of which kind it is", "没有写明种类"),
    "url_type": ("must be an address of the web", "应为网址"),
}
"""Type of a field's error, as pydantic names it -> what is wrong in English and Chinese, where the page has no text."""
_SAME: Final[Mapping[str, str]] = {
    **dict.fromkeys(("int_from_float", "int_parsing"), "int_type"),
    **dict.fromkeys(("float_parsing", "decimal_type", "decimal_parsing"), "float_type"),
    "bool_parsing": "bool_type",
    **dict.fromkeys(("tuple_type", "set_type", "frozen_set_type", "iterable_type"), "list_type"),
    **dict.fromkeys(("model_type", "model_attributes_type", "dataclass_type", "mapping_type"), "dict_type"),
    **dict.fromkeys(("date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"), "date_type"),
    **dict.fromkeys(
        ("datetime_parsing", "datetime_object_invalid", "datetime_from_date_parsing"),
        "datetime_type",
    ),
    "time_parsing": "time_type",
    "enum": "literal_error",
    "union_tag_invalid": "other",
    **dict.fromkeys(("url_parsing", "url_scheme"), "url_type"),
}
"""Type -> the one that is said in the same words."""


def field_words(problem: Mapping[str, Any], language: Language) -> str:
    """What is wrong with a field, without its name; a sentence of ours that has no Chinese stays as it is.

    Args:
        problem: an entry of `details.problems`: `type` and `problem` as pydantic tells them, and perhaps `limit`.
        language: of the sentence.
    """
    kind, limit = problem.get("type", ""), problem.get("limit", "")
    if problem.get("problem") == NUL:
        kind = "string_nul"
    if kind in _EMPTY and limit == 1:
        kind = "empty"
    if kind in _OF_OURS:
        said = str(problem["problem"]).removeprefix("Value error, ")
        return said if language == "en" else (condition_words(said) or said)
    shown = f"{limit:g}" if isinstance(limit, float) else str(limit)
    if language == "zh":
        shown = shown.replace(" or ", "、").replace(", ", "、")
    template = _template(kind, language)
    return PLACEHOLDER.sub(lambda found: shown if found[1] == "limit" else found[0], template)


def has_words(kind: str) -> bool:
    """Whether a type of error is said by words of its own."""
    return _template(kind, "en") != _template("other", "en") or _SAME.get(kind) == "other"


def _template(kind: str, language: Language) -> str:
    same = _SAME.get(kind, kind)
    said = page_texts(language).get(f"field_problem.{same}")
    return said or _PROGRAMS.get(same, _PROGRAMS["other"])[language == "zh"]


def place_and_words(problem: Mapping[str, Any]) -> str:
    """The field and what is wrong with it, in English; a sentence about the whole request stands alone."""
    words, where = field_words(problem, "en"), problem["where"]
    if problem.get("type") not in _OF_OURS:
        return f"{where} {words}"
    return words if where == "body" else f"{where}: {words}"


@cache
def page_texts(language: Language) -> Mapping[str, str]:
    """The page's texts in a language."""
    place = files("serving.page") / "static" / "i18n" / f"{language}.json"
    found: dict[str, str] = json.loads(place.read_text("utf-8"))
    return found
