"""The `retail-brain` command: thin verbs over the use cases. The only package that imports every layer."""

import os
import sys
from typing import NoReturn

os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # waiting threads sleep instead of spinning

from retail_brain.errors import RetailBrainError, UsageError


def main() -> NoReturn:
    """Runs the command: exit code 0 done, 1 the work failed, 2 wrong usage; errors are one paragraph on stderr."""
    from retail_brain.cli.app import app

    try:
        app(standalone_mode=True)
    except RetailBrainError as error:
        sys.stderr.write(f"Error: {error}\n")
        sys.exit(2 if isinstance(error, UsageError) else 1)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(130)
    sys.exit(0)
