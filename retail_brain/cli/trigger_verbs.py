"""Verbs of triggers: save, list, show, switch, run, firings, effect, remove."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.context import current, open_database
from retail_brain.cli.effects import EffectOutOption, measure_effect
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import AsOfOption, LakeOption, OutOption, VersionOption, parse_instant
from retail_brain.cli.table_files import rows_table, write_table

if TYPE_CHECKING:
    import polars as pl

    from retail_brain.operational.database import Database
    from retail_brain.operational.triggers import StoredTrigger, TriggerChange
    from serving.planning.triggers.deliver import HandedOver
    from serving.planning.triggers.desk import Desk
    from serving.planning.triggers.evaluate import Seen
    from serving.store.answer_set import Answers

trigger = typer.Typer(
    help="Triggers: contact people when something happened: the bag, a price, stock, a birthday.", no_args_is_help=True
)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The trigger's id.")]
ByOption = Annotated[str, typer.Option("--by", help="Who does it; kept with the trigger.")]
AtOption = Annotated[
    str | None, typer.Option("--at", help="Instant of the look, YYYY-MM-DDTHH:MM.", show_default="now")
]


@trigger.command()
def save(
    trigger_id: IdArgument,
    file: Annotated[Path, typer.Argument(help="TOML or JSON: the definition.")],
    version: Annotated[
        int | None, typer.Option("--version", min=1, help="The version that you saw; without it a new trigger.")
    ] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", help="Who answers for it.", show_default="who makes it")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Store it without switching it on.")] = False,
    by: ByOption = "command line",
) -> None:
    """Store a trigger and switch it on; with --version another definition of one."""
    from retail_brain.decisions.triggers.definition import parse_trigger
    from serving.planning.campaigns.files import read_values
    from serving.planning.triggers import desk as triggers

    definition = parse_trigger(read_values(file, "trigger", "name, kind, slots"), str(file))
    with open_desk() as desk:
        change = _change(trigger_id, version, by)
        stored = triggers.save(desk, change, definition, owner=owner, is_on=not off)
    _say(stored)


@trigger.command("list")
def list_() -> None:
    """List triggers with how they stand and what they did."""
    from retail_brain.operational.firing_pages import firing_counts
    from retail_brain.operational.triggers import list_triggers
    from serving.planning.triggers.desk import summary

    tenant = current().workspace.tenant
    with closing(open_database()) as database:
        counts = firing_counts(tenant, database)
        for one in list_triggers(tenant, database):
            shown = summary(one, counts.get(one.trigger_id, {}))
            reported().rows.append(shown)
            did = (
                ", ".join(f"{number:,} {state}" for state, number in sorted(shown["firings"].items())) or "nothing yet"
            )
            typer.echo(
                f"{one.trigger_id}  {one.state:<3}  v{one.version}  {one.definition.get('kind'):<16}  "
                f"{one.definition.get('name')}  ({one.owner}): {did}"
            )


@trigger.command()
def show(trigger_id: IdArgument) -> None:
    """Show a trigger as JSON: definition, who and when, what it did and why not."""
    import json

    from retail_brain.operational.triggers import trigger as read
    from serving.planning.triggers.desk import counts_of, summary

    tenant = current().workspace.tenant
    with closing(open_database()) as database:
        stored = read(tenant, database, trigger_id)
        shown = summary(stored, counts_of(tenant, database, trigger_id))
    reported().rows.append(shown)
    typer.echo(json.dumps(shown, ensure_ascii=False, indent=2, default=str))


@trigger.command()
def switch(
    trigger_id: IdArgument,
    on: Annotated[bool, typer.Option("--on/--off", help="Whether it fires.")],
    version: VersionOption = None,
    by: ByOption = "command line",
) -> None:
    """Switch a trigger on or off; off withdraws what waits to be sent."""
    from serving.planning.triggers import desk as triggers

    with open_desk() as desk:
        change = _seen(desk.database, trigger_id, version, by)
        _say(triggers.switch(desk, change, is_on=on))


@trigger.command()
def remove(trigger_id: IdArgument, version: VersionOption = None, by: ByOption = "command line") -> None:
    """Remove a trigger: what waits is withdrawn, what it did stays measurable."""
    from retail_brain.operational.triggers import remove_trigger

    with closing(open_database()) as database:
        _say(remove_trigger(database, _seen(database, trigger_id, version, by)))


@trigger.command()
def run(
    trigger_ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID]...",
            help="Look for causes of these only; with --to what is due of all goes out.",
            show_default="all that are on",
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", help="CSV file, http(s) address, or env:NAME; without it causes are noted, nothing is sent."
        ),
    ] = None,
    every: Annotated[
        float | None, typer.Option("--every", min=0.1, help="Seconds between looks; goes on until it is stopped.")
    ] = None,
    at: AtOption = None,
    secret_env: Annotated[
        str | None, typer.Option("--secret-env", help="Variable with the key that calls are signed with.")
    ] = None,
    by: ByOption = "command line",
    lake: LakeOption = None,
) -> None:
    """Look for causes, decide what is due, and hand it over; safe to run again, by several workers, after a kill."""
    from retail_brain.errors import RetailBrainError, UsageError

    if every is not None and at is not None:
        raise UsageError("--every looks at the present instant each time; leave out --at.")
    seen: Seen = set()
    while True:
        try:
            _look(trigger_ids or (), to, at, secret_env, by, lake, seen)
        except (UsageError, KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        # whoever watches goes on, after a full disk and a panic of Polars too, which is no Exception: what was not
        # handed over goes out at the next look
        except BaseException as error:
            if every is None:
                raise
            said = error if isinstance(error, RetailBrainError) else f"{type(error).__name__}: {error}"
            moment = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
            typer.echo(f"{moment}: this look failed, the next one follows: {said}", err=True)
        if every is None:
            return
        time.sleep(every)


@trigger.command()
def firings(trigger_id: IdArgument, out: OutOption) -> None:
    """Write what a trigger fired: person, cause, state, why not, channel, day."""
    from retail_brain.operational.trigger_firings import firings as read_firings
    from retail_brain.operational.triggers import trigger as read
    from serving.planning.triggers.desk import FIRING_COLUMNS, firing_row

    tenant = current().workspace.tenant
    with closing(open_database()) as database:
        read(tenant, database, trigger_id)
        rows = [firing_row(one) for one in read_firings(tenant, database, trigger_id)]
    reported().ids["trigger"] = trigger_id
    reported().counts["firings"] = len(rows)
    write_table(rows_table(rows, FIRING_COLUMNS), out)
    typer.echo(f"{len(rows):,} firings -> {out}")


@trigger.command()
def effect(
    trigger_id: IdArgument,
    out: EffectOutOption = None,
    by: ByOption = "command line",
    lake: LakeOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Measure what a trigger brought: contacted against held-out people; the look is kept for /trigger_effect."""
    from retail_brain.operational.triggers import trigger as read
    from serving.planning.triggers.measure import look_at_trigger

    measure_effect(
        trigger_id,
        {"trigger": trigger_id},
        lambda tenant, database, dataset, settings, now: look_at_trigger(
            tenant, database, dataset, read(tenant, database, trigger_id), settings, by, now
        ),
        out,
        lake,
        as_of,
    )


