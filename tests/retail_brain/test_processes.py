"""A process is known to be over only where this machine can tell."""

import os
import subprocess

import pytest

from retail_brain import processes
from retail_brain.processes import has_ended, kernel_prefix, process_name


def test_a_process_that_ended_is_known_to_be_over_even_before_its_parent_asked() -> None:
    child = subprocess.Popen(["true"])
    name = f"{kernel_prefix()}{child.pid}.part"
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert has_ended(name)
    child.wait()
    assert has_ended(name)
    assert not has_ended(process_name())


def test_nothing_is_said_of_a_process_of_another_machine_or_of_no_such_name(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = 2**22 + 1
    assert has_ended(f"{kernel_prefix()}{gone}")
    # names of earlier versions, of another kernel, and of a system that does not tell its start
    for name in ("", "0123456789abcdef", f"{'0' * 16}-{gone}", f"unknown-{gone}"):
        assert not has_ended(name)
    ours = f"{kernel_prefix()}{gone}"
    monkeypatch.setattr(processes, "_kernel_start", lambda: "")
    assert not has_ended(ours)
    assert process_name() == f"unknown-{os.getpid()}"
