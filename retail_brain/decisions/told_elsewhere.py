"""Who is told of goods, or held out of them, by approved campaigns in some days: nobody is told of them twice.

This is the one place that decides it; campaigns, triggers, guides' lists and audiences all judge their offers by it.
"""

from datetime import date

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import Bools, Places
from retail_brain.decisions.audience_request import AudienceFacts, AudienceRequest
from retail_brain.decisions.crowd import Crowd

HELD, TOLD = "held_elsewhere", "told_elsewhere"
"""Codes of offers that others keep from being made."""


def others_in(told: pl.DataFrame, request: AudienceRequest, first: date, last: date) -> pl.DataFrame:
    """The rows of others whose days meet those of a request.

    Args:
        told: as `AudienceFacts.told`.
        request: its own rows are left out.
        first: day of the request.
        last: day of the request.
    """
    theirs = told.filter(pl.col("first") <= last, pl.col("last") >= first)
    return theirs.filter(pl.col("campaign_id").ne_missing(pl.lit(request.campaign_id, dtype=pl.String)))


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
