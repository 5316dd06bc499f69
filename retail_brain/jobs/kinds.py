"""Kinds of jobs: which verb each runs, and what it may be started with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from retail_brain.addresses import may_hold_secret, named_address, shown_address
from retail_brain.errors import NotFoundError, UsageError
from retail_brain.jobs.uploads import TABLES_FORM, dataset_of_upload
from retail_brain.past_days import check_past_day
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace

PRESETS = ("fast", "full")
_VARIABLE = "RETAIL_BRAIN_JOB_DATASET"
_SOURCES = ("source", "upload", "dataset")
"""Arguments of which one says what is loaded: a name of the settings, files that were sent, or, typed in a shell, any
address."""


@dataclass(frozen=True)
class JobKind:
    """A kind of job.

    Attributes:
        words: the verb as it is typed.
        options: arguments that it takes beside what is loaded: `as_of`, `preset`.
        loads: whether it needs to be told what to load.
        flags: options of the verb that are always set.
        writes: whether it writes a file, which is `Workspace.measured_orders`.
    """

    words: tuple[str, ...]
    options: tuple[str, ...] = ()
    loads: bool = False
    flags: tuple[str, ...] = ()
    writes: bool = False


KINDS: Final[Mapping[str, JobKind]] = MappingProxyType(
    {
        "check": JobKind(("ingest",), loads=True, flags=("--check",)),
        "ingest": JobKind(("ingest",), loads=True),
        "collect_events": JobKind(("events", "collect")),
        "features": JobKind(("features",), ("as_of",)),
        "train_demand": JobKind(("train", "demand"), ("as_of", "preset")),
        "train_recommender": JobKind(("train", "recommender"), ("as_of", "preset")),
        "promote_demand": JobKind(("promote", "demand"), flags=("--no-publish",)),
        "promote_recommender": JobKind(("promote", "recommender"), flags=("--no-publish",)),
        "publish": JobKind(("publish",), ("as_of",)),
        "measure_orders": JobKind(("orders", "measure"), ("as_of",), writes=True),
    }
)


def check_arguments(kind: str, arguments: Mapping[str, str], settings: Settings, workspace: Workspace) -> None:
    """Refuses a job that could not be run.

    Raises:
        UsageError: there is no such kind, it does not take an argument or its value, or what it loads is in a variable
            that is not set.
        ImpossibleError: files that were sent must be looked at first.
        NotFoundError: the settings name no such source, or the files are not there.
    """
    if kind not in KINDS:
        raise UsageError(
            f"there is no kind of job {kind!r}; wanted one of {', '.join(KINDS)}. Correct it.",
            {"problem": "job_kind_unknown", "kind": kind},
        )
    loads = {"form", *_SOURCES} if KINDS[kind].loads else set()
    if unknown := sorted(set(arguments) - set(KINDS[kind].options) - loads):
        takes = ", ".join(sorted({*KINDS[kind].options, *loads})) or "none"
        raise UsageError(
            f"a job {kind} takes no {', '.join(unknown)}; wanted {takes}. Leave the others out.",
            {"problem": "job_arguments", "arguments": unknown, "takes": takes},
        )
    if (preset := arguments.get("preset", "fast")) not in PRESETS:
        raise UsageError(
            f"preset {preset!r} is not known; wanted fast or full.", {"problem": "job_preset", "preset": preset}
        )
    if "as_of" in arguments:
        _check_day(arguments["as_of"])
    if KINDS[kind].loads:
        dataset = dataset_of(_looked_at(kind, arguments), settings, workspace)
        if settings.jobs.runner != "worker":  # a job has the variables of who starts it; those of a worker nobody knows
            named_address(dataset)


def dataset_of(arguments: Mapping[str, str], settings: Settings, workspace: Workspace) -> str:
    """The address of what a job loads.

    Raises:
        UsageError: not exactly one of source, upload and dataset is given, or the address may hold a secret.
        ImpossibleError: files that were sent must be looked at first.
        NotFoundError: the settings name no such source, or the files are not there.
    """
    named = [name for name in _SOURCES if name in arguments]
    if len(named) != 1:
        raise UsageError(
            f"name what to load: one of {', '.join(_SOURCES)}; got {named or 'none'}.", {"problem": "job_load_one"}
        )
    if named == ["dataset"]:
        if may_hold_secret(arguments["dataset"]):
            raise UsageError(
                f"the address {shown_address(arguments['dataset'])} has a user or a query, which may be secrets and "
                "would be kept with the job. Put it into an environment variable and name env:NAME, or name it under "
                "jobs.sources in the settings.",
                {"problem": "job_dataset_secret"},
            )
        return arguments["dataset"]
    if named == ["upload"]:
        return dataset_of_upload(workspace, arguments["upload"], arguments.get("form", TABLES_FORM))
    source = arguments["source"]
    if source not in settings.jobs.sources:
        known = ", ".join(settings.jobs.sources) or "none"
        raise NotFoundError(
            f"there is no source {source!r}; the settings name {known}. Name it under jobs.sources in the settings.",
            {"problem": "job_source_unknown", "source": source},
        )
    return settings.jobs.sources[source]


def command_of(
    kind: str, arguments: Mapping[str, str], settings: Settings, workspace: Workspace
) -> tuple[list[str], dict[str, str]]:
    """The verb that a job runs: words behind `retail-brain --home HOME --tenant TENANT`, and variables of its own.

    An address that may hold a secret is in a variable: everybody on the machine reads the words of a process.

    Raises:
        NotFoundError: the settings do not name its source any more, or the files are not there.
        ImpossibleError: files that were sent must be looked at first.
    """
    chosen = KINDS[kind]
    words = [*chosen.words, *chosen.flags, "--json"]
    for name in chosen.options:
        if name in arguments:
            words += [f"--{name.replace('_', '-')}", arguments[name]]
    if chosen.writes:
        workspace.measured_orders.parent.mkdir(parents=True, exist_ok=True)
        words += ["--out", str(workspace.measured_orders)]
    if not chosen.loads:
        return words, {}
    dataset = dataset_of(_looked_at(kind, arguments), settings, workspace)
    hidden = {_VARIABLE: dataset} if may_hold_secret(dataset) else {}
    # behind "--", an address that begins with a dash is no option
    return [*words, "--", f"env:{_VARIABLE}" if hidden else dataset], hidden


def _looked_at(kind: str, arguments: Mapping[str, str]) -> Mapping[str, str]:
    """The arguments; a look at files that were sent is a look at all of them, whatever their form."""
    return {**arguments, "form": TABLES_FORM} if kind == "check" and "upload" in arguments else arguments


def _check_day(text: str) -> None:
    try:
        is_day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        is_day = False
    if not is_day:
        raise UsageError(
            f"as_of {text!r} is not a day; wanted YYYY-MM-DD, for example 2025-02-28.",
            {"problem": "job_as_of", "as_of": text},
        )
    check_past_day(date.fromisoformat(text), "as_of")
