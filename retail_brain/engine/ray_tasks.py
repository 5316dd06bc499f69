"""Parts as core tasks of Ray: on a cluster that runs already, or in workers that Ray starts on this machine."""

import importlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from retail_brain.engine.calls import outcome
from retail_brain.engine.executor import (
    MOST_ATTEMPTS,
    JobFunction,
    Part,
    check_address,
    cores,
    died_each_time,
    result_of,
    same_code,
    say_rerun,
    thread_bounds,
)
from retail_brain.errors import RetailBrainError
from retail_brain.extras import check_installed
from retail_brain.files import name_aside, sweep
from retail_brain.progress import SILENT, Progress


class RayTasks:
    """Runs parts as tasks of Ray, which is joined or started with the first part.

    Attributes:
        workers: tasks at once on this machine; a cluster runs as many as it has cores for.
        threads: threads (CPUs, for Ray) of each.
    """

    def __init__(self, workers: int | None = None, address: str | None = None) -> None:
        """Notes the size.

        Args:
            workers: tasks at once; None: as many as there are cores.
            address: of a running cluster; None: Ray is started here and ended with the executor.

        Raises:
            UsageError: Ray is not installed.
        """
        check_installed("ray", "ray", 'kind = "ray" under [engine]')
        self.workers = workers or cores()
        self.threads = max(1, cores() // self.workers)
        self._address = address
        self._call: Any = None
        self._folder: Path | None = None

    def map(
        self, function: JobFunction, parts: Sequence[Part], progress: Progress = SILENT, what: str = "parts"
    ) -> Iterator[str]:
        """See `retail_brain.engine.executor.Executor`."""
        call, ray = self._started(), _ray()
        address, died, done = check_address(function), 0, 0
        waiting = [call.remote(address, part.path, part.options) for part in parts]
        try:
            for number, part in enumerate(progress.track(parts, what, total=len(parts))):
                for attempt in range(MOST_ATTEMPTS):
                    try:
                        told = ray.get(waiting[number])
                        break
                    except ray.exceptions.RayTaskError as error:  # the worker cannot even call it
                        raise RetailBrainError(
                            f"a worker of Ray cannot run {part.name}: {error}. Every machine of the cluster needs this "
                            "version of retail-brain."
                        ) from error
                    except ray.exceptions.RayError as error:  # it was killed, or its machine is gone
                        died += 1
                        if attempt == MOST_ATTEMPTS - 1:
                            raise died_each_time(part) from error
                        waiting[number] = call.remote(address, part.path, part.options)
                done = number + 1
                yield result_of(told, part)
            say_rerun(died, what, progress)
        finally:
            _leave(ray, waiting[done:])

    def close(self) -> None:
        """Leaves the cluster, or ends the Ray that was started here."""
        if self._call is not None:
            _ray().shutdown()
            self._call = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _started(self) -> Any:
        """The remote function that calls a part."""
        if self._call is None:
            ray = _ray()
            bounds = thread_bounds(self.threads)
            if self._address is not None:
                ray.init(address=self._address, log_to_driver=False, runtime_env={"env_vars": bounds})
            else:
                # short, because sockets in it may have 107 characters
                place = Path(tempfile.gettempdir())
                sweep(place)
                self._folder = place / name_aside("ray")
                self._folder.mkdir(mode=0o700)
                ray.init(
                    num_cpus=self.workers * self.threads,
                    include_dashboard=False,
                    log_to_driver=False,
                    logging_level="ERROR",
                    runtime_env={"env_vars": bounds | same_code()},
                    _node_ip_address="127.0.0.1",
                    _temp_dir=str(self._folder),
                )
            # its own retries would not be counted
            self._call = ray.remote(num_cpus=self.threads, max_retries=0)(outcome)
        return self._call


def _leave(ray: Any, waiting: list[Any]) -> None:
    """Takes back parts that nobody waits for any more; those at work end by themselves, or with Ray.

    Nothing that has ended is taken back, and nothing by force: Ray 2.60 ends our own process where the answer of a task
    meets the order to kill its worker.
    """
    if waiting:
        _, left = ray.wait(waiting, num_returns=len(waiting), timeout=0, fetch_local=False)
        for reference in left:
            ray.cancel(reference, force=False)


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would tell its makers about this machine
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # its new behaviour, without the warning
    return importlib.import_module("ray")
