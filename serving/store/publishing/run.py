"""Publishes a set of answers from the champions and switches the service to it."""

import secrets
import shutil
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from features.country import currency_of, money_of
from features.demand.feature_matrix import DRIVERS
from retail_brain.dataset import Dataset
from retail_brain.engine import Executor, open_executor
from retail_brain.errors import ExtensionError, ModelError, UnavailableError
from retail_brain.files import make_durable, name_aside, seal, sweep
from retail_brain.operational.database import Database
from retail_brain.operational.model_tests import note_left_out, note_served
from retail_brain.operational.upgrade import upgrade
from retail_brain.progress import Progress
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.planning.campaigns.caused_share import tenant_caused_share
from serving.planning.campaigns.demand import tenant_units
from serving.planning.campaigns.estimates import CausedShare
from serving.planning.campaigns.experiments import tenant_experiments
from serving.planning.demand.overrides import has_database, tenant_overrides
from serving.planning.demand.value_added import ledger
from serving.planning.people.model_tests import tenant_model_test
from serving.planning.profile.facts import outside_facts
from serving.store.answer_set import CHALLENGER, Answers, map_answers
from serving.store.answers_manifest import AnswersManifest, read_manifest, write_manifest
from serving.store.audience_facts import facts_of
from serving.store.consistency.report import summarised
from serving.store.consistency.run import contradictions
from serving.store.current_answers import current_id, make_current
from serving.store.publishing.catalogs import Positions, publish_catalogs, publish_identities
from serving.store.publishing.forecasts_and_orders import publish_demand
from serving.store.publishing.line_facts import publish_line_facts
from serving.store.publishing.people_and_goods import publish_challenger, publish_people
from serving.store.publishing.performance import publish_changes
from serving.store.publishing.profiles import publish_profiles
from serving.store.publishing.promotion_days import publish_promotion_days
from serving.store.publishing.publication import Publication
from serving.store.publishing.sales import publish_history, publish_planned_promotions, publish_popular, publish_stock
from serving.store.rows import write_rows
from training.bundle import KINDS, Kind, bundle_of, champion, champion_version
from training.bundle import read_manifest as read_bundle
from training.demand.model import DemandModel
from training.demand.stored_forecasts import write_origin
from training.jobs import load_model
from training.recommender.champion import champion_recommender

_MODEL_OF: dict[str, Kind] = {
    "demand_models": "demand",
    "order_policies": "demand",
    "candidate_sources": "recommender",
}
"""Kind of extension -> model whose answers need it."""


def publish(workspace: Workspace, dataset: Dataset, settings: Settings, progress: Progress) -> str:
    """Publishes answers from the present champions; returns the id of the new set.

    A part whose model was never promoted is left out, and the service says so in its answer. A champion that this
    version cannot read is left out too, and so is a model where code of another package fails (its demand model, order
    policy or candidate source); the manifest says why. Running workers switch to the new set without a failed request;
    a run that ends early changes nothing.

    Raises:
        MissingTableError: the dataset has no sales.
        ModelError: no champion can be read; the answers published before stay.
        ExtensionError: code of another package fails, and there is no other model to publish.
    """
    dataset = dataset.at(dataset.as_of or dataset.last_day())
    models, left_out = _readable(workspace, progress)
    with open_executor(settings.engine) as executor:
        run = _Run(workspace, dataset, settings, models, progress, executor)
        while True:
            try:
                return _publish(run, left_out)
            except ExtensionError as error:
                failed = _MODEL_OF.get(error.details.get("kind", ""))
                if failed is None or failed not in run.models or len(run.models) == 1:
                    raise
                # half of its files may be there: the set is written anew without it
                run = replace(run, models={kind: folder for kind, folder in run.models.items() if kind != failed})
                left_out = left_out | {failed: str(error)}
                progress.say(f"  LEFT OUT: answers of the {failed} model: {error}")


@dataclass(frozen=True)
class _Run:
    """What a set of answers is made from.

    Attributes:
        workspace: the tenant's files.
        dataset: what is known on the day of the answers.
        settings: the tenant's settings.
        models: bundles of the champions.
        progress: told of the steps.
        executor: runs the parts of the long ones.
    """

    workspace: Workspace
    dataset: Dataset
    settings: Settings
    models: Mapping[Kind, Path]
    progress: Progress
    executor: Executor


