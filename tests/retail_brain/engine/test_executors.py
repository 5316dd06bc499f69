"""Every executor gives the same paths in the order of the parts, names the part that failed, and survives a kill."""

import json
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from retail_brain.engine import Executor, InProcess, Part, open_executor
from retail_brain.engine.executor import cores
from retail_brain.errors import ExtensionError, RetailBrainError, UsageError
from retail_brain.progress import Progress
from retail_brain.settings import EngineSettings
from tests.retail_brain.engine import jobs

KINDS = ["process", "pool", pytest.param("ray", marks=pytest.mark.skipif(not find_spec("ray"), reason="needs Ray"))]
OF_PROCESSES = KINDS[1:]


class Heard:
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def timed(self, name: str, rows: int | None, seconds: float, note: str) -> None: ...

    def said(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture(scope="module")
def opened() -> Iterator[Callable[[str], Executor]]:
    contexts = {}

    def of(kind: str) -> Executor:
        if kind not in contexts:
            context = open_executor(EngineSettings(kind=kind, workers=2))
            contexts[kind] = context, context.__enter__()
        return contexts[kind][1]

    yield of
    for context, _ in contexts.values():
        context.__exit__(None, None, None)


def parts(folder: Path, count: int, **options: object) -> list[Part]:
    made = []
    for number in range(count):
        path = folder / f"{number}.in"
        path.write_text(str(number))
        made.append(Part(f"part {number}", str(path), json.dumps({"times": 2} | options)))
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_results_come_in_the_order_of_the_parts(kind: str, opened, tmp_path: Path) -> None:
    found = [Path(path).read_text() for path in opened(kind).map(jobs.doubled, parts(tmp_path, 7))]
    assert found == [str(2 * number) for number in range(7)]


@pytest.mark.parametrize("kind", OF_PROCESSES)
def test_a_part_whose_worker_died_is_run_again_and_counted(kind: str, opened, tmp_path: Path) -> None:
    given = parts(tmp_path, 4)
    given[1] = Part("part 1", given[1].path, json.dumps({"times": 2, "dies": True}))
    heard = Heard()
    paths = [*opened(kind).map(jobs.kills_once, given, Progress(quiet=True, listener=heard), "buckets")]
    assert [Path(path).read_text() for path in paths] == ["0", "2", "4", "6"]
    assert len(heard.lines) == 1
    assert "buckets: 1 of the parts run again" in heard.lines[0]


@pytest.mark.parametrize("kind", OF_PROCESSES)
def test_a_part_that_kills_each_worker_ends_the_job_by_name(kind: str, opened, tmp_path: Path) -> None:
    given = parts(tmp_path, 3, always=True)
    with pytest.raises(RetailBrainError, match="the worker of part 0 died 3 times"):
        list(opened(kind).map(jobs.kills_once, given[:1]))


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_keeps_its_class_and_names_the_part(kind: str, opened, tmp_path: Path) -> None:
    executor, given = opened(kind), parts(tmp_path, 1, ours=True)
    with pytest.raises(ExtensionError, match="a feature is wrong") as ours:
        list(executor.map(jobs.fails, given))
    assert ours.value.details == {"kind": "features"}
    assert "in part 0" in ours.value.__notes__[0]
    with pytest.raises(ValueError, match="not a number"):
        list(executor.map(jobs.fails, parts(tmp_path, 3, ours=False)))
    assert len([*executor.map(jobs.doubled, parts(tmp_path, 2))]) == 2  # and it works on


@pytest.mark.parametrize("kind", OF_PROCESSES)
def test_workers_share_the_cores(kind: str, opened, tmp_path: Path) -> None:
    executor = opened(kind)
    told = [text.split() for text in executor.map(jobs.tells, parts(tmp_path, 6))]
    assert {threads for threads, _ in told} == {str(executor.threads)}
    assert len({process for _, process in told}) <= 2
    assert executor.threads == max(1, cores() // 2)


def test_what_a_worker_cannot_find_is_refused() -> None:
    with open_executor(EngineSettings(kind="pool", workers=1)) as executor, pytest.raises(AttributeError):
        list(executor.map(lambda path, _: path, [Part("part", "", "{}")]))


@pytest.mark.parametrize("kind", OF_PROCESSES)
def test_a_run_that_is_left_early_leaves_nobody_at_work(kind: str, opened, tmp_path: Path) -> None:
    results = opened(kind).map(jobs.doubled, parts(tmp_path, 5))
    assert Path(next(results)).read_text() == "0"
    results.close()
    assert len([*opened(kind).map(jobs.doubled, parts(tmp_path, 2))]) == 2


def test_a_pool_that_is_closed_ends_a_run_that_nobody_closed(tmp_path: Path) -> None:
    with open_executor(EngineSettings(kind="pool", workers=2)) as executor:
        results = executor.map(jobs.waits, parts(tmp_path, 5))
        next(results)
    assert [path.name for path in tmp_path.glob("*.out")] == ["0.out"]
    results.close()


def test_the_default_is_the_process_itself() -> None:
    with open_executor(EngineSettings()) as executor:
        assert isinstance(executor, InProcess)


def test_ray_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retail_brain.extras.find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"retail-brain\[ray\]"), open_executor(EngineSettings(kind="ray")):
        pass
