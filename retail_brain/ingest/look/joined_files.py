"""Recognises orders and their lines in two files, and proposes the query that joins them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import toml_of
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.proposal import propose

_OVERLAP = 0.5
"""Share of the lines whose order must be in the sample of orders. By judgement: both are first rows of long files."""
_OF_THE_ORDER = ("moment", "time", "store", "customer", "channel", "status")
"""Roles that the head of an order has; a line may lack them, or hold another moment such as the day of dispatch."""


@dataclass(frozen=True)
class Joined:
    """Orders and lines that belong together: the table of a mapping, and the files that it reads."""

    toml: str
    questions: tuple[str, ...]
    paths: frozenset[Path]


def join_of(looked: Sequence[LookedAt], root: Path) -> Joined | None:
    """The join of a file of orders, with moments, and a file of lines, with goods; None where there is no such pair."""
    lines = [one for one in looked if _has(one, "receipt") and _has_goods(one)]
    orders = [one for one in looked if _has(one, "receipt", "moment") and not _has_goods(one)]
    for line in lines:
        for order in orders:
            if _belong_together(line, order):
                return _joined(line, order, root)
    return None


def _has(one: LookedAt, *roles: str) -> bool:
    return all(role in one.columns.roles for role in roles)


def _has_goods(one: LookedAt) -> bool:
    return "product" in one.columns.roles or "product_name" in one.columns.roles


def _belong_together(line: LookedAt, order: LookedAt) -> bool:
    """Whether a file has one row per order, and the other file lines of these orders."""
    ids = order.sample[order.columns.roles["receipt"]].cast(pl.String)
    if ids.n_unique() < len(ids):
        return False
    inside = line.sample[line.columns.roles["receipt"]].cast(pl.String).is_in(ids.implode()).mean()
    return isinstance(inside, float) and inside >= _OVERLAP


def _joined(line: LookedAt, order: LookedAt, root: Path) -> Joined:
    theirs = {role: name for role, name in order.columns.roles.items() if role in _OF_THE_ORDER}
    own = {role: name for role, name in line.columns.roles.items() if role not in theirs or role == "store"}
    taken = {role: name for role, name in theirs.items() if role not in own}
    key, foreign = line.columns.roles["receipt"], order.columns.roles["receipt"]
    same = [name for name in taken.values() if name in line.sample.columns]
    named = {name: f"order_{name}" if name in same else name for name in taken.values()}
    rows = line.sample.join(
        order.sample.select(pl.col(foreign).alias("_order"), *(pl.col(name).alias(to) for name, to in named.items())),
        left_on=key, right_on="_order", how="left",
    )  # fmt: skip
    seen = {**line.columns.seen, **{to: order.columns.seen[name] for name, to in named.items()}}
    both = Columns({**own, **{role: named[name] for role, name in taken.items()}}, seen, {})
    made = propose(rows, both)
    selected = ", ".join(f"o.{_name(name)}" + (f" AS {_name(to)}" if to != name else "") for name, to in named.items())
    tables = f"{_source(line, root)} AS l JOIN {_source(order, root)} AS o ON l.{_name(key)} = o.{_name(foreign)}"
    query = f"SELECT l.*, {selected} FROM {tables}"  # noqa: S608  # names are quoted, and a person reads it first
    made.keys["sql"] = f"'''{query}'''"
    return Joined(toml_of("", made, {}), tuple(made.questions), frozenset({line.path, order.path}))


def _name(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _source(one: LookedAt, root: Path) -> str:
    path = one.path.relative_to(root).as_posix()
    return f"'{path}'" if path.endswith(".parquet") else f"read_csv('{path}', all_varchar = true)"
