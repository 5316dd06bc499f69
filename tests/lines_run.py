"""Which lines of our packages the tests run: SlipCover notes them, coverage.py says which lines are statements.

coverage.py's own tracer took a third to a half of the tests' processor on top (Python 3.11 has no sys.monitoring): it
is called in every library too. SlipCover puts a probe at each line of our modules as they are imported, nowhere else.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("retail_brain", "features", "training", "serving")
VARIABLE = "TESTS_COUNT_LINES"
"""Environment variable that asks for it (`make coverage` sets it): the workers inherit it."""
COMPILED = ("training/recommender/kernels.py",)
"""Files that numba compiles from their bytecode, which must be as written. Their lines count as not run."""
NEVER = -1
"""After how many calls of a probe that has nothing new to tell SlipCover takes it out: that exchanges the code of
functions while they run, and gains nothing that can be measured here."""

_probes: list[Any] = []
_of_workers: dict[str, set[int]] = defaultdict(set)


def begin() -> None:
    """From here on, notes which lines run in this process, of modules of ours that are imported later."""
    if _probes:
        return
    import slipcover

    early = sorted(name for name in sys.modules if name.split(".", 1)[0] in PACKAGES)
    assert not early, f"imported before their lines could be noted: {early}"
    _probes.append(slipcover.Slipcover(d_miss_threshold=NEVER))
    ours = [str(ROOT / name) for name in PACKAGES]
    files = slipcover.FileMatcher(sources=ours, omit=[str(ROOT / name) for name in COMPILED])
    slipcover.ImportManager(_probes[0], files).__enter__()
    slipcover.wrap_spec_from_file_location(_probes[0], files)  # Alembic loads migrations by their files


def is_counting() -> bool:
    """Whether this session was asked for the lines that run."""
    return bool(_probes)


def noted() -> dict[str, list[int]]:
    """Lines that this process and the workers that ended ran, by file."""
    lines: dict[str, set[int]] = defaultdict(set)
    own = _probes[0].get_coverage()["files"] if _probes else {}
    for file, found in own.items():
        lines[str(ROOT / file)].update(found["executed_lines"])
    for file, known in _of_workers.items():
        lines[file].update(known)
    return {file: sorted(known) for file, known in lines.items()}


def add(lines: dict[str, list[int]]) -> None:
    """Takes over what a worker noted."""
    for file, known in lines.items():
        _of_workers[file].update(known)


def covered(lines: dict[str, list[int]], files: Iterable[Path]) -> dict[str, tuple[int, int]]:
    """Statements and those not run, per package and sub-package, and in all.

    Args:
        lines: those that ran, by file.
        files: whose statements are counted, whether any of them ran or not.
    """
    from coverage import Coverage

    coverage = Coverage(data_file=None)
    coverage.get_data().add_lines(lines)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for file in files:
        _, statements, _, missed, _ = coverage.analysis2(str(file))
        parts = file.relative_to(ROOT).parts
        for package in {parts[0], ".".join(parts[:2]) if len(parts) > 2 else parts[0], "total"}:
            counts[package][0] += len(statements)
            counts[package][1] += len(missed)
    return {package: (count, missed) for package, (count, missed) in counts.items()}


def report() -> Iterator[str]:
    """Lines of text: the share of each package's lines that ran in processes of pytest itself."""
    files = sorted(file for name in PACKAGES for file in (ROOT / name).rglob("*.py"))
    for package, (count, missed) in sorted(covered(noted(), files).items()):
        yield f"{package:<36}{count:>8,} lines{1 - missed / max(count, 1):>8.1%}"
    yield f"counted as not run, as numba compiles them: {', '.join(COMPILED)}"
