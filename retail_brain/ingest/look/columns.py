"""Decides which column of a file plays which role: by its name, checked by its values."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from retail_brain.ingest.look.evidence import Evidence, evidence
from retail_brain.ingest.look.words import role_scores

_FITS: Mapping[str, Callable[[Evidence], bool]] = {
    "moment": lambda seen: bool(seen.dates),
    "time": lambda seen: seen.is_clock,
    "joined_on": lambda seen: bool(seen.dates),
    **dict.fromkeys(
        ("units", "price", "amount", "discount", "on_hand", "unit_cost", "list_price"),
        lambda seen: bool(seen.numbers),
    ),
}
"""Role -> what its values must be."""
_FILES = {
    "receipt": "order|sale|receipt|ticket|transaction|invoice|订单|销售|小票|流水",
    "product": "product|item|article|goods|sku|商品|货品",
    "store": "store|shop|branch|outlet|location|门店|店铺",
    "customer": "customer|member|client|user|会员|客户|顾客",
}
"""Role -> words in the name of a file whose `id` it is; the first that fits counts."""
_EVERY_LINE = 0.95
"""Share of distinct values from which a code is another one on every line. By judgement."""
_BLANK_MAY_BE = 0.02
"""A column filled in fewer rows than this is taken for none. By judgement: sales channels and remarks are rarer."""


@dataclass(frozen=True)
class Columns:
    """Columns of a file with their roles.

    Attributes:
        roles: role -> column.
        seen: column -> what its values say.
        rivals: role -> further columns whose names fit it as well.
    """

    roles: Mapping[str, str]
    seen: Mapping[str, Evidence]
    rivals: Mapping[str, tuple[str, ...]]


def columns_of(sample: pl.DataFrame, stem: str = "") -> Columns:
    """Roles of the columns of a sample; a column has one role at most, and the better pair goes first.

    Args:
        sample: the first rows of a file.
        stem: name of the file, which says whose ids a column called `id` holds.
    """
    seen = {name: evidence(sample[name]) for name in sample.columns}
    pairs = [
        (score * seen[name].filled, -place, role, name)
        for place, name in enumerate(sample.columns)
        for role, score in {**role_scores(name), **_named_id(name, stem, seen[name])}.items()
        if seen[name].filled > _BLANK_MAY_BE and (role not in _FITS or _FITS[role](seen[name]))
    ]
    roles: dict[str, str] = {}
    rivals: dict[str, list[str]] = {}
    for _, _, role, name in sorted(pairs, reverse=True):
        if role in roles:
            rivals.setdefault(role, []).append(name)
        elif name not in roles.values():
            roles[role] = name
    return Columns(_corrected(roles, seen), seen, {role: tuple(names) for role, names in rivals.items()})


def _named_id(name: str, stem: str, seen: Evidence) -> dict[str, float]:
    """Roles of a column called `id`, or `Name` where it numbers orders such as `#1001`, by the name of its file."""
    plain = name.strip().lower()
    is_number = plain == "name" and all(re.search(r"\d", example) for example in seen.examples)
    score = 0.9 if plain in ("id", "code", "编号", "编码") else 0.6 if is_number else 0.0
    roles = (role for role, pattern in _FILES.items() if re.search(pattern, stem.lower()))
    return {next(roles, "receipt"): score} if score else {}


def _corrected(roles: dict[str, str], seen: Mapping[str, Evidence]) -> dict[str, str]:
    """Goods without codes are known by their names; a date without a named column is the only column of dates."""
    if (
        "product" in roles
        and "product_name" in roles
        and _numbers_lines(seen[roles["product"]], seen[roles["product_name"]])
    ):
        del roles["product"]
    if "product" in roles and "product_name" not in roles and not _is_code(seen[roles["product"]]):
        roles["product_name"] = roles.pop("product")
    if "moment" not in roles:
        dated = [name for name, what in seen.items() if what.dates and name not in roles.values() and not what.numbers]
        if len(dated) == 1:
            roles["moment"] = dated[0]
    return roles


def _numbers_lines(code: Evidence, name: Evidence) -> bool:
    """Whether a code is another one on every line although goods come again: it numbers lines."""
    return code.distinct > _EVERY_LINE and name.distinct < _EVERY_LINE / 2


def _is_code(seen: Evidence) -> bool:
    return not any(" " in example for example in seen.examples)
