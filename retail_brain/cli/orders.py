"""Verbs for what was decided: orders on their way to the system that carries them out."""

from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import typer

from retail_brain.cli.app import app
from retail_brain.cli.context import current
from retail_brain.cli.keys import open_database

orders = typer.Typer(help="Orders that were approved or changed.", no_args_is_help=True)
app.add_typer(orders, name="orders")


@orders.command()
def export(
    to: Annotated[str, typer.Option("--to", help="CSV file to write, or http(s) address to post JSON to.")],
    by: Annotated[str, typer.Option("--by", help="Who exports, for the audit.")] = "command line",
) -> None:
    """Hand over what was decided since the last export; what did not arrive then goes out first."""
    from serving.orders import export_orders

    with closing(open_database()) as database:
        done = export_orders(current().workspace.tenant, database, target=to, made_by=by, now=datetime.now(UTC))
    lines = sum(len(one.lines) for one in done)
    typer.echo(f"{lines} orders in {len(done)} exports to {to}" if done else "nothing new to export")
