"""Customer x product interaction features: purchases, gaps and events, exponentially decayed, as of a day."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.errors import DataError

HALF_LIVES_DAYS = (7, 28, 90, 365)
"""Days: a week, a month, a season and a year of memory. Chosen by judgement, not measured."""
HALF_LIVES_VISITS = (7, 14, 70)
"""Visits in which a purchase loses half its weight; docs/benchmarks.md compares with days only."""
EVENT_TYPES = ("view", "scan", "try_on", "bag_add", "share", "click")
_EVENT_HALF_LIFE_DAYS = 7
"""Days in which an event loses half its weight. Chosen by judgement, not measured."""
_ONLINE_CHANNELS = ("online", "ship_from_store", "mini_program", "app", "web")
PAIR = ("customer_id", "product_id")


def decayed_column(half_life_days: int) -> str:
    """Name of the column of purchase days decayed with a half-life in days.

    >>> decayed_column(28)
    'decayed_28d'
    """
    return f"decayed_{half_life_days}d"


def visits_column(half_life_visits: int) -> str:
    """Name of the column of purchase days decayed with a half-life in visits.

    >>> visits_column(14)
    'decayed_14v'
    """
    return f"decayed_{half_life_visits}v"


def decay_weight(day: pl.Expr, as_of: date, half_life_days: float) -> pl.Expr:
    """Exponential decay: weight 1 on `as_of`, 1/2 a half-life earlier.

    >>> days = pl.DataFrame({"day": [date(2025, 1, 29), date(2025, 1, 1)]})
    >>> days.select(decay_weight(pl.col("day"), date(2025, 1, 29), 28)).to_series().to_list()
    [1.0, 0.5]
    """
    age = (pl.lit(as_of) - day).dt.total_days()
    return pl.lit(0.5).pow(age / half_life_days)


def receipt_lines(dataset: Dataset, as_of: date) -> pl.LazyFrame:
    """One row per receipt line of goods sold (returns left out) up to and including `as_of`, with its `date`.

    Lines without `customer_id` are kept: they say which goods are bought together.

    Raises:
        DataError: the dataset has no `transactions`.
    """
    if not dataset.has("transactions"):
        raise DataError(
            f"recommendations need the table transactions with customer_id; got {sorted(dataset.frames)}. "
            "Ingest receipts that name the customer (a loyalty card number will do)."
        )
    day = pl.col("sold_at").dt.date()
    return (
        dataset.at(as_of).scan("transactions").filter(day <= as_of, pl.col("units") > 0).with_columns(day.alias("date"))
    )


def purchases(dataset: Dataset, as_of: date) -> pl.LazyFrame:
    """One row per customer x product x day with a purchase: units, spend, store_id and online (share of the units).

    Returns are taken off the latest purchases before them: what was brought back, on the same day or later, is no
    purchase. `spend` is what was paid for the units that were kept.

    Raises:
        DataError: no `transactions`.
    """
    receipt_lines(dataset, as_of)  # raises without transactions
    day = pl.col("sold_at").dt.date()
    lines = dataset.at(as_of).scan("transactions").filter(day <= as_of, pl.col("customer_id").is_not_null())
    # few pairs have returns: only these are sorted and netted over their days
    returned = lines.filter(pl.col("units") < 0).select(PAIR).unique()
    kept = [
        _by_day(lines.join(returned, on=PAIR, how="anti")),
        _net_of_returns(_by_day(lines.join(returned, on=PAIR, how="semi"))),
    ]
    return pl.concat(kept).filter(pl.col("units") > 0)


def _by_day(lines: pl.LazyFrame) -> pl.LazyFrame:
    """One row per customer x product x day: net units and spend."""
    units = pl.col("units")
    online = pl.col("channel").is_in(_ONLINE_CHANNELS).fill_null(value=False)
    return lines.group_by(*PAIR, pl.col("sold_at").dt.date().alias("date")).agg(
        units.sum(),
        (units * pl.col("unit_price")).sum().alias("spend"),
        # somebody may buy the same thing in two shops on a day: one is named, the same one in every run
        pl.col("store_id").max(),
        (units.filter(online).sum() / units.sum()).fill_nan(0.0).alias("online"),
    )


def _net_of_returns(days: pl.LazyFrame) -> pl.LazyFrame:
    """The days of a pair with what was kept of each purchase: a return takes from the latest purchases before it.

    Read from the last day backwards, the units still to be taken off are a sum that never falls below 0: the running
    sum of returns less purchases, less its lowest value so far.
    """
    taken = (-pl.col("units")).cum_sum().over(PAIR)
    pending = pl.col("taken") - pl.min_horizontal(pl.col("taken").cum_min().over(PAIR), pl.lit(0.0))
    kept = (pl.col("units") - pl.col("pending").shift(1).over(PAIR).fill_null(0.0)).clip(lower_bound=0.0)
    return (
        days.sort(*PAIR, "date", descending=[False, False, True])
        .with_columns(taken.alias("taken"))
        .with_columns(pending.alias("pending"))
        .with_columns(kept.alias("kept"))
        .with_columns(spend=pl.when(pl.col("units") > 0).then(pl.col("spend") * pl.col("kept") / pl.col("units")))
        .with_columns(units="kept")
        .drop("taken", "pending", "kept")
    )


def identified_events(dataset: Dataset, as_of: date) -> pl.LazyFrame:
    """One row per event on a product by a person up to and including `as_of`: PAIR, date, occurred_at, event_type.

    The customer is that of `customer_id`, or of an identifier that `identities` has for exactly one customer.
    """
    owner = (
        dataset.at(as_of)
        .scan_or_empty("identities")
        .filter(pl.col("customer_id").is_not_null())
        .group_by("id_type", "id_value")
        .agg(pl.col("customer_id").min().alias("owner"), pl.col("customer_id").n_unique().alias("owners"))
        # a family's tablet or a shop's terminal has several owners: whose event it was would be a guess
        .filter(pl.col("owners") == 1)
    )
    day = pl.col("occurred_at").dt.date()
    return (
        dataset.at(as_of)
        .scan_or_empty("events")
        .filter(day <= as_of, pl.col("product_id").is_not_null())
        .join(owner, on=["id_type", "id_value"], how="left")
        .with_columns(pl.coalesce("customer_id", "owner").alias("customer_id"), day.alias("date"))
        .filter(pl.col("customer_id").is_not_null())
        .select(*PAIR, "date", "occurred_at", "event_type")
    )


def _purchase_history(dataset: Dataset, as_of: date, half_lives_days: Sequence[int]) -> pl.LazyFrame:
    """One row per customer x product bought: the purchase columns of `interactions`."""
    # the rows are sorted, so a pair is a run of rows: grouping by the number of the run costs a fraction of grouping by
    # two texts, and shifts cost less than windows
    is_same_pair = pl.col("run") == pl.col("run").shift(1)
    gap = pl.when(is_same_pair).then((pl.col("date") - pl.col("date").shift(1)).dt.total_days())
    since = (pl.lit(as_of) - pl.col("date").last().over("run")).dt.total_days()
    ago = pl.col("visit") - 1
    return (
        purchases(dataset, as_of)
        # dense, because all goods of one day belong to the same visit
        .with_columns(pl.col("date").rank("dense", descending=True).over("customer_id").cast(pl.Float64).alias("visit"))
        .sort(*PAIR, "date")
        .with_columns(pl.struct(PAIR).rle_id().alias("run"))
        .with_columns(gap.alias("gap"))
        .with_columns((pl.col("gap") < since).alias("is_shorter"))
        .group_by("run")
        .agg(
            pl.col(PAIR).first(),
            pl.len().alias("purchase_days"),
            pl.col("units").sum(),
            pl.col("spend").sum(),
            pl.col("date").min().alias("first_on"),
            pl.col("date").max().alias("last_on"),
            pl.col("gap").mean().alias("mean_gap_days"),
            pl.col("gap").median().alias("median_gap_days"),
            pl.col("gap").std().alias("sd_gap_days"),
            pl.col("online").mean(),
            pl.col("store_id").n_unique().alias("stores"),
            pl.col("visit").min().alias("visits_since"),
            # with one purchase there is no gap: 0 / 0 becomes unknown, not a number that a model would read
            (pl.col("visit").min() * (pl.len() - 1) / (pl.col("visit").max() - pl.col("visit").min()))
            .fill_nan(None)
            .alias("visit_gaps_since"),
            pl.col("is_shorter").mean().alias("shorter_gaps"),
            *(pl.lit(0.5).pow(ago / v).sum().alias(visits_column(v)) for v in HALF_LIVES_VISITS),
            *(decay_weight(pl.col("date"), as_of, h).sum().alias(decayed_column(h)) for h in half_lives_days),
        )
        .drop("run")
    )


def _event_weights(dataset: Dataset, as_of: date) -> pl.LazyFrame:
    """One row per customer x product with events: decayed number of events per type, and the last day."""
    weight = decay_weight(pl.col("date"), as_of, _EVENT_HALF_LIFE_DAYS)
    return (
        identified_events(dataset, as_of)
        .group_by(*PAIR)
        .agg(
            *(weight.filter(pl.col("event_type") == kind).sum().alias(f"event_{kind}") for kind in EVENT_TYPES),
            pl.col("date").max().alias("last_event_on"),
        )
    )


def interactions(
    dataset: Dataset, as_of: date, half_lives_days: Sequence[int] = HALF_LIVES_DAYS, *, sort: bool = True
) -> pl.LazyFrame:
    """One row per customer x product with a purchase or an event on or before `as_of`.

    Args:
        dataset: needs `transactions`; `events` and `identities` add the event columns.
        as_of: last visible day (inclusive).
        half_lives_days: one column of decayed purchase days for each.
        sort: by customer and product.

    Returns:
        PAIR; purchase_days (distinct days), units, spend, first_on, last_on, mean_gap_days, median_gap_days and
        sd_gap_days (between purchase days; the last null below two gaps), online (share), stores (distinct),
        visits_since (the person's visits from the last one with the product on, 1 = the last visit; a visit is a day
        with a purchase), visit_gaps_since (the same in mean gaps between purchases), shorter_gaps (share of the gaps
        that were shorter than the days since the last purchase), `decayed_Hd` per half-life in days, `decayed_Vv` per
        half-life in visits, `event_KIND` (decayed with a half-life of 7 days) per event type, last_event_on. Pairs
        without a purchase have 0 purchase days and null dates.

    Raises:
        DataError: no `transactions`.
    """
    counts = ["purchase_days", "units", "spend", "stores", "online"]
    counts += [decayed_column(h) for h in half_lives_days] + [visits_column(v) for v in HALF_LIVES_VISITS]
    counts += [f"event_{kind}" for kind in EVENT_TYPES]
    frame = (
        _purchase_history(dataset, as_of, half_lives_days)
        .join(_event_weights(dataset, as_of), on=PAIR, how="full", coalesce=True)
        .with_columns(pl.col(counts).fill_null(0).cast(pl.Float64))
    )
    return frame.sort(*PAIR) if sort else frame


def shoppers(dataset: Dataset, as_of: date) -> pl.LazyFrame:
    """One row per customer with a purchase on or before `as_of`.

    Returns:
        customer_id; baskets (receipts), visit_days, visits_28d and visits_90d (days within the last 28 and 90),
        first_visit_on, last_visit_on, spend, lines, store_id (most visited; visits decay by half in 90 days).

    Raises:
        DataError: no `transactions`.
    """
    lines = receipt_lines(dataset, as_of).filter(pl.col("customer_id").is_not_null())
    age = (pl.lit(as_of) - pl.col("date")).dt.total_days()
    home = (
        lines.select("customer_id", "store_id", "date")
        # a visit counts once, however many lines its receipt has
        .unique()
        .group_by("customer_id", "store_id")
        .agg(decay_weight(pl.col("date"), as_of, 90).sum().alias("visits"))
        # the id settles ties, so that equal data give the same home store
        .sort("customer_id", "visits", "store_id", descending=[False, True, False])
        .group_by("customer_id", maintain_order=True)
        .agg(pl.col("store_id").first())
    )
    return (
        lines.group_by("customer_id")
        .agg(
            pl.col("transaction_id").n_unique().alias("baskets"),
            pl.col("date").n_unique().alias("visit_days"),
            pl.col("date").filter(age < 28).n_unique().alias("visits_28d"),
            pl.col("date").filter(age < 90).n_unique().alias("visits_90d"),
            pl.col("date").min().alias("first_visit_on"),
            pl.col("date").max().alias("last_visit_on"),
            (pl.col("units") * pl.col("unit_price")).sum().alias("spend"),
            pl.len().alias("lines"),
        )
        .join(home, on="customer_id", how="left")
    )
