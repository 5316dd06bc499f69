"""Reads, checks and writes files of merchandising rules, with errors and warnings that a person can act on."""

import csv
import json
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, to_json

from retail_brain.decisions.offer_rule_definition import ADULTS_ONLY, LONGEST_TEXT, Rule
from retail_brain.decisions.offer_rules import Goods, ResolvedRule, resolve_rules
from retail_brain.errors import UsageError
from retail_brain.files import write_text
from retail_brain.operational.rules import RuleSet
from serving.planning.people.reasons import Language

_MAX_RULES = 1_000
"""Rules of a tenant: each is looked at in every recommendation. Chosen by judgement, not measured."""
_SHOWN_NAME = 40
"""Characters of a rule's name in a message, which must not become as long as what was sent."""
_WARNINGS: Mapping[str, Mapping[Language, str]] = {
    "label": {"en": "rule {place} ({title}): ", "zh": "规则 {place}（{title}）："},
    "goods": {"en": "no product has {attribute} {values}", "zh": "没有商品的{attribute}是 {values}"},
    "adult": {
        "en": "no product is flagged for adults (attribute adult, age_restricted or min_age)",
        "zh": "没有标为仅限成年人的商品（属性 adult、age_restricted 或 min_age）",
    },
    "stores": {"en": "unknown stores {values}", "zh": "未知门店 {values}"},
    "ended": {"en": "it ended at {end}", "zh": "已于 {end} 结束"},
}
_ACTIONS: Mapping[str, Mapping[Language, str]] = {
    "pin": {"en": "pin", "zh": "置顶"},
    "boost": {"en": "boost", "zh": "加权"},
    "bury": {"en": "bury", "zh": "降权"},
    "exclude": {"en": "exclude", "zh": "排除"},
    "cap": {"en": "limit", "zh": "限量"},
    "diversify": {"en": "diversify", "zh": "打散"},
    "allow": {"en": "allow adult goods", "zh": "放开成人商品"},
}
_ATTRIBUTES: Mapping[str, Mapping[Language, str]] = {
    "product_id": {"en": "the id", "zh": "编号"},
    "brand": {"en": "brand", "zh": "品牌"},
    "subcategory": {"en": "subcategory", "zh": "小类"},
    "category": {"en": "category", "zh": "品类"},
    "department": {"en": "department", "zh": "大类"},
    "adult": {"en": "adult", "zh": "成人商品"},
}
_LISTS = ("values", "stores")
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True)
class RuleBook:
    """A tenant's rules, ready for the goods of its present answers.

    Attributes:
        version: of the list.
        ready: the built-in rule and the operators'.
        kept: as the operational database has them.
    """

    version: int = 0
    ready: Sequence[ResolvedRule] = ()
    kept: RuleSet = field(default_factory=lambda: RuleSet(0, []))

    @classmethod
    def of(cls, kept: RuleSet, goods: Goods) -> "RuleBook":
        """The stored list for some goods."""
        return cls(kept.version, resolve_rules(stored_rules(kept), goods), kept)

    def here(self, store_id: str | None, now: datetime) -> list[ResolvedRule]:
        """Rules that apply in a store at a time to everybody: those under a test do not."""
        return [ready for ready in self.ready if not ready.rule.test and ready.rule.applies(store_id, now)]

    def with_tests(self, store_id: str | None, now: datetime) -> list[ResolvedRule]:
        """The same and those under a test, which apply to some."""
        return [ready for ready in self.ready if ready.rule.applies(store_id, now)]

    def phase(self, now: datetime) -> tuple[str, ...]:
        """State of each rule that begins or ends at some time: while these are equal, the same rules apply."""
        return tuple(rule.state(now) for rule in self._timed)

    @cached_property
    def _timed(self) -> list[Rule]:
        rules = (ready.rule for ready in self.ready)
        return [rule for rule in rules if rule.starts_at is not None or rule.ends_at is not None]


def shown_title(title: str, language: Language) -> str:
    """A rule's title for people: the built-in rule has one in each language."""
    return "仅限成年人" if title == ADULTS_ONLY.title and language == "zh" else title


