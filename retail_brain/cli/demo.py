"""The whole thing in one verb: ingest, features, train, publish, serve."""

import time
from typing import Annotated, Literal

import tomli_w
import typer

from retail_brain.cli.app import app
from retail_brain.cli.context import Context, current
from retail_brain.errors import ModelError
from retail_brain.files import write_text
from retail_brain.settings import load_settings


@app.command()
def demo(
    data: Annotated[
        Literal["sample", "complete-journey"], typer.Option(help="The sample chain, or real receipts.")
    ] = "sample",
    serve: Annotated[bool, typer.Option(help="Serve until Ctrl-C after publishing.")] = True,
) -> None:
    """Ingest a built-in dataset, train, publish and serve. What is done already is not done again."""
    context = prepare(current(), data)
    say = context.progress.say
    started = time.perf_counter()
    say(f"Retail brain (零售大脑): {data}, tenant {context.workspace.tenant}")
    build(context, data)
    say(f"Ready after {time.perf_counter() - started:.0f} s.")
    if serve:
        from retail_brain.cli.serve import run_service

        run_service(context, demo_key=True)


def prepare(context: Context, data: str) -> Context:
    """The context of the demo's own tenant: each dataset has its own, and its settings are written on the first run."""
    from retail_brain.sources import builtin_settings

    workspace = context.workspace
    if data != "sample" and workspace.tenant == "main":
        workspace = type(workspace)(workspace.home, data)
    if not workspace.settings_file.exists():
        write_text(workspace.settings_file, tomli_w.dumps(builtin_settings(data)))
    return Context(workspace, load_settings(workspace), context.progress)


def build(context: Context, data: str) -> None:
    """Brings the tenant from a dataset to published answers; a second run finds everything done."""
    from retail_brain.cli.train import run_promotion, run_publishing, run_training
    from retail_brain.ingest import ingest
    from retail_brain.sources import open_source
    from training.bundle import KINDS, champion

    report = ingest(open_source(data), context.lake_uri(None), context.settings, context.progress)
    changed = report.changed
    for kind in KINDS:
        try:
            champion(context.workspace, kind)
        except ModelError:
            run_training(context, kind, None, None, "fast")
            run_promotion(context, kind, None, None, force=False)
            changed = True
    if changed or not (context.workspace.answers / "CURRENT").exists():
        run_publishing(context, None, None)
