"""A job's process: what it prints and how far it is, cancel, ends, restarts, and one at a time."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from retail_brain import supervised
from retail_brain.errors import ConflictError, NotFoundError
from retail_brain.jobs import JobPlace, forget_unloaded, is_gone, note_gone, start, start_job, start_waiting, supervise
from retail_brain.jobs.start import this_host
from retail_brain.jobs.uploads import forget_every_upload, new_upload_id, store_part, upload_folder
from retail_brain.locks import inheritable_lock, is_held
from retail_brain.operational.database import Database
from retail_brain.operational.jobs import Job, add_job, ask_cancel, end_job, find_job, lines_of, open_jobs
from retail_brain.operational.upgrade import upgrade
from retail_brain.settings import JobSettings, Settings
from retail_brain.workspace import Workspace

PATIENCE_SECONDS = 30


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobPlace]:
    monkeypatch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
    workspace = Workspace(tmp_path)
    database = Database(workspace.database_url)
    upgrade(database)
    yield JobPlace(workspace, Settings(jobs=JobSettings(cancel_seconds=0.5, lines=50, niceness=0)), database)
    database.close()


def utc() -> datetime:
    return datetime.now(UTC)


def running(place: JobPlace, job_id: str, host: str, kind: str = "features") -> Job:
    """A job that runs, though no process does."""
    return add_job(*("main", place.database, job_id, kind, {}), by="Li", now=utc(), host=host, is_gone=lambda _: True)


def run(place: JobPlace, script: str, kind: str = "features", **more: object) -> str:
    """Runs a script in the place of a verb; returns the state in which the job ended."""
    running(place, "j", this_host(), kind)
    with inheritable_lock(place.lock("j")) as lock:
        command = [sys.executable, "-u", "-c", script]
        return supervise(place, "j", now=utc, command=command, inherited=[lock], **more)  # type: ignore[arg-type]


def wait_for(what: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.05)


REPORTS = """
import json, os, sys
from retail_brain.progress import Progress, watching_descriptor
progress = Progress(events=watching_descriptor())
os.write(watching_descriptor(), b'no event\\n5\\n{"ended": "of another program"}\\n')
with progress.step("read sales") as step:
    step.rows = 12
with progress.step("fit"):
    for one in progress.track(range(3), "windows"):
        pass
