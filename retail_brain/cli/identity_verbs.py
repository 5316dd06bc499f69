"""Verbs about who is who: joins accounts of one person and keeps those of two apart, with reasons, and undoes it."""

from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.context import current, open_database
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import LakeOption

if TYPE_CHECKING:
    from retail_brain.operational.database import Database
    from retail_brain.operational.identity_decisions import Kind

identity = typer.Typer(help="Accounts of one person: join, keep apart, undo.", no_args_is_help=True)

_Accounts = Annotated[list[str], typer.Argument(help="Customer ids, two or more.")]
_Reason = Annotated[str, typer.Option(help="What shows it; kept with the decision.")]
_By = Annotated[str, typer.Option("--by", help="Who decides.")]


@identity.command()
def merge(accounts: _Accounts, reason: _Reason, by: _By = "command line", lake: LakeOption = None) -> None:
    """Say that accounts are one person, whatever their identifiers say."""
    _decide("merge", accounts, reason, by, lake)


@identity.command()
def split(accounts: _Accounts, reason: _Reason, by: _By = "command line", lake: LakeOption = None) -> None:
    """Say that accounts are different people, whatever they share."""
    _decide("split", accounts, reason, by, lake)


@identity.command()
def undo(
    decision_id: Annotated[str, typer.Argument(help="Of a merge or split, as `list` shows it.")],
    by: _By = "command line",
    lake: LakeOption = None,
) -> None:
    """Take a merge or split back; what counted before counts again."""
    from retail_brain.operational.identity_decisions import undo_identity

    with closing(open_database()) as database:
        done = undo_identity(current().workspace.tenant, database, decision_id, by=by, now=datetime.now(UTC))
        _hand_over(database, lake)
    reported().ids["decision_id"] = done.decision_id
    typer.echo(f"{done.decision_id} ({done.kind} of {', '.join(done.accounts)}) is undone. {_later()}")


@identity.command("list")
def list_() -> None:
    """List merges and splits, the oldest first, undone ones and those that a later one overrules too."""
    from retail_brain.operational.identity_decisions import list_identity_decisions, overruled

    with closing(open_database()) as database:
        decisions = list_identity_decisions(current().workspace.tenant, database)
    later = overruled(decisions)
    for one in decisions:
        shown = {name: getattr(one, name) for name in one.__dataclass_fields__}
        by = later.get(one.decision_id)
        reported().rows.append(shown | {"accounts": list(one.accounts), "overruled_by": by})
        state = f"undone by {one.undone_by}" if one.undone_at else f"overruled by {by}" if by else "counts"
        typer.echo(
            f"{one.decision_id}  {one.kind:<5}  {one.made_at:%Y-%m-%d}  {one.made_by}: {', '.join(one.accounts)}  "
            f"({one.reason})  {state}"
        )


@identity.command()
def show(account: Annotated[str, typer.Argument(help="A customer id.")]) -> None:
    """Show the person of an account by the last features: all accounts and identifiers, and why each is theirs."""
    import polars as pl

    from features.jobs import scan_features
    from retail_brain.errors import NotFoundError

    table = scan_features(current().workspace.features, "identity")
    is_asked = (pl.col("id_type") == "customer_id") & (pl.col("id_value") == account)
    person = table.filter(is_asked).select("person_id")
    rows = table.join(person, on="person_id", how="semi").sort("id_type", "id_value").collect()
    if not rows.height:
        raise NotFoundError(f"no account {account!r} is in the features. Check the id, or run `retail-brain features`.")
    for row in rows.iter_rows(named=True):
        reported().rows.append(row)
        typer.echo(f"{row['id_type']:<12} {row['id_value']:<24} {row['confidence']:.2f}  {row['reason']}")


def _later() -> str:
    """From when on a decision counts, and the day of the features that do not know of it."""
    from features.jobs import built_as_of

    day = built_as_of(current().workspace.features)
    reported().ids["counts_from"] = "the next features"
    reported().ids["features_as_of"] = None if day is None else day.isoformat()
    known = "no features are built yet" if day is None else f"those in use, as of {day}, do not know of it"
    return f"It counts from the next `retail-brain features` (or publish) on: {known}."


def _decide(kind: "Kind", accounts: list[str], reason: str, by: str, lake: str | None) -> None:
    from retail_brain.operational.identity_decisions import decide_identity

    _check_known(accounts, lake)
    with closing(open_database()) as database:
        tenant, now = current().workspace.tenant, datetime.now(UTC)
        made = decide_identity(tenant, database, kind, accounts, reason=reason, by=by, now=now)
        _hand_over(database, lake)
    reported().ids["decision_id"] = made.decision_id
    said = "are one person" if kind == "merge" else "are different people"
    typer.echo(f"{made.decision_id}: {', '.join(made.accounts)} {said}. {_later()}")
    if kind == "split":
        typer.echo("For contacts a refusal of either still closes both: in doubt a channel stays closed.")


def _hand_over(database: "Database", lake: str | None) -> None:
    """Puts what counts now beside the lake, where everybody who reads it finds it."""
    from retail_brain.lake.identity_links import write_identity_links
    from retail_brain.operational.identity_decisions import links_in_force, list_identity_decisions

    context = current()
    links = links_in_force(list_identity_decisions(context.workspace.tenant, database))
    write_identity_links(context.lake_uri(lake), links, context.settings.storage_options)


def _check_known(accounts: list[str], lake: str | None) -> None:
    """Refuses accounts that no table names.

    Raises:
        NotFoundError: one is not there.
    """
    import polars as pl

    from retail_brain.errors import NotFoundError
    from retail_brain.lake import open_lake
    from retail_brain.lake.people import PEOPLE_TABLES

    context = current()
    dataset = open_lake(context.lake_uri(lake), context.settings.storage_options)
    parts = [
        dataset.frames[name].filter(pl.col("customer_id").is_in(accounts)).select("customer_id")
        for name in PEOPLE_TABLES
        if dataset.has(name)
    ]
    known = set(pl.concat(parts).unique().collect()["customer_id"]) if parts else set()
    for account in accounts:
        if account not in known:
            raise NotFoundError(
                f"no table names the customer {account!r}; nothing was decided. Check the id.", {"customer_id": account}
            )
