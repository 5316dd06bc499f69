"""Finds excess and obsolete stock: units not expected to sell by their date, or the end of their season or listing."""

from datetime import date

import numpy as np
import polars as pl

from retail_brain.currency import UNNAMED, Currency
from retail_brain.decisions.arrays import ROUNDING, Days, Floats, days, floats
from retail_brain.decisions.clearance import with_advice
from retail_brain.decisions.reasons.sentence import number
from retail_brain.decisions.season_ahead import SeasonAhead
from retail_brain.decisions.supply_terms import NO_END
from retail_brain.decisions.transfers import LEFT_OVER_UNITS
from retail_brain.outputs import SERIES, DemandPaths
from retail_brain.spoken_days import spoken_days

LEFTOVERS = {
    "store_id": pl.String,
    "product_id": pl.String,
    "as_of": pl.Date,
    "on_hand": pl.Float64,
    "sell_by": pl.Date,
    "left_over_units": pl.Float64,
    "probability": pl.Float64,
    "value_at_risk": pl.Float64,
    "reason_code": pl.String,
    "reason": pl.String,
    "reason_zh": pl.String,
    "action": pl.String,
    "price_path": pl.String,
    "markdown_units": pl.Float64,
    "markdown_units_low": pl.Float64,
    "markdown_units_high": pl.Float64,
    "markdown_value": pl.Float64,
    "return_units": pl.Float64,
    "return_value": pl.Float64,
    "moved_units": pl.Float64,
    "moved_value": pl.Float64,
    "audience_value": pl.Float64,
    "cost_basis": pl.String,
    "waste_units": pl.Float64,
}
"""`value_at_risk` is the cost of what is left over, null where neither cost nor price is known; `cost_basis` is what it
rests on (`supply_terms.COST_BASES`). `action` is what earns most with the goods: one of `clearance.ACTIONS`.
`price_path` is JSON, a list of `begins_on`, `discount` (share off the full price) and `price`; empty where the full
price earns most, null where it is unknown what a price does. `markdown_units` are sold on top by it (mean, and the
interval of nine in ten), and `markdown_value`, `return_value` and `audience_value` are money over leaving everything as
it is; null where unknown or impossible. `moved_units` go to other shops by the plan and earn `moved_value`.
`waste_units` of `left_over_units` lie beyond their shelf life already: they are thrown away and offered to nobody."""
_KINDS = {
    "date": ("expiry date", "保质期"),
    "listing": ("end of listing", "下架"),
    "season": ("end of season", "当季结束"),
    "slow": ("at the current rate of sale", "按目前销速"),
}
"""Why goods must be sold by a day, in English and Chinese; `date` where nothing is said."""


def excess_need(paths: DemandPaths, stock: pl.Series, sell_by: pl.Series, ahead: SeasonAhead | None = None) -> Floats:
    """Units wanted until the last day of sale less the stock, shape (series, paths); what is negative is left over.

    Args:
        paths: sample paths of demand.
        stock: units of each series; null or negative counts as none.
        sell_by: last day of sale, null without one.
        ahead: what seasons bring after the forecast; None: they bring nothing.
    """
    held = np.maximum(floats(stock, 0), 0)
    need: Floats = _demand_until(paths, days(sell_by.fill_null(NO_END)), ahead) - held[:, None]
    return need


