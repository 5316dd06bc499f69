"""What `make coverage` says: which lines ran, in whichever process of pytest."""

import json
import subprocess
import sys
from collections import defaultdict

import pytest

from tests import lines_run

PROGRESS = lines_run.ROOT / "retail_brain" / "progress.py"
ASKED = """
import json, threading
from tests import lines_run
lines_run.begin()
from retail_brain import progress
thread = threading.Thread(target=progress.SILENT.step("a thread's lines count too").__enter__)
thread.start()
thread.join()
print(json.dumps(lines_run.noted()))
"""
WITHOUT_THE_CALL = ASKED.replace("thread.start()\nthread.join()\n", "")


def ran(script: str) -> dict[str, list[int]]:
    pytest.importorskip("slipcover", reason="the environment is older than requirements.lock")
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=lines_run.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines: dict[str, list[int]] = json.loads(done.stdout)
    return lines


def test_lines_that_ran_are_noted_and_no_others():
    called, imported = ran(ASKED)[str(PROGRESS)], ran(WITHOUT_THE_CALL)[str(PROGRESS)]
    assert set(imported) < set(called)
    total, missed = lines_run.covered({str(PROGRESS): called}, [PROGRESS])["total"]
    assert 0 < missed < total


def test_lines_of_a_module_that_is_loaded_by_its_file_are_noted():
    place = lines_run.ROOT / "retail_brain" / "errors.py"  # as Alembic loads migrations
    loaded = f"""
import importlib.util, json
from tests import lines_run
lines_run.begin()
spec = importlib.util.spec_from_file_location("by_file", {str(place)!r})
spec.loader.exec_module(importlib.util.module_from_spec(spec))
print(json.dumps(lines_run.noted()))
"""
    assert ran(loaded)[str(place)]


def test_what_was_imported_too_early_is_said():
    pytest.importorskip("slipcover", reason="the environment is older than requirements.lock")
    script = "import retail_brain.errors; from tests import lines_run; lines_run.begin()"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=lines_run.ROOT, capture_output=True, text=True, check=False
    )
    assert "imported before their lines could be noted: ['retail_brain', 'retail_brain.errors']" in done.stderr


def test_lines_of_workers_come_together_by_package(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines_run, "_probes", [])
    monkeypatch.setattr(lines_run, "_of_workers", defaultdict(set))
    place = lines_run.ROOT / "retail_brain" / "engine" / "__init__.py"
    never = lines_run.ROOT / "features" / "__init__.py"
    total, missed = lines_run.covered({}, [place])["total"]
    assert total == missed
    whole = list(range(1, len(place.read_text(encoding="utf-8").splitlines()) + 1))
    lines_run.add({str(place): whole[::2]})
    lines_run.add({str(place): whole[1::2]})
    found = lines_run.covered(lines_run.noted(), [place, never])
    assert found["retail_brain"] == found["retail_brain.engine"] == (total, 0)
    assert found["total"][1] == found["features"][1] == found["features"][0]


@pytest.mark.parametrize("name", lines_run.COMPILED)
def test_files_that_numba_compiles_are_there(name: str):
    assert "njit" in (lines_run.ROOT / name).read_text(encoding="utf-8")
