"""Jobs in the database: one at a time, lines bounded, ends that stay."""

from datetime import UTC, datetime, timedelta

import pytest

from retail_brain.errors import ConflictError, ImpossibleError, NotFoundError
from retail_brain.operational.audit import list_audit
from retail_brain.operational.database import Database
from retail_brain.operational.jobs import (
    Job,
    Line,
    add_job,
    ask_cancel,
    end_job,
    find_job,
    forget_old_jobs,
    is_cancel_asked,
    last_seconds,
    lines_of,
    list_jobs,
    note_progress,
    open_jobs,
    take_waiting,
)

NOW = datetime(2025, 3, 1, 9, tzinfo=UTC)


def added(database: Database, job_id: str, kind: str = "features", *, gone: bool = False, **more: str) -> Job:
    host = None if more.pop("waits", "") else "here"
    return add_job("main", database, job_id, kind, more, by="李女士", now=NOW, host=host, is_gone=lambda _: gone)


def lines(first: int, last: int) -> list[Line]:
    return [Line(number, NOW, f"line {number}") for number in range(first, last + 1)]


def test_a_second_job_is_refused_with_who_holds_the_place(database: Database) -> None:
    added(database, "j1", preset="full")
    with pytest.raises(ConflictError, match="李女士 started it") as refused:
        added(database, "j2")
    assert refused.value.details["job_id"] == "j1"
    assert refused.value.details["problem"] == "job_running"
    assert [job.job_id for job in list_jobs("main", database)[0]] == ["j1"]
    other = add_job("other", database, "j1", "features", {}, by="x", now=NOW, host="h", is_gone=lambda _: False)
    assert other.state == "running"


def test_a_job_whose_process_is_gone_makes_room_and_is_said_to_have_stopped(database: Database) -> None:
    added(database, "j1")
    added(database, "j2", gone=True)
    assert (find_job("main", database, "j1").state, find_job("main", database, "j2").state) == ("stopped", "running")


def test_the_newest_lines_are_kept_and_numbers_go_on(database: Database) -> None:
    added(database, "j1")
    note_progress("main", database, "j1", {"seen_at": NOW, "step": "fit"}, lines(1, 6), kept=4)
    assert [line.number for line in lines_of("main", database, "j1")] == [3, 4, 5, 6]
    # lines whose first answer was lost are sent again
    note_progress("main", database, "j1", {"seen_at": NOW}, lines(5, 6), kept=4)
    note_progress("main", database, "j1", {"seen_at": NOW, "step_done": 2, "step_total": 9}, lines(7, 8), kept=4)
    assert [line.number for line in lines_of("main", database, "j1")] == [5, 6, 7, 8]
    assert [line.text for line in lines_of("main", database, "j1", after=6)] == ["line 7", "line 8"]
    assert [line.number for line in lines_of("main", database, "j1", limit=1)] == [8]
    job = find_job("main", database, "j1")
    assert (job.step, job.step_done, job.step_total) == ("fit", 2, 9)


def test_cancelling_is_a_wish_while_it_runs_and_done_at_once_while_it_waits(database: Database) -> None:
    added(database, "j1")
    assert not is_cancel_asked("main", database, "j1")
    asked = ask_cancel("main", database, "j1", by="Wang", now=NOW)
    assert (asked.state, asked.cancel_by) == ("running", "Wang")
    assert is_cancel_asked("main", database, "j1")
    ask_cancel("main", database, "j1", by="Li", now=NOW + timedelta(seconds=1))
    assert find_job("main", database, "j1").cancel_by == "Wang"
    end_job("main", database, "j1", "cancelled", now=NOW)
    with pytest.raises(ImpossibleError, match="is cancelled and cannot be cancelled"):
        ask_cancel("main", database, "j1", by="Li", now=NOW)
    added(database, "j2", waits="yes")
    assert ask_cancel("main", database, "j2", by="Li", now=NOW).state == "cancelled"
    assert not take_waiting("main", database, "j2", host="here", now=NOW)
    actions = [(entry.action, entry.subject, entry.actor) for entry in list_audit("main", database)]
    assert actions == [
        ("job.cancelled", "j2", "Li"),
        ("job.started", "j2", "李女士"),
        ("job.cancelled", "j1", "Wang"),
        ("job.started", "j1", "李女士"),
    ]


def test_one_worker_gets_a_waiting_job(database: Database) -> None:
    assert added(database, "j1", waits="yes").state == "waiting"
    assert take_waiting("main", database, "j1", host="a", now=NOW)
    assert not take_waiting("main", database, "j1", host="b", now=NOW)
    assert [(job.state, job.host) for job in open_jobs("main", database)] == [("running", "a")]


def test_an_end_stays_as_it_is_and_says_how_long_such_work_takes(database: Database) -> None:
    assert last_seconds("main", database, "features", {}) is None
    added(database, "j1")
    note_progress("main", database, "j1", {"seen_at": NOW, "step": "fit", "step_done": 1}, [], kept=9)
    end = NOW + timedelta(seconds=30)
    end_job("main", database, "j1", "done", now=end, exit_code=0, result={"ids": {"version": 4}})
    end_job("main", database, "j1", "stopped", now=end + timedelta(days=1))
    job = find_job("main", database, "j1")
    assert (job.state, job.finished_at, job.step, job.result) == ("done", end, None, {"ids": {"version": 4}})
    assert last_seconds("main", database, "features", {}) == 30
    assert last_seconds("main", database, "features", {"preset": "full"}) is None


def test_old_jobs_go_with_their_lines(database: Database) -> None:
    for number in range(4):
        added(database, f"j{number}")
        note_progress("main", database, f"j{number}", {"seen_at": NOW}, lines(1, 2), kept=9)
        if number < 3:
            end_job("main", database, f"j{number}", "done", now=NOW)
    assert forget_old_jobs("main", database, kept=1) == 2
    assert [job.job_id for job in list_jobs("main", database)[0]] == ["j3", "j2"]
    assert lines_of("main", database, "j0") == []
    with pytest.raises(NotFoundError, match="no job 'j0'"):
        find_job("main", database, "j0")
