"""New files are the owner's alone, unless an operator says otherwise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def create_key(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    code = "from retail_brain.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "--home", str(home), "keys", "create", "--role", "admin"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


@pytest.mark.parametrize(("mask", "file_mode", "folder_mode"), [(None, 0o600, 0o700), ("027", 0o640, 0o750)])
def test_the_database_is_for_the_owner_or_for_whom_the_operator_says(
    tmp_path: Path, mask: str | None, file_mode: int, folder_mode: int
) -> None:
    done = create_key(tmp_path, **({} if mask is None else {"RETAIL_BRAIN_UMASK": mask}))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "var" / "operational.db").stat().st_mode & 0o777 == file_mode
    assert (tmp_path / "var").stat().st_mode & 0o777 == folder_mode


def test_a_mask_that_is_none_is_refused(tmp_path: Path) -> None:
    done = create_key(tmp_path, RETAIL_BRAIN_UMASK="9")
    assert done.returncode == 2
    assert "RETAIL_BRAIN_UMASK is '9'; wanted an octal number" in done.stderr
