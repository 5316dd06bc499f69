"""Decides what becomes of messages that are due, when they would be sent: everything is asked again then.

Consent, control group, holdout, caps over all campaigns, triggers and guides, what was just bought and what is in stock
are judged by the functions that campaigns use; a trigger adds its own cap, hours and end.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby

import polars as pl

from retail_brain.decisions.audience_request import NO_SIZE, AudienceFacts, AudienceRequest
from retail_brain.decisions.eligibility import situation_of
from retail_brain.decisions.exclusions import EXCLUSION_TEXTS, code_names
from retail_brain.decisions.goods_on_offer import with_free
from retail_brain.decisions.offers import judged_offers
from retail_brain.decisions.reach import reach
from retail_brain.decisions.told_elsewhere import TOLD_ROWS, last_effect_day
from retail_brain.decisions.triggers.definition import TriggerDefinition
from retail_brain.errors import ConflictError, ImpossibleError
from retail_brain.operational.database import TRIES
from retail_brain.operational.repeated_contacts import UNKNOWN, read_contacts_mark
from retail_brain.operational.trigger_firings import Decision, Firing, due_firings, store_decisions
from retail_brain.operational.triggers import StoredTrigger
from serving.planning.campaigns.hours import open_hours
from serving.planning.triggers.desk import Desk
from serving.planning.triggers.settling_facts import Known, guided_persons, known_now, settling_facts

DROPPED_TEXTS: Mapping[str, tuple[str, str]] = {
    **EXCLUSION_TEXTS,
    "trigger_cap": ("This trigger reached the person as often as it may", "该触发器对此人的次数已达上限"),
    "expired": ("Could not be sent in time", "未能及时发送"),
    "switched_off": ("The trigger was switched off or removed", "触发器已关闭或删除"),
    "on_list": ("Already on the guide's list of the day", "已在导购当日名单上"),
    "no_guide": ("No guide looks after the person", "此人没有专属导购"),
}
"""Code -> English and Chinese: why a message was not sent."""
_UNKNOWN = 0.5
"""Chance where none was published: only whether an offer can be made is read, which no chance changes."""
_PLANNED = ["campaign_id", "customer_id", "channel", "day", "repeats"]


def settle(desk: Desk, *, limit: int | None = None) -> Counter[str]:
    """Decides the messages that are due; counts what became of them: `taken`, `held`, or why they were dropped.

    Messages outside of their hours go on waiting. Decisions are worked out again where somebody else's plans changed
    meanwhile, so that workers and approvals at the same time cannot break a cap together.

    Args:
        desk: where triggers are worked on.
        limit: messages looked at; None: the setting.

    Raises:
        ConflictError: plans changed again and again.
        ImpossibleError: an approved campaign cannot be read; what is due waits.
        UnavailableError: the database does not answer.
    """
    most = desk.settings.triggers.at_once if limit is None else limit
    for _ in range(TRIES):
        mark, known = read_contacts_mark(desk.tenant, desk.database), known_now(desk)
        # those outside of their hours must not fill the room of the others
        able = [name for name, (_, definition) in known.triggers.items() if is_open(desk, definition)]
        due = due_firings(desk.tenant, desk.database, desk.now, limit=most, trigger_ids=able)
        if not due:
            return Counter()
        known.others.check_readable()
        decisions = decide(desk, due, known)
        if store_decisions(desk.tenant, desk.database, decisions, mark):
            return Counter(one.code or one.state for one in decisions)
    raise ConflictError(
        f"nothing was decided: other plans changed meanwhile, {TRIES} times. Run it again.",
        {"problem": "plans_changed"},
    )


def decide(desk: Desk, due: Sequence[Firing], known: Known) -> list[Decision]:
    """What becomes of firings that are due; those left out go on waiting. Of a person one is looked at after another.

    Args:
        desk: where triggers are worked on.
        due: firings, those due first at the front.
        known: what they are decided under.
    """
    facts = settling_facts(desk, due, known.others)
    planned, promised = known.others.contacts.select(_PLANNED), known.others.promises
    told, effect_days = known.others.told, desk.settings.campaigns.effect_days
    reached, decisions = known.reached, list[Decision]()
    for trigger_id, rows in groupby(sorted(due, key=lambda one: one.trigger_id), lambda one: one.trigger_id):
        if trigger_id not in known.triggers:
            continue
        stored, definition = known.triggers[trigger_id]
        waiting = list(rows)
        earliest = desk.earliest_due(definition)
        decisions += [Decision(one.id, "dropped", "expired") for one in waiting if one.due_at < earliest]
        waiting = [one for one in waiting if one.due_at >= earliest]
        if not is_open(desk, definition):
            continue
        while waiting:
            first, waiting = _first_of_each(facts, waiting)
            now = replace(facts, planned=planned, promises=promised, told=told)
            made = _decide_once(desk, stored, definition, first, now, reached)
            decisions += made
            own = _contacts_of(stored, first, made)
            taken = own.filter(~pl.col("held"), pl.col("product_id").is_not_null())
            promised = pl.concat([promised, taken.select(promised.columns)])
            planned = pl.concat([planned, own.filter(~pl.col("held")).select(_PLANNED)])
            reached = pl.concat([reached, own.select(reached.columns)])
            told = pl.concat([told, _told_by(own, effect_days)])
    return decisions


def is_open(desk: Desk, definition: TriggerDefinition) -> bool:
    """Whether a trigger may contact people at the instant of the look."""
    try:
        hours = open_hours(definition, desk.settings.campaigns)
    except ImpossibleError:  # quiet hours were widened since it was saved
        return False
    return desk.local.hour in hours and desk.local.isoweekday() in definition.weekdays


def _first_of_each(facts: AudienceFacts, waiting: Sequence[Firing]) -> tuple[list[Firing], list[Firing]]:
    """The first firing of each person, and the others."""
    named = pl.DataFrame({"customer_id": [one.customer_id for one in waiting]}, schema={"customer_id": pl.String})
    is_first = facts.accounts.with_person(named)["person_id"].is_first_distinct().to_list()
    parts: tuple[list[Firing], list[Firing]] = ([], [])
    for one, first in zip(waiting, is_first, strict=True):
        parts[0 if first else 1].append(one)
    return parts


def _decide_once(
    desk: Desk,
    stored: StoredTrigger,
    definition: TriggerDefinition,
    waiting: Sequence[Firing],
    facts: AudienceFacts,
    reached: pl.DataFrame,
) -> list[Decision]:
    """Decides firings of different people."""
    rows = pl.DataFrame(
        [(one.id, one.customer_id, one.product_id, one.probability, one.caused_at.date()) for one in waiting],
        schema={
            "id": pl.Int64,
            "customer_id": pl.String,
            "product_id": pl.String,
            "probability": pl.Float64,
            "since": pl.Date,
        },
        orient="row",
    )
    people = facts.accounts.with_person(rows)
    may = _reached(desk, stored, definition, people, facts)
    offers = _offers(desk, stored, definition, people, facts)
    joined = (
        people.drop("customer_id")
        .join(may, on="person_id", how="left")
        .join(offers, on="person_id", how="left")
        .join(_full(definition, stored, desk.today, facts, reached), on="person_id", how="left")
        .join(_about(desk, facts), on="person_id", how="left", maintain_order="left")
        .with_columns(code=pl.coalesce("trigger_cap", "reach_code", "offer_code"))
    )
    within = _within_stock(joined.sort("probability", "id", descending=[True, False], nulls_last=True), facts)
    return [_decision(row, desk.today) for row in within.iter_rows(named=True)]


def _within_stock(rows: pl.DataFrame, facts: AudienceFacts) -> pl.DataFrame:
    """The rows with the code `others_told` where the shop's stock is promised to those before them.

    Held-out people take nothing, and are judged as if they did, so that the groups stay alike.
    """
    if facts.stock is None or not facts.stock.height:
        return rows
    free = with_free(facts.stock, facts.promises, "on_hand")
    left = free.group_by("product_id", home_store_id="store_id").agg(pl.col("free").sum())
    is_open = pl.col("code").is_null() & pl.col("product_id").is_not_null()
    takes = is_open & ~pl.col("held")
    promised = pl.col("probability").fill_null(UNKNOWN)
    before = pl.when(takes).then(promised).otherwise(0.0).cum_sum().over("home_store_id", "product_id")
    with_own = before + pl.when(takes).then(0.0).otherwise(promised)
    joined = rows.join(left, on=["home_store_id", "product_id"], how="left", maintain_order="left")
    told = pl.when(is_open & (with_own > pl.col("free") + 1e-9)).then(pl.lit("others_told"))
    return joined.with_columns(code=pl.coalesce("code", told))


def _decision(row: Mapping[str, object], day: date) -> Decision:
    number = row["id"]
    assert isinstance(number, int)
    if row["code"] is not None:
        return Decision(number, "dropped", str(row["code"]))
    held = bool(row["held"])
    store, segment = (None if row[name] is None else str(row[name]) for name in ("home_store_id", "segment"))
    state, account = "held" if held else "taken", None if row["account"] is None else str(row["account"])
    return Decision(number, state, None, held, str(row["channel"]), day, store, segment, account)


def _reached(
    desk: Desk, stored: StoredTrigger, definition: TriggerDefinition, people: pl.DataFrame, facts: AudienceFacts
) -> pl.DataFrame:
    """One row per person: `held`, `channel`, `reach_code`, and `account`, to which the channel is open.

    What one card laid into the bag may be told to the other, if that is the one that consents: `account` is null where
    nobody was asked. A guide speaks only to people whom one looks after.
    """
    who = facts.accounts.people(people)
    channels = tuple(slot.channel for slot in definition.slots)
    guided = who["person_id"].is_in(guided_persons(desk, facts))
    parts = []
    for is_guided in (True, False):
        some = who.filter(guided == is_guided)
        used = tuple(name for name in channels if is_guided or name != "guide")
        if not used:
            unknown = pl.lit(None, dtype=pl.String)
            none = some.select("person_id", held=pl.lit(value=False), channel=unknown)
            parts.append(none.with_columns(reach_code=pl.lit("no_guide"), account=unknown))
        elif some.height:
            request = _request(desk, stored, definition, used)
            found = reach(some, facts, request, desk.source.as_of, desk.settings.audience)
            account = pl.lit(None, dtype=pl.String) if facts.consents is None else pl.col("customer_id")
            parts.append(found.select("person_id", "held", "channel", "reach_code", account=account))
    return pl.concat(parts)


def _request(
    desk: Desk, stored: StoredTrigger, definition: TriggerDefinition, channels: tuple[str, ...]
) -> AudienceRequest:
    share = desk.settings.audience.holdout_share if definition.holdout_share is None else definition.holdout_share
    return AudienceRequest(
        product_ids=(),
        size=NO_SIZE,
        campaign_id=stored.campaign_id,
        starts_on=desk.today,
        ends_on=desk.today + timedelta(days=1),
        holdout_share=share,
        channels=channels,
        any_goods=True,
    )


def _offers(
    desk: Desk, stored: StoredTrigger, definition: TriggerDefinition, people: pl.DataFrame, facts: AudienceFacts
) -> pl.DataFrame:
    """One row per person told of a product: `offer_code`, null where it can be offered."""
    told = people.filter(pl.col("product_id").is_not_null())
    if not told.height:
        return pl.DataFrame(schema={"person_id": pl.String, "offer_code": pl.String})
    pairs = told.select("customer_id", "product_id", probability=pl.lit(_UNKNOWN))
    # goods that are due were bought some days ago: only a purchase since then says that nothing is needed
    known = replace(facts, purchases=None) if definition.kind == "due" else facts
    channels = tuple(slot.channel for slot in definition.slots)
    request = _request(desk, stored, definition, channels)
    situation, scored = situation_of(pairs, known, request)
    offers = judged_offers(scored, situation, request, desk.source.as_of, desk.settings.audience)
    judged = pl.DataFrame(
        {
            "person_id": situation.crowd.persons["person_id"].gather(offers.person),
            "offer_code": pl.Series(code_names(offers.code), dtype=pl.String),
        }
    )
    assert facts.purchases is not None
    bought = facts.accounts.with_person(facts.purchases).group_by("person_id", "product_id")
    since = told.select("person_id", "product_id", "since").join(
        bought.agg(last=pl.col("bought_on").max()), on=["person_id", "product_id"]
    )
    again = since.filter(pl.col("last") >= pl.col("since")).select("person_id", bought=pl.lit("just_bought"))
    joined = judged.join(again, on="person_id", how="left")
    return joined.select("person_id", offer_code=pl.coalesce("bought", "offer_code"))


def _full(
    definition: TriggerDefinition, stored: StoredTrigger, today: date, facts: AudienceFacts, reached: pl.DataFrame
) -> pl.DataFrame:
    """Persons whom the trigger reached as often as it may: `trigger_cap`."""
    first = today - timedelta(days=definition.cap_days - 1)
    own = reached.filter(pl.col("trigger_id") == stored.trigger_id, pl.col("day") >= first)
    counts = facts.accounts.with_person(own).group_by("person_id").agg(number=pl.len())
    full = counts.filter(pl.col("number") >= definition.most_per_person)
    return full.select("person_id", trigger_cap=pl.lit("trigger_cap"))


def _about(desk: Desk, facts: AudienceFacts) -> pl.DataFrame:
    """One row per person: `home_store_id` and `segment`, for whoever measures the effect."""
    rows = facts.accounts.with_person(facts.customers.select("customer_id", "home_store_id"))
    rows = rows.join(desk.source.segments(), on="customer_id", how="left")
    return rows.group_by("person_id", maintain_order=True).agg(
        pl.col("home_store_id", "segment").drop_nulls().first()
    )  # fmt: skip


def _told_by(own: pl.DataFrame, effect_days: int) -> pl.DataFrame:
    """What was decided just now as rows of `OtherPlans.told`: another trigger must not tell of the same goods."""
    until = last_effect_day(pl.col("day"), effect_days)
    rows = own.filter(pl.col("product_id").is_not_null()).with_columns(first="day", last=until)
    return rows.select(pl.col(name).cast(kind) for name, kind in TOLD_ROWS.items())


def _contacts_of(stored: StoredTrigger, rows: Sequence[Firing], made: Sequence[Decision]) -> pl.DataFrame:
    """What was decided just now, as the next decisions must count it."""
    about = {one.id: one for one in rows}
    listed = [
        (
            *(stored.trigger_id, stored.campaign_id, one.customer_id or about[one.id].customer_id),
            *(one.channel, one.day, True, one.held),
            *(one.store_id, about[one.id].product_id, UNKNOWN if (p := about[one.id].probability) is None else p),
        )
        for one in made
        if one.held is not None
    ]
    schema = {
        "trigger_id": pl.String,
        "campaign_id": pl.String,
        "customer_id": pl.String,
        "channel": pl.String,
        "day": pl.Date,
        "repeats": pl.Boolean,
        "held": pl.Boolean,
        "store_id": pl.String,
        "product_id": pl.String,
        "units": pl.Float64,
    }
    return pl.DataFrame(listed, schema=schema, orient="row")
