"""Logs runs to MLflow and reads the model registry of a tenant; nothing else imports MLflow, `pyfunc_model` apart."""

import os

# before MLflow is imported, which reads them then: no network without being asked, and no progress bars of its own
# beside those of the command line
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

from training.tracking.store import ModelVersion, Tracking

__all__ = ["ModelVersion", "Tracking"]
