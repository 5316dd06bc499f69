"""Verbs about the people of an approved campaign: contacts, push. `campaign_verbs` registers them."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.campaign_desk import ByOption, IdArgument, campaign_desk
from retail_brain.cli.context import current
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import LakeOption, OutOption, parse_day
from retail_brain.cli.table_files import rows_table, write_table

if TYPE_CHECKING:
    from serving.planning.campaigns.push import Push, Pushed


def contacts(campaign_id: IdArgument, out: OutOption) -> None:
    """Write the people of an approved campaign: group, channel, day, hour, product."""
    from retail_brain.operational.campaigns import campaign as read
    from serving.planning.campaigns.life import CONTACT_COLUMNS, contact_row
    from serving.planning.campaigns.unsent import contacts_on

    tenant = current().workspace.tenant
    with campaign_desk() as desk:
        read(tenant, desk.database, campaign_id)
        rows = [contact_row(one) for one in contacts_on(tenant, desk.database, desk.today, campaign_id)]
    reported().ids["campaign"] = campaign_id
    reported().counts["people"] = len(rows)
    write_table(rows_table(rows, CONTACT_COLUMNS), out)
    typer.echo(f"{len(rows):,} people -> {out}")


def push(
    campaign_id: IdArgument,
    to: Annotated[
        str, typer.Option("--to", help="CSV file, http(s) address, or env:NAME of a variable that holds it.")
    ],
    day: Annotated[
        str | None,
        typer.Option("--day", help="Contacts due by this day.", show_default="today, or the day after newer answers"),
    ] = None,
    secret_env: Annotated[
        str | None, typer.Option("--secret-env", help="Variable with the key that calls are signed with.")
    ] = None,
    by: ByOption = "command line",
    lake: LakeOption = None,
) -> None:
    """Hand over the contacts that are due, each at least once; never the held-out or those who refused."""
    from retail_brain.operational.campaigns import campaign as read
    from retail_brain.operational.leases import Lease
    from serving.planning.campaigns.push import Push, push_contacts, secret_of
    from serving.planning.campaigns.push_hours import usual_day
    from serving.planning.stock.webhook import Delivery

    usual = current().settings.replenishment
    delivery = Delivery(usual.export_timeout_seconds, usual.export_attempts, usual.export_retry_seconds)
    with campaign_desk() as desk:
        tenant, now = current().workspace.tenant, datetime.now(UTC)
        stored = read(tenant, desk.database, campaign_id)
        due = usual_day(stored, desk.source.as_of, now) if day is None else parse_day(day, "--day")
        asked = Push(campaign_id, due, to, by, secret_of(secret_env))
        dataset = current().dataset(lake)
        lease = Lease(timedelta(seconds=current().settings.triggers.lease_seconds), now)
        chosen = current().settings
        sent = push_contacts(tenant, desk.database, dataset, asked, settings=chosen, lease=lease, delivery=delivery)
    _tell_sent(asked, sent)


_WAITING = {
    "elsewhere": "more are being handed over by another push, or were taken back meanwhile",
    "capped": "late contacts wait: today they would be more than the caps allow",
    "joined": "people are held out, or told, by another card that turned out to be theirs",
    "quiet": "contacts wait for a later day: no hour of today is left in which people are contacted, or today is none "
    "of the campaign's days of the week",
    "over": "contacts are never sent: no hour of today is left for them, or it is none of the campaign's days of the "
    "week, and the campaign or the goods end before a later one",
    "ended": "late contacts are not sent: their goods ended before they could be",
}
"""Count of a push -> what is said of those who were not told."""


def _tell_sent(asked: "Push", sent: "Pushed") -> None:
    """Says what was handed over and what was not; of a file that a variable names only the last part is told."""
    from retail_brain.addresses import is_named

    reported().ids |= {"campaign": asked.campaign_id, "day": str(asked.day)}
    reported().counts["contacts"] = sent.contacts
    place = ""
    if sent.file is not None and not is_named(asked.target):
        reported().wrote(sent.file, sent.contacts)
        place = f" in {sent.file}"
    elif sent.file is not None:
        place = f" in {sent.file.name}"
    typer.echo(f"{asked.campaign_id}: {sent.contacts:,} contacts due by {asked.day} handed over{place}")
    if asked.day < sent.begins_on:
        typer.echo(f"  {asked.day} is no day of the campaign, which begins on {sent.begins_on}: nothing is due before")
    for name, told in _WAITING.items():
        if count := getattr(sent, name):
            reported().counts[name] = count
            typer.echo(f"  {count:,} {told}")
    if sent.closed:
        reported().counts |= {"closed": sent.closed, "taken_back": sent.taken_back}
        typer.echo(
            f"  {sent.closed:,} people whose channel is not open any more are not among them; "
            f"{sent.taken_back:,} contacts of those who refused are taken back"
        )
