"""The verb that serves."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from retail_brain.cli.context import Context, current, open_database

_DEMO_KEY = "demo"


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="the settings'")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port.", show_default="the settings'")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes.", show_default="the settings'")] = None,
) -> None:
    """Serve the answers of all tenants and the page until Ctrl-C."""
    run_service(current(), demo_key=False, host=host, port=port, workers=workers)


def run_service(
    context: Context,
    *,
    demo_key: bool,
    host: str | None = None,
    port: int | None = None,
    workers: int | None = None,
) -> None:
    """Serves until it is stopped; says where the page is as soon as it answers.

    Args:
        context: whose home folder is served; its settings give what is not named here.
        demo_key: make a key for this run, name it in the page's address, and take it back at the end.
        host: address to listen on.
        port: port to listen on.
        workers: number of processes.
    """
    from retail_brain.operational.keys import create_key, revoke_key
    from serving.http.launch import serve as serve_processes

    serving = context.settings.serving
    at, on = host or serving.host, port or serving.port
    database, tenant = open_database(), context.workspace.tenant
    key = create_key(tenant, database, role="admin", name=_DEMO_KEY, now=datetime.now(UTC)) if demo_key else None
    page = f"http://{at}:{on}/ui/"

    def say_where() -> None:
        typer.echo(
            f"\n  Page:  {page}#key={key}" if key else f"\n  Page:  {page}  (make a key: retail-brain keys create)"
        )
        if not list((context.workspace.home / "var").glob("*/answers/CURRENT")):
            typer.echo("  Nothing is published yet: run `retail-brain publish`; the service takes it up by itself.")
        typer.echo(f"  API:   http://{at}:{on}/docs.json\n  Ctrl-C ends it.\n")

    try:
        code = serve_processes(
            context.workspace.home,
            host=at,
            port=on,
            workers=workers or serving.workers,
            on_ready=say_where,
            say=context.progress.say,
        )
    finally:
        if key is not None:
            revoke_key(tenant, database, "_".join(key.split("_", 2)[:2]), now=datetime.now(UTC))
        database.close()
    if code:
        raise typer.Exit(1)
