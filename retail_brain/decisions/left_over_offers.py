"""Shares left-over goods out over people: nobody is told of goods that others are already expected to take."""

from collections import defaultdict

import polars as pl

LEFT_OVER = {
    "store_id": pl.String,
    "product_id": pl.String,
    "left_over_units": pl.Float64,
    "sell_by": pl.Date,
}
"""Columns of left-over goods that matter to an audience."""


def share_out_left_over(offers: pl.DataFrame) -> pl.DataFrame:
    """One row per offer that is made; a person gets one at most.

    Offers are made most valuable first, as long as the chances of the people told of a product in a shop add up to no
    more than what is left of it there: so the people told never exceed what is left divided by their chance.

    Args:
        offers: `person_id`, `home_store_id`, `product_id`, `probability`, `offer_value` (null: unknown),
            `left_over_units`, and `held`: people held out are told nothing, and take none of what is left.
    """
    ranked = offers.with_row_index("place").sort(
        "offer_value",
        "probability",
        "person_id",
        "product_id",
        descending=[True, True, False, False],
        nulls_last=True,
    )
    expected: defaultdict[tuple[str, str], float] = defaultdict(float)
    served: set[str] = set()
    made = []
    columns = ("place", "person_id", "home_store_id", "product_id", "probability", "left_over_units", "held")
    for place, person, store, product, chance, left, held in ranked.select(columns).iter_rows():
        taken = expected[store, product]
        if person in served or taken + chance > left:
            continue
        served.add(person)
        made.append(place)
        if not held:
            expected[store, product] = taken + chance
    return offers[sorted(made)]
