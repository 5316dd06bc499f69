"""Verbs of campaigns: save, list, show, preview, assign, approve, stop, contacts, push, measure, watch."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retail_brain.cli.context import current, open_database
from retail_brain.cli.effects import EffectOutOption, measure_effect
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import AsOfOption, LakeOption, OutOption, parse_day
from retail_brain.cli.table_files import rows_table, write_table

if TYPE_CHECKING:
    from retail_brain.dataset import Dataset
    from retail_brain.operational.campaign_effects import StoredEffect
    from retail_brain.operational.campaigns import Change, StoredCampaign
    from retail_brain.operational.database import Database
    from retail_brain.settings import Settings
    from serving.planning.campaigns.life import Desk

campaign = typer.Typer(
    help="Campaigns: draft, preview, approval, people. They are planned from the published answers.",
    no_args_is_help=True,
)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The campaign's id.")]
ByOption = Annotated[str, typer.Option("--by", help="Who does it; kept with the campaign.")]
VersionOption = Annotated[
    int | None, typer.Option("--version", min=1, help="The version that you saw.", show_default="the present one")
]


@campaign.command()
def save(
    campaign_id: IdArgument,
    file: Annotated[Path, typer.Argument(help="TOML or JSON: the definition.")],
    version: VersionOption = None,
    by: ByOption = "command line",
) -> None:
    """Store a draft: a new campaign, or with --version another definition of one that is not approved yet."""
    from serving.planning.campaigns import life
    from serving.planning.campaigns.files import read_definition

    definition = read_definition(file)
    with _desk() as desk:
        stored = life.save(desk, _change(campaign_id, version, by), definition)
    _note(stored)
    typer.echo(f"{campaign_id}: {stored.state}, version {stored.version}")


@campaign.command()
def propose(
    store: Annotated[list[str] | None, typer.Option("--store", help="Only this shop; may be repeated.")] = None,
    product: Annotated[list[str] | None, typer.Option("--product", help="Only this product; may be repeated.")] = None,
    campaign_id: Annotated[
        str | None, typer.Option("--id", help="Id of the draft.", show_default="leftover- and the day")
    ] = None,
    by: ByOption = "command line",
) -> None:
    """Propose a campaign for the excess stock that can still be sold: a previewed draft to change or approve."""
    from serving.planning.campaigns.propose import propose as propose_draft

    with _desk() as desk:
        name = campaign_id or f"leftover-{desk.today.isoformat()}"
        stored = propose_draft(desk, _change(name, None, by), store or (), product or ())
    found = stored.preview or {}
    _note(stored)
    typer.echo(f"{name}: previewed, version {stored.version}, {stored.definition['name']}")
    _say_preview(found)


@campaign.command("list")
def list_() -> None:
    """List campaigns with how they stand."""
    from retail_brain.operational.campaigns import list_campaigns
    from serving.planning.campaigns.life import summary
    from serving.planning.campaigns.standing import state_on

    with _desk() as desk:
        for one in list_campaigns(current().workspace.tenant, desk.database):
            reported().rows.append(summary(one, desk.today, "en"))
            dates = f"{one.definition.get('starts_on')}..{one.definition.get('ends_on')}"
            typer.echo(
                f"{one.campaign_id}  {state_on(one, desk.today):<9}  v{one.version}  {dates}  "
                f"{one.definition.get('name')}  (changed by {one.changed_by})"
            )


@campaign.command()
def show(campaign_id: IdArgument) -> None:
    """Show a campaign as JSON: definition, preview, and the states that it went through, by whom and when."""
    import json

    from retail_brain.operational.campaigns import campaign as read
    from serving.planning.campaigns.life import summary
    from serving.planning.campaigns.standing import history

    with _desk() as desk:
        stored = read(current().workspace.tenant, desk.database, campaign_id)
        passed = history(stored, desk.database, current().workspace.tenant, desk.today)
        shown = summary(stored, desk.today, "en") | {"history": passed}
    reported().rows.append(shown)
    typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))


@campaign.command()
def preview(campaign_id: IdArgument, version: VersionOption = None, by: ByOption = "command line") -> None:
    """Work a campaign out: size, buyers, value, reach, exclusions step by step, stock against promises."""
    from serving.planning.campaigns import life

    with _desk() as desk:
        stored = life.preview(desk, _seen(desk, campaign_id, version, by))
    found = stored.preview or {}
    _note(stored)
    typer.echo(f"{campaign_id}: previewed, version {stored.version}, as of {found['as_of']}")
    _say_preview(found)


@campaign.command()
def approve(campaign_id: IdArgument, version: VersionOption = None, by: ByOption = "command line") -> None:
    """Approve a previewed campaign: its people, channels, days, hours and holdout are frozen."""
    from retail_brain.operational.campaign_contacts import campaign_contacts
    from serving.planning.campaigns import life

    with _desk() as desk:
        stored = life.approve(desk, _seen(desk, campaign_id, version, by))
        people = campaign_contacts(current().workspace.tenant, desk.database, campaign_id)
    told = sum(one.contact.group == "contact" for one in people)
    _note(stored)
    reported().counts |= {"contacts": told, "holdout": len(people) - told}
    counted = f"{told:,} to contact, {len(people) - told:,} held out"
    typer.echo(f"{campaign_id}: approved by {by}, version {stored.version}: {counted}")


@campaign.command()
def assign(
    out: OutOption,
    campaign_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Only these.", show_default="all not approved")
    ] = None,
    per_customer: Annotated[
        int, typer.Option("--per-customer", help="Most campaigns per person, running ones among them.")
    ] = 1,
    apply: Annotated[
        bool, typer.Option("--apply", help="Store the people of each in its definition; preview and approve it then.")
    ] = False,
    by: ByOption = "command line",
) -> None:
    """Share people out among all campaigns that are not approved, beside what runs. STEM_campaigns has the prices."""
    from serving.planning.campaigns.together import assign_together, narrow_to

    tenant = current().workspace.tenant
    with _desk() as desk:
        found = assign_together(desk, tenant, campaign_ids or (), per_customer=per_customer)
        stored = narrow_to(desk, tenant, found, by=by, now=datetime.now(UTC)) if apply else {}
    write_table(found.people, out)
    write_table(found.campaigns, out.with_name(f"{out.stem}_campaigns{out.suffix}"))
    reported().counts |= {"people": found.people.height, "left_out": dict(found.left_out), "stored": len(stored)}
    reported().counts["beyond_stock"] = found.beyond_stock
    reported().rows += found.campaigns.to_dicts()
    for row in found.campaigns.iter_rows(named=True):
        of = "its people are frozen" if row["alone"] is None else f"{row['alone']:,} alone"
        price = "" if row["price"] is None else f", one more place is worth {row['price']:,.4f}"
        typer.echo(f"{row['campaign_id']}  {row['state']:<9}  {row['assigned']:>7,} people ({of}){price}")
    for name, why in found.left_out.items():
        typer.echo(f"{name}  left out: {why}")
    if found.beyond_stock:
        typer.echo(f"{found.beyond_stock:,} offers were given up: the campaigns together promised more than the stock")
    share = found.value / found.bound if found.bound > 0 else 1.0
    typer.echo(f"value {found.value:,.2f}, {share:.1%} of what is possible beside what runs -> {out}")
    if stored:
        typer.echo(f"{len(stored):,} campaigns have their people; preview and approve them")


@campaign.command()
def stop(
    campaign_id: IdArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept and shown.")],
    version: VersionOption = None,
    by: ByOption = "command line",
) -> None:
    """Stop an approved campaign: contacts still to come are withdrawn and free caps and stock."""
    from serving.planning.campaigns import life

    with _desk() as desk:
        stored = life.stop(desk, _seen(desk, campaign_id, version, by), reason)
    _note(stored)
    typer.echo(f"{campaign_id}: stopped by {by}, version {stored.version}")


@campaign.command()
def contacts(campaign_id: IdArgument, out: OutOption) -> None:
    """Write the people of an approved campaign: group, channel, day, hour, product."""
    from retail_brain.operational.campaign_contacts import campaign_contacts
    from retail_brain.operational.campaigns import campaign as read
    from serving.planning.campaigns.life import CONTACT_COLUMNS, contact_row

    tenant = current().workspace.tenant
    with _desk() as desk:
        read(tenant, desk.database, campaign_id)
        rows = [contact_row(one) for one in campaign_contacts(tenant, desk.database, campaign_id)]
    reported().ids["campaign"] = campaign_id
    reported().counts["people"] = len(rows)
    write_table(rows_table(rows, CONTACT_COLUMNS), out)
    typer.echo(f"{len(rows):,} people -> {out}")


@campaign.command()
def push(
    campaign_id: IdArgument,
    to: Annotated[
        str, typer.Option("--to", help="CSV file, http(s) address, or env:NAME of a variable that holds it.")
    ],
    day: Annotated[
        str | None, typer.Option("--day", help="Contacts due by this day.", show_default="the day after the answers")
    ] = None,
    secret_env: Annotated[
        str | None, typer.Option("--secret-env", help="Variable with the key that calls are signed with.")
    ] = None,
    by: ByOption = "command line",
    lake: LakeOption = None,
) -> None:
    """Hand over the contacts that are due, each at least once; never the held-out or those who refused."""
    from retail_brain.addresses import is_named
    from retail_brain.operational.leases import Lease
    from serving.planning.campaigns.push import Push, push_contacts, secret_of
    from serving.planning.stock.webhook import Delivery

    usual = current().settings.replenishment
    delivery = Delivery(usual.export_timeout_seconds, usual.export_attempts, usual.export_retry_seconds)
    with _desk() as desk:
        due = desk.today if day is None else parse_day(day, "--day")
        asked = Push(campaign_id, due, to, by, secret_of(secret_env))
        tenant = current().workspace.tenant
        dataset = current().dataset(lake)
        lease = Lease(timedelta(seconds=current().settings.triggers.lease_seconds), datetime.now(UTC))
        caps = current().settings.audience
        sent = push_contacts(tenant, desk.database, dataset, asked, settings=caps, lease=lease, delivery=delivery)
    reported().ids |= {"campaign": campaign_id, "day": str(due)}
    reported().counts["contacts"] = sent.contacts
    place = ""
    if sent.file is not None and not is_named(to):  # of what a variable holds only the name is told
        reported().wrote(sent.file, sent.contacts)
        place = f" in {sent.file}"
    elif sent.file is not None:
        place = f" in {sent.file.name}"
    typer.echo(f"{campaign_id}: {sent.contacts:,} contacts due by {due} handed over{place}")
    if due < sent.begins_on:
        typer.echo(f"  {due} is no day of the campaign, which begins on {sent.begins_on}: nothing is due before")
    if sent.elsewhere:
        reported().counts["elsewhere"] = sent.elsewhere
        typer.echo(f"  {sent.elsewhere:,} more are being handed over by another push, or were taken back meanwhile")
    if sent.capped:
        reported().counts["capped"] = sent.capped
        typer.echo(f"  {sent.capped:,} late contacts wait: today they would be more than the caps allow")
    if sent.ended:
        reported().counts["ended"] = sent.ended
        typer.echo(f"  {sent.ended:,} late contacts are not sent: their goods ended before they could be")
    if sent.closed:
        reported().counts |= {"closed": sent.closed, "taken_back": sent.taken_back}
        typer.echo(
            f"  {sent.closed:,} people whose channel is not open any more are not among them; "
            f"{sent.taken_back:,} contacts of those who refused are taken back"
        )


@campaign.command()
def measure(
    campaign_id: IdArgument,
    out: EffectOutOption = None,
    by: ByOption = "command line",
    lake: LakeOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Measure what a campaign brought: contacted against held-out people; the look is kept for /campaign_effect."""
    from serving.planning.campaigns.measuring import look_at

    def measured(
        tenant: str, database: "Database", dataset: "Dataset", settings: "Settings", now: datetime
    ) -> "StoredEffect":
        return look_at(tenant, database, dataset, campaign_id, settings, by=by, now=now)

    measure_effect(campaign_id, {"campaign": campaign_id}, measured, out, lake, as_of)


