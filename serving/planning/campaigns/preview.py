"""Numbers of a planned campaign: size, buyers, value, reach, exclusions step by step, stock against promises."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from retail_brain.decisions.exclusions import EXCLUSION_TEXTS
from retail_brain.decisions.reach import contact_costs
from serving.planning.campaigns.plan import PlannedCampaign

_ROUNDING = 1e-6
"""Share of a number that two runs of the same plan may differ by."""
_LISTED = 200
"""Rows of a table by shop and product in a preview: those with most promised. Chosen by judgement, not measured."""


def preview_of(plan: PlannedCampaign) -> dict[str, Any]:
    """The preview as JSON; numbers of people, expected purchases (units), money.

    `effect_days` are the days from a contact in which purchases count for it. `expected_buyers` are of the product each
    is told of, `expected_buyers_any` of any of the goods; `expected_purchases` are of any of the goods that are open to
    a person, who may buy several of them. `caused_purchases` and `expected_value` leave out what would have been
    bought anyway: `incremental_share` is the one share of this plan, caused purchases of the expected ones.
    `caused_share` is what went into it, the share among people who seldom buy: those who buy anyway are moved less.
    """
    told = plan.listed.filter(~pl.col("held")).with_columns(cost=contact_costs(plan.request))
    value = told["expected_value"].drop_nulls()
    return {
        "considered": plan.people.height,
        "contacts": told.height,
        "holdout": plan.listed.height - told.height,
        "steps": _steps(plan),
        "expected_buyers": _sum(told["own_probability"]),
        "expected_buyers_any": _sum(told["any_probability"]),
        "expected_purchases": _sum(told["purchases"]),
        "caused_purchases": _sum(told["caused"]),
        "incremental_share": _share(told["caused"], told["purchases"]),
        "caused_share": round(plan.share.value, 4),
        "effect_days": plan.effect_days,
        "effect_basis": "measured" if plan.share.is_measured else "assumed",
        "ranked_by": plan.ranked_by,
        "measured_campaigns": plan.share.campaigns,
        "cost": _sum(told["cost"]),
        "expected_value": _sum(value) if len(value) else None,
        "products": _by(told, "product_id"),
        "channels": _channels(plan, told),
        "stores": _by(told, "home_store_id", "store_id"),
        "segments": _by(told, "segment"),
        "days": told.group_by(day=pl.col("send_on").cast(pl.String)).agg(contacts=pl.len()).sort("day").to_dicts(),
        "stock": _stock(plan, told),
        "overlaps": plan.overlaps.to_dicts(),
    }


_SEEN = ("contacts", "holdout", "cost", "expected_buyers", "expected_value")
"""Numbers of a preview that whoever approves has seen first."""
_SEEN_ROWS = {"products": "product_id", "channels": "channel", "stores": "store_id", "days": "day"}
"""Tables of a preview -> their key: who is contacted about what, how, where and when."""


def differences(seen: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What is planned otherwise than was seen: name -> the number that was seen, and the present one.

    Of a table (`products` and the like) the contacts by row are compared: the numbers are its rows that were seen, and
    those that differ. What the preview of an older version does not name is passed over.
    """
    found = {name: (seen[name], now[name]) for name in _SEEN if name in seen and _differ(seen[name], now[name])}
    for name, key in _SEEN_ROWS.items():
        if name not in seen:
            continue
        before, after = ({row[key]: row["contacts"] for row in one[name]} for one in (seen, now))
        rows = [one for one in before.keys() | after.keys() if before.get(one, 0) != after.get(one, 0)]
        if rows:
            found[name] = (len(before), len(rows))
    return found


def _differ(seen: float | None, now: float | None) -> bool:
    if seen is None or now is None:
        return seen is not now
    return abs(seen - now) > _ROUNDING * max(1.0, abs(seen))


def _steps(plan: PlannedCampaign) -> list[dict[str, Any]]:
    """Exclusions in their order: how many each left out, and how many were left after it."""
    counts = dict(plan.people["code"].drop_nulls().value_counts(name="customers").iter_rows())
    left, rows = plan.people.height, []
    for code, (reason, reason_zh) in EXCLUSION_TEXTS.items():
        if code in counts:
            left -= counts[code]
            rows.append(
                {"code": code, "reason": reason, "reason_zh": reason_zh, "customers": counts[code], "left": left}
            )
    return rows


def _share(part: pl.Series, whole: pl.Series) -> float | None:
    """Share from 0 to 1 of two sums; None of nothing."""
    return round(float(part.sum()) / total, 4) if (total := float(whole.sum())) > 0 else None


def _sum(column: pl.Series) -> float:
    return round(float(column.sum()), 4)


def _by(told: pl.DataFrame, column: str, name: str | None = None) -> list[dict[str, Any]]:
    """Contacts, expected buyers and caused purchases by a column, most contacts first."""
    rows = told.group_by(pl.col(column).alias(name or column)).agg(
        contacts=pl.len(),
        expected_buyers=pl.col("own_probability").sum().round(4),
        caused_purchases=pl.col("caused").sum().round(4),
    )
    return rows.sort("contacts", name or column, descending=[True, False], nulls_last=True).to_dicts()


def _channels(plan: PlannedCampaign, told: pl.DataFrame) -> list[dict[str, Any]]:
    """By channel: people whom the campaign would reach by it, contacts, and their cost."""
    reach = plan.people.filter(pl.col("channel").is_not_null()).group_by("channel").agg(reachable=pl.len())
    used = told.group_by("channel").agg(contacts=pl.len(), cost=pl.col("cost").sum().round(4))
    joined = reach.join(used, on="channel", how="left").with_columns(pl.col("contacts", "cost").fill_null(0))
    return joined.sort("channel").to_dicts()


def _stock(plan: PlannedCampaign, told: pl.DataFrame) -> list[dict[str, Any]]:
    """Stock against promises by shop and product, where this campaign promises something, most promised first."""
    promised = told.group_by(store_id="home_store_id", product_id="product_id").agg(
        promised=pl.col("own_probability").sum(), contacts=pl.len()
    )
    rows = promised.join(plan.stock.drop("sell_by", strict=False), on=["store_id", "product_id"], how="inner")
    ranked = rows.sort("promised", "store_id", "product_id", descending=[True, False, False]).head(_LISTED)
    shown = ranked.with_columns(pl.col("promised", "stock", "promised_before").round(4))
    return shown.select("store_id", "product_id", "stock", "promised_before", "promised", "contacts").to_dicts()