def _look(
    trigger_ids: "list[str] | tuple[()]",
    to: str | None,
    at: str | None,
    secret_env: str | None,
    by: str,
    lake: str | None,
    seen: "Seen",
) -> None:
    """One look; `seen` holds what was looked at already."""
    from retail_brain.which_day import behind_text
    from serving.planning.campaigns.push import secret_of
    from serving.planning.people.audience_facts import consents_now
    from serving.planning.people.opt_outs import read_opt_outs
    from serving.planning.stock.webhook import Delivery
    from serving.planning.triggers.deliver import HandedOver, Target, deliver
    from serving.planning.triggers.evaluate import evaluate
    from serving.planning.triggers.settle import settle

    usual = current().settings.replenishment
    delivery = Delivery(usual.export_timeout_seconds, usual.export_attempts, usual.export_retry_seconds)
    with open_desk(at) as desk:
        for one in trigger_ids:
            _known(desk, one)
        if (behind := behind_text(desk.source.as_of, desk.now)) is not None and not seen:
            typer.echo(behind)
        for noted in evaluate(desk, trigger_ids, seen):
            reported().rows.append(vars(noted))
            left = f"{noted.unknown:,} of nobody known, {noted.others:,} left out, {noted.stale:,} too old"
            left += f", {noted.too_long:,} of ids that are too long" if noted.too_long else ""
            typer.echo(
                f"{noted.trigger_id}: {noted.problem or f'{noted.new:,} new of {noted.causes:,} causes; {left}'}"
            )
        if to is None:
            return

        def consents() -> "tuple[pl.DataFrame | None, pl.DataFrame]":
            dataset = current().dataset(lake)
            return consents_now(dataset, dataset.as_of or desk.source.as_of, read_opt_outs(desk.tenant, desk.database))

        target, decided, done = Target(to, secret_of(secret_env), delivery), Counter[str](), HandedOver()
        try:
            while True:  # what was decided before a kill goes out first
                deliver(desk, consents, target, done, by=by)
                more = settle(desk)
                decided += more
                if not more:
                    break
        except BaseException:
            if decided or done != HandedOver():  # what went out is told of, whatever came then
                _say_handed_over(decided, done)
            raise
    _say_handed_over(decided, done)


