"""The verb that serves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from json import dumps
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.context import chosen_place, chosen_progress, database_of

if TYPE_CHECKING:
    from retail_brain.progress import Progress
    from retail_brain.settings import ServingSettings
    from retail_brain.workspace import Workspace

_DEMO_KEY = "demo"


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="the settings'")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port.", show_default="the settings'")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes.", show_default="the settings'")] = None,
) -> None:
    """Serve the answers of all tenants and the page until Ctrl-C."""
    from retail_brain.workspace import Workspace

    # no settings: a mistake in those of one tenant is no reason to serve nobody
    tenant, home = chosen_place()
    run_service(Workspace(home, tenant), chosen_progress(), demo_key=False, host=host, port=port, workers=workers)


def run_service(
    workspace: "Workspace",
    progress: "Progress",
    *,
    demo_key: bool,
    host: str | None = None,
    port: int | None = None,
    workers: int | None = None,
) -> None:
    """Serves until it is stopped; says where the page is as soon as it answers.

    It starts although settings or database cannot be read, and says so: its processes try again by themselves.

    Args:
        workspace: whose home folder is served; `[serving]` of tenant `main` gives what is not named here.
        progress: says what is amiss.
        demo_key: make a key for this run, name it in the page's address, and take it back at the end.
        host: address to listen on.
        port: port to listen on.
        workers: number of processes.

    Raises:
        RetailBrainError: the database was made by a newer version, or the service cannot start.
        UnavailableError: `demo_key`, and the database does not answer.
    """
    from serving.http.launch import serve as serve_processes

    serving, warning = _serving_settings(workspace)
    tell = _say_in_json if serving.log_format == "json" else progress.say
    if warning is not None:
        tell(f"warning: {warning}")
    at, on = host or serving.host, port or serving.port
    page = f"http://{at}:{on}/ui/"
    with _demo_key(workspace, is_wanted=demo_key) as key:
        if not demo_key:
            _prepare_database(workspace, tell)

        def say_where() -> None:
            lines = [f"Page:  {page}#key={key}" if key else f"Page:  {page}  (make a key: retail-brain keys create)"]
            if not list((workspace.home / "var").glob("*/answers/CURRENT")):
                lines.append("Nothing is published yet: run `retail-brain publish`; the service takes it up by itself.")
            lines += [f"API:   http://{at}:{on}/docs.json", "Ctrl-C ends it."]
            if serving.log_format == "json":
                tell(" ".join(" ".join(lines).split()))
            else:
                typer.echo("\n" + "".join(f"  {line}\n" for line in lines))

        code = serve_processes(
            workspace.home,
            host=at,
            port=on,
            workers=workers or serving.workers,
            on_ready=say_where,
            say=tell,
        )
    if code:
        raise typer.Exit(1)


def _serving_settings(workspace: "Workspace") -> "tuple[ServingSettings, str | None]":
    from retail_brain.settings import service_settings
    from retail_brain.workspace import Workspace

    settings, warning = service_settings(Workspace(workspace.home))
    return settings.serving, warning


def _say_in_json(text: str) -> None:
    """A line of the log as the service's processes write theirs under `log_format = "json"`."""
    level = "warning" if text.startswith("warning: ") else "info"
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    values = {"at": at, "level": level, "logger": "retail_brain", "message": text.removeprefix("warning: ").strip()}
    typer.echo(dumps(values, ensure_ascii=False))


def _prepare_database(workspace: "Workspace", say: "Callable[[str], None]") -> None:
    """Migrates the database before the processes start, where it answers: they do so too, and wait for it."""
    from retail_brain.errors import UnavailableError

    try:
        database_of(workspace).close()
    except (UnavailableError, OSError) as error:
        say(f"warning: {error} The service starts without it, tries again, and is ready once it answers.")


@contextmanager
def _demo_key(workspace: "Workspace", *, is_wanted: bool) -> Iterator[str | None]:
    """Context of a key for this run; None where none is wanted."""
    if not is_wanted:
        yield None
        return
    from retail_brain.operational.keys import create_key, revoke_key

    database, tenant = database_of(workspace), workspace.tenant
    key = create_key(tenant, database, role="admin", name=_DEMO_KEY, now=datetime.now(UTC))
    try:
        yield key
    finally:
        revoke_key(tenant, database, "_".join(key.split("_", 2)[:2]), now=datetime.now(UTC))
        database.close()
