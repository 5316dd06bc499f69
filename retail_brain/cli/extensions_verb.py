"""The verb `extensions`."""

import typer

from retail_brain.cli.json_result import reported


def extensions() -> None:
    """List what other packages add through entry points: kind, name, object, package and version."""
    from retail_brain.extensions import describe_extensions

    rows = describe_extensions()
    for kind, name, place, package in rows:
        reported().rows.append({"kind": kind, "name": name, "object": place, "package": package})
        typer.echo(f"{kind:<18} {name:<20} {place:<36} {package}".rstrip())
    if not rows:
        typer.echo("No installed package adds anything; docs/extending.md says how one does.")
