"""A/B tests of two recommenders: listed, begun, measured, promoted by the measured effect, dropped."""

from typing import Any

from retail_brain.operational.campaign_effects import Looks, effect_looks
from retail_brain.operational.repeated_contacts import MODELS_PREFIX
from retail_brain.workspace import Workspace
from serving.http.access import Scope
from serving.http.errors import HttpError
from serving.http.handlers.call import Call
from serving.http.messages.model_test_messages import ModelTestRequest
from serving.planning.campaigns.measuring import look_row
from serving.planning.people import model_tests
from serving.planning.people.segment_book import open_dataset

_NOTES = {
    "begin": (
        "Nobody gets it yet: it counts from the next publication on, by `retail-brain publish` or the daily schedule.",
        "尚未有人看到：从下一次发布（retail-brain publish 或每日计划）起生效。",
    ),
    "promote": (
        "The version is champion. Everybody gets its recommendations from the next publication on.",
        "该版本已成为使用中的版本，下一次发布后所有人都会得到它的推荐。",
    ),
    "drop": (
        "The test is over: everybody gets the champion's recommendations at once.",
        "测试已结束：所有人立即恢复为使用中版本的推荐。",
    ),
}
"""What was done -> what comes of it, in English and Chinese."""


def model_test(request: ModelTestRequest, call: Call) -> dict[str, Any]:
    """Every test, and what was asked for done to one.

    Raises:
        HttpError: the role may look only.
        UsageError: the name or the share cannot be used.
        NotFoundError: no test of that name runs, or there is no such version.
        ImpossibleError: there is no champion, it is not published, nothing was measured, or it is not clearly better.
        ConflictError: another test runs, or the name was used before.
        ModelError: the tracking store or the model's files cannot be read.
    """
    tenant, database = call.principal.tenant, call.state.database
    may_write = call.principal.may(Scope.PROMOTE)
    if request.act != "list" and not may_write:
        raise HttpError(
            403,
            "forbidden",
            f"role {call.principal.role} may look at tests, not change them; wanted {Scope.PROMOTE}.",
            {"problem": "role_may_not"},
        )
    name = request.name or ""
    asker = model_tests.Asker(
        Workspace(call.state.home, tenant), database, call.view.settings, call.principal.name, call.now
    )
    if request.act == "begin":
        model_tests.begin(asker, name, request.version, request.share)
    elif request.act == "measure":
        model_tests.measure(asker, open_dataset(asker.workspace, asker.settings), name)
    elif request.act == "promote":
        model_tests.promote(asker, name, force=request.force)
    elif request.act == "drop":
        model_tests.drop(asker, name)
    call.state.refresh_model_test(tenant)
    looks = effect_looks(tenant, database, MODELS_PREFIX + name) if name else Looks([], 0)
    note = _NOTES.get(request.act)
    return {
        "tests": model_tests.listed_tests(tenant, database, call.now),
        "effect": looks.read[-1].effect if looks.read else None,
        "looks": [look_row(look) for look in looks.read],
        "looks_left_out": looks.left_out,
        "note": None if note is None else note[call.language == "zh"],
        "may_write": may_write,
    }
