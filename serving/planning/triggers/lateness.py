"""Says which late messages still keep the caps: on another day than they were decided for, they meet other contacts."""

from collections.abc import Sequence

import polars as pl

from retail_brain.decisions.audience_request import AudienceFacts
from retail_brain.decisions.contact_caps import with_open_days
from retail_brain.decisions.reach import caps_of, contact_log
from retail_brain.operational.repeated_contacts import CAMPAIGN_PREFIX
from retail_brain.operational.trigger_firings import Firing
from serving.planning.campaigns.other_plans import planned_contacts
from serving.planning.triggers.desk import Desk

_KEY = ("campaign_id", "customer_id", "channel", "day")
_WHO = ("person_id", "channel")


def within_caps(desk: Desk, late: Sequence[Firing]) -> set[int]:
    """Ids of the late messages that keep every cap when they are sent today, one person's one after another.

    Args:
        desk: where triggers are worked on.
        late: messages that were decided for an earlier day and not sent.

    Raises:
        UnavailableError: the database does not answer.
    """
    whole, settings = desk.source.facts(()), desk.settings.audience
    told = pl.DataFrame(
        [(one.id, CAMPAIGN_PREFIX + one.trigger_id, one.customer_id, one.channel, one.counted_on) for one in late],
        schema=dict.fromkeys(("id", *_KEY), pl.String) | {"id": pl.Int64, "day": pl.Date},
        orient="row",
    )
    planned = planned_contacts(desk.tenant, desk.database, None, desk.today, settings.contact_window_days)
    others = _without(planned, told)
    facts = AudienceFacts(customers=told, contacts=whole.contacts, planned=others, persons=whole.persons)
    log = contact_log(facts)
    caps = caps_of(settings)
    waiting, kept = whole.accounts.with_person(told), set[int]()
    while waiting.height:
        first = waiting.unique("person_id", keep="first", maintain_order=True)
        able = with_open_days(first.select("id", *_WHO), log, [desk.today], caps)
        kept |= set(able["id"])
        log = pl.concat([log, able.select(*_WHO, day=pl.lit(desk.today))])
        waiting = waiting.join(first, on="id", how="anti", maintain_order="left")
    return kept


def _without(planned: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """The planned contacts but for the late ones themselves, which may be equal to others that were sent."""
    own = told.group_by(_KEY).agg(own=pl.len())
    counted = planned.with_columns(nth=pl.int_range(pl.len()).over(_KEY)).join(own, on=_KEY, how="left")
    return counted.filter(pl.col("nth") >= pl.col("own").fill_null(0)).drop("nth", "own")
