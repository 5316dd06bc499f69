"""Verbs of tests of two recommenders online: begin, list, effect, promote, drop."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.context import current, open_database
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import AsOfOption, LakeOption

if TYPE_CHECKING:
    from serving.planning.people.model_tests import Asker

model_tests = typer.Typer(
    help="Two recommenders side by side in the service, until the measured effect decides.", no_args_is_help=True
)
_Name = Annotated[str, typer.Argument(metavar="TEST", help="Name of the test.")]
_By = Annotated[str, typer.Option("--by", help="Who does it, for the audit.")]


@model_tests.command()
def begin(
    name: Annotated[str, typer.Argument(metavar="TEST", help="Letters, digits, _, . or -; used once.")],
    version: Annotated[
        int | None, typer.Option("--version", min=1, help="Of the recommender.", show_default="the newest")
    ] = None,
    share: Annotated[float, typer.Option("--share", help="Of the people who get its recommendations.")] = 0.5,
    publish: Annotated[bool, typer.Option(help="Publish answers of both at once.")] = True,
    by: _By = "command line",
) -> None:
    """Let a share of the people, drawn by hash, get the recommendations of a version that is not the champion."""
    from retail_brain.cli.train_verbs import run_publishing
    from serving.planning.people.model_tests import begin as begin_test

    with _asker(by) as asker:
        test = begin_test(asker, name, version, share)
    reported().ids |= {"test": name, "version": test.version}
    typer.echo(f"test {name}: version {test.version} for {share:.0%} of the people, the champion for the others")
    if publish:
        run_publishing(current(), None, None)
    else:
        typer.echo("nobody gets it yet: it counts from the next `publish` on")


@model_tests.command("list")
def list_() -> None:
    """Every test, the newest first."""
    from serving.planning.people.model_tests import listed_tests

    with closing(open_database()) as database:
        rows = listed_tests(current().workspace.tenant, database, datetime.now(UTC))
    reported().rows += rows
    for row in rows:
        since = "not published yet" if row["since"] is None else f"since {row['since']}"
        out = f", left out on {row['days_left_out']} days" if row["days_left_out"] else ""
        typer.echo(f"{row['name']:<20} {row['state']:<9} version {row['version']}, {row['share']:.0%}, {since}{out}")
    if not rows:
        typer.echo("no recommender was tested yet. `model-tests begin TEST` begins one.")


@model_tests.command()
def effect(name: _Name, lake: LakeOption = None, as_of: AsOfOption = None, by: _By = "command line") -> None:
    """Measure a test: who got the version under test against the others, on all purchases since it began."""
    from retail_brain.cli.effects import tell_effect
    from serving.planning.people.model_tests import measure

    dataset = current().dataset(lake, as_of)
    with _asker(by) as asker:
        look = measure(asker, dataset, name)
    tell_effect(f"test {name}", look, None, dataset)
    if out := look.effect["days_left_out"]:
        typer.echo(f"  {out} days are not counted: published answers left the version out")


@model_tests.command()
def promote(
    name: _Name,
    force: Annotated[bool, typer.Option("--force", help="Whatever was measured.")] = False,
    publish: Annotated[bool, typer.Option(help="Publish new answers from the champion afterwards.")] = True,
    by: _By = "command line",
) -> None:
    """Make the version under test champion, if the newest look says for sure that it brings purchases."""
    from retail_brain.cli.train_verbs import run_publishing
    from serving.planning.people.model_tests import promote as promote_tested

    with _asker(by) as asker:
        test, reading = promote_tested(asker, name, force=force)
    reported().ids |= {"test": name, "version": test.version}
    why = "" if reading is None else f" ({reading['low']:+.4f} to {reading['high']:+.4f} purchases per person)"
    typer.echo(f"recommender version {test.version} of test {name} is champion now{why}")
    if publish:
        run_publishing(current(), None, None)


@model_tests.command()
def drop(name: _Name, by: _By = "command line") -> None:
    """End a test: everybody gets the champion's recommendations at once."""
    from serving.planning.people.model_tests import drop as drop_tested

    with _asker(by) as asker:
        drop_tested(asker, name)
    reported().ids["test"] = name
    typer.echo(f"test {name} is over: everybody gets the champion's recommendations")


@contextmanager
def _asker(by: str) -> "Iterator[Asker]":
    """The tenant's tests and database, closed at the end of the block."""
    from serving.planning.people.model_tests import Asker

    chosen = current()
    with closing(open_database()) as database:
        yield Asker(chosen.workspace, database, chosen.settings, by, datetime.now(UTC))