def _publish(run: _Run, left_out: dict[str, str]) -> str:
    workspace, progress = run.workspace, run.progress
    answers_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    sweep(workspace.answers)
    # Written aside and renamed when complete: a reader never sees half a set.
    aside = workspace.answers / name_aside(f".{answers_id}")
    aside.mkdir(parents=True)
    try:
        manifest = _fill(aside, answers_id, run)
        manifest = replace(manifest, left_out=left_out)
        # checked on the files as they will be served, before anybody can see them
        manifest = replace(manifest, consistency=_consistency(aside, manifest, run.dataset, run.settings, progress))
        write_manifest(aside, manifest)
        make_durable(aside)
        aside.rename(workspace.answers / answers_id)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    before = _in_use(workspace.answers)
    make_current(workspace.answers, answers_id)
    if open_files := seal(workspace.answers / answers_id):
        progress.say(f"  warning: {open_files}")
    try:
        _note_served(workspace, manifest, before)
    except UnavailableError as error:
        progress.say(f"  whether these answers hold a test of models is noted by the next publish: {error}")
    progress.say(f"  answers {answers_id} as of {manifest.as_of}: {', '.join(manifest.parts) or 'history only'}")
    return answers_id


def _readable(workspace: Workspace, progress: Progress) -> tuple[dict[Kind, Path], dict[str, str]]:
    """Bundles of the readable champions, and the error text of the others."""
    models: dict[Kind, Path] = {}
    left_out: dict[str, str] = {}
    for kind in KINDS:
        try:
            if champion_version(workspace, kind) is not None:
                folder = champion(workspace, kind)
                # loaded only to learn whether this version can read it, before anything is written
                load_model(kind, folder)
                models[kind] = folder
        except ModelError as error:
            left_out[kind] = str(error)
    if left_out and not models:
        raise ModelError("no champion can be read, so nothing is published: " + " ".join(left_out.values()))
    for name, reason in left_out.items():
        progress.say(f"  LEFT OUT: answers of the {name} model: {reason}")
    return models, left_out


def _fill(folder: Path, answers_id: str, run: _Run) -> AnswersManifest:
    workspace, dataset, settings, models, progress = run.workspace, run.dataset, run.settings, run.models, run.progress
    counts: dict[str, int] = {}
    parts: list[str] = []
    manifest = _manifest(answers_id, dataset, settings, models)
    drivers = manifest.driver_groups
    with progress.step("catalogs") as step:
        positions = publish_catalogs(folder, dataset)
        publish_line_facts(folder, dataset)
        counts |= {
            "stores": len(positions.stores),
            "products": len(positions.products),
            "customers": len(positions.customers),
        }
        step.rows = sum(counts.values())
    with progress.step("history and stock") as step:
        step.rows = counts["history"] = publish_history(folder, dataset, positions, settings.serving.history_days)
        counts["stock"] = publish_stock(folder, dataset, positions, settings)
        publish_planned_promotions(folder, dataset, positions)
        publish_promotion_days(folder, dataset, date.fromisoformat(manifest.as_of))
    resolved = publish_profiles(folder, workspace, dataset, positions, settings, progress, run.executor)
    counts["identities"] = publish_identities(folder, dataset, resolved, positions)
    # people first: what telling them of left-overs earns is part of the plan's advice
    people = None
    if "recommender" in models:
        as_of = date.fromisoformat(manifest.as_of)
        recommender = champion_recommender(workspace, settings, models["recommender"]).on(run.executor)
        counts["pairs"] = publish_people(
            folder, dataset, recommender, settings, positions, progress, tenant_experiments(workspace, as_of)
        )
        parts += ["pairs", "similar", "complements"]
        manifest = _with_challenger(folder, run, positions, manifest)
        people = map_answers(folder, replace(manifest, parts=parts))
    else:
        publish_popular(folder, dataset, positions, settings.serving)
    if "demand" in models:
        model, overrides = DemandModel.load(models["demand"]).on(run.executor), tenant_overrides(workspace)
        extra = tenant_units(workspace, dataset, settings.campaigns)
        demand = publish_demand(
            Publication(folder, positions, people, progress, _caused_share(people, workspace, settings)),
            dataset,
            model,
            settings,
            overrides,
            extra,
        )
        write_origin(workspace.ledger, _day(dataset), demand.origin, settings.demand)
        if fault := publish_changes(folder, workspace.answers, _day(dataset)):
            progress.say(f"  warning: exceptions are not compared with those before: {fault}")
        write_rows(folder, "ledger", ledger(workspace.ledger, dataset, overrides, settings))
        counts |= {"series": demand.series, "suggestions": demand.suggestions} | demand.network
        drivers = list(DRIVERS) if model.explains else []
        parts = ["forecasts", "suggestions", *(["what_if"] if model.explains else []), "network", *parts]
    return replace(manifest, parts=parts, counts=counts, driver_groups=drivers)


def _caused_share(people: Answers | None, workspace: Workspace, settings: Settings) -> CausedShare:
    """The share of purchases that contacts cause, as the next campaign is planned with it."""
    published = None if people is None else facts_of(people, []).caused_share
    return tenant_caused_share(workspace, published, settings.campaigns.assumed_caused_share)


