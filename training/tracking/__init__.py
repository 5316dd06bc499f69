"""The only door to MLflow: runs, metrics, plots, data sets and the registry of a tenant."""

import os

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

from training.tracking.store import Registered, Tracking

__all__ = ["Registered", "Tracking"]
