"""Measures which share of the purchases of contacted people the contact caused, by the people held out."""

from datetime import timedelta

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset

_DAYS = 28
"""Days after a contact in which a purchase of the campaign's goods counts: as long as a contact without end may be
used for."""
_LEAST_PEOPLE = 100
"""People in each group; fewer say nothing. Chosen by judgement, not measured."""
_CERTAIN = 1.64
"""Standard errors by which the groups must differ: one-sided 95 %."""


def caused_share(dataset: Dataset) -> float | None:
    """Share of the purchases of contacted people that the contact caused; None where nothing was measured.

    It is 1 less the rate of buyers among those held out over the rate among those contacted, over all past campaigns
    with goods, within 28 days. None as well where the groups are small or do not differ clearly.
    """
    if not (dataset.has("contacts") and dataset.has("campaigns") and dataset.has("transactions")):
        return None
    goods = dataset.scan("campaigns").select("campaign_id", product_id="product_ids").explode("product_id")
    until = dataset.as_of or dataset.last_day()
    # contacts made here have a measured effect of their own, which updates the share: counted once
    others = dataset.scan_or_empty("contacts").filter(pl.col("attribution_id").is_null())
    told = others.select("campaign_id", "customer_id", "is_holdout", day=pl.col("contacted_at").dt.date())
    # Contacts whose days are not over yet would count too few purchases.
    over = told.filter(pl.col("day") <= until - timedelta(days=_DAYS)).with_row_index("contact")
    lines = dataset.scan("transactions").filter(pl.col("customer_id").is_not_null(), pl.col("units") > 0)
    bought = lines.select("customer_id", "product_id", bought_on=pl.col("sold_at").dt.date()).unique()
    days = (pl.col("bought_on") - pl.col("day")).dt.total_days()
    buyers = (
        over.join(goods, on="campaign_id")
        .join(bought, on=["customer_id", "product_id"])
        .filter(days.is_between(0, _DAYS - 1))
        .select("contact", bought=pl.lit(value=True))
        .unique()
    )
    rates = (
        over.join(buyers, on="contact", how="left")
        .group_by("is_holdout")
        .agg(rate=pl.col("bought").fill_null(value=False).mean(), people=pl.len())
        .collect()
    )
    groups = {held: (rate, people) for held, rate, people in rates.iter_rows()}
    return _share(groups.get(False, (0.0, 0)), groups.get(True, (0.0, 0)))


def _share(contacted: tuple[float, int], held: tuple[float, int]) -> float | None:
    """The share from rate and size of both groups."""
    if min(contacted[1], held[1]) < _LEAST_PEOPLE:
        return None
    error = np.sqrt(sum(rate * (1 - rate) / people for rate, people in (contacted, held)))
    if contacted[0] - held[0] <= _CERTAIN * error:
        return None
    return 1 - held[0] / contacted[0]
