"""Verbs that measure what campaigns brought: measure, watch. `campaign_verbs` registers them."""

from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from retail_brain.cli.campaign_desk import ByOption, IdArgument
from retail_brain.cli.context import current, open_database
from retail_brain.cli.effects import EffectOutOption, measure_effect
from retail_brain.cli.json_result import reported
from retail_brain.cli.options import AsOfOption, LakeOption
from retail_brain.which_day import data_day

if TYPE_CHECKING:
    from retail_brain.operational.campaign_effects import StoredEffect


def measure(
    campaign_id: IdArgument,
    out: EffectOutOption = None,
    by: ByOption = "command line",
    lake: LakeOption = None,
    as_of: AsOfOption = None,
) -> None:
    """Measure what a campaign brought: contacted against held-out people; the look is kept for /campaign_effect."""
    from serving.planning.campaigns.measuring import look_at

    measure_effect(
        campaign_id,
        {"campaign": campaign_id},
        lambda tenant, database, dataset, settings, now: look_at(
            tenant, database, dataset, campaign_id, settings, by=by, now=now
        ),
        out,
        lake,
        as_of,
    )


def watch(by: ByOption = "command line", lake: LakeOption = None) -> None:
    """Measure every running or ended campaign that can be, and stop those whose rules say so; for a daily schedule."""
    from retail_brain.operational.campaigns import campaign as read
    from retail_brain.operational.campaigns import list_campaigns
    from serving.planning.campaigns.life import summary
    from serving.planning.campaigns.measuring import watch as look_at
    from serving.planning.campaigns.standing import unreadable, unreadable_text, unwatched_text, watched

    chosen = current()
    tenant, dataset = chosen.workspace.tenant, chosen.dataset(lake)
    today = data_day(dataset.as_of or dataset.last_day())
    with closing(open_database()) as database:
        stored = list_campaigns(tenant, database)
        if in_doubt := unreadable(stored):
            typer.echo(unreadable_text(in_doubt))
        found, left_out = watched(stored, today)
        if left_out:
            reported().counts["left_out"] = len(left_out)
            typer.echo(unwatched_text(left_out))
        for one in found:
            now = datetime.now(UTC)
            look = look_at(tenant, database, dataset, one.campaign_id, chosen.settings, by=by, now=now)
            shown = summary(read(tenant, database, one.campaign_id), today, now, "en")
            reported().rows.append(shown)
            why = f": {shown['stop_reason']}" if shown["stop_reason"] else ""
            typer.echo(f"{one.campaign_id}  {shown['state']:<9}  {_interval(look)}{why}")


def _interval(look: "StoredEffect | None") -> str:
    """Purchases caused per contacted person, or why there is no reading yet."""
    if look is None:
        return "nobody was reached yet"
    reading = look.effect["reading"]
    return "too few people" if reading is None else f"{reading['low']:+.4f} to {reading['high']:+.4f}"
