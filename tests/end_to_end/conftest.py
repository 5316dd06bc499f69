"""One demo for all end-to-end tests: built by the command, as a user would."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import tomli_w

from retail_brain.cli import main
from retail_brain.sources import builtin_settings

Run = Callable[..., subprocess.CompletedProcess[str]]


def run_command(home: Path, *arguments: str, timeout: float = 1800) -> subprocess.CompletedProcess[str]:
    """Runs `retail-brain` on a home folder."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RETAIL_BRAIN_")}
    return subprocess.run(
        [sys.executable, "-c", "from retail_brain.cli import main; main()", "--home", str(home), *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=environment,
        check=False,
    )


QUICK = {"demand": {"backtest_windows": 1, "sample_paths": 50}, "recommender": {"tuning_seconds": 1}}
SETTINGS = builtin_settings("sample") | QUICK
"""Those that `demo` writes, with one window, a quarter of the paths and few trials of the recommender's parameters: how
good and how sure the models are, no test here asks."""


def quick_settings(home: Path, **data: str) -> None:
    """Gives a home its data settings, and models that take no longer than they must."""
    (home / "var" / "main").mkdir(parents=True, exist_ok=True)
    text = tomli_w.dumps({"data": data} | QUICK)
    (home / "var" / "main" / "settings.toml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("demo")
    (home / "var" / "main").mkdir(parents=True)
    (home / "var" / "main" / "settings.toml").write_text(tomli_w.dumps(SETTINGS), encoding="utf-8")
    done = run_command(home, "demo", "--no-serve")
    assert done.returncode == 0, done.stderr
    return home


@pytest.fixture
def invoke(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Runs `retail-brain` in this process (its libraries load once); gives exit code and all output."""

    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["retail-brain", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out + err

    return run


@pytest.fixture
def command(demo_home: Path) -> Run:
    """Runs a verb on the demo's home folder."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_command(demo_home, *arguments)

    return run
