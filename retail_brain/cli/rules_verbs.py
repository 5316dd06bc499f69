"""Verbs of the offer rules: list, check, set, history; effect, promote and drop of those under a test."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.context import current, open_database
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import AsOfOption, LakeOption

if TYPE_CHECKING:
    from retail_brain.decisions.offer_rule_definition import Rule

rules = typer.Typer(help="What operators decide about recommended goods.", no_args_is_help=True)

ByOption = Annotated[str, typer.Option("--by", help="Who does it, for the audit.")]
_FileArgument = Annotated[Path, typer.Argument(help="TOML (tables called rules), JSON or CSV (lists separated by ;).")]


@rules.command("list")
def list_(
    out: Annotated[Path | None, typer.Option("--out", help="TOML or JSON file to write them to.")] = None,
) -> None:
    """The rules that count, and whether their time has come."""
    from retail_brain.operational.rules import current_rules
    from serving.planning.people.rule_files import stored_rules, write_rules

    with closing(open_database()) as database:
        current_set = current_rules(current().workspace.tenant, database)
    if out is not None:
        write_rules(current_set.rules, out)
    now = datetime.now(UTC)
    for place, rule in enumerate(stored_rules(current_set), start=1):
        where = f" in {', '.join(rule.stores)}" if rule.stores else ""
        where += f", test {rule.test} with {rule.test_share:.0%} of the people" if rule.test else ""
        typer.echo(f"{place:>3} {rule.state(now):<8} {rule.action:<10} {rule.attribute:<12} {rule.title}{where}")
    by = f", set by {current_set.set_by} at {current_set.set_at:%Y-%m-%d %H:%M} UTC" if current_set.set_at else ""
    typer.echo(f"{len(current_set.rules)} rules, version {current_set.version}{by}")


@rules.command()
def check(file: _FileArgument, lake: LakeOption = None) -> None:
    """Look at a file of rules without storing it: what cannot be used, and what is probably not meant."""
    listed = _parsed(file)
    _warn(listed, lake)
    typer.echo(f"{len(listed)} rules can be used")


@rules.command("set")
def set_(
    file: _FileArgument,
    by: Annotated[str, typer.Option("--by", help="Who sets them, for the audit.")] = "command line",
    version: Annotated[int | None, typer.Option(min=0, help="Of the list you changed; a newer one refuses.")] = None,
    lake: LakeOption = None,
) -> None:
    """Put the rules of a file in place of the present ones; a running service follows within a second."""
    from retail_brain.operational.rules import store_rules
    from serving.planning.people.rule_files import plain_rule

    listed = _parsed(file)
    plain = [plain_rule(rule) for rule in listed]
    with closing(open_database()) as database:
        tenant, now = current().workspace.tenant, datetime.now(UTC)
        stored = store_rules(tenant, database, plain, set_by=by, now=now, version=version)
    _warn(listed, lake)
    reported().ids["version"] = stored.version
    reported().counts["rules"] = len(listed)
    typer.echo(f"{len(listed)} rules are version {stored.version}")


@rules.command()
def history(limit: Annotated[int, typer.Option(min=1, max=1000)] = 20) -> None:
    """Who set how many rules when, newest first."""
    from retail_brain.operational.rules import rule_history

    with closing(open_database()) as database:
        for version in rule_history(current().workspace.tenant, database, limit=limit):
            typer.echo(
                f"version {version.version:<6} {version.set_at:%Y-%m-%d %H:%M} UTC  "
                f"{len(version.rules):>4} rules  {version.set_by}"
            )


@rules.command()
def effect(
    name: Annotated[str, typer.Argument(metavar="TEST", help="Name of the test.")],
    lake: LakeOption = None,
    as_of: AsOfOption = None,
    by: ByOption = "command line",
) -> None:
    """Measure a test of rules: those to whom they apply against the others, all purchases since it began."""
    from retail_brain.cli.effects import measure_effect
    from serving.planning.people.rule_tests import look_at_test

    measure_effect(
        f"test {name}",
        {},
        lambda tenant, database, dataset, settings, now: look_at_test(
            tenant, database, dataset, name, settings, by=by, now=now
        ),
        None,
        lake,
        as_of,
    )


@rules.command()
def promote(
    name: Annotated[str, typer.Argument(metavar="TEST", help="Name of the test.")],
    force: Annotated[bool, typer.Option("--force", help="Whatever was measured.")] = False,
    by: ByOption = "command line",
) -> None:
    """Let the rules of a test apply to everybody, if the newest look at it says for sure that they bring purchases."""
    from serving.planning.people.rule_tests import promote_test

    with closing(open_database()) as database:
        stored, reading = promote_test(
            current().workspace.tenant, database, name, by=by, now=datetime.now(UTC), force=force
        )
    reported().ids["version"] = stored.version
    why = "" if reading is None else f" ({reading['low']:+.4f} to {reading['high']:+.4f} purchases per person)"
    typer.echo(f"the rules of test {name} apply to everybody{why}, version {stored.version}")


@rules.command()
def drop(
    name: Annotated[str, typer.Argument(metavar="TEST", help="Name of the test.")], by: ByOption = "command line"
) -> None:
    """Take the rules of a test away."""
    from serving.planning.people.rule_tests import drop_test

    with closing(open_database()) as database:
        stored = drop_test(current().workspace.tenant, database, name, by=by, now=datetime.now(UTC))
    reported().ids["version"] = stored.version
    typer.echo(f"the rules of test {name} are gone, version {stored.version}")


def tenant_rules() -> "list[Rule]":
    """Reads the tenant's present offer rules."""
    from retail_brain.operational.rules import current_rules
    from serving.planning.people.rule_files import stored_rules

    with closing(open_database()) as database:
        found = stored_rules(current_rules(current().workspace.tenant, database))
    tests = sum(bool(rule.test) for rule in found)
    if tests:
        current().progress.say(f"note: {tests} rules under a test are left out; they apply where the service is asked")
    return found


def _parsed(file: Path) -> "list[Rule]":
    from serving.planning.people.rule_files import parse_rules, read_rules

    return parse_rules(read_rules(file), str(file))


def _warn(listed: "list[Rule]", lake: str | None) -> None:
    """Prints warnings about rules that are probably not meant; without a lake, ids are not checked."""
    from retail_brain.errors import RetailBrainError
    from serving.planning.people.offering import known_goods, known_stores
    from serving.planning.people.rule_files import warnings_of

    named = {store for rule in listed for store in rule.stores}
    try:
        dataset = current().dataset(lake)
    except RetailBrainError:
        typer.echo("there is no lake to look the goods up in: only the rules themselves were checked", err=True)
        return
    goods = known_goods(dataset)
    for warning in warnings_of(listed, goods, named - set(known_stores(dataset)), datetime.now(UTC)):
        typer.echo(warning, err=True)
