"""Rules by which a running campaign stops by itself: certain harm, too many opt-outs, money spent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from retail_brain.decisions.campaigns.definition import StopRules
from retail_brain.decisions.campaigns.effect import LEAST_PEOPLE

_TEXTS: Mapping[str, tuple[str, str]] = {
    "harm": (
        "the reading says that contacts do harm: purchases per person {low:+.4f} to {high:+.4f}",
        "每日读数表明联系有害：人均购买变化在 {low:+.4f} 至 {high:+.4f} 之间",
    ),
    "opt_outs": (
        "{opted_out:,} of {reached:,} people opted out ({share:.1%}), more than {limit:.1%}",
        "{reached:,} 人中有 {opted_out:,} 人退订（{share:.1%}），超过 {limit:.1%}",
    ),
    "spent": (
        "contacts for {spent:,.2f} were handed over, and another would exceed {limit:,.2f}",
        "已交付的联系花费 {spent:,.2f}，再联系一人将超过 {limit:,.2f}",
    ),
}
"""Rule -> why it stopped a campaign, in English and Chinese."""


@dataclass(frozen=True)
class Progress:
    """How far a campaign has come.

    Attributes:
        reached: people to whom a contact was made.
        opted_out: people who opted out of it.
        spent: money for the contacts handed over.
        cheapest: money for one more contact by the cheapest channel.
        low, high: interval of the newest look that may be read on any day (purchases per contacted person); None: no
            look yet, or too few people.
    """

    reached: int = 0
    opted_out: int = 0
    spent: float = 0.0
    cheapest: float = 0.0
    low: float | None = None
    high: float | None = None


def due_rule(rules: StopRules, now: Progress) -> dict[str, Any] | None:
    """The first rule that stops the campaign, with its numbers; None where none does.

    Opt-outs are judged from 30 people on: the share of fewer says little.
    """
    if rules.on_harm and now.high is not None and now.high < 0:
        return {"rule": "harm", "low": now.low, "high": now.high}
    share = now.opted_out / now.reached if now.reached else 0.0
    limit = rules.opt_out_share
    if limit is not None and now.reached >= LEAST_PEOPLE and share > limit:
        counts = {"opted_out": now.opted_out, "reached": now.reached}
        return {"rule": "opt_outs", "share": share, "limit": limit} | counts
    if rules.spent is not None and now.spent + now.cheapest > rules.spent * (1 + 1e-12):
        return {"rule": "spent", "spent": now.spent, "limit": rules.spent}
    return None


def rule_text(rule: Mapping[str, Any], language: Literal["en", "zh"]) -> str:
    """Why a rule stopped a campaign, in words."""
    text = _TEXTS[rule["rule"]][1 if language == "zh" else 0]
    return text.format(**{name: value for name, value in rule.items() if name != "rule"})
