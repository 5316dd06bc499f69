"""Opens the executor that the settings name."""

from collections.abc import Iterator
from contextlib import contextmanager

from retail_brain.engine.executor import Executor
from retail_brain.engine.in_process import IN_PROCESS
from retail_brain.settings import EngineSettings


@contextmanager
def open_executor(settings: EngineSettings) -> Iterator[Executor]:
    """Context of the executor of a tenant's settings; its workers start with the first part and end with the block.

    Raises:
        UsageError: Ray is named and not installed.
    """
    executor = _executor(settings)
    try:
        yield executor
    finally:
        executor.close()


def _executor(settings: EngineSettings) -> Executor:
    if settings.kind == "pool":
        from retail_brain.engine.local_pool import LocalPool  # noqa: PLC0415  # most commands need neither

        return LocalPool(settings.workers)
    if settings.kind == "ray":
        from retail_brain.engine.ray_tasks import RayTasks  # noqa: PLC0415

        return RayTasks(settings.workers, settings.address)
    return IN_PROCESS