@campaign.command()
def watch(by: ByOption = "command line", lake: LakeOption = None) -> None:
    """Measure every running or ended campaign that can be, and stop those whose rules say so; for a daily schedule."""
    from retail_brain.operational.campaigns import campaign as read
    from retail_brain.operational.campaigns import list_campaigns
    from serving.planning.campaigns.life import summary
    from serving.planning.campaigns.measuring import watch as look_at
    from serving.planning.campaigns.standing import state_on

    chosen = current()
    tenant, dataset = chosen.workspace.tenant, chosen.dataset(lake)
    today = (dataset.as_of or dataset.last_day()) + timedelta(days=1)
    with closing(open_database()) as database:
        for one in list_campaigns(tenant, database):
            if one.approved_at is None or state_on(one, today) == "measured":
                continue
            now = datetime.now(UTC)
            look = look_at(tenant, database, dataset, one.campaign_id, chosen.settings, by=by, now=now)
            if look is None:
                told = "nobody was reached yet"
            else:
                reading = look.effect["reading"]
                told = "too few people" if reading is None else f"{reading['low']:+.4f} to {reading['high']:+.4f}"
            shown = summary(read(tenant, database, one.campaign_id), today, "en")
            reported().rows.append(shown)
            why = f": {shown['stop_reason']}" if shown["stop_reason"] else ""
            typer.echo(f"{one.campaign_id}  {shown['state']:<9}  {told}{why}")


