"""Runs every health check of a home; a check that breaks is a finding itself and stops no other."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from retail_brain.errors import RetailBrainError, UnreachableLakeError
from retail_brain.ingest.days_to_come import TOTALS
from retail_brain.ingest.running_period import said_of_running, stored_of_running_period
from retail_brain.lake import open_lake
from retail_brain.operational.database import Database
from retail_brain.operational.upgrade import HEAD
from retail_brain.settings import Settings, load_settings
from retail_brain.workspace import Workspace, tenants_of
from serving.upkeep.findings import HOME, Finding, for_place
from serving.upkeep.home_checks import (
    check_clock,
    check_database,
    check_disk,
    check_folders,
    check_permissions,
    check_tenants,
    check_versions,
    check_writes,
    parted_files,
)
from serving.upkeep.tenant_checks import (
    PUT_BACK,
    TenantCase,
    check_answers,
    check_bundles,
    check_features,
    check_keys_and_exports,
    check_lake,
    check_retention,
    check_runs,
)
from serving.upkeep.work_checks import check_campaigns, check_jobs, check_model_test

_RESTORE = "restore the newest backup: retail-brain restore FILE"
_REMEDIES = {
    "lake": PUT_BACK,
    "features": "retail-brain features",
    "answers": "retail-brain publish",
}
"""What helps where a check itself broke, by its name; all others are helped by a backup."""
_REACH = "start the store, make the bucket, or correct lake_uri and [storage_options] in the tenant's settings.toml"
"""What helps where a lake in an object store cannot be reached: its files may all be well."""

_HELD_SECONDS = 2.0
"""Seconds that another writer may hold the database before that is a fault: the service's own take milliseconds."""


@dataclass(frozen=True)
class _Check:
    name: str
    find: Callable[[], Iterator[Finding]]


def examine(
    home: Path, now: datetime, *, umask: int = 0o077, deep: bool = False, tenant: str | None = None
) -> Iterator[Finding]:
    """Yields the findings of every check, the home's first, then those of each tenant; changes nothing.

    Complexity: reads every byte of bundles and published answers once; with `deep` also every byte of the lakes.

    Args:
        home: folder of `var/` and `mlruns/`.
        now: the instant; stored instants after it mean that a clock was set back.
        umask: permission mask that files should follow.
        deep: decode every data file of local lakes instead of comparing sizes only.
        tenant: the only tenant to look at; None: every one.
    """
    with closing(Database(Workspace(home).database_url, wait_seconds=_HELD_SECONDS)) as database:
        found = _run(HOME, _home_checks(home, database, now, umask))
        yield from (for_place(finding, home) for finding in found)
        has_tables = _has_present_tables(database)
        if has_tables:
            tenants = _Check("tenants", lambda: check_tenants(database, set(tenants_of(home)), now))
            yield from (for_place(finding, home) for finding in _run(HOME, [tenants]))
        for name in tenants_of(home) if tenant is None else [tenant]:
            of_tenant = _examine_tenant(Workspace(home, name), database if has_tables else None, now, deep=deep)
            yield from (for_place(finding, home) for finding in of_tenant)


def _home_checks(home: Path, database: Database, now: datetime, umask: int) -> list[_Check]:
    return [
        _Check("versions", check_versions),
        _Check("folders", lambda: check_folders(home, set(tenants_of(home)))),
        _Check("disk", lambda: check_disk(home)),
        _Check("permissions", lambda: check_permissions(home, umask)),
        _Check("database", lambda: check_database(database)),
        _Check("writes", lambda: check_writes(home, database)),
        _Check("clock", lambda: check_clock(database, home, now)),
    ]


def _has_present_tables(database: Database) -> bool:
    """Whether the operational database answers and has this version's tables; looking must not create it."""
    if database.is_sqlite and not Path(database.url.database or "").is_file():
        return False
    if parted_files(database) is not None:
        return False  # opening it would remove the trace
    try:
        return database.revision() == HEAD
    except RetailBrainError:
        return False  # `check_database` says so


def _examine_tenant(workspace: Workspace, database: Database | None, now: datetime, *, deep: bool) -> Iterator[Finding]:
    tenant = workspace.tenant
    try:
        settings = load_settings(workspace)
    except RetailBrainError as error:
        yield Finding(tenant, "settings", "fault", str(error), f"correct {workspace.settings_file}")
        settings = Settings()
    else:
        text = "read" if workspace.settings_file.exists() else "none of its own: the defaults apply"
        yield Finding(tenant, "settings", "ok", text)
    if database is None:
        text = (
            "keys, exports, retention, jobs and a model under test were not looked at: the operational database is "
            "missing, cannot be read, or has tables of another revision than this version's"
        )
        yield Finding(tenant, "unseen", "warning", text, "mend what is said of the database, then run `doctor` again")
    case = TenantCase(workspace, settings, database, now, deep=deep)
    lake = list(_run(tenant, [_Check("lake", partial(check_lake, case))]))
    yield from lake
    if all(finding.level == "ok" for finding in lake):
        looked: list[TenantCase] = []
        yield from _run(tenant, [_Check("lake", partial(_look_into_sales, case, looked))])
        case = looked[0] if looked else case
    checks = (
        *(check_features, check_bundles, check_answers, check_runs, check_keys_and_exports, check_retention),
        *(check_jobs, check_campaigns, check_model_test),
    )
    yield from _run(tenant, [_Check(check.__name__.removeprefix("check_"), partial(check, case)) for check in checks])


def _look_into_sales(case: TenantCase, looked: list[TenantCase]) -> Iterator[Finding]:
    """Adds the case with what the sales tell; bytes that changed within a file of the right size may end in an error.

    Of what is well nothing is said: `check_lake` has said it.
    """
    dataset = open_lake(case.lake, case.settings.storage_options)
    named = dataset.scan_or_empty("transactions").select("customer_id").drop_nulls().head(1).collect()
    looked.append(replace(case, last_day=dataset.last_day(), names_customers=named.height > 0))
    period = case.settings.data.period
    for name in TOTALS:
        days = stored_of_running_period(name, dataset.frames.get(name), period)
        if days is not None:
            remedy = f"ingest a dataset with {name} again, which takes them out until the {period} is over"
            yield case.finding("lake", "warning", said_of_running(name, days, period), remedy)


def _run(subject: str, checks: list[_Check]) -> Iterator[Finding]:
    """Findings of the checks; an error of a check is a fault of what it checked."""
    for check in checks:
        try:
            findings = list(check.find())
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        # whatever is broken, the other checks must still be made; a panic of Polars is no Exception
        except BaseException as error:  # noqa: BLE001
            text = str(error) if isinstance(error, RetailBrainError) else f"{type(error).__name__}: {error}"
            remedy = _REMEDIES.get(check.name, _RESTORE)
            if isinstance(error, UnreachableLakeError):
                remedy = _REACH
            elif isinstance(error, PermissionError):
                remedy = f"let the service's user read and write {error.filename or 'it'} and its folder (chown, chmod)"
            findings = [Finding(subject, check.name, "fault", text, remedy)]
        yield from findings
