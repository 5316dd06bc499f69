"""Verbs that hand audiences to other systems and take back what came of them: contacts export, optout, collect."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.context import current
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import LakeOption, OutOption, parse_past_day
from retail_brain.cli.table_files import read_table, write_table

if TYPE_CHECKING:
    import polars as pl

    from retail_brain.dataset import Dataset

contacts = typer.Typer(
    help="Audiences for other systems, refusals that come back, and contacts for the lake.", no_args_is_help=True
)
_CodeOption = Annotated[
    str | None,
    typer.Option(
        "--country-code",
        help="Of numbers without one.",
        show_default="audience.phone_country_code, or that of the country",
    ),
]


@contacts.command()
def export(
    audience: Annotated[Path, typer.Argument(help="What `audience` or `campaign contacts` wrote.")],
    out: OutOption,
    profile: Annotated[str, typer.Option("--profile", help="meta, google, wecom or sms.")],
    country_code: _CodeOption = None,
    columns: Annotated[
        Path | None, typer.Option("--columns", help="TOML: their names and forms of columns (docs/operator.md).")
    ] = None,
    lake: LakeOption = None,
) -> None:
    """Write the people to contact as another system wants them; consents are asked again."""
    from features.country import phone_code_of
    from retail_brain.export_mapping import mapped, read_export_mapping
    from serving.planning.people.audience_facts import consents_now, persons_of
    from serving.planning.people.contact_lists import contact_list, identifiers_of
    from serving.planning.people.opt_outs import tenant_opt_outs

    chosen = current()
    dataset = chosen.dataset(lake)
    assert dataset.as_of is not None
    code = country_code or phone_code_of(dataset, chosen.settings) or chosen.settings.audience.phone_country_code
    consents, closed = consents_now(dataset, dataset.as_of, tenant_opt_outs(chosen.workspace))
    told = read_table(audience, "AUDIENCE", as_text=True)
    persons = persons_of(dataset, dataset.as_of)
    made = contact_list(told, identifiers_of(dataset), consents, profile, code, closed, persons)
    write_table(made.rows if columns is None else mapped(made.rows, read_export_mapping(columns)), out)
    reported().counts |= {"listed": made.rows.height, "left_out": dict(made.left_out)}
    typer.echo(f"{made.rows.height:,} people -> {out}")
    for reason, people in made.left_out.items():
        typer.echo(f"left out {people:,}: {reason}")


@contacts.command()
def collect(lake: LakeOption = None) -> None:
    """Bring contacts made and clicks on them into the lake, with their attribution ids; safe to run again.

    Contacts up to the last day of the lake's sales: of campaigns, triggers and guides' lists, held-out people too.
    """
    from contextlib import closing

    from retail_brain.cli.context import open_database
    from retail_brain.cli.ingest_verbs import note_report, report_lines
    from serving.planning.people.collected_contacts import collect_contacts

    here = current()
    dataset = here.dataset(lake)
    day = dataset.as_of or dataset.last_day()
    with closing(open_database()) as database:
        report = collect_contacts(
            here.workspace.tenant, database, here.lake_uri(lake), here.settings, here.progress, as_of=day
        )
    if report is None:
        typer.echo(f"no contacts were made by {day}")
        return
    note_report(report)
    for line in report_lines(report):
        here.progress.say(line)
    new = {name: report.tables[name].new if name in report.tables else 0 for name in ("contacts", "responses")}
    typer.echo(f"{new['contacts']} new contacts and {new['responses']} new responses in the lake, up to {day}")


@contacts.command()
def optout(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet: customer_id, email, phone or external_userid.")],
    channel: Annotated[str, typer.Option("--channel", help="sms, email, app, wechat, guide, or any for all.")] = "any",
    on: Annotated[str | None, typer.Option("--on", help="Day of the refusals, YYYY-MM-DD.", show_default="now")] = None,
    country_code: _CodeOption = None,
    lake: LakeOption = None,
) -> None:
    """Bring refusals in that other systems were told: they close the channel from their moment on.

    Identifiers may be hashed as for Meta or Google. A running service knows of them at once.
    """
    from features.country import phone_code_of
    from retail_brain.errors import UsageError
    from retail_brain.table_schemas import ANY_CHANNEL, CHANNELS_OF_CONTACT
    from serving.planning.people.contact_lists import identifiers_of, lake_customers, owners_of

    if channel not in (*CHANNELS_OF_CONTACT, ANY_CHANNEL):
        raise UsageError(f"--channel {channel!r} is unknown; wanted one of {[*CHANNELS_OF_CONTACT, ANY_CHANNEL]}.")
    here = current()
    # consents are in the local time of the shops: the machine's zone
    now = datetime.now(UTC).astimezone().replace(tzinfo=None, microsecond=0)
    day = now.date() if on is None else parse_past_day(on, "--on")
    # of a day that is over, its end: a refusal counts against every consent of its day
    at = min(now, datetime.combine(day, datetime.max.time()).replace(microsecond=0))
    dataset = here.dataset(lake)
    code = country_code or phone_code_of(dataset, here.settings) or here.settings.audience.phone_country_code
    given = read_table(file, "FILE", as_text=True)
    names_customers = "customer_id" in (name.strip().lower() for name in given.columns)
    identifiers = identifiers_of(dataset, needed=not names_customers)
    people, unknown = owners_of(given, identifiers, lake_customers(dataset), code)
    taken = 0
    if people.height:
        taken = _refuse(people, channel, at, dataset, here.lake_uri(lake))
    reported().counts |= {"closed": people.height, "unknown": unknown, "taken_back": taken}
    typer.echo(f"{people.height:,} customers refuse {channel}; {unknown:,} rows name nobody who is known")
    if taken:
        typer.echo(f"{taken:,} contacts that were planned for them are taken back")


def _refuse(people: "pl.DataFrame", channel: str, at: datetime, dataset: "Dataset", lake: str) -> int:
    """Notes refusals where every worker sees them, then in the lake; returns how many planned contacts go back.

    Where nobody was asked for consent the lake gets none: a table of consents would close every channel that it does
    not grant.
    """
    from contextlib import closing

    from retail_brain.cli.context import open_database
    from retail_brain.decisions.persons import Accounts
    from retail_brain.operational.refusals import TOLD, Refusal, note_refusals
    from serving.planning.people.audience_facts import persons_of
    from serving.planning.people.opt_outs import stored_moment
    from serving.planning.people.refusals import close_channels

    here = current()
    accounts = Accounts.of(persons_of(dataset, dataset.as_of or dataset.last_day()))
    cards = accounts.every_account(people["customer_id"]).to_list()
    refusals = [Refusal(who, channel, stored_moment(at)) for who in people["customer_id"]]
    with closing(open_database()) as database:
        _, taken = note_refusals(
            here.workspace.tenant,
            database,
            refusals,
            TOLD,
            by="command line",
            now=datetime.now(UTC),
            cards=lambda _: cards,
        )
    if dataset.has("consents"):
        close_channels(people, channel, at, lake, here.settings, here.progress)
    return taken