def _note(stored: "StoredCampaign") -> None:
    """How a campaign stands after a change, for `--json`."""
    reported().ids |= {"campaign": stored.campaign_id, "version": stored.version, "state": stored.state}


def _say_preview(found: dict[str, Any]) -> None:
    counted = ("considered", "contacts", "holdout", "expected_buyers", "caused_purchases", "expected_value", "cost")
    reported().counts |= {name: found[name] for name in counted}
    typer.echo(f"  {found['considered']:,} people considered")
    for step in found["steps"]:
        typer.echo(f"  - {step['customers']:>7,}  {step['left']:>7,} left  {step['reason']}")
    value = "unknown" if found["expected_value"] is None else f"{found['expected_value']:,.2f}"
    for met in found["overlaps"]:
        typer.echo(f"  meets {met['campaign_id']}: {met['people']:,} people in both, {met['left_out']:,} left out here")
    typer.echo(f"  {found['contacts']:,} to contact, {found['holdout']:,} held out")
    typer.echo(
        f"  expected buyers {found['expected_buyers']:,.1f} of the goods they are told of, "
        f"{found['expected_buyers_any']:,.1f} of any of them"
    )
    typer.echo(
        f"  {found['caused_purchases']:,.1f} purchases caused (share {found['caused_share']:.3f}, "
        f"{found['effect_basis']}), value {value} after a cost of {found['cost']:,.2f}"
    )
    by_uplift = found.get("ranked_by") == "uplift"
    typer.echo(f"  ranked by {'what a contact causes for each person' if by_uplift else 'response'}")
    for row in found["channels"]:
        typer.echo(f"  {row['channel']:<8}{row['reachable']:>8,} reachable{row['contacts']:>8,} contacts")


@contextmanager
def _desk() -> "Iterator[Desk]":
    from retail_brain.cli.audience_verbs import segment_customers
    from serving.planning.campaigns.life import Desk
    from serving.store.answer_set import open_current
    from serving.store.campaigns import PublishedSource

    chosen = current()
    database = open_database()
    try:
        answers = open_current(chosen.workspace.answers)
        source = PublishedSource(
            answers, lambda name: segment_customers(name, chosen.dataset(None, answers.manifest.as_of), None)
        )
        yield Desk(database, source, chosen.settings)
    finally:
        database.close()


def _change(campaign_id: str, version: int | None, by: str) -> "Change":
    from retail_brain.operational.campaigns import Change

    return Change(current().workspace.tenant, campaign_id, version, by, datetime.now(UTC))


def _seen(desk: "Desk", campaign_id: str, version: int | None, by: str) -> "Change":
    """A change to the version named, or to the present one."""
    from retail_brain.operational.campaigns import campaign as read

    present = read(current().workspace.tenant, desk.database, campaign_id).version
    return _change(campaign_id, version or present, by)
