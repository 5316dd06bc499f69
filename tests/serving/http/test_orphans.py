"""Workers whose main process was killed end; nobody else does."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from serving.http import orphans


def test_a_worker_whose_parent_is_gone_asks_itself_to_end_and_then_does(monkeypatch: pytest.MonkeyPatch) -> None:
    parents, done = [7, 7, 1], []
    monkeypatch.setattr(orphans, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(orphans, "_GRACE_SECONDS", 0.0)
    monkeypatch.setattr(os, "getppid", lambda: parents.pop(0))
    monkeypatch.setattr(os, "kill", lambda process, sent: done.append((process, sent)))
    monkeypatch.setattr(os, "_exit", done.append)
    orphans._watch(7, threading.Event())
    assert (parents, done) == ([], [(os.getpid(), signal.SIGTERM), 1])


def test_what_is_no_worker_watches_nobody() -> None:
    before = threading.active_count()
    orphans.end_with_parent()
    assert threading.active_count() == before


@pytest.mark.skipif(sys.platform != "linux", reason="the system asks children to end on Linux alone")
def test_the_main_process_ends_with_the_one_that_started_it() -> None:
    # a thread stands for the process: the system counts the end of either
    begun: list[subprocess.Popen[bytes]] = []

    def begin() -> None:
        begun.append(subprocess.Popen(["sleep", "600"], preexec_fn=orphans.death_signal()))  # noqa: PLW1509

    starter = threading.Thread(target=begin)
    starter.start()
    starter.join()
    assert begun[0].wait(10) == -signal.SIGTERM
