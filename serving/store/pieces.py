"""Whether a product is counted in pieces: nothing of it was sold, stocked, ordered or packed in a part of a unit."""

import numpy as np

from retail_brain.decisions.arrays import ROUNDING
from retail_brain.errors import ImpossibleError
from serving.store.answer_set import Answers
from serving.store.arrays import Array


def check_pieces(answers: Answers, quantities: dict[tuple[str, str], float]) -> None:
    """Refuses parts of units of goods that are counted in pieces: nobody sends half a box.

    Args:
        answers: published answers of the whole chain, which say how the goods are sold and packed.
        quantities: store and product id -> units that are to be ordered.

    Raises:
        ImpossibleError: a quantity is no whole number, and its product is counted in pieces.
    """
    parts = {line: units for line, units in quantities.items() if not _is_whole(np.array([units]))}
    products = {product: answers.products.find(product) for _, product in parts}
    # what a set of answers says of a product is looked up once
    known: dict[int, bool] = answers.audience_memo.get((answers.products,), "in pieces", dict)
    for place in set(products.values()) - known.keys():
        known[place] = place >= 0 and _is_in_pieces(answers, place)
    counted = {product for product, place in products.items() if known[place]}
    wrong = [(*line, units) for line, units in parts.items() if line[1] in counted]
    if not wrong:
        return
    store, product, units = wrong[0]
    more = f", and {len(wrong) - 1:,} more lines" if len(wrong) > 1 else ""
    below, above = int(np.floor(units)), int(np.ceil(units))
    raise ImpossibleError(
        f"product {product!r} is counted in pieces: all that was sold, stocked and packed of it is whole. Got "
        f"{units:,.10g} units in store {store!r}{more}; wanted a whole number, such as {below:,} or {above:,}.",
        {
            "problem": "quantity_in_pieces",
            "store_id": store,
            "product_id": product,
            "order_quantity": units,
            "below": below,
            "above": above,
            "lines": len(wrong),
        },
    )


def _is_in_pieces(answers: Answers, product: int) -> bool:
    """Whether all that is known of a product is whole; one of which nothing was sold may be sold by weight."""
    suggestions = answers.suggestions
    if suggestions is None or not _is_whole(suggestions.counted(np.flatnonzero(suggestions.product == product))):
        return False
    is_sold = False
    for store in range(len(answers.stores)):
        found = answers.history.get(store, product, 0)
        if found is not None:
            units = found["units"]
            is_sold = is_sold or bool(np.nansum(np.abs(units)) > 0)
            if not _is_whole(units):
                return False
    return is_sold


def _is_whole(numbers: Array) -> bool:
    known = numbers[~np.isnan(numbers)]
    return bool((np.abs(known - np.round(known)) <= ROUNDING).all())
