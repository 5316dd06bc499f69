"""Describes the code and the data of a run for MLflow: version and commit as tags, lake tables as datasets."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from shutil import which

import polars as pl
from mlflow.entities import Dataset, DatasetInput, InputTag
from mlflow.types import ColSpec, DataType, Schema

import retail_brain
from retail_brain.lake.snapshot import TableSnapshot


def code_tags() -> dict[str, str]:
    """MLflow tags: package version and, where the package lies in a git checkout of its own, commit and dirty flag."""
    tags = {"retail_brain.version": retail_brain.__version__}
    # only a checkout of this project: an installed package may lie below the repository of somebody else's project
    root = Path(retail_brain.__file__).resolve().parent.parent
    commit = _git(root, "rev-parse", "HEAD") if (root / ".git").exists() else None
    if commit:
        tags["mlflow.source.git.commit"] = commit
        tags["mlflow.source.git.dirty"] = str(bool(_git(root, "status", "--porcelain", "-uno"))).lower()
    return tags


def dataset_inputs(tables: Sequence[TableSnapshot], as_of: date, home: Path) -> list[DatasetInput]:
    """One MLflow dataset per table of the lake: a Delta table at its version.

    A lake under the home folder is named relative to it, so that a home can be moved.

    Args:
        tables: the lake's tables at the versions that were read.
        as_of: the last visible day; rows after it were hidden.
        home: the home folder.
    """
    return [
        DatasetInput(
            Dataset(
                name=table.name,
                digest=table.digest,
                source_type="delta_table",
                source=json.dumps({"path": _relative(table.uri, home), "delta_table_version": table.version}),
                schema=json.dumps({"mlflow_colspec": _schema(table.columns).to_dict()}),
                profile=json.dumps({"num_rows": table.rows, "version": table.version}),
            ),
            [
                InputTag("mlflow.data.context", "training"),
                InputTag("version", str(table.version)),
                InputTag("as_of", as_of.isoformat()),
            ],
        )
        for table in tables
    ]


def _relative(uri: str, home: Path) -> str:
    path = Path(uri)
    if "://" not in uri and path.is_absolute() and path.resolve().is_relative_to(home.resolve()):
        return path.resolve().relative_to(home.resolve()).as_posix()
    return uri


def _schema(columns: Mapping[str, pl.DataType]) -> Schema:
    return Schema([ColSpec(_type(kind), name) for name, kind in columns.items()])


def _type(kind: pl.DataType) -> DataType:
    if kind.is_integer():
        return DataType.long
    if kind.is_float():
        return DataType.double
    if kind.is_temporal():
        return DataType.datetime
    return DataType.boolean if kind == pl.Boolean else DataType.string


def _git(root: Path, *arguments: str) -> str | None:
    git = which("git")
    if git is None:
        return None
    result = subprocess.run(  # noqa: S603  # fixed arguments
        [git, "-C", str(root), *arguments],
        capture_output=True,
        text=True,
        check=False,
        # `git status` would otherwise rewrite the index, beside somebody who works in the checkout
        env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
    )
    return result.stdout.strip() if result.returncode == 0 else None
