"""Rules by which campaigns stop, by hand."""

from typing import Any

import pytest

from retail_brain.decisions.campaigns.definition import StopRules
from retail_brain.decisions.campaigns.stop_rules import Progress, due_rule, rule_text


@pytest.mark.parametrize(
    ("rules", "now", "rule"),
    [
        ({}, {"high": -0.1, "low": -0.2, "reached": 99, "opted_out": 99, "spent": 99.0}, None),
        ({"on_harm": True}, {"low": -0.2, "high": -0.1}, "harm"),
        ({"on_harm": True}, {"low": -0.2, "high": 0.1}, None),
        ({"on_harm": True}, {}, None),
        ({"opt_out_share": 0.1}, {"reached": 40, "opted_out": 5}, "opt_outs"),
        ({"opt_out_share": 0.1}, {"reached": 40, "opted_out": 4}, None),
        ({"opt_out_share": 0.1}, {"reached": 29, "opted_out": 29}, None),  # too few people say little
        ({"spent": 10.0}, {"spent": 9.0, "cheapest": 2.0}, "spent"),
        ({"spent": 10.0}, {"spent": 8.0, "cheapest": 2.0}, None),
    ],
)
def test_a_rule_stops_only_what_it_is_about(rules: dict[str, Any], now: dict[str, Any], rule: str | None) -> None:
    found = due_rule(StopRules(**rules), Progress(**now))
    assert (found or {}).get("rule") == rule


def test_why_a_rule_stopped_a_campaign_is_said_in_both_languages() -> None:
    rule = {"rule": "opt_outs", "opted_out": 5, "reached": 40, "share": 0.125, "limit": 0.1}
    assert rule_text(rule, "en") == "5 of 40 people opted out (12.5%), more than 10.0%"
    assert rule_text(rule, "zh") == "40 人中有 5 人退订（12.5%），超过 10.0%"
