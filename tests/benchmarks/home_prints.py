"""Fingerprint of a home: a digest of each of its parts, under names that are the same in every run."""

import hashlib
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import polars as pl

Print = dict[str, str]
"""Name of a part of a home -> digest of what it holds."""
_UNLIKE = ("audit", "tenants", "api_keys", "alembic", "sqlite")
"""Beginnings of tables that hold times, secrets or the state of the schema."""
_VOLATILE = {"manifest.json", "MLmodel", "meta.yaml", "python_env.yaml", "conda.yaml", "requirements.txt"}
"""Files that name times, versions or random ids: their presence is compared."""

STATE = "state"
"""Folder of the features with what a build keeps for the next one."""
_DIGITS, _NOTHING = 9, 1e-9
"""Digits that are compared, and what is as good as 0: doubles have 16, sums of thousands of them lose three."""


def fingerprint(home: Path) -> Print:
    """Digests of all that a home holds, under names that do not change from run to run."""
    found: Print = {}
    main = home / "var" / "main"
    for table in sorted((main / "lake").glob("*/_delta_log")):
        found[f"lake/{table.parent.name}"] = rows_digest(pl.read_delta(str(table.parent)))
    for file in sorted((main / "features").rglob("*.parquet")):
        found[f"features/{file.parent.relative_to(main / 'features')}"] = ""
    for name, frame in feature_tables(main / "features"):
        found[f"features/{name}"] = rows_digest(frame)
    current = main / "answers" / "CURRENT"
    if current.exists():
        add_files(found, "answers", main / "answers" / current.read_text().strip())
    for pointer in sorted((main / "bundles").glob("*/CHAMPION")):
        found[f"champion/{pointer.parent.name}"] = pointer.read_text().strip()
        add_files(found, f"bundle/{pointer.parent.name}", pointer.parent / pointer.read_text().strip())
    add_models(found, home)
    add_database(found, home / "var" / "operational.db")
    for file in sorted(home.glob("*.csv")):
        found[file.name] = rows_digest(pl.read_csv(file, infer_schema=False).drop("export_id", strict=False))
    for file in sorted(home.glob("*.parquet")):
        found[file.name] = rows_digest(pl.read_parquet(file))
    if (home / "backup.tar.gz").exists():
        add_backup(found, home / "backup.tar.gz")
    left = [*home.rglob("*.tmp"), *home.rglob(".*.tmp*"), *home.rglob(".rb-*"), *main.glob("being_restored")]
    if (restored := main / "restored").exists():
        found["restored"] = restored.read_text().partition("\n")[0]  # which backup; after it stands when
    found |= {f"left over: {path.name}": "" for path in left}
    # a job's lock goes with its process
    left = [path for path in main.glob("jobs/*.lock") if path.name != "uploads.lock"]
    return found | {f"left over: {path.name}": "" for path in left}


def rows_digest(frame: pl.DataFrame) -> str:
    """Digest of the rows, whatever their order; sums of the same numbers in another order are the same."""
    frame = frame.select(sorted(frame.columns))
    rows = sorted(repr(_rounded(row)) for row in frame.iter_rows())
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def _rounded(value: Any) -> Any:
    """A value whose floats have few enough digits that those which hang on the order of a sum are gone."""
    if isinstance(value, float):
        return 0.0 if abs(value) < _NOTHING else float(f"{value:.{_DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return tuple(map(_rounded, value)) if isinstance(value, list | tuple) else value


def feature_tables(folder: Path) -> Iterator[tuple[str, pl.DataFrame]]:
    """Each feature table, its parts put together; what a build keeps for the next one, file by file."""
    for name in sorted({path.relative_to(folder).parts[0] for path in folder.rglob("*.parquet")}):
        files = sorted((folder / name).rglob("*.parquet")) if (folder / name).is_dir() else [folder / name]
        if name == STATE:
            yield from ((str(file.relative_to(folder)), pl.read_parquet(file)) for file in files)
        else:
            yield name, pl.concat([pl.read_parquet(file) for file in files], how="diagonal")


def add_files(found: Print, name: str, folder: Path) -> None:
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        found[f"{name}/{file.relative_to(folder)}"] = file_digest(file)


def file_digest(file: Path) -> str:
    """Digest of the bytes; of a table's rows where it is one, since threads add sums up in any order."""
    if file.suffix == ".arrow":
        with suppress(pl.exceptions.PolarsError):
            return rows_digest(pl.read_ipc(file.read_bytes()))
    content = b"" if file.name in _VOLATILE else file.read_bytes()
    return hashlib.sha256(content).hexdigest()


def add_models(found: Print, home: Path) -> None:
    """Registered versions and the metrics of their runs; states of all runs."""
    database = home / "mlruns" / "main" / "mlflow.db"
    if not database.exists():
        return
    with closing(sqlite3.connect(database)) as connection:
        versions = connection.execute("select name, version, run_id from model_versions order by 1, 2").fetchall()
        for name, version, run_id in versions:
            metrics = connection.execute(
                "select key, value, step from metrics where run_uuid = ? order by 1, 3", [run_id]
            )
            found[f"model/{name}/{version}"] = repr([row for row in metrics if "seconds" not in row[0]])
        states = {row[0] for row in connection.execute("select status from runs")}
        if "RUNNING" in states:
            found["left over: a run is open"] = ""


def add_database(found: Print, database: Path) -> None:
    """Rows of the operational database without times and random ids, in order."""
    if not database.exists():
        return
    with closing(sqlite3.connect(database)) as connection:
        listed = [
            row[0] for row in connection.execute("select name from sqlite_master where type = 'table' order by 1")
        ]
        for table in (name for name in listed if not name.startswith(_UNLIKE)):
            cursor = connection.execute(f"select * from {table}")
            names = [column[0] for column in cursor.description]
            keep = [
                place for place, name in enumerate(names) if not name.endswith(("_at", "export_id")) and name != "id"
            ]
            rows = sorted(repr([row[place] for place in keep]) for row in cursor)
            found[f"database/{table}"] = f"{len(rows)} {hashlib.sha256(repr(rows).encode()).hexdigest()}"


def add_backup(found: Print, file: Path) -> None:
    with tarfile.open(file) as archive:
        for member in archive:
            data = archive.extractfile(member)
            content = b"" if data is None or Path(member.name).name in _VOLATILE else data.read()
            if member.name.endswith(".db"):
                content = b""
            found[f"backup/{member.name}"] = hashlib.sha256(content).hexdigest()


def same_by_nature(first: Print, second: Print) -> set[str]:
    """Names whose content is the same in two undisturbed runs, and so must be after a kill."""
    return {name for name, digest in first.items() if second.get(name) == digest}


def differences(wanted: Print, got: Print, fixed: set[str]) -> list[str]:
    """What a rerun left otherwise than the undisturbed run."""
    missing = [f"missing {name}" for name in wanted if name not in got and name in fixed]
    more = [name if name.startswith("left over") else f"more: {name}" for name in got if name not in wanted]
    return [*missing, *more, *(f"other {name}" for name in fixed if name in got and got[name] != wanted[name])]
