"""What models and people were worth, in money where it was measured; null with a reason where it was not."""

from datetime import UTC, datetime
from typing import Any

import polars as pl

from retail_brain.operational.campaign_effects import effect_looks
from retail_brain.operational.campaigns import list_campaigns
from retail_brain.operational.repeated_contacts import repeats
from retail_brain.workspace import Workspace
from serving.http.access import Scope
from serving.http.handlers.call import Call
from serving.http.messages.worth_messages import WorthRequest
from serving.planning.stock.order_value import left_out_by_reason, worth_of

_TESTS = {
    "demand": ("wape", "moving_average_wape"),
    "recommender": ("recall_at_10", "personal_frequency_recall_at_10"),
}
"""Bundle -> a measure of its backtest, and that of the baseline."""


def worth(_request: WorthRequest, call: Call) -> dict[str, Any]:
    """Orders in hindsight, campaigns against their holdouts, and the backtests of the models in use.

    Raises:
        UnavailableError: the database does not answer.
    """
    return {
        "orders": _orders(call),
        "campaigns": _campaigns(call),
        "models": [_test(kind, call) for kind in _TESTS],
    }


def _orders(call: Call) -> dict[str, Any]:
    workspace = Workspace(call.state.home, call.principal.tenant)
    path = workspace.measured_orders
    none: dict[str, Any] = dict.fromkeys(("models", "people", "first_day", "last_day", "measured_at", "left_out"))
    counts = dict.fromkeys(("lines", "changed", "better", "worse"), 0)
    try:
        lines, changed_at = pl.read_parquet(path), path.stat().st_mtime
    except FileNotFoundError:
        return none | counts | {"reason": "not_measured"}
    measured: dict[str, Any] = {"measured_at": datetime.fromtimestamp(changed_at, UTC).isoformat(timespec="seconds")}
    measured |= {"left_out": _left_out(workspace)}
    if lines.is_empty():
        return none | counts | measured | {"reason": "no_cycle_over"}
    first, last = lines["as_of"].min(), lines["as_of"].max()
    return worth_of(lines) | measured | {"first_day": str(first), "last_day": str(last), "reason": None}


def _left_out(workspace: Workspace) -> list[dict[str, Any]] | None:
    """Decided lines that could not be measured, by reason; None where an older version measured and kept no counts."""
    try:
        return left_out_by_reason(pl.read_parquet(workspace.unmeasured_orders))
    except FileNotFoundError:
        return None


def _campaigns(call: Call) -> dict[str, Any]:
    """Money that measured campaigns caused, less what they cost; those whose groups are too small are counted."""
    nothing: dict[str, Any] = {"money": None, "campaigns": 0, "unclear": 0, "looks_left_out": 0}
    if not call.principal.may(Scope.PEOPLE):
        return nothing | {"reason": "no_access"}
    looks = effect_looks(call.principal.tenant, call.state.database)
    nothing["looks_left_out"] = looks.left_out
    # the newest of each comes last; looks at triggers, guides' lists and A/B tests are kept beside them
    effects = {look.campaign_id: look.effect for look in looks.read if not repeats(look.campaign_id)}.values()
    if not effects:
        has_any = bool(list_campaigns(call.principal.tenant, call.state.database))
        return nothing | {"reason": "not_measured" if has_any else "no_campaign"}
    nets = [effect["net"]["value"] for effect in effects if effect.get("net")]
    counts = {"campaigns": len(nets), "unclear": len(effects) - len(nets)}
    return nothing | counts | ({"money": sum(nets), "reason": None} if nets else {"reason": "groups_too_small"})


def _test(kind: str, call: Call) -> dict[str, Any]:
    """The measure of a model in its backtest beside that of the simple rule; a backtest knows no money."""
    metric, baseline = _TESTS[kind]
    bundle = call.answers.manifest.bundles.get(kind)
    told = {} if bundle is None else bundle.get("metrics", {})
    value, simple = told.get(metric), told.get(baseline)
    reason = "no_model" if bundle is None else "no_baseline" if value is None or simple is None else None
    return {"kind": kind, "metric": metric, "value": value, "baseline": simple, "reason": reason}
