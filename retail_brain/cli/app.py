"""The command's root: tenant and home, and the verbs of each topic."""

from pathlib import Path
from typing import Annotated

import typer

from retail_brain.cli import context

app = typer.Typer(
    name="retail-brain",
    help="Retail brain (零售大脑): forecasts, replenishment, and goods finding people.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def root(
    tenant: Annotated[str, typer.Option(help="Whose data, models and keys to work on.")] = "main",
    home: Annotated[
        Path | None, typer.Option(help="Folder that holds var/ and mlruns/ [default: RETAIL_BRAIN_HOME or here].")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but errors.")] = False,
) -> None:
    """Chooses the tenant and the home folder for the verb that follows."""
    context.choose(tenant, home, quiet=quiet)


from retail_brain.cli import (  # noqa: E402
    decisions,  # noqa: F401
    demand,  # noqa: F401
    demo,  # noqa: F401
    events,  # noqa: F401
    features,  # noqa: F401
    ingest,  # noqa: F401
    keys,  # noqa: F401
    network,  # noqa: F401
    orders,  # noqa: F401
    overrides,  # noqa: F401
    people,  # noqa: F401
    questions,  # noqa: F401
    rules,  # noqa: F401
    serve,  # noqa: F401
    train,  # noqa: F401
)
