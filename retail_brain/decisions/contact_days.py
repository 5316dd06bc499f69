"""Chooses the day of each contact: the day before the person is due to buy again, or the first that is open."""

from datetime import date

import polars as pl

from retail_brain.decisions.audience_request import AudienceRequest


def chosen_days(people: pl.DataFrame, request: AudienceRequest, as_of: date) -> pl.DataFrame:
    """One row per person: `person_id` and `send_on`, null for people whom nothing is offered.

    The wanted day is the one before the goods are due, within the campaign and before the goods end; without a due date
    it is the first. Of the open days it is the last one up to the wanted day, or else the first after it.

    Args:
        people: `person_id`, `product_id`, `due_on`, `ends_on`, `open_days` (null: every day of the campaign).
        request: the campaign.
        as_of: last visible day.

    Raises:
        ImpossibleError: the campaign has no day left.
    """
    days = request.contact_days(as_of)
    first, last = days[0], days[-1]
    until = pl.max_horizontal(pl.min_horizontal(pl.lit(last), "ends_on"), pl.lit(first))
    wanted = (pl.col("due_on") - pl.duration(days=1)).clip(first, until).fill_null(pl.lit(first))
    asked = people.filter(pl.col("product_id").is_not_null()).select("person_id", "open_days", wanted=wanted)
    if len(days) == (last - first).days + 1:  # no weekday is missing: who has every day open gets the wanted one
        free = asked.filter(pl.col("open_days").is_null()).select("person_id", send_on="wanted")
        asked = asked.filter(pl.col("open_days").is_not_null())
    else:
        free = asked.clear().select("person_id", send_on="wanted")
        asked = asked.with_columns(pl.col("open_days").fill_null(pl.lit(days, dtype=pl.List(pl.Date))))
    day = pl.col("open_days")
    each = asked.explode("open_days").group_by("person_id", maintain_order=True)
    chosen = each.agg(before=day.filter(day <= pl.col("wanted")).max(), after=day.filter(day > pl.col("wanted")).min())
    return pl.concat([free, chosen.select("person_id", send_on=pl.coalesce("before", "after"))])
