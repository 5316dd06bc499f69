"""Health checks of one tenant: lake, features, models, published answers, MLflow's runs, keys and exports."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from retail_brain.errors import ModelError, NotFoundError
from retail_brain.files import is_aside
from retail_brain.lake.checksums import read_checksums
from retail_brain.lake.layout import is_remote
from retail_brain.lake.reading import local_files, local_folder, open_table
from retail_brain.operational.database import Database
from retail_brain.operational.exports import pending_exports
from retail_brain.operational.keys import list_keys
from retail_brain.settings import Settings
from retail_brain.tables import TABLES
from retail_brain.workspace import Workspace
from serving.privacy.erase import Place
from serving.privacy.retention import limits, overdue
from serving.store.answer_set import open_answers
from serving.store.current_answers import current_id
from serving.upkeep.findings import Finding, Level, listed
from serving.upkeep.wholeness import file_problem
from training.bundle import KINDS, champion_version, read_manifest
from training.tracking.location import find_location

PUT_BACK = (
    "take the files out of a backup (`retail-brain --home OTHER restore FILE`, into another home), or ingest the "
    "dataset into a new lake (--lake)"
)
"""What mends a damaged lake: no verb restores one file."""
_EXPIRES_SOON = timedelta(days=14)
"""Before a key's end: time to make another and to put it where it is used."""


@dataclass(frozen=True)
class TenantCase:
    """What the checks of a tenant look at.

    Attributes:
        database: None where the operational database cannot be read.
        now: the instant of the examination.
        deep: whether to decode every data file.
        last_day: the last day with a sale in the lake; None where the lake is damaged, missing or not yet looked at.
        names_customers: whether a purchase in the lake names a customer; True where nobody could look.
    """

    workspace: Workspace
    settings: Settings
    database: Database | None
    now: datetime
    deep: bool = False
    last_day: date | None = None
    names_customers: bool = True

    @property
    def tenant(self) -> str:
        """Name of the tenant."""
        return self.workspace.tenant

    @property
    def lake(self) -> str:
        """Address of the tenant's lake."""
        return self.settings.lake_uri or str(self.workspace.lake)

    def finding(self, check: str, level: Level, text: str, remedy: str = "") -> Finding:
        """A finding about this tenant."""
        return Finding(self.tenant, check, level, text, remedy)


def check_lake(case: TenantCase) -> Iterator[Finding]:
    """Whether every table of the lake opens and every file of it is whole."""
    tables, rows, files_in_all, unnoted = 0, 0, 0, 0
    damaged: list[str] = []
    for name in TABLES:
        table = open_table(case.lake, name, case.settings.storage_options)
        if table is None:
            continue
        tables += 1
        rows += int(table.count())
        if not is_remote(case.lake):
            noted = read_checksums(local_folder(table))
            files = {file.path.relative_to(local_folder(table)).as_posix(): file for file in local_files(table)}
            files_in_all += len(files)
            unnoted += len(files.keys() - noted.keys())
            problems = {key: file_problem(file, noted.get(key), deep=case.deep) for key, file in files.items()}
            damaged += [f"{name}/{file}: {problem}" for file, problem in problems.items() if problem is not None]
    remedy = PUT_BACK
    if damaged:
        yield case.finding("lake", "fault", listed("damaged file", "damaged files", damaged), remedy)
    elif not tables:
        yield case.finding("lake", "warning", f"no table at {case.lake}", "retail-brain ingest DATASET")
    else:
        bare = f", {unnoted} files have none until the next backup"
        checked = f"checksums of {files_in_all - unnoted} files agree" + (bare if unnoted else "")
        how = "files not looked into" if is_remote(case.lake) else checked if case.deep else "sizes agree"
        yield case.finding("lake", "ok", f"{tables} tables, {rows:,} rows, {how}")


def check_features(case: TenantCase) -> Iterator[Finding]:
    """Whether the feature tables are there and as new as the lake."""
    path = case.workspace.features / "manifest.json"
    if not path.exists():
        yield case.finding("features", "warning", "never built", "retail-brain features")
        return
    manifest = json.loads(path.read_text(encoding="utf-8"))
    yield _dated(case, "features", date.fromisoformat(manifest["as_of"]), "built", "retail-brain features")


def check_bundles(case: TenantCase) -> Iterator[Finding]:
    """Whether each champion's files are there and have their checksums."""
    for kind in KINDS:
        remedy = f"retail-brain promote {kind} VERSION"
        try:
            version = champion_version(case.workspace, kind)
            if version is None and kind == "recommender" and not case.names_customers:
                yield case.finding("bundles", "ok", "no recommender: no purchase names a customer")
                continue
            if version is None:
                yield case.finding("bundles", "warning", f"no {kind} champion", f"retail-brain train {kind}")
                continue
            read_manifest(case.workspace.bundles / kind / str(version))
        except ModelError as error:
            yield case.finding("bundles", "fault", str(error), remedy)
        else:
            yield case.finding("bundles", "ok", f"{kind} champion is version {version}, checksums agree")