def stored_rules(kept: RuleSet) -> list[Rule]:
    """The rules of a stored list; those that this version of the code cannot read are passed over."""
    rules = []
    for values in kept.rules:
        try:
            rules.append(Rule.model_validate(values))
        except ValidationError:
            continue
    return rules


def parse_rules(listed: Sequence[Mapping[str, Any]], origin: str, *, is_strict: bool = False) -> list[Rule]:
    """Rules from plain values.

    Args:
        listed: the values.
        origin: of them, for messages.
        is_strict: whether "2" is no number, as in JSON; in a file of text it is one.

    Raises:
        UsageError: too many, or one of them cannot be used; the message names each problem with its place and name.
    """
    if len(listed) > _MAX_RULES:
        raise UsageError(
            f"{origin} holds {len(listed):,} rules; at most {_MAX_RULES:,} are kept. Join some into one.",
            {"problem": "rules_too_many", "rules": len(listed), "limit": _MAX_RULES},
        )
    rules: list[Rule] = []
    problems: list[dict[str, Any]] = []
    for place, values in enumerate(listed, start=1):
        try:
            rule = Rule.model_validate_json(to_json(values), strict=is_strict)
            problems += [{"rule": place, "name": _shown_name(rule.name)} | one for one in _odd_texts(rule)]
            rules.append(rule)
        except PydanticSerializationError:
            # a text cut within an emoji; no database and no answer can hold it
            said = "a text holds half a character (a surrogate); write the whole one or leave it out"
            problems.append({"rule": place, "name": "", "where": "rule", "problem": said})
        except ValidationError as error:
            for problem in error.errors(include_url=False, include_context=False, include_input=False):
                where = ".".join(map(str, problem["loc"])) or "rule"
                said = problem["msg"].removeprefix("Value error, ")
                name = _shown_name(str(values.get("name") or ""))
                problems.append({"rule": place, "name": name, "where": where, "problem": said})
    shares: dict[str, float] = {}
    for place, rule in enumerate(rules, start=1):
        if rule.test and shares.setdefault(rule.test, rule.test_share) != rule.test_share:
            said = f"test {rule.test} has the share {shares[rule.test]:g} in a rule before; give all of its rules one"
            problems.append({"rule": place, "name": _shown_name(rule.name), "where": "test_share", "problem": said})
    if problems:
        shown = "; ".join(
            f"rule {one['rule']}{' (' + one['name'] + ')' if one['name'] else ''}: {one['where']}: {one['problem']}"
            for one in problems[:5]
        )
        more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise UsageError(
            f"{origin} holds rules that cannot be used: {shown}{more}. Correct them; nothing was changed.",
            {"problem": "rules_unusable", "faults": [shown], "problems": problems[:50]},
        )
    return rules


def _odd_texts(rule: Rule) -> Iterator[dict[str, str]]:
    """What is wrong with the texts of a rule that an earlier version would have stored."""
    if any("\0" in text for text in (rule.name, *rule.values, *rule.stores)):
        yield {"where": "rule", "problem": "the character NUL is in no name; leave it out"}
    for where, texts in (("values", rule.values), ("stores", rule.stores)):
        longest = max(map(len, texts), default=0)
        if longest > LONGEST_TEXT:
            said = f"a text of {longest:,} characters; wanted at most {LONGEST_TEXT}"
            yield {"where": where, "problem": said}


def _shown_name(name: str) -> str:
    """A rule's name for messages: without NUL, and no longer than tells it apart."""
    plain = name.replace("\0", "")
    return plain if len(plain) <= _SHOWN_NAME else plain[: _SHOWN_NAME - 1] + "…"


