"""Puts a registered model version into use, with the reason of the person who does."""

from typing import Any

from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError
from retail_brain.workspace import Workspace
from serving.http.handlers.call import Call
from serving.http.messages.insight_messages import PromoteRequest

_REASONS = {
    "first": ("There was no version in use.", "此前没有使用中的版本。"),
    "same": ("It is in use already.", "该版本已在使用中。"),
    "forced": ("Not compared with version {champion}.", "未与版本 {champion} 比较。"),
    "better": (
        "{metric} {new:.4g}, version {champion} {old:.4g}.",
        "{metric} {new:.4g}，版本 {champion} 为 {old:.4g}。",
    ),
    "not_better": (
        "It is no better than version {champion}: {metric} {new:.4g} against {old:.4g}.",
        "并不优于版本 {champion}：{metric} {new:.4g} 对 {old:.4g}。",
    ),
    "newer": (
        "Version {champion} was not tested either, and this one saw newer data.",
        "版本 {champion} 同样未经回测，而该版本所用的数据更新。",
    ),
    "untested": (
        "Version {champion} stays: it was tested, or saw the same data or newer.",
        "继续使用版本 {champion}：它经过回测，或所用的数据相同或更新。",
    ),
}
"""Outcome of a comparison -> what is said of it, in English and Chinese."""

_UNTESTED = (
    " No window tested it: the history is too short for one.",
    "该版本未经回测：历史不足一个回测窗口。",
)


def promote(request: PromoteRequest, call: Call) -> dict[str, Any]:
    """Makes a version champion if it beats the present one on the windows that both recorded, or by force.

    Raises:
        NotFoundError: there is no such version.
        ImpossibleError: the two recorded other windows or data: comparing them takes a backtest, so the command does.
        ModelError: the tracking store or the model's files cannot be read.
    """
    # MLflow takes seconds to import and a hundred megabytes: only a worker that is asked pays for it
    from training.promotion import Challenge, record_promotion  # noqa: PLC0415 - see above
    from training.promotion import promote as promote_version  # noqa: PLC0415 - see above
    from training.tracking.version_tables import STORE_IN_USE  # noqa: PLC0415 - see above

    workspace, who = Workspace(call.state.home, call.principal.tenant), call.principal.name
    with STORE_IN_USE:
        done = promote_version(
            workspace,
            request.kind,
            call.view.settings,
            _no_lake,
            Challenge(request.version, request.force, f"{who}: {request.reason}", may_backtest=False),
        )
    record_promotion(
        workspace.tenant, call.state.database, request.kind, done, by=who, now=call.now, reason=request.reason
    )
    new, old = done.values or (0.0, 0.0)
    is_chinese = call.language == "zh"
    text = _REASONS[done.outcome][is_chinese] + ("" if done.tested else _UNTESTED[is_chinese])
    return {
        "version": done.version,
        "promoted": done.promoted,
        "champion_before": done.champion,
        "outcome": done.outcome,
        "reason": text.format(champion=done.champion, metric=done.metric.upper(), new=new, old=old),
    }


def _no_lake(_versions: object) -> Dataset:
    raise ImpossibleError(
        "a promotion over HTTP opens no lake. Run `retail-brain promote`.", {"problem": "promotion_needs_lake"}
    )