def check_answers(case: TenantCase) -> Iterator[Finding]:
    """Whether the published answers are whole, complete, and from the present champions and the newest data."""
    try:
        answers_id = current_id(case.workspace.answers)
        if answers_id is None:
            yield case.finding("answers", "warning", "nothing is published", "retail-brain publish")
            return
        manifest = open_answers(case.workspace.answers / answers_id).manifest
    except (ModelError, NotFoundError, UnicodeDecodeError) as error:
        yield case.finding("answers", "fault", str(error), "retail-brain publish")
        return
    yield _dated(case, "answers", date.fromisoformat(manifest.as_of), f"{answers_id} published", "retail-brain publish")
    for kind, reason in manifest.left_out.items():
        yield case.finding("answers", "warning", f"{kind} is left out: {reason}", f"retail-brain train {kind}")
    for kind in KINDS:
        published = (manifest.bundles.get(kind) or {}).get("version")
        present = None
        with suppress(ModelError):  # `check_bundles` says so
            present = champion_version(case.workspace, kind)
        if present is not None and published != present and kind not in manifest.left_out:
            text = f"published from {kind} version {published}; the champion is version {present}"
            yield case.finding("answers", "warning", text, "retail-brain publish")


def _dated(case: TenantCase, check: str, as_of: date, what: str, remedy: str) -> Finding:
    """A finding that compares a day with the last day of the lake."""
    last = case.last_day
    if last is not None and last > as_of:
        text = f"{what} as of {as_of}; the lake goes on to {last}, {(last - as_of).days} days later"
        return case.finding(check, "warning", text, remedy)
    return case.finding(check, "ok", f"{what} as of {as_of}")


def check_runs(case: TenantCase) -> Iterator[Finding]:
    """Whether MLflow's own database is whole, and whether killed work left something to be resumed."""
    database = find_location(case.workspace).database
    if database is None:
        yield case.finding("runs", "ok", "kept by an MLflow server")
    elif not database.is_file():
        yield case.finding("runs", "warning", "no run yet", "retail-brain train demand")
    else:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            answer = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        remedy = "" if answer == "ok" else "restore the newest backup: retail-brain restore FILE"
        text = "the database of runs is whole" if answer == "ok" else f"{database.name} says: {answer}"
        yield case.finding("runs", "ok" if answer == "ok" else "fault", text, remedy)
    unfinished = [path.name for path in case.workspace.root.glob("unfinished/*") if not is_aside(path)]
    if unfinished:
        yield case.finding(
            "runs", "ok", f"unfinished work is resumed when it is asked for again: {', '.join(unfinished)}"
        )


def check_keys_and_exports(case: TenantCase) -> Iterator[Finding]:
    """Whether somebody may ask the service, for how long, and whether every export has arrived."""
    if case.database is None:
        return  # the check of the database says why
    keys = [key for key in list_keys(case.tenant, case.database) if key.revoked_at is None]
    valid = [key for key in keys if key.expires_at is None or key.expires_at > case.now]
    soon = [key for key in valid if key.expires_at is not None and key.expires_at < case.now + _EXPIRES_SOON]
    if not valid:
        remedy = "retail-brain keys create --role admin"
        yield case.finding("keys", "warning", "no valid key: nobody may ask the service", remedy)
    elif soon:
        names = [f"{key.name} on {key.expires_at:%Y-%m-%d}" for key in soon]
        yield case.finding("keys", "warning", f"end soon: {listed('key', 'keys', names)}", "retail-brain keys create")
    else:
        yield case.finding("keys", "ok", f"{len(valid)} valid keys")
    pending = pending_exports(case.tenant, case.database)
    if pending:
        text = f"{len(pending)} exports with {sum(len(export.lines) for export in pending)} orders have not arrived"
        yield case.finding("exports", "warning", text, f"retail-brain orders export --to {pending[0].target}")
    else:
        yield case.finding("exports", "ok", "all have arrived")


def check_retention(case: TenantCase) -> Iterator[Finding]:
    """Whether personal data are older than the settings allow."""
    if case.database is None:
        return  # the check of the database says why
    place = Place(case.workspace, case.lake, case.settings, case.database)
    limited = [f"{kind} {days} days" for kind, days in limits(place).items() if days is not None]
    found = overdue(place, case.now)
    if found:
        names = [f"{one.rows:,} of {one.name} from before {one.before}" for one in found]
        text = f"older than allowed: {listed('kind', 'kinds', names)}"
        yield case.finding("retention", "warning", text, "retail-brain privacy retention --yes")
    else:
        yield case.finding("retention", "ok", f"nothing is older than allowed: {', '.join(limited)}")