sys.stderr.write("\\x1b[31mred\\x1b[0m \\x00 10%\\r100%\\n" + "x" * 900 + "\\n")
print(json.dumps({"ids": {"version": 4}, "counts": {"rows": 12}, "warnings": ["w"], "messages": ["m"] * 900}))
"""


def test_steps_lines_and_result_are_stored(place: JobPlace) -> None:
    assert run(place, REPORTS) == "done"
    job = find_job("main", place.database, "j")
    assert [(step["name"], step["rows"]) for step in job.steps] == [("read sales", 12), ("fit", None)]
    assert job.result is not None
    assert (job.result["ids"], job.result["warnings"], len(job.result["messages"])) == ({"version": 4}, ["w"], 300)
    texts = [line.text for line in lines_of("main", place.database, "j")]
    assert texts[0].split() == ["read", "sales", "12", "rows", *texts[0].split()[4:]]
    assert "100%" in texts
    assert max(map(len, texts)) == 500
    assert not place.lock("j").exists()


def test_a_failure_keeps_the_error_of_the_verb(place: JobPlace) -> None:
    error = '{"error": {"code": "missing_table", "message": "no sales", "details": {}}}'
    assert run(place, f"import sys; print('{error}'); sys.exit(1)") == "failed"
    job = find_job("main", place.database, "j")
    assert (job.exit_code, job.error) == (1, {"code": "missing_table", "message": "no sales", "details": {}})


def test_a_verb_that_refuses_without_an_error_is_told_of_by_its_last_words(place: JobPlace) -> None:
    assert (
        run(place, 'import sys; print(\'{"messages": ["a", "version 3 stays a challenger"]}\'); sys.exit(1)')
        == "failed"
    )
    error = find_job("main", place.database, "j").error
    said = "version 3 stays a challenger"
    assert error == {"code": "refused", "message": said, "details": {"problem": "job_refused", "said": said}}


def test_a_process_that_the_system_kills_is_told_of(place: JobPlace) -> None:
    assert run(place, "import os; os.kill(os.getpid(), 9)") == "failed"
    error = find_job("main", place.database, "j").error
    assert error is not None
    assert "memory" in error["message"]


SLEEPS = "import time\nprint('on its way', file=__import__('sys').stderr)\ntime.sleep(600)"
STUBBORN = f"import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n{SLEEPS}"


@pytest.mark.parametrize("script", [SLEEPS, STUBBORN])
def test_cancel_ends_the_process_also_one_that_does_not_want_to(place: JobPlace, script: str) -> None:
    def cancel() -> None:
        wait_for(lambda: lines_of("main", place.database, "j"))
        ask_cancel("main", place.database, "j", by="Wang", now=utc())

    asking = threading.Thread(target=cancel)
    asking.start()
    assert run(place, script) == "cancelled"
    asking.join()
    assert find_job("main", place.database, "j").cancel_by == "Wang"
    assert not is_held(place.lock("j"))


def test_the_end_of_the_machine_stops_the_verb_and_is_no_failure(place: JobPlace) -> None:
    assert run(place, SLEEPS, is_told=lambda: True) == "stopped"
    assert find_job("main", place.database, "j").state == "stopped"


def test_what_the_verb_started_ends_with_it(place: JobPlace, tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    script = (
        "import pathlib, subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(noted)!r}).write_text(str(child.pid))"
    )
    assert run(place, script) == "done"

    def is_gone() -> bool:
        try:
            return "State:\tZ" in Path(f"/proc/{noted.read_text()}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return True

    wait_for(is_gone)


def test_an_open_job_is_gone_with_its_lock_here_and_with_its_silence_elsewhere(place: JobPlace) -> None:
    here = running(place, "j", this_host())
    with inheritable_lock(place.lock("j")):
        assert not is_gone(here, place, utc() + timedelta(days=1))
    assert is_gone(here, place, utc())
    note_gone(place, utc())
    assert find_job("main", place.database, "j").state == "stopped"
    there = running(place, "k", "there")
    assert not is_gone(there, place, utc() + timedelta(seconds=30))
    assert is_gone(there, place, utc() + timedelta(seconds=90))


def test_a_load_runs_by_itself_and_forgets_the_files(place: JobPlace) -> None:
    """The whole way: files that were sent, a process of its own, the lake, and a second job refused meanwhile."""
    upload = new_upload_id()
    rows = b"date,store_id,product_id,units,unit_price\n2025-02-28,S1,P1,3,2.5\n"
    store_part(place.workspace, upload, "daily_sales.csv", 0, rows, most_bytes=1000)
    job = start_job(place, "ingest", {"upload": upload}, by="Li", now=utc())
    with pytest.raises(ConflictError, match="Li started it"):
        start_job(place, "features", {}, by="Wang", now=utc())
    wait_for(lambda: not find_job("main", place.database, job.job_id).is_open)
    ended = find_job("main", place.database, job.job_id)
    assert ended.state == "done", [line.text for line in lines_of("main", place.database, job.job_id)]
    assert ended.result is not None
    assert ended.result["counts"]["daily_sales"]["new"] == 1
    assert not upload_folder(place.workspace, upload).exists()
    wait_for(lambda: not is_held(place.lock(job.job_id)))


def test_old_files_that_a_job_reads_stay_until_it_has_ended(place: JobPlace) -> None:
    read, asked, left = (new_upload_id() for _ in range(3))
    for upload in (read, asked, left):
        store_part(place.workspace, upload, "daily_sales.csv", 0, b"x", most_bytes=10)
        os.utime(upload_folder(place.workspace, upload), (0, 0))
    about = ("main", place.database, "j", "ingest", {"upload": read})
    add_job(*about, by="Li", now=utc(), host="there", is_gone=lambda _: True)
    assert forget_unloaded(place, utc(), {"upload": asked}) == 1
    assert [upload_folder(place.workspace, one).exists() for one in (read, asked, left)] == [True, True, False]
    end_job("main", place.database, "j", "failed", now=utc())
    assert forget_unloaded(place, utc()) == 2


def test_a_job_that_begins_while_old_files_are_forgotten_keeps_its_own(
    place: JobPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which loads are read is asked, and a job is noted, only under the lock: neither comes between the other's."""
    old = new_upload_id()
    store_part(place.workspace, old, "daily_sales.csv", 0, b"x", most_bytes=10)
    os.utime(upload_folder(place.workspace, old), (0, 0))
    lock = place.workspace.root / "jobs" / "uploads.lock"
    held = list[tuple[str, bool]]()

    def used(_: JobPlace) -> set[str]:
        held.append(("asked", is_held(lock)))
        return {old}

    def noted(*about: object, **more: object) -> Job:
        held.append(("noted", is_held(lock)))
        return add_job(*about, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(start, "uploads_in_use", used)
    monkeypatch.setattr(start, "add_job", noted)
    waits = JobPlace(place.workspace, Settings(jobs=JobSettings(runner="worker")), place.database)
    start_job(waits, "ingest", {"upload": old}, by="Li", now=utc())
    assert held == [("asked", True), ("noted", True)]
    assert upload_folder(place.workspace, old).exists()


def test_a_job_whose_files_are_forgotten_before_it_is_noted_does_not_begin(
    place: JobPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = new_upload_id()
    store_part(place.workspace, upload, "daily_sales.csv", 0, b"x", most_bytes=10)
    monkeypatch.setattr(start, "forget_unloaded", lambda *_: forget_every_upload(place.workspace))
    with pytest.raises(NotFoundError, match="Send them again"):
        start_job(place, "ingest", {"upload": upload}, by="Li", now=utc())
    assert not open_jobs("main", place.database)


def test_a_job_lives_on_without_who_started_it(place: JobPlace) -> None:
    """The starter is killed; the lock tells that the job still runs, and killing that tells that it stopped."""
    script = (
        "import os, subprocess, sys, pathlib\n"
        "from retail_brain.locks import inheritable_lock\n"
        f"with inheritable_lock(pathlib.Path({str(place.lock('j'))!r})) as lock:\n"
        "    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], pass_fds=[lock],"
        " start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "    print(child.pid, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    child = int(done.stdout)
    running(place, "j", this_host())
    note_gone(place, utc())
    assert [job.job_id for job in open_jobs("main", place.database)] == ["j"]
    os.kill(child, signal.SIGKILL)
    wait_for(lambda: not is_held(place.lock("j")))
    note_gone(place, utc())
    assert find_job("main", place.database, "j").state == "stopped"


SUPERVISOR = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from retail_brain.jobs import JobPlace, supervise
from retail_brain.locks import inheritable_lock
from retail_brain.operational.database import Database
from retail_brain.operational.jobs import add_job
from retail_brain.jobs import start
from retail_brain.jobs.start import this_host
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace

workspace = Workspace(Path(sys.argv[1]))
place = JobPlace(workspace, Settings(), Database(workspace.database_url))
now = lambda: datetime.now(UTC)
with inheritable_lock(place.lock("j")) as lock:
    add_job("main", place.database, "j", "features", {}, by="Li", now=now(), host=this_host(), is_gone=lambda _: True)
    supervise(place, "j", now=now, command=[sys.executable, "-u", "-c", sys.argv[2]], inherited=[lock])
"""
VERB = f"from retail_brain.supervised import end_with_supervisor\nend_with_supervisor()\n{SLEEPS}"


def test_a_verb_ends_with_the_process_that_watches_over_it(place: JobPlace) -> None:
    """Only the supervisor is killed: nobody could cancel the verb any more, or store how it ended."""
    arguments = [sys.executable, "-c", SUPERVISOR, str(place.workspace.home), VERB]
    watching = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: open_jobs("main", place.database) and lines_of("main", place.database, "j"))
    finally:
        watching.kill()
        watching.wait()
    wait_for(lambda: not is_held(place.lock("j")))
    note_gone(place, utc())
    assert find_job("main", place.database, "j").state == "stopped"


def test_a_lock_without_a_job_goes_when_the_next_one_starts(place: JobPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    left, held = place.lock("job_left"), place.lock("job_held")
    left.parent.mkdir(parents=True, exist_ok=True)
    left.touch()
    monkeypatch.setattr("retail_brain.jobs.start._launch", lambda *_: None)
    with inheritable_lock(held):
        start_job(place, "publish", {}, by="Li", now=datetime.now(UTC))
        assert (left.exists(), held.exists()) == (False, True)


@pytest.mark.parametrize("runner", ["service", "worker"])
def test_a_job_that_is_sent_twice_under_its_id_starts_once(
    place: JobPlace, monkeypatch: pytest.MonkeyPatch, runner: Any
) -> None:
    own = JobPlace(place.workspace, Settings(jobs=JobSettings(runner=runner)), place.database)
    launched: list[str] = []
    monkeypatch.setattr("retail_brain.jobs.start._launch", lambda _place, job_id, _lock, _now: launched.append(job_id))
    job_id = "job_0123456789abcdef"
    first = start_job(own, "train_demand", {"preset": "fast"}, by="Li", now=utc(), job_id=job_id)
    assert start_job(own, "train_demand", {"preset": "fast"}, by="Li", now=utc(), job_id=job_id) == first
    end_job(own.tenant, own.database, job_id, "done", now=utc())
    again = start_job(own, "train_demand", {"preset": "fast"}, by="Li", now=utc(), job_id=job_id)
    assert (again.job_id, again.state) == (job_id, "done"), "also after it has ended"
    assert launched == ([job_id] if runner == "service" else [])
    for kind, arguments, by in (
        ("features", {}, "Li"),
        ("train_demand", {}, "Li"),
        ("train_demand", {"preset": "fast"}, "Wang"),
    ):
        with pytest.raises(ConflictError, match="used for another job"):
            start_job(own, kind, arguments, by=by, now=utc(), job_id=job_id)


def test_of_two_at_once_under_one_id_one_starts(place: JobPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    launched: list[str] = []
    monkeypatch.setattr("retail_brain.jobs.start._launch", lambda _place, job_id, _lock, _now: launched.append(job_id))

    def start_it(_: int) -> Job:
        return start_job(place, "features", {}, by="Li", now=utc(), job_id="job_0123456789ab")

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(start_it, range(4)))
    assert ({job.job_id for job in found}, launched) == ({"job_0123456789ab"}, ["job_0123456789ab"])


def test_a_worker_runs_what_waits(place: JobPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = JobPlace(place.workspace, Settings(jobs=JobSettings(runner="worker")), place.database)
    assert start_waiting(waits, now=utc()) is None
    job = start_job(waits, "features", {}, by="Li", now=utc())
    assert job.state == "waiting"
    assert not is_gone(job, waits, utc() + timedelta(days=9))
    launched: list[str] = []
    monkeypatch.setattr("retail_brain.jobs.start._launch", lambda _place, job_id, _lock, _now: launched.append(job_id))
    taken = start_waiting(waits, now=utc())
    assert taken is not None
    assert (launched, taken.state, taken.host) == ([job.job_id], "running", this_host())


@pytest.mark.parametrize(
    ("is_of_before", "seconds"),
    [(False, 0.5), (True, JobSettings().cancel_seconds)],  # a worker that started before an upgrade names no seconds
)
def test_a_verb_whose_supervisor_is_gone_has_the_seconds_of_the_setting(
    monkeypatch: pytest.MonkeyPatch, is_of_before: bool, seconds: float
) -> None:
    reading, writing = os.pipe()
    for name, value in supervised.supervised_by(reading, 0.5).items():
        monkeypatch.setenv(name, value.split()[0] if is_of_before else value)
    done: list[object] = []
    monkeypatch.setattr("os.getpgrp", os.getpid)
    monkeypatch.setattr("os.killpg", lambda _group, number: done.append(number))
    monkeypatch.setattr("retail_brain.supervised.time.sleep", done.append)
    supervised.end_with_supervisor()
    os.close(writing)
    for thread in threading.enumerate():
        if thread.name == "retail-brain-supervisor":
            thread.join()
    os.close(reading)
    assert done == [signal.SIGINT, seconds, signal.SIGKILL]