def _with_challenger(folder: Path, run: _Run, positions: Positions, manifest: AnswersManifest) -> AnswersManifest:
    """The manifest with the test of models, where one runs and its model can be read; the champion answers anyway."""
    test = tenant_model_test(run.workspace)
    if test is None:
        return manifest
    aside = folder / CHALLENGER
    try:
        bundle = bundle_of(run.workspace, "recommender", test.version)
        model = champion_recommender(run.workspace, run.settings, bundle).on(run.executor)
        publish_challenger(aside, run.dataset, model, run.settings, positions, run.progress)
    except (ModelError, ExtensionError) as error:
        shutil.rmtree(aside, ignore_errors=True)
        run.progress.say(f"  LEFT OUT: recommender version {test.version} of test {test.name}: {error}")
        return manifest
    return replace(manifest, model_test={"name": test.name, "version": test.version})


def _in_use(answers: Path) -> tuple[AnswersManifest, datetime] | None:
    """The manifest of the set in use, and since when it is; None where there is none that can be read."""
    try:
        name = current_id(answers)
        since = datetime.fromtimestamp((answers / "CURRENT").stat().st_mtime, UTC)
        return None if name is None else (read_manifest(answers / name), since)
    except (ModelError, FileNotFoundError):
        return None


def _note_served(
    workspace: Workspace, manifest: AnswersManifest, before: tuple[AnswersManifest, datetime] | None = None
) -> None:
    """Notes whether answers hold the version under test: from the day after on, people get one or the other, or not.

    Those before are noted first, from when on they were in use: the database may have been away just then. Where it was
    not, that changes nothing.

    Raises:
        UnavailableError: the database does not answer.
    """
    with closing(Database(workspace.database_url)) as database:
        if not has_database(workspace, database):
            return
        upgrade(database)
        for answers, since in (*([before] if before else []), (manifest, datetime.now(UTC))):
            if answers.model_test:
                note_served(workspace.tenant, database, answers.model_test["name"], now=since)
            else:
                note_left_out(workspace.tenant, database, now=since)


def _manifest(answers_id: str, dataset: Dataset, settings: Settings, models: Mapping[Kind, Path]) -> AnswersManifest:
    """The manifest of answers with no parts yet."""
    return AnswersManifest(
        answers_id=answers_id,
        as_of=_day(dataset).isoformat(),
        published_at=datetime.now(UTC).isoformat(timespec="seconds"),
        period=settings.data.period,
        currency=currency_of(dataset, settings),
        currency_digits=money_of(dataset, settings).digits,
        label_days=settings.recommender.label_days,
        quantiles=sorted(settings.demand.quantiles),
        driver_groups=list(DRIVERS),
        bundles={kind: _bundle(folder) for kind, folder in models.items()},
        parts=[],
        counts={},
        calendar=_calendar(dataset, settings),
        versions=dict(dataset.versions),
        feature_facts={table: [list(fact) for fact in outside_facts(table)] for table in ("person", "goods", "place")},
    )


def _consistency(
    folder: Path,
    manifest: AnswersManifest,
    dataset: Dataset,
    settings: Settings,
    progress: Progress,
) -> list[dict[str, Any]]:
    """Summary of the contradictions of the answers just written; those that name no reason are said."""
    with progress.step("consistency") as step:
        summary = summarised(contradictions(map_answers(folder, manifest), dataset, settings))
        step.rows = int(summary["lines"].sum())
        step.note = f"{int(summary['explained'].sum()):,} explained"
    for row in summary.filter(pl.col("lines") > pl.col("explained")).iter_rows(named=True):
        progress.say(f"  CONTRADICTION: {row['lines'] - row['explained']:,} lines: {row['reason']}")
    return summary.to_dicts()


def _bundle(folder: Path) -> dict[str, Any]:
    manifest = read_bundle(folder)
    told = {
        name: manifest.facts[name] for name in ("as_of", "trained_at", "run_id", "metrics") if name in manifest.facts
    }
    model = manifest.facts.get("config", {}).get("demand", {}).get("model")
    return {"version": manifest.version, **told} | ({"model": model} if model and manifest.kind == "demand" else {})


def _calendar(dataset: Dataset, settings: Settings) -> list[dict[str, str]]:
    """Event days from the first day of the history to the last of the forecast."""
    last = _day(dataset)
    first, end = last - timedelta(days=settings.serving.history_days), last + timedelta(days=366)
    rows = (
        dataset.scan_or_empty("calendar")
        .filter(pl.col("date").is_between(first, end))
        .unique(["date", "event_name"])
        .sort("date", "event_name")
        .collect()
    )
    return [
        {"date": row["date"].isoformat(), "name": row["event_name"], "type": row["event_type"]}
        for row in rows.iter_rows(named=True)
    ]


def _day(dataset: Dataset) -> date:
    assert dataset.as_of is not None
    return dataset.as_of
