"""Answers of guides: stores what came of lines, and names the answers that cannot be stored."""

from typing import Any

from retail_brain.operational.guide_answers import AnswerSender, SortedAnswers, store_good_answers
from retail_brain.operational.guide_tasks import GuideAnswer
from serving.http.handlers.call import Call
from serving.http.handlers.guides import is_seen, utc_of
from serving.http.messages.guide_messages import GuideAnswersRequest
from serving.http.refusals import rows_in_words
from serving.planning.guides.people import AHEAD, check_past, is_ahead

_UNKNOWN = {
    "en": "line {task!r} is on no list of yours; take task_id from /guide_list",
    "zh": "名单中没有这一行：{task!r}。task_id 请取自 /guide_list",
}
_USED = {
    "en": "was given to the answer of another line; give each answer an id of its own",
    "zh": "已用于另一行的答复，请给每个答复单独编号",
}


def receive(request: GuideAnswersRequest, call: Call) -> dict[str, Any]:
    """Stores what came of lines; a refusal closes the channel from the next question on.

    Answers that cannot be read or stored are named in `refused`.

    Raises:
        NotFoundError: no line is known, or none is the guide's; nothing is stored.
        ConflictError: all ids were given to answers of other lines; nothing is stored.
        ImpossibleError: all answers lie in the future; nothing is stored.
    """
    given = [
        (place, GuideAnswer(one.answer_id, one.task_id, one.outcome, utc_of(one.at), one.note))
        for place, one in zip(request.places(), request.answers, strict=True)
    ]
    past = [(place, one) for place, one in given if not is_ahead(one.at, call.now)]
    if not past:
        check_past([(one.answer_id, one.at) for _, one in given], call.now)
    tenant = call.principal.tenant
    sender = AnswerSender(call.principal.name, call.place.guide, lambda customer: is_seen(customer, call))
    stored = store_good_answers(tenant, call.state.database, [one for _, one in past], sender, now=call.now)
    call.state.refresh_opt_outs(tenant)
    call.state.refresh_campaigns(tenant)
    unread = [one | {"answer_id": None} for one in rows_in_words(request.refused, call.language)]
    ahead = [_refused(place, one, "at", AHEAD[call.language]) for place, one in given if is_ahead(one.at, call.now)]
    refused = [*unread, *ahead, *_not_stored(past, stored, call)]
    return {
        "stored": stored.new,
        "duplicates": len(past) - len(stored.unknown) - len(stored.used) - stored.new,
        "refused": sorted(refused, key=lambda one: int(one["answer"])),
    }


def _not_stored(given: list[tuple[int, GuideAnswer]], stored: SortedAnswers, call: Call) -> list[dict[str, Any]]:
    """Refusals of lines that are not known and of ids that were used, by their places in the list sent."""
    unknown = [given[index] for index in stored.unknown]
    used = [given[index] for index in stored.used]
    return [
        *(_refused(place, one, "task_id", _UNKNOWN[call.language].format(task=one.task_id)) for place, one in unknown),
        *(_refused(place, one, "answer_id", _USED[call.language]) for place, one in used),
    ]


def _refused(place: int, one: GuideAnswer, where: str, problem: str) -> dict[str, Any]:
    return {"answer": place, "answer_id": one.answer_id, "where": where, "problem": problem}