def excess_rows(
    frame: pl.DataFrame, as_of: date, least_units: float = LEFT_OVER_UNITS, ended: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Excess stock in words, most money at risk first: the columns of `frame` and those of LEFTOVERS up to the reasons.

    Args:
        frame: `store_id`, `product_id`, `on_hand`, `sell_by`, `sell_by_kind`, `unit_cost`, `left_over_units` (mean),
            `probability`, and perhaps `moved_in` and `moved_out`, units that come from and go to other shops, and
            `waste_units`, which are on hand and left over beside the units of these columns.
        as_of: last visible day.
        least_units: fewer expected units of excess are not listed.
        ended: `store_id`, `product_id` and `ended_on`, the recorded day of listings and seasons that ended before
            `as_of`: it is the `sell_by` of what is left over of them.
    """
    moves = [pl.lit(0.0).alias(name) for name in ("moved_in", "moved_out", "waste_units") if name not in frame.columns]
    if ended is not None:
        real = pl.when(pl.col("sell_by_kind").is_in(["listing", "season"])).then("ended_on")
        known = frame.join(ended, on=list(SERIES), how="left", maintain_order="left")
        frame = known.with_columns(sell_by=pl.coalesce(real, "sell_by")).drop("ended_on")
    waste, left = pl.col("waste_units"), pl.col("left_over_units").fill_null(0.0)
    listed = (
        frame.with_columns(*moves)
        .with_columns(waste.fill_null(0.0))
        .with_columns(
            as_of=pl.lit(as_of),
            on_hand=pl.col("on_hand").fill_null(0).clip(0) + waste,
            reason_code=pl.col("sell_by_kind").fill_null("date"),
            # what may still be sold is told of where it is worth a row of its own
            left_over_units=pl.when((waste > 0) & (left < least_units)).then(waste).otherwise(left + waste),
        )
        .with_columns(value_at_risk=left * pl.col("unit_cost"))
        .filter(pl.col("sell_by").is_not_null(), left >= least_units)
        .with_columns(sellable_units=left - waste)
    )
    on_hand_text, excess_text = number("on_hand"), number("sellable_units")
    until = spoken_days(pl.col("sell_by"), pl.col("as_of"))
    why = [pl.col("reason_code").replace_strict({kind: words[k] for kind, words in _KINDS.items()}) for k in (0, 1)]
    counted = [
        _transfers(" After transfers: {}.", ", ", ("{} out", "{} in")),
        _transfers("（已计入调拨：{}）", "、", ("调出{}件", "调入{}件")),
    ]
    # of a day that is over people are told that it is
    is_over = (pl.col("sell_by") < pl.col("as_of")) & pl.col("reason_code").is_in(["listing", "season"])
    over = (
        pl.format("{} on hand, about {} will not sell: {} was {}.", on_hand_text, excess_text, why[0], until[0]),
        pl.format("现有{}件，已于{}{}，预计约{}件卖不完。", on_hand_text, until[1], why[1], excess_text),
    )
    coming = (
        pl.format("{} on hand, about {} will not sell by {} ({}).", on_hand_text, excess_text, until[0], why[0]),
        pl.format("现有{}件，预计约{}件在{}（{}）前卖不完。", on_hand_text, excess_text, until[1], why[1]),
    )
    dated = [
        pl.when(is_over).then(past_day).otherwise(next_day) for past_day, next_day in zip(over, coming, strict=True)
    ]
    past = (
        pl.format(
            " Past their date by counts and sales: {} of {} on hand. Take them off the shelf and write them off.",
            number("waste_units"), on_hand_text,
        ),
        pl.format("按盘点与销售推算，现有{}件中有{}件已过期：请下架报损。", on_hand_text, number("waste_units")),
    )  # fmt: skip
    none, is_dated, is_past = pl.lit(""), pl.col("sellable_units") > 0, pl.col("waste_units") > 0
    sentences = [
        pl.when(is_dated).then(dated[k] + counted[k]).otherwise(none)
        + pl.when(is_past).then(past[k]).otherwise(none)
        for k in (0, 1)
    ]  # fmt: skip
    worded = listed.with_columns(reason=sentences[0].str.strip_chars(), reason_zh=sentences[1]).drop("sellable_units")
    return worded.sort(
        "value_at_risk", "left_over_units", *SERIES, descending=[True, True, False, False], nulls_last=True
    )


def sellable(leftovers: pl.DataFrame) -> pl.DataFrame:
    """The rows of which something may still be sold, `left_over_units` without what is past its date already.

    Args:
        leftovers: rows of `excess_rows` or `advised`; those of older versions name no waste.
    """
    if "waste_units" not in leftovers.columns:
        return leftovers
    left = pl.col("left_over_units") - pl.col("waste_units").fill_null(0.0)
    return leftovers.with_columns(left_over_units=left).filter(pl.col("left_over_units") > ROUNDING)


def _transfers(sentence: str, joint: str, parts: tuple[str, str]) -> pl.Expr:
    """What goes away and comes by transfer, as far as there is any; empty where nothing is moved."""
    moves = [
        pl.when(pl.col(name) > 0).then(pl.format(text, number(name)))
        for name, text in zip(("moved_out", "moved_in"), parts, strict=True)
    ]
    said = pl.concat_str(moves, separator=joint, ignore_nulls=True)
    return pl.when(said != "").then(pl.format(sentence, said)).otherwise(pl.lit(""))


def advised(rows: pl.DataFrame, currency: Currency = UNNAMED) -> pl.DataFrame:
    """The rows with what to do: columns LEFTOVERS.

    Args:
        rows: of `excess_rows`, and any of the clearance columns of LEFTOVERS with `path_en` and `path_zh`; those that
            are missing are unknown.
        currency: how the reasons write money.
    """
    unknown = [pl.lit(None, kind).alias(name) for name, kind in LEFTOVERS.items() if name not in rows.columns]
    told = with_advice(rows.with_columns(unknown), currency)
    return told.select(pl.col(name).cast(kind) for name, kind in LEFTOVERS.items())


def _demand_until(paths: DemandPaths, sell_by: Days, ahead: SeasonAhead | None) -> Floats:
    """Units demanded on each path up to and including the last day, shape (series, paths)."""
    starts = days(paths.dates)
    inside = (starts[None, :] <= sell_by[:, None]).astype(np.float64)
    # summed in double precision without a copy of all paths in it
    demand = np.einsum("npt,nt->np", paths.units, inside, dtype=np.float64, casting="same_kind")
    step = float(np.median(np.diff(starts).astype(np.float64))) if len(starts) > 1 else 1.0
    # At most ten years of days: a missing date stands as the year 9999.
    beyond = np.clip((sell_by - starts[-1]).astype(np.float64) / step, 0, 3650)
    season = SeasonAhead.none(len(beyond)) if ahead is None else ahead
    total: Floats = demand + season.beyond(paths.units.mean(axis=2), beyond[:, None])[:, :, 0]
    return total
