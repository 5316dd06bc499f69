"""Verbs of campaigns over their life: save, propose, list, show, preview, approve, assign, stop."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retail_brain.cli.campaign_contacts_verbs import contacts, push
from retail_brain.cli.campaign_desk import ByOption, IdArgument, campaign_desk
from retail_brain.cli.campaign_effect_verbs import measure, watch
from retail_brain.cli.context import current
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import OutOption, VersionOption
from retail_brain.cli.table_files import write_table

if TYPE_CHECKING:
    from retail_brain.operational.campaigns import Change, StoredCampaign
    from serving.planning.campaigns.life import Desk

campaign = typer.Typer(
    help="Campaigns: draft, preview, approval, people. They are planned from the published answers.",
    no_args_is_help=True,
)


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
    with campaign_desk() as desk:
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

    with campaign_desk() as desk:
        name = campaign_id or f"leftover-{desk.today.isoformat()}"
        stored = propose_draft(desk, _change(name, None, by), store or (), product or ())
        clock = _clock_lines(desk, stored)
    found = stored.preview or {}
    _note(stored)
    typer.echo(f"{name}: previewed, version {stored.version}, {stored.definition['name']}")
    _say_preview(found)
    _say_clock(clock)


@campaign.command("list")
def list_() -> None:
    """List campaigns with how they stand."""
    from retail_brain.operational.campaigns import list_campaigns
    from serving.planning.campaigns.life import summary
    from serving.planning.campaigns.standing import clock_text, unreadable, unreadable_text

    with campaign_desk() as desk:
        now = datetime.now(UTC)
        stored = list_campaigns(current().workspace.tenant, desk.database)
        in_doubt = unreadable(stored)
        for one in (one for one in stored if one.campaign_id not in in_doubt):
            shown = summary(one, desk.today, now, "en")
            reported().rows.append(shown)
            dates = f"{one.definition.get('starts_on')}..{one.definition.get('ends_on')}"
            typer.echo(
                f"{one.campaign_id}  {shown['state']:<9}  v{one.version}  {dates}  "
                f"{one.definition.get('name')}  (changed by {one.changed_by})"
            )
            if (told := clock_text(shown["state"], shown["by_clock"], now)) is not None:
                typer.echo(f"  {told}")
    if in_doubt:
        reported().counts["left_out"] = len(in_doubt)
        typer.echo(unreadable_text(in_doubt))


@campaign.command()
def show(campaign_id: IdArgument) -> None:
    """Show a campaign as JSON: definition, preview, and the states that it went through, by whom and when."""
    import json

    from retail_brain.operational.campaigns import campaign as read
    from serving.planning.campaigns.life import summary
    from serving.planning.campaigns.standing import history

    with campaign_desk() as desk:
        stored = read(current().workspace.tenant, desk.database, campaign_id)
        passed = history(stored, desk.database, current().workspace.tenant, desk.today)
        shown = summary(stored, desk.today, datetime.now(UTC), "en") | {"history": passed}
    reported().rows.append(shown)
    typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))


@campaign.command()
def preview(campaign_id: IdArgument, version: VersionOption = None, by: ByOption = "command line") -> None:
    """Work a campaign out: size, buyers, value, reach, exclusions step by step, stock against promises."""
    from serving.planning.campaigns import life

    with campaign_desk() as desk:
        stored = life.preview(desk, _seen(desk, campaign_id, version, by))
        clock = _clock_lines(desk, stored)
    found = stored.preview or {}
    _note(stored)
    typer.echo(f"{campaign_id}: previewed, version {stored.version}, as of {found['as_of']}")
    _say_preview(found)
    _say_clock(clock)


@campaign.command()
def approve(campaign_id: IdArgument, version: VersionOption = None, by: ByOption = "command line") -> None:
    """Approve a previewed campaign: its people, channels, days, hours and holdout are frozen."""
    from retail_brain.operational.campaign_contacts import campaign_contacts
    from serving.planning.campaigns import life

    with campaign_desk() as desk:
        stored = life.approve(desk, _seen(desk, campaign_id, version, by))
        people = campaign_contacts(current().workspace.tenant, desk.database, campaign_id)
        clock = _clock_lines(desk, stored)
    told = sum(one.contact.group == "contact" for one in people)
    _note(stored)
    reported().counts |= {"contacts": told, "holdout": len(people) - told}
    counted = f"{told:,} to contact, {len(people) - told:,} held out"
    typer.echo(f"{campaign_id}: approved by {by}, version {stored.version}: {counted}")
    _say_clock(clock)


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
    with campaign_desk() as desk:
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

    with campaign_desk() as desk:
        stored = life.stop(desk, _seen(desk, campaign_id, version, by), reason)
    _note(stored)
    typer.echo(f"{campaign_id}: stopped by {by}, version {stored.version}")


for _verb in (contacts, push, measure, watch):
    campaign.command()(_verb)


def _note(stored: "StoredCampaign") -> None:
    """How a campaign stands after a change, for `--json`."""
    reported().ids |= {"campaign": stored.campaign_id, "version": stored.version, "state": stored.state}


def _clock_lines(desk: "Desk", stored: "StoredCampaign") -> list[str]:
    """What is said where the published day and the clock lie apart: of the answers, and of the campaign's days."""
    from retail_brain.which_day import behind_text
    from serving.planning.campaigns.standing import clock_text, days_by_clock, state_on

    now = datetime.now(UTC)
    told = clock_text(state_on(stored, desk.today), days_by_clock(stored, now), now)
    return [one for one in (behind_text(desk.source.as_of, now), told) if one is not None]


def _say_clock(lines: list[str]) -> None:
    for line in lines:
        typer.echo(f"  {line}")


def _share_text(share: float | None) -> str:
    return "" if share is None else f", {share:.1%}"


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
        f"  {found['caused_purchases']:,.1f} of them would not happen without the contacts"
        f"{_share_text(found['incremental_share'])} ({found['effect_basis']}), "
        f"value {value} after a cost of {found['cost']:,.2f}"
    )
    by_uplift = found.get("ranked_by") == "uplift"
    typer.echo(f"  ranked by {'what a contact causes for each person' if by_uplift else 'response'}")
    for row in found["channels"]:
        typer.echo(f"  {row['channel']:<8}{row['reachable']:>8,} reachable{row['contacts']:>8,} contacts")


def _change(campaign_id: str, version: int | None, by: str) -> "Change":
    from retail_brain.operational.campaigns import Change

    return Change(current().workspace.tenant, campaign_id, version, by, datetime.now(UTC))


def _seen(desk: "Desk", campaign_id: str, version: int | None, by: str) -> "Change":
    """A change to the version named, or to the present one."""
    from retail_brain.operational.campaigns import campaign as read

    present = read(current().workspace.tenant, desk.database, campaign_id).version
    return _change(campaign_id, version or present, by)