def warnings_of(
    rules: Sequence[Rule],
    goods: Goods,
    unknown_stores: Collection[str],
    now: datetime,
    language: Language = "en",
    names: Mapping[str, str] | None = None,
) -> list[str]:
    """What is allowed but probably not meant, in words: unknown goods and stores, rules whose time is over.

    Args:
        rules: parsed ones.
        goods: that are known.
        unknown_stores: of those that the rules name.
        now: when.
        language: of the words.
        names: product id -> name, for rules without a name of their own; ids where there are none.
    """
    warnings = []
    for place, rule in enumerate(rules, start=1):
        unknown = [value for value in rule.values if not goods.named(rule.model_copy(update={"values": (value,)})).size]
        absent = [store for store in rule.stores if store in unknown_stores]
        checks = {
            "goods": (bool(unknown), unknown),
            "adult": (rule.attribute == "adult" and not goods.values.get("adult"), []),
            "stores": (bool(absent), absent),
            "ended": (rule.state(now) == "ended", []),
        }
        label = _WARNINGS["label"][language].format(place=place, title=_called(rule, language, names or {}))
        for code, (holds, values) in checks.items():
            if holds:
                shown = ", ".join(map(repr, values[:5]))
                end = "" if rule.ends_at is None else f"{rule.ends_at:%Y-%m-%d %H:%M} UTC"
                text = _WARNINGS[code][language].format(
                    attribute=_ATTRIBUTES[rule.attribute][language], values=shown, end=end
                )
                warnings.append(label + text)
    return warnings


def _called(rule: Rule, language: Language, names: Mapping[str, str]) -> str:
    """A rule by its name, else by what it does in words, with the names of its goods."""
    if rule.name:
        return rule.name
    goods = [names.get(str(value), str(value)) for value in rule.values[:3]]
    more = ["…"] if len(rule.values) > len(goods) else []
    said = ("、" if language == "zh" else ", ").join([*goods, *more])
    kind = "" if rule.attribute in {"product_id", "adult"} else _ATTRIBUTES[rule.attribute][language]
    return " ".join(filter(None, (_ACTIONS[rule.action][language], kind, said)))


def plain_rule(rule: Rule) -> dict[str, Any]:
    """A rule as JSON: what was given, without defaults."""
    return {"action": rule.action} | rule.model_dump(mode="json", exclude_defaults=True)


def read_rules(path: Path) -> list[dict[str, Any]]:
    """Plain values of a file of rules: TOML (`[[rules]]`), JSON (a list, or under `rules`) or CSV (lists with `;`).

    Raises:
        UsageError: the file is missing, of another kind, or damaged.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".toml":
            return _listed(tomllib.loads(text), path)
        if path.suffix == ".json":
            return _listed(json.loads(text), path)
        if path.suffix == ".csv":
            return [_from_csv(row) for row in csv.DictReader(text.splitlines())]
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as rules: {error}. Correct the file or its name.") from error
    raise UsageError(f"{path} has no ending that says how to read it; wanted .toml, .json or .csv.")


def write_rules(listed: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Writes plain rules so that `read_rules` reads the same.

    Raises:
        UsageError: the file's ending is another.
    """
    if path.suffix == ".toml":
        write_text(path, "\n".join(_as_toml(rule) for rule in listed))
    elif path.suffix == ".json":
        write_text(path, json.dumps({"rules": list(listed)}, ensure_ascii=False, indent=2) + "\n")
    else:
        raise UsageError(f"{path} has no ending that says how to write rules; wanted .toml or .json.")


def _listed(content: object, path: Path) -> list[dict[str, Any]]:
    listed = content.get("rules", []) if isinstance(content, dict) else content
    beside = sorted(set(content) - {"rules"}) if isinstance(content, dict) else []
    if beside or not isinstance(listed, list) or not all(isinstance(rule, dict) for rule in listed):
        raise UsageError(
            f"{path} is no list of rules{f'; it has the keys {beside}' if beside else ''}. Write each under [[rules]]."
        )
    return listed


def _from_csv(row: Mapping[str, str | None]) -> dict[str, Any]:
    rule: dict[str, Any] = {name: (text or "").strip() for name, text in row.items() if name and (text or "").strip()}
    for name in _LISTS:
        if name in rule:
            rule[name] = [part.strip() for part in rule[name].split(";") if part.strip()]
    if rule.get("adults_only", "").lower() in _FLAGS:
        rule["adults_only"] = _FLAGS[rule["adults_only"].lower()]
    return rule


def _as_toml(rule: Mapping[str, Any]) -> str:
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in rule.items() if value is not None]
    return "\n".join(["[[rules]]", *lines]) + "\n"
