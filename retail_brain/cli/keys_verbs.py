"""Verbs for the operator: who may ask the service what."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.context import current, open_database
from retail_brain.cli.json_result import reported

if TYPE_CHECKING:
    from retail_brain.operational.places import Place

keys = typer.Typer(help="API keys of the tenant.", no_args_is_help=True)


@keys.command()
def create(
    role: Annotated[str, typer.Option(help="merchandiser, marketer, data_scientist or admin.")],
    name: Annotated[str, typer.Option(help="Who or what will use it; shown beside decisions.")] = "",
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires.", show_default="never")] = None,
    region: Annotated[list[str] | None, typer.Option(help="Only the shops of this region. Repeatable.")] = None,
    store: Annotated[list[str] | None, typer.Option(help="Only this shop. Repeatable.")] = None,
    guide: Annotated[str | None, typer.Option(help="Only the people of this guide (guide_id).")] = None,
) -> None:
    """Make a key. It is shown once and kept only as a hash. Without a place it is headquarters' and sees all."""
    from retail_brain.operational.keys import create_key, keys_named, short_id
    from retail_brain.operational.places import place_of
    from retail_brain.workspace import tenants_of

    place = place_of(region or (), store or (), guide)
    _check_known(place)
    now = datetime.now(UTC)
    expires_at = None if days is None else now + timedelta(days=days)
    workspace = current().workspace
    tenant = workspace.tenant
    name = name or role
    with closing(open_database()) as database:
        namesakes = keys_named(tenant, database, name, now=now)
        key = create_key(tenant, database, role=role, name=name, now=now, expires_at=expires_at, place=place)
    reported().ids |= {"key": key, "role": role, "name": name, "place": str(place)}
    typer.echo(key)
    if not workspace.root.is_dir():
        typer.echo(
            f"warning: this home holds nothing of tenant {tenant!r} yet (it has "
            f"{', '.join(tenants_of(workspace.home)) or 'no tenant'}): the key gets no answers until its data are "
            "ingested and published. Where another tenant is meant, revoke the key and make one with --tenant.",
            err=True,
        )
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
        shown["place"] = str(key.place)
        reported().rows.append({**shown, "expires_at": key.expires_at, "revoked_at": key.revoked_at})
        state = "revoked" if key.revoked_at else f"until {key.expires_at:%Y-%m-%d}" if key.expires_at else "valid"
        at = f"{key.created_at:%Y-%m-%d %H:%M}"
        typer.echo(f"{key.key_id}  {key.role:<14}  {at}  {state:<16}  {key.place!s:<12}  {key.name}")


@keys.command()
def revoke(key_id: Annotated[str, typer.Argument(help="The key's id, such as rb_1f3a5c7e9b0d2f4a.")]) -> None:
    """Take a key back; it stops to open within seconds."""
    from retail_brain.operational.keys import revoke_key

    with closing(open_database()) as database:
        key = revoke_key(current().workspace.tenant, database, key_id, now=datetime.now(UTC))
    reported().ids["key_id"] = key.key_id
    typer.echo(f"{key.key_id} ({key.name}) is revoked since {key.revoked_at:%Y-%m-%d %H:%M} UTC")


def _check_known(place: "Place") -> None:
    """Refuses regions, shops and guides that the lake does not know; says so where there is no lake to look into.

    Raises:
        NotFoundError: one is not there.
    """
    from difflib import get_close_matches

    from retail_brain.errors import DataError, NotFoundError

    named = {"region": ("stores", place.regions), "store_id": ("stores", place.stores)}
    named["guide_id"] = ("customers", () if place.guide is None else (place.guide,))
    if place.is_headquarters:
        return
    try:
        dataset = current().dataset()
    except DataError:
        typer.echo("warning: there is no lake yet, so the place of the key could not be checked.", err=True)
        return
    for column, (table, wanted) in named.items():
        rows = dataset.scan_or_empty(table)
        known = rows.select(column).unique().collect()[column].drop_nulls().to_list() if wanted else []
        for name in wanted:
            if name not in known:
                near = ", ".join(get_close_matches(name, known, 3, 0.5)) or "none like it"
                raise NotFoundError(
                    f"no row of {table} has {column} {name!r}; {len(known):,} are known, nearest: {near}. "
                    "A key for it would see nothing: correct the name, or ingest the table first.",
                    {column: name},
                )
