"""Verbs for the operator: who may ask the service what."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from retail_brain.cli.context import current, open_database
from retail_brain.cli.json_result import reported

keys = typer.Typer(help="API keys of the tenant.", no_args_is_help=True)


@keys.command()
def create(
    role: Annotated[str, typer.Option(help="merchandiser, marketer, data_scientist or admin.")],
    name: Annotated[str, typer.Option(help="Who or what will use it; shown beside decisions.")] = "",
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires.", show_default="never")] = None,
) -> None:
    """Make a key. It is shown once and kept only as a hash."""
    from retail_brain.operational.keys import create_key, keys_named, short_id

    now = datetime.now(UTC)
    expires_at = None if days is None else now + timedelta(days=days)
    tenant = current().workspace.tenant
    name = name or role
    with closing(open_database()) as database:
        namesakes = keys_named(tenant, database, name, now=now)
        key = create_key(tenant, database, role=role, name=name, now=now, expires_at=expires_at)
    reported().ids |= {"key": key, "role": role, "name": name}
    typer.echo(key)
    if namesakes:
        typer.echo(
            f"warning: {len(namesakes)} valid {'key has' if len(namesakes) == 1 else 'keys have'} the name {name!r} "
            f"already: {', '.join(map(short_id, namesakes))}. What is done with them from now on is recorded with the "
            "start of the key's id. If the new key replaces an old one, revoke that.",
            err=True,
        )


@keys.command("list")
def list_() -> None:
    """List the tenant's keys, without the keys themselves."""
    from retail_brain.operational.keys import list_keys

    with closing(open_database()) as database:
        keys = list_keys(current().workspace.tenant, database)
    for key in keys:
        shown = {"key_id": key.key_id, "role": key.role, "name": key.name, "created_at": key.created_at}
        reported().rows.append({**shown, "expires_at": key.expires_at, "revoked_at": key.revoked_at})
        state = "revoked" if key.revoked_at else f"until {key.expires_at:%Y-%m-%d}" if key.expires_at else "valid"
        typer.echo(f"{key.key_id}  {key.role:<14}  {key.created_at:%Y-%m-%d %H:%M}  {state:<16}  {key.name}")


@keys.command()
def revoke(key_id: Annotated[str, typer.Argument(help="The key's id, such as rb_1f3a5c7e9b0d2f4a.")]) -> None:
    """Take a key back; it stops to open within seconds."""
    from retail_brain.operational.keys import revoke_key

    with closing(open_database()) as database:
        key = revoke_key(current().workspace.tenant, database, key_id, now=datetime.now(UTC))
    reported().ids["key_id"] = key.key_id
    typer.echo(f"{key.key_id} ({key.name}) is revoked since {key.revoked_at:%Y-%m-%d %H:%M} UTC")
