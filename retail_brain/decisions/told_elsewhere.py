"""Who is told of goods, or held out of them, by others in some days: nobody is told of them twice.

This is the one place that decides it; campaigns, triggers, guides' lists and audiences all judge their offers by it. It
reads every contact: those of campaigns, triggers and guides made here, and those of campaigns of other tools that the
lake holds. Who was told or held out stays so until the days are over in which purchases count for the effect, both
groups alike: a contact about the same goods in them would be counted as an effect of the first.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeVar

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import Bools, Places
from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.crowd import Crowd

HELD, TOLD = "held_elsewhere", "told_elsewhere"
"""Codes of offers that others keep from being made."""
TOLD_ROWS = {
    "campaign_id": pl.String,
    "customer_id": pl.String,
    "product_id": pl.String,
    "held": pl.Boolean,
    "first": pl.Date,
    "last": pl.Date,
}
"""One row per person told of a product, or held out of it, on the days from `first` to `last`, the days of the effect
among them."""


_Day = TypeVar("_Day", date, pl.Expr)


def last_effect_day(contact_on: _Day, effect_days: int) -> _Day:
    """The last day in which purchases count for a contact; of a column of days that of each.

    >>> last_effect_day(date(2025, 3, 1), 14)
    datetime.date(2025, 3, 14)
    """
    return contact_on + timedelta(days=effect_days - 1)


def others_in(facts: AudienceFacts, request: AudienceRequest, as_of: date) -> pl.DataFrame:
    """The rows of others whose days meet those of a request and of its effect: columns TOLD_ROWS.

    Args:
        facts: what is told here, contacts of the lake and their campaigns, and the days of an effect.
        request: its own rows are left out.
        as_of: last visible day.

    Raises:
        ImpossibleError: the campaign is over.
    """
    parts = [] if facts.told is None else [facts.told]
    if facts.contacts is not None and facts.campaigns is not None:
        inputs, values = (facts.contacts, facts.campaigns), ("told in the lake", as_of, facts.effect_days)
        parts.append(facts.memo.get(inputs, values, lambda: _told_in_lake(facts, as_of)))
    first, last = request.days(as_of)
    until, own = last_effect_day(last, facts.effect_days), request.campaign_id
    # most audiences are asked for the same days, and a filter takes as long as the rest of a small one
    return facts.memo.get(tuple(parts), ("told in days", first, until, own), lambda: _in_days(parts, first, until, own))


def _in_days(parts: Sequence[pl.DataFrame], first: date, until: date, own: str | None) -> pl.DataFrame:
    """The rows whose days meet those from `first` to `until`, without those of the campaign `own`."""
    meets = (pl.col("first") <= until, pl.col("last") >= first)
    is_own = pl.col("campaign_id").eq_missing(pl.lit(own, dtype=pl.String))
    rows = [part.select(*TOLD_ROWS).filter(*meets, ~is_own) for part in parts]
    return pl.concat([pl.DataFrame(schema=TOLD_ROWS), *rows])


def _told_in_lake(facts: AudienceFacts, as_of: date) -> pl.DataFrame:
    """Contacts of campaigns of the lake, by whichever tool, that are not over yet: columns TOLD_ROWS.

    Those of campaigns made here are in `facts.told`, and campaigns that name no goods close none.
    """
    assert facts.contacts is not None
    assert facts.campaigns is not None
    goods = facts.campaigns.select("campaign_id", "ends_on", product_id=pl.col("product_ids")).explode("product_id")
    day = pl.col("contacted_at").cast(pl.Date)
    rows = facts.contacts.join(goods.drop_nulls(), on="campaign_id").with_columns(
        first=day,
        last=pl.max_horizontal(pl.col("ends_on") - pl.duration(days=1), last_effect_day(day, facts.effect_days)),
    )
    return rows.filter(pl.col("last") > as_of).select(
        pl.col("is_holdout").alias(name) if name == "held" else pl.col(name).cast(kind)
        for name, kind in TOLD_ROWS.items()
    )


def closed_offers(
    crowd: Crowd, facts: AudienceFacts, goods: pl.Series, person: Places, product: Places, days: pl.DataFrame
) -> dict[str, Bools]:
    """Code -> whether each offer is closed by it: the person is told of the product by others, or held out of it.

    Args:
        crowd: people.
        facts: whose accounts are whose.
        goods: ids of the goods on offer, rising.
        person: of each offer, the place in `crowd`.
        product: of each offer, the place in `goods`.
        days: rows of others in the days of the offers: result of `others_in`.
    """
    place = crowd.persons.select("person_id").with_row_index("place")
    products = pl.DataFrame({"product_id": goods.cast(pl.String)}).with_row_index("product")
    rows = facts.accounts.with_person(days.join(products, on="product_id")).join(place, on="person_id")
    key = pl.col("place").cast(pl.Int64) * len(goods) + pl.col("product")
    keyed = rows.select("held", key=key)
    wanted = person.astype(np.int64) * len(goods) + product
    return {
        code: np.isin(wanted, keyed.filter(pl.col("held") == is_held)["key"].to_numpy())
        for code, is_held in ((HELD, True), (TOLD, False))
    }
