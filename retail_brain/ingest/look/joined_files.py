"""Recognises orders and their lines in two files, and proposes the query that joins them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.proposal import propose, toml_of

_OVERLAP = 0.5
"""Share of the lines whose order must be in the sample of orders. By judgement: both are first rows of long files."""


@dataclass(frozen=True)
class Joined:
    """Orders and lines that belong together: the table of a mapping, and the files that it reads."""

    toml: str
    questions: tuple[str, ...]
    paths: frozenset[Path]


def join_of(looked: Sequence[LookedAt], root: Path) -> Joined | None:
    """The join of a file of orders, with moments, and a file of lines, with goods; None where there is no such pair."""
    if any(one.proposal.table == "transactions" for one in looked):
        return None
    lines = [one for one in looked if _has(one, "receipt") and _has_goods(one) and not _has(one, "moment")]
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
    ids = order.sample[order.columns.roles["receipt"]].cast(str).unique().implode()
    inside = line.sample[line.columns.roles["receipt"]].cast(str).is_in(ids).mean()
    return isinstance(inside, float) and inside >= _OVERLAP


def _joined(line: LookedAt, order: LookedAt, root: Path) -> Joined:
    theirs = {role: name for role, name in order.columns.roles.items() if role not in line.columns.roles}
    taken = {role: name for role, name in theirs.items() if role in ("moment", "time", "store", "customer", "channel")}
    key, foreign = line.columns.roles["receipt"], order.columns.roles["receipt"]
    rows = line.sample.join(
        order.sample.select(foreign, *taken.values()).unique(foreign).rename({foreign: "_order"}),
        left_on=key, right_on="_order", how="left",
    )  # fmt: skip
    both = Columns({**line.columns.roles, **taken}, {**line.columns.seen, **order.columns.seen}, {})
    made = propose(rows, both)
    selected = ", ".join(f"o.{_name(name)}" for name in taken.values())
    tables = f"{_source(line, root)} AS l JOIN {_source(order, root)} AS o ON l.{_name(key)} = o.{_name(foreign)}"
    query = f"SELECT l.*, {selected} FROM {tables}"  # noqa: S608  # names are quoted, and a person reads it first
    made.keys["sql"] = f"'''{query}'''"
    return Joined(toml_of("", made, {}), tuple(made.questions), frozenset({line.path, order.path}))


def _name(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _source(one: LookedAt, root: Path) -> str:
    path = one.path.relative_to(root).as_posix()
    return f"'{path}'" if path.endswith(".parquet") else f"read_csv('{path}', all_varchar = true)"
