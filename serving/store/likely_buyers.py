"""People scored for a product in published answers, or for goods like it where nobody was scored for it."""

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import NO_DAY
from retail_brain.decisions.offers import KINDS
from retail_brain.errors import ModelError
from retail_brain.settings import AudienceSettings
from serving.store.answer_set import Answers
from serving.store.arrays import Array
from serving.store.scored_pairs import ScoredPairs

NOBODY = pl.DataFrame(
    schema={
        "customer_id": pl.String,
        "product_id": pl.String,
        "probability": pl.Float64,
        "kind": pl.String,
        "due_on": pl.Date,
        "reason": pl.String,
        "reason_zh": pl.String,
        "reason_code": pl.String,
    }
)


def pairs_of(answers: Answers, product: int, *, is_worded: bool = True) -> pl.DataFrame:
    """Everybody scored for a product, most probable first: one row per customer; reasons are empty if not wanted."""
    assert answers.pairs is not None
    return pairs_at(answers, answers.pairs.of_product(product), is_worded=is_worded)


def pairs_at(answers: Answers, rows: Array, *, is_worded: bool = True) -> pl.DataFrame:
    """Scored pairs at some rows, in that order; reasons are empty if not wanted."""
    held = answers.pairs
    assert held is not None
    codes = held.codes[rows]
    none = pl.Series([""], dtype=pl.String).new_from_index(0, len(rows))
    return pl.DataFrame(
        {
            "customer_id": answers.customers.ids.series.gather(held.customer[rows]),
            "product_id": answers.products.ids.series.gather(held.product[rows]),
            "probability": held.probability[rows].astype(np.float64),
            "kind": pl.Series(KINDS, dtype=pl.String).gather(codes[:, 0]),
            "due_on": pl.Series(codes[:, 1]).replace(NO_DAY, None).cast(pl.Date),
            "reason": held.reason_series(rows, "en") if is_worded else none,
            "reason_zh": held.reason_series(rows, "zh") if is_worded else none,
            "reason_code": held.reason_code_series(rows),
        }
    )


def pairs_in(answers: Answers) -> ScoredPairs:
    """The scored pairs of answers.

    Raises:
        ModelError: there are none, because the answers were published without a recommender.
    """
    if answers.pairs is None:
        raise ModelError(
            "the answers hold no scored pairs. Promote a recommender, then run `retail-brain publish`.",
            {"problem": "no_recommender_model"},
        )
    return answers.pairs


def likely_buyers(answers: Answers, product: int, settings: AudienceSettings) -> pl.DataFrame:
    """Everybody scored for a product, most probable first; of one that nobody was scored for, those for goods like it.

    Args:
        answers: with scored pairs.
        product: position of the product; a negative one is nobody's.
        settings: how many goods stand in for it, and at what discount.

    Raises:
        ModelError: there are no scored pairs.
    """
    pairs_in(answers)
    if product < 0:
        return NOBODY
    pairs = pairs_of(answers, product, is_worded=False)
    return pairs if pairs.height else _pairs_of_like(answers, product, settings)


def _pairs_of_like(answers: Answers, product: int, settings: AudienceSettings) -> pl.DataFrame:
    """People scored for goods like this one, at a discount, most probable first."""
    rows, chance = rows_of_like(answers, product, settings)
    name = answers.products.ids[product]
    return pairs_at(answers, rows).with_columns(
        pl.Series("probability", chance),
        product_id=pl.lit(name),
        kind=pl.lit("explore"),
        due_on=pl.lit(None, dtype=pl.Date),
    )


def rows_of_like(answers: Answers, product: int, settings: AudienceSettings) -> tuple[Array, Array]:
    """Rows of the pairs of goods like this one, one per customer, most probable first; and the discounted chances."""
    assert answers.pairs is not None
    if answers.similar is None:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    others, scores = answers.similar.get(product)
    parts, chances = [np.zeros(0, dtype=np.int64)], [np.zeros(0)]
    for other, score in zip(others[: settings.similar_products].tolist(), scores.tolist(), strict=False):
        parts.append(answers.pairs.of_product(other))
        share = settings.similar_share * min(score, 1.0)
        chances.append(answers.pairs.probability[parts[-1]].astype(np.float64) * share)
    rows, chance = np.concatenate(parts), np.concatenate(chances)
    order = np.lexsort((answers.pairs.customer[rows], -chance))
    first = np.unique(answers.pairs.customer[rows[order]], return_index=True)[1]
    kept = order[np.sort(first)]
    return rows[kept], chance[kept]
