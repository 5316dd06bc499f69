"""Services of one user keep their metrics apart; what is left of those that ended is taken away."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from retail_brain.errors import UsageError
from serving.http import metrics_folder
from serving.http.metrics_folder import FOLDER_VARIABLE, forget_dead_workers, use_own_folder

WORKER = """
import os, sys
from pathlib import Path
from serving.http.metrics_folder import use_own_folder
use_own_folder(Path(sys.argv[1]))
from serving.http.metrics import PrometheusMeter
meter = PrometheusMeter("retail_brain", 1.0)
meter.begin(); meter.end("/forecast", 200, 0.01)
print(os.environ["PROMETHEUS_MULTIPROC_DIR"])
print(next(line for line in meter.expose().decode().splitlines() if line.startswith("bentoml_service_request_total")))
"""
SUPERVISOR = """
import subprocess, sys
for _ in range(2):
    print(subprocess.run([sys.executable, "-c", sys.argv[1], sys.argv[2]], capture_output=True, text=True).stdout)
"""


def supervised(root: Path, shared: Path) -> list[str]:
    """What two workers of one supervisor, one after the other, say: folder and requests counted, twice."""
    environment = os.environ | {FOLDER_VARIABLE: str(shared)}
    call = [sys.executable, "-c", SUPERVISOR, WORKER, str(root)]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.split("\n\n")


def test_workers_of_one_service_add_up_and_another_service_counts_for_itself(tmp_path: Path) -> None:
    root, shared = tmp_path / "own", tmp_path / "shared"
    shared.mkdir()
    (first, counted), (again, both) = (part.split("\n") for part in supervised(root, shared)[:2])
    assert first == again
    assert Path(first).parent == root
    assert (counted[-3:], both[-3:]) == ("1.0", "2.0")
    (other, alone), _ = (part.split("\n") for part in supervised(root, shared)[:2])
    assert other != first
    assert alone.endswith("1.0")
    assert not Path(first).exists(), "the first service has ended, so its folder is taken away"


def test_outside_a_worker_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    use_own_folder(tmp_path / "own")
    assert FOLDER_VARIABLE not in os.environ
    assert not (tmp_path / "own").exists()


@pytest.mark.parametrize("full", ["memory", "both"])
def test_a_full_disk_takes_no_metrics_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, full: str
) -> None:
    def usage(place: Path) -> SimpleNamespace:
        return SimpleNamespace(free=0 if full == "both" or place.name == "shm" else 1 << 30)

    for name in ("shm", "tmp", "shared"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "shared"))
    monkeypatch.setattr(metrics_folder, "_IN_MEMORY", tmp_path / "shm")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr(shutil, "disk_usage", usage)
    use_own_folder()
    if full == "memory":
        assert Path(os.environ[FOLDER_VARIABLE]).parents[1] == tmp_path / "tmp"
        return
    # a worker counts for itself, and needs no file for that
    assert FOLDER_VARIABLE not in os.environ
    assert "there is no room for their folder" in caplog.text


def test_metrics_are_in_memory_where_there_is_such_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shm").mkdir()
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "shared"))
    monkeypatch.setattr(metrics_folder, "_IN_MEMORY", tmp_path / "shm")
    use_own_folder()
    assert Path(os.environ[FOLDER_VARIABLE]).parents[1] == tmp_path / "shm"


def test_a_folder_that_somebody_else_prepared_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "shared"))
    (tmp_path / "theirs").mkdir()
    link, dangling = tmp_path / "link", tmp_path / "dangling"
    link.symlink_to(tmp_path / "theirs")
    dangling.symlink_to(tmp_path / "nowhere")
    for root in (link, dangling):
        with pytest.raises(UsageError, match=f"{root} is a link or a file"):
            use_own_folder(root)
    theirs = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: theirs + 1)
    with pytest.raises(UsageError, match=f"theirs belongs to user {theirs}; wanted a folder of user {theirs + 1}"):
        use_own_folder(tmp_path / "theirs")
    assert list((tmp_path / "theirs").iterdir()) == []
    assert os.environ[FOLDER_VARIABLE] == str(tmp_path / "shared")


def test_gauges_of_dead_workers_are_forgotten_and_their_counters_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    gone, here = int(dead.stdout), os.getpid()
    names = [f"{kind}_{pid}.db" for kind in ("gauge_livesum", "counter") for pid in (gone, here)]
    for name in names:
        (tmp_path / name).touch()
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    forget_dead_workers()
    assert {path.name for path in tmp_path.iterdir()} == set(names) - {f"gauge_livesum_{gone}.db"}
