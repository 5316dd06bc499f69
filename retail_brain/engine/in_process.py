"""The default: parts run one after the other in the process itself."""

from collections.abc import Iterator, Sequence

from retail_brain.engine.executor import JobFunction, Part, cores
from retail_brain.progress import SILENT, Progress


class InProcess:
    """Runs parts in the process itself; libraries use its threads."""

    @property
    def workers(self) -> int:
        """One."""
        return 1

    @property
    def threads(self) -> int:
        """All that the process may use."""
        return cores()

    def map(
        self, function: JobFunction, parts: Sequence[Part], progress: Progress = SILENT, what: str = "parts"
    ) -> Iterator[str]:
        """See `retail_brain.engine.executor.Executor`."""
        for part in progress.track(parts, what, total=len(parts)):
            try:
                yield function(part.path, part.options)
            except Exception as error:
                error.add_note(f"in {part.name}")
                raise

    def close(self) -> None:
        """Nothing to end."""


IN_PROCESS = InProcess()
