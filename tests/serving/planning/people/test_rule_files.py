"""Operators' rules as files: what can be read, what is said of what cannot, and what is probably not meant."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from retail_brain.decisions.offer_rule_definition import Rule
from retail_brain.decisions.offer_rules import Goods
from retail_brain.errors import UsageError
from retail_brain.operational.rules import RuleSet
from serving.planning.people.rule_files import (
    RuleBook,
    parse_rules,
    plain_rule,
    read_rules,
    shown_title,
    stored_rules,
    warnings_of,
    write_rules,
)

NOW = datetime(2025, 6, 1, tzinfo=UTC)
GOODS = Goods.of(["P1", "P2"], {"category": ["酒", None], "adult": [None, None]})
TOML = """
[[rules]]
action = "pin"
values = ["P2", "P1"]
name = "端午"
starts_at = 2025-06-01T08:00:00+08:00

[[rules]]
action = "cap"
attribute = "category"
limit = 3
stores = ["S1", "S2"]
"""
CSV = """action,attribute,values,stores,limit,starts_at,adults_only,name
pin,,P2; P1,,,2025-06-01T00:00:00Z,,端午
cap,category,,S1;S2,3,,no,
"""
EXPECTED = [
    Rule(action="pin", values=("P2", "P1"), name="端午", starts_at=NOW),
    Rule(action="cap", attribute="category", limit=3, stores=("S1", "S2")),
]


@pytest.mark.parametrize(("name", "text"), [("r.toml", TOML), ("r.csv", "\ufeff" + CSV)])
def test_the_same_rules_from_toml_and_csv(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert parse_rules(read_rules(tmp_path / name), name) == EXPECTED


@pytest.mark.parametrize("name", ["out.toml", "out.json"])
def test_what_is_written_reads_the_same(tmp_path: Path, name: str) -> None:
    write_rules([plain_rule(rule) for rule in EXPECTED], tmp_path / name)
    assert parse_rules(read_rules(tmp_path / name), name) == EXPECTED


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("r.toml", "[[rules", "cannot be read"),
        ("r.toml", "[[rule]]\naction = 'cap'", r"keys \['rule'\].*\[\[rules\]\]"),
        ("r.json", "3", "no list of rules"),
        ("r.xlsx", "", "wanted .toml, .json or .csv"),
    ],
)
def test_files_that_are_no_rules_are_named_with_the_remedy(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_rules(tmp_path / name)


def test_a_missing_file_and_an_unknown_ending_for_writing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_rules(tmp_path / "none.toml")
    with pytest.raises(UsageError, match=r"wanted \.toml or \.json"):
        write_rules([], tmp_path / "r.csv")


def test_every_problem_is_named_with_its_rule() -> None:
    listed = [{"action": "cap"}, {"action": "fly", "name": "x"}, {"action": "boost", "values": ["a"], "factor": "lots"}]
    with pytest.raises(UsageError, match=r"f\.toml holds rules.*rule 2 \(x\): action.*rule 3: factor") as caught:
        parse_rules(listed, "f.toml")
    assert [one["rule"] for one in caught.value.details["problems"]] == [2, 3]
    with pytest.raises(UsageError, match="1,001 rules"):
        parse_rules([{"action": "cap"}] * 1001, "f.toml")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "n" * 100_000}, r"rule 1 \(n{39}…\): name"),
        ({"stores": ["s" * 100_000]}, "stores: a text of 100,000 characters; wanted at most 200"),
        ({"values": ["v" * 201]}, "values: a text of 201 characters"),
        ({"name": "half \ud800"}, "half a character"),
        ({"action": "\ud800"}, "half a character"),
    ],
)
def test_long_and_broken_texts_are_refused_and_not_sent_back(values: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        parse_rules([{"action": "exclude", "values": ["P1"]} | values], "the request", is_strict=True)
    assert len(str(caught.value)) < 400
    assert len(str(caught.value.details)) < 1000


def test_warnings_name_what_is_probably_not_meant() -> None:
    rules = [
        Rule(action="pin", values=("P1", "P9"), name="a"),
        Rule(action="exclude", attribute="category", values=("醋",), stores=("S9",)),
        Rule(action="allow", attribute="adult"),
        Rule(action="cap", ends_at=datetime(2025, 5, 1, tzinfo=UTC)),
        Rule(action="exclude", attribute="category", values=("酒",), stores=("S1",)),
    ]
    assert warnings_of(rules, GOODS, {"S9"}, NOW) == [
        "rule 1 (a): no product has the id 'P9'",
        "rule 2 (exclude category 醋): no product has category '醋'",
        "rule 2 (exclude category 醋): unknown stores 'S9'",
        "rule 3 (allow adult goods): no product is flagged for adults (attribute adult, age_restricted or min_age)",
        "rule 4 (limit): it ended at 2025-05-01 00:00 UTC",
    ]


def test_warnings_and_the_built_in_rule_are_told_in_chinese() -> None:
    over = Rule(action="pin", values=("P9",), stores=("S9",), ends_at=datetime(2025, 5, 1, tzinfo=UTC), name="端午")
    assert warnings_of([over], GOODS, {"S9"}, NOW, "zh") == [
        "规则 1（端午）：没有商品的编号是 'P9'",
        "规则 1（端午）：未知门店 'S9'",
        "规则 1（端午）：已于 2025-05-01 00:00 UTC 结束",
    ]
    assert (shown_title("adults only", "zh"), shown_title("adults only", "en")) == ("仅限成年人", "adults only")
    assert shown_title("端午", "zh") == "端午"


def test_a_book_holds_what_can_be_read_and_applies_here_and_now() -> None:
    kept = RuleSet(7, [{"action": "teleport"}, plain_rule(EXPECTED[0]), plain_rule(EXPECTED[1])])
    assert stored_rules(kept) == EXPECTED
    book = RuleBook.of(kept, GOODS)
    assert book.version == 7
    assert [one.rule for one in book.here("S1", NOW)] == EXPECTED
    assert [one.rule for one in book.here("S3", NOW)] == EXPECTED[:1]
    assert book.here("S3", datetime(2025, 5, 1, tzinfo=UTC)) == []
