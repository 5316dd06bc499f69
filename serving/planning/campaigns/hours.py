"""Chooses the hour of each contact: when the person answered before, among hours that are open and not quiet."""

from collections.abc import Sequence

import polars as pl

from retail_brain.decisions.campaigns.definition import CampaignDefinition
from retail_brain.decisions.triggers.definition import TriggerDefinition
from retail_brain.errors import ImpossibleError
from retail_brain.settings import CampaignSettings


def open_hours(definition: CampaignDefinition | TriggerDefinition, settings: CampaignSettings) -> list[int]:
    """Hours of the day in which a campaign or a trigger may contact people, rising.

    Raises:
        ImpossibleError: all of its hours are quiet.
    """
    first, last = settings.quiet_until, settings.quiet_from
    # quiet from 21 until 9 leaves 9 to 20; quiet from 0 until 6 leaves 6 to 23
    is_quiet = {hour: hour >= last or hour < first for hour in range(24)}
    if last < first:
        is_quiet = {hour: last <= hour < first for hour in range(24)}
    hours = [hour for hour in range(definition.first_hour, definition.last_hour) if not is_quiet[hour]]
    if not hours:
        raise ImpossibleError(
            f"all of its hours ({definition.first_hour} to {definition.last_hour}) are quiet ones: nobody is "
            f"contacted from {last} until {first}. Choose other hours.",
            {"problem": "campaign_quiet_hours", "until": first, "since": last},
        )
    return hours


def hour_left(hour: int, hours: Sequence[int], now_hour: int | None) -> int | None:
    """The hour of a contact that is handed over now: the planned one, or the first open one after it that is not past.

    Args:
        hour: that was planned; it may have become a quiet one.
        hours: open hours, rising.
        now_hour: hour of the day, where the contact is of today; None: it is of a day to come.

    Returns:
        None where no open hour of today is left.

    >>> hour_left(9, range(9, 21), None), hour_left(9, range(9, 21), 12), hour_left(9, range(9, 21), 22)
    (9, 12, None)
    >>> hour_left(20, range(9, 18), None)
    17
    """
    later = next((one for one in hours if one >= max(hour, now_hour or 0)), None)
    return hours[-1] if later is None and now_hour is None else later


def contact_hours(people: pl.DataFrame, responses: pl.DataFrame | None, hours: Sequence[int]) -> pl.DataFrame:
    """One row per person: `person_id` and `hour`, the open hour nearest to when they usually answer.

    People without an answer get the hour in which most others answered, or the first one where nobody ever did.

    Args:
        people: `person_id`.
        responses: `person_id`, `responded_at`; None where there are none.
        hours: open hours, rising.
    """
    if responses is None or not responses.height:
        return people.select("person_id", hour=pl.lit(hours[0], dtype=pl.Int64))
    answered = responses.select("person_id", hour=pl.col("responded_at").dt.hour().cast(pl.Int64))
    usual = answered.group_by("person_id").agg(usual=pl.col("hour").median().round().cast(pl.Int64))
    among = answered.filter(pl.col("hour").is_in(list(hours)))["hour"]
    busiest = among.value_counts().sort("count", "hour", descending=[True, False])["hour"]
    common = int(busiest[0]) if len(busiest) else hours[0]
    nearest = {hour: min(hours, key=lambda other: (abs(other - hour), other)) for hour in range(24)}
    return people.join(usual, on="person_id", how="left", maintain_order="left").select(
        "person_id",
        hour=pl.col("usual").replace_strict(nearest, default=None, return_dtype=pl.Int64).fill_null(common),
    )
