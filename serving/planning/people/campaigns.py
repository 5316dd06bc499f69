"""Converts campaigns, from the lake or a file, to audience requests."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from retail_brain.decisions.audience_request import NO_SIZE, AudienceRequest
from retail_brain.errors import DataError
from retail_brain.settings import Settings


def of_campaign(request: AudienceRequest, campaign: Mapping[str, Any], *, own_goods: bool = True) -> AudienceRequest:
    """The request with its open fields filled from a row of campaigns.

    Raises:
        DataError: there are no goods.
        UsageError: the campaign has a channel or an amount of money that cannot be used.
    """
    name = str(campaign["campaign_id"])
    goods = tuple(map(str, campaign.get("product_ids") or ())) if own_goods else request.product_ids
    if not goods:
        raise DataError(
            f"campaign {name!r} names no goods. Give it product_ids, or name --product as well.",
            {"problem": "campaign_without_goods", "campaign_id": name},
        )
    budget = campaign.get("budget") if request.budget is None else request.budget
    return replace(
        request,
        campaign_id=name,
        product_ids=goods,
        starts_on=campaign.get("starts_on"),
        ends_on=campaign.get("ends_on"),
        channel=request.channel or campaign.get("channel") or None,
        contact_cost=request.contact_cost or float(campaign.get("contact_cost") or 0),
        budget=None if budget is None else float(budget),
    )


def read_campaigns(campaigns: pl.DataFrame, settings: Settings) -> dict[str, AudienceRequest]:
    """A request per campaign of a file.

    Raises:
        DataError: a column is missing, a campaign has no goods, or stands there twice.
    """
    missing = [name for name in ("campaign_id", "product_ids") if name not in campaigns.columns]
    if missing:
        raise DataError(f"the campaigns lack the columns {missing}; got {campaigns.columns}. Add them.")
    frame = campaigns.with_columns(pl.col("campaign_id").cast(pl.String))
    if frame["campaign_id"].n_unique() != frame.height:
        raise DataError("a campaign_id stands in the campaigns more than once. Keep one row per campaign.")
    if frame.schema["product_ids"] == pl.String:
        split = pl.col("product_ids").str.replace_all(r"[;|,]", " ").str.strip_chars().str.split(" ")
        frame = frame.with_columns(split.list.filter(pl.element() != "").alias("product_ids"))
    for name in ("starts_on", "ends_on"):
        if name in frame.columns and frame.schema[name] == pl.String:
            frame = frame.with_columns(pl.col(name).str.to_date())
    requests = {}
    for row in frame.iter_rows(named=True):
        base = AudienceRequest(
            product_ids=(),
            campaign_id=row["campaign_id"],
            size=int(row.get("size") or NO_SIZE),
            holdout_share=settings.audience.holdout_share,
        )
        requests[row["campaign_id"]] = of_campaign(base, row)
    return requests
