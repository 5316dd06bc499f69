"""The `retail-brain` command: thin verbs over the use cases; the only package that imports every layer."""

import os
import sys
import traceback
from typing import TYPE_CHECKING, NoReturn

# Set before any import below reads them.
os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads sleep instead of spinning

from retail_brain.errors import RetailBrainError, UsageError
from retail_brain.supervised import end_with_supervisor
from retail_brain.umask import use_umask

if TYPE_CHECKING:
    import typer


def main() -> NoReturn:
    """Runs the command and exits: 0 success, 1 failure, 2 wrong usage, 130 interrupted; errors go to stderr."""
    end_with_supervisor()
    from retail_brain.cli.app import app

    try:
        use_umask()
        _run(app)
    except RetailBrainError as error:
        if os.environ.get("RETAIL_BRAIN_DEBUG"):
            traceback.print_exc()
        sys.stderr.write(f"Error: {error}\n")
        sys.exit(2 if isinstance(error, UsageError) else 1)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(130)
    except OSError as error:
        sys.stderr.write(f"Error: {_in_words(error)}\n")
        sys.exit(1)
    except BaseException as error:  # Polars panics on a cut file, and a panic is no Exception
        if not _is_unreadable_data(error) or os.environ.get("RETAIL_BRAIN_DEBUG"):
            raise
        first = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        sys.stderr.write(
            f"Error: a data file could not be read: {first}. Got a file that was cut or changed since it was written, "
            "wanted it as it was. Restore it, or ingest the dataset into a new lake (--lake). RETAIL_BRAIN_DEBUG=1 "
            "shows where it happened.\n"
        )
        sys.exit(1)
    sys.exit(0)


def _run(app: "typer.Typer") -> None:
    """Runs the command; with `--json` a call that cannot be read is told of in JSON too."""
    if "--json" not in sys.argv:
        app(standalone_mode=True)
        return
    try:
        code = app(standalone_mode=False)
    except Exception as error:
        # only what the parser of the command line refuses has it; verbs tell of their own errors
        if not hasattr(error, "format_message"):
            raise
        from retail_brain.cli.json_result import emit

        error.show()  # type: ignore[attr-defined]
        refused = {"code": "usage", "message": error.format_message(), "details": {}}
        words: list[str] = []
        place = getattr(error, "ctx", None)
        while place is not None and place.parent is not None:
            words, place = [place.info_name, *words], place.parent
        emit(" ".join(words), 2, 0.0, refused, sys.stdout)
        sys.exit(2)
    if isinstance(code, int):
        sys.exit(code)


def _in_words(error: OSError) -> str:
    """Error text for a file or address: which, why, and what to do."""
    place = error.filename if error.filename2 is None else error.filename2
    first = (error.strerror or str(error) or type(error).__name__).splitlines()[0]
    where = f"{place} cannot be used: {first}" if place else f"a file or address cannot be used: {first}"
    return f"{where.rstrip('.')}. Check that it is there, that there is room, and that you may read and write it."


def _is_unreadable_data(error: BaseException) -> bool:
    kind = type(error)
    return kind.__module__ == "pyo3_runtime" or (
        kind.__module__.startswith("polars") and kind.__name__ == "ComputeError"
    )