def _say_handed_over(decided: Counter[str], done: "HandedOver") -> None:
    """Tells what was decided and what went out at one look."""
    reported().counts |= {"decided": dict(decided), "contacts": done.contacts, "lines": done.lines}
    for file in done.files:
        reported().wrote(file, done.contacts)
    said = ", ".join(f"{number:,} {name}" for name, number in sorted(decided.items())) or "nothing was due"
    where = "".join(f" -> {file}" for file in done.files)
    typer.echo(
        f"decided: {said}; {done.contacts:,} handed over{where}, {done.lines:,} lines for guides, "
        f"{done.refused:,} refused since"
    )
    if done.unreadable:
        reported().counts["unreadable"] = done.unreadable
        typer.echo(f"  {done.unreadable:,} wait: their trigger cannot be read. Save it again, or switch it off")


def _known(desk: "Desk", trigger_id: str) -> None:
    from retail_brain.operational.triggers import trigger as read

    read(desk.tenant, desk.database, trigger_id)


def _say(stored: "StoredTrigger") -> None:
    reported().ids |= {"trigger": stored.trigger_id, "version": stored.version, "state": stored.state}
    typer.echo(f"{stored.trigger_id}: {stored.state}, version {stored.version}, owner {stored.owner}")


_open: "dict[Path, Answers]" = {}
"""The newest answers by their folder: while the set stays, their files are not read and checked again at every look."""


@contextmanager
def open_desk(at: str | None = None) -> "Iterator[Desk]":
    """Where triggers and guides are worked on, from the published answers; `at`: instant instead of now."""
    from retail_brain.cli.audience_verbs import segment_customers
    from serving.planning.triggers.desk import Desk
    from serving.store.current_answers import current_id, open_current
    from serving.store.guides import present_guides
    from serving.store.triggers import PublishedTriggerSource

    chosen = current()
    now = datetime.now(UTC) if at is None else parse_instant(at, "--at")
    with closing(open_database()) as database:
        newest = chosen.workspace.answers / (current_id(chosen.workspace.answers) or "none")
        if newest not in _open:
            _open.clear()
            answers = open_current(chosen.workspace.answers)
            _open[chosen.workspace.answers / answers.manifest.answers_id] = answers
        answers = next(iter(_open.values()))
        source = PublishedTriggerSource(
            answers,
            lambda name: segment_customers(name, chosen.dataset(None, answers.manifest.as_of), None),
            chosen.settings.audience,
        )
        guides = present_guides(chosen.workspace.tenant, database, answers)
        yield Desk(chosen.workspace.tenant, database, source, chosen.settings, now, guides)


def _change(trigger_id: str, version: int | None, by: str) -> "TriggerChange":
    from retail_brain.operational.triggers import TriggerChange

    return TriggerChange(current().workspace.tenant, trigger_id, version, by, datetime.now(UTC))


def _seen(database: "Database", trigger_id: str, version: int | None, by: str) -> "TriggerChange":
    """A change to the version named, or to the present one."""
    from retail_brain.operational.triggers import trigger as read

    present = read(current().workspace.tenant, database, trigger_id).version
    return _change(trigger_id, version or present, by)
