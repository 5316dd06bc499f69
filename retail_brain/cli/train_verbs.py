"""Verbs of the model life cycle: train, promote, models, publish."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from retail_brain.cli.context import Context, current, database_of
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import AsOfOption, LakeOption

if TYPE_CHECKING:
    from training.promotion import Promotion

_Preset = Literal["fast", "full"]
_KindArgument = Annotated[Literal["demand", "recommender"], typer.Argument(help="Which model.")]


def train(
    kind: _KindArgument,
    lake: LakeOption = None,
    as_of: AsOfOption = None,
    preset: Annotated[_Preset, typer.Option(help="Minutes, or as long as it pays.")] = "fast",
    model: Annotated[
        str | None, typer.Option("--model", help="Demand model to train [default: demand.model of the settings].")
    ] = None,
) -> None:
    """Fit a model, backtest it on rolling origins, log it to MLflow and register it."""
    context = current()
    if model is not None:
        context = _with_model(context, kind, model)
    version = run_training(context, kind, lake, as_of, preset)
    reported().ids |= {"kind": kind, "version": version}
    typer.echo(f"registered {kind} version {version}; `retail-brain promote {kind}` compares it with the champion")


def _with_model(context: Context, kind: str, model: str) -> Context:
    """The same with another demand model.

    Raises:
        UsageError: there is no such model, or another kind is trained.
    """
    from retail_brain.errors import UsageError
    from training.demand.model_registry import check_model_name

    if kind != "demand":
        raise UsageError(f"--model names a demand model; got it for the {kind}. Leave it out.")
    check_model_name(model)
    demand = context.settings.demand.model_copy(update={"model": model})
    return replace(context, settings=context.settings.model_copy(update={"demand": demand}))


def promote(
    kind: _KindArgument,
    version: Annotated[int | None, typer.Argument(help="Registry version.", show_default="the newest")] = None,
    lake: LakeOption = None,
    force: Annotated[bool, typer.Option("--force", help="Promote without comparing.")] = False,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; kept in the registry.")] = None,
    publish: Annotated[bool, typer.Option(help="Publish new answers from the champion afterwards.")] = True,
) -> None:
    """Make a version champion if it beats the present one on the same windows; publish its answers."""
    context = current()
    result = run_promotion(context, kind, lake, version, force=force, reason=reason)
    verdict = "is champion now" if result.promoted else "stays a challenger"
    reported().ids |= {"kind": kind, "version": result.version, "promoted": result.promoted}
    typer.echo(f"{kind} version {result.version} {verdict}: {result.reason}")
    if result.promoted and publish:
        run_publishing(context, lake, None)
    if not result.promoted:
        raise typer.Exit(1)


def models(kind: _KindArgument) -> None:
    """List a kind's registered versions with their deciding metric."""
    from training.tracking import Tracking

    tracking = Tracking(current().workspace)
    champion = tracking.champion(kind)
    versions = tracking.versions(kind)
    if not versions:
        typer.echo(f"no {kind} model was trained yet. Run `retail-brain train {kind}`.")
    for item in versions:
        name, _ = item.primary
        mark = "champion" if item.version == champion else ""
        windows = len(item.windows)
        shown = {"version": item.version, "as_of": item.as_of, "metric": name, "value": item.deciding}
        reported().rows.append({**shown, "windows": windows, "champion": item.version == champion})
        tested = "not tested: history too short 未回测：历史过短"
        if item.deciding is not None:
            tested = f"{name} {item.deciding:.5g} ({windows} windows)"
        typer.echo(f"{item.version:>4}  as of {item.as_of}  {tested}  {mark}")


def publish(lake: LakeOption = None, as_of: AsOfOption = None) -> None:
    """Compute the answers that the service gives from the champions, and switch it to them."""
    run_publishing(current(), lake, as_of)


def run_training(
    context: Context, kind: Literal["demand", "recommender"], lake: str | None, as_of: str | None, preset: _Preset
) -> int:
    """Trains and registers a model; returns its version. After an interruption the same call resumes."""
    from training.registration import train as register

    return register(
        context.workspace,
        kind,
        context.settings,
        context.dataset(lake, as_of),
        preset=preset,
        lake=context.lake_uri(lake),
        progress=context.progress,
    )


def run_promotion(
    context: Context,
    kind: Literal["demand", "recommender"],
    lake: str | None,
    version: int | None,
    *,
    force: bool,
    reason: str | None = None,
) -> "Promotion":
    """Promotes the challenger if it is better; both are compared on the table versions that the challenger saw."""
    from retail_brain.lake.whole import open_whole_lake
    from training.promotion import Challenge, record_promotion
    from training.promotion import promote as promote_model

    uri, options = context.lake_uri(lake), context.settings.storage_options
    with closing(database_of(context.workspace)) as database:  # before anything is changed: it may not answer
        done = promote_model(
            context.workspace,
            kind,
            context.settings,
            lambda versions: open_whole_lake(uri, options, versions),
            Challenge(version, force=force, note=reason),
            progress=context.progress,
        )
        now = datetime.now(UTC)
        record_promotion(
            context.workspace.tenant, database, kind, done, by="command line", now=now, reason=reason or ""
        )
    return done


def run_publishing(context: Context, lake: str | None, as_of: str | None) -> None:
    """Publishes answers from the present champions; refusals that came into the lake meanwhile are told after it."""
    from retail_brain.cli.ingest_verbs import tell_service
    from serving.store.publishing.run import publish as publish_answers

    publish_answers(context.workspace, context.dataset(lake, as_of), context.settings, context.progress)
    tell_service(context, context.lake_uri(lake))
