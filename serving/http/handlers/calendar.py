"""The calendar: promotions of the published days, campaigns, and marked days."""

from datetime import date, timedelta
from typing import Any

import polars as pl

from retail_brain.errors import ImpossibleError
from serving.http.access import Scope
from serving.http.handlers.call import Call, find_store, product_names
from serving.http.handlers.campaigns import shown_campaigns
from serving.http.messages.calendar_messages import CalendarRequest
from serving.store.publishing.promotion_days import AHEAD_DAYS, BACK_DAYS, PROMOTION_DAYS

_BACK, _AHEAD = timedelta(weeks=4), timedelta(weeks=8)
"""Days that are shown where none are named. By judgement."""
_OF_PROMOTION = ("promotion_id", "mechanic", "begins_on", "ends_on")
_NAMED = 5
"""Products of a promotion that an answer names. By judgement."""


def calendar(request: CalendarRequest, call: Call) -> dict[str, Any]:
    """Promotions, campaigns and marked days that touch some days.

    Raises:
        NotFoundError: the store is not known.
        ImpossibleError: the days end before they begin.
    """
    as_of = date.fromisoformat(call.answers.manifest.as_of)
    first, last = request.begins_on or as_of - _BACK, request.ends_on or as_of + _AHEAD
    if last < first:
        raise ImpossibleError(
            f"{last} is before {first}; wanted a last day that follows the first one.",
            {"problem": "days_backwards", "first": first.isoformat(), "last": last.isoformat()},
        )
    if request.store_id is not None:
        find_store(call.answers, request.store_id)
    published = call.answers.rows.get("promotion_days")
    rows = _promotions(published, call, request.store_id, first, last)
    campaigns, left_out = _campaigns(call, first, last)
    page = rows.slice(request.offset, request.limit)
    named = page["product_ids"].explode().drop_nulls().unique(maintain_order=True).to_list()
    return {
        "as_of": as_of.isoformat(),
        "begins_on": first.isoformat(),
        "ends_on": last.isoformat(),
        "published_from": None if published is None else (as_of - timedelta(days=BACK_DAYS)).isoformat(),
        "published_until": None if published is None else (as_of + timedelta(days=AHEAD_DAYS)).isoformat(),
        "promotions": page.with_columns(pl.col(pl.Date).cast(pl.String)).to_dicts(),
        "total": rows.height,
        "campaigns": campaigns,
        "campaigns_left_out": left_out,
        "days": [day for day in call.answers.manifest.calendar if first.isoformat() <= day["date"] <= last.isoformat()],
        "names": product_names(call.answers, named),
    }


def _promotions(
    published: pl.DataFrame | None, call: Call, store_id: str | None, first: date, last: date
) -> pl.DataFrame:
    """One row per promotion that touches the days and runs in a store that the key sees."""
    rows = pl.DataFrame(schema=PROMOTION_DAYS) if published is None else published
    stores = call.answers.stores
    seen = [store_id] if store_id is not None else stores.ids.take(stores.order)
    in_all = pl.col("store_id").is_null()
    touching = rows.filter(
        in_all | pl.col("store_id").is_in(seen), pl.col("begins_on") <= last, pl.col("ends_on") >= first
    )
    return (
        touching.group_by(_OF_PROMOTION, maintain_order=True)
        .agg(
            stores=pl.when(in_all.any()).then(None).otherwise(pl.col("store_id").n_unique().cast(pl.Int64)).first(),
            # a product that runs in several stores counts once; beyond those that are named nobody can tell
            products=pl.max_horizontal(pl.col("products").max(), pl.col("product_ids").explode().n_unique()),
            product_ids=pl.col("product_ids").explode().drop_nulls().unique().sort().head(_NAMED),
            display=pl.col("display").any(),
            mailer=pl.col("mailer").any(),
        )
        .sort("begins_on", "ends_on", "promotion_id", nulls_last=True)
    )


def _campaigns(call: Call, first: date, last: date) -> tuple[list[dict[str, Any]], int]:
    """Campaigns of the days, by their first one, and how many cannot be read; none for roles that see no people."""
    if not call.principal.may(Scope.PEOPLE):
        return [], 0
    rows = []
    shown, left_out = shown_campaigns(call)
    for row in shown:
        definition = row["definition"]
        begins, ends = (date.fromisoformat(definition[name]) for name in ("starts_on", "ends_on"))
        ends -= timedelta(days=1)  # a definition names the first day after it
        if begins <= last and ends >= first:
            about = {"campaign_id": row["campaign_id"], "name": definition.get("name") or row["campaign_id"]}
            about |= {"state": row["state"], "begins_on": begins.isoformat(), "ends_on": ends.isoformat()}
            rows.append(about)
    return sorted(rows, key=lambda row: (row["begins_on"], row["campaign_id"])), left_out
