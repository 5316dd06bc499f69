"""Contradictions between what rows of left-overs say that telling customers earns, audiences, and campaigns."""

import polars as pl

from retail_brain.decisions.excess_stock import sellable
from retail_brain.errors import ImpossibleError, NotFoundError
from retail_brain.outputs import SERIES
from retail_brain.settings import Settings
from serving.planning.campaigns.inputs import OtherPlans
from serving.planning.campaigns.plan import plan_campaign
from serving.planning.campaigns.preview import preview_of
from serving.planning.campaigns.propose import definition_for
from serving.planning.stock.stock_network import left_over_in
from serving.store.answer_set import Answers
from serving.store.campaigns import PublishedSource
from serving.store.consistency.report import CONTRADICTIONS, found
from serving.store.left_over_audiences import audience_values, line_value, terms_of

_SAME_MONEY = 0.01
"""Money by which two sums over the same people differ by rounding."""
_PLANNED = 5
"""Dearest rows whose campaign is worked out too: bounds the time of publishing. Chosen by judgement."""


def told_worth_contradictions(answers: Answers, leftovers: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Rows whose people bring other money as an audience or as the proposed campaign: columns CONTRADICTIONS.

    Args:
        answers: with scored pairs.
        leftovers: columns of LEFTOVERS.
        settings: of the tenant.
    """
    told = sellable(leftovers).filter(pl.col("audience_value").is_not_null())
    if answers.pairs is None or told.is_empty():
        return pl.DataFrame(schema=CONTRADICTIONS)
    terms = terms_of(answers, settings.audience, settings.campaigns.assumed_caused_share)
    own = audience_values(answers, leftovers, settings.audience, terms).rename({"audience_value": "own"})
    both = told.join(own, on=list(SERIES), how="left")
    less = pl.col("audience_value") - pl.col("own").fill_null(0.0)
    planned = _planned(answers, told.sort("value_at_risk", descending=True).head(_PLANNED), settings)
    apart = told.join(planned, on=list(SERIES), how="inner")
    parts = [
        found("told_worth_otherwise", rows.filter(gap.abs() > _SAME_MONEY), units=pl.col("left_over_units"), money=gap)
        for rows, gap in ((both, less), (apart, pl.col("gap")))
    ]
    return pl.concat(parts)


def _planned(answers: Answers, rows: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """By how much the audience of a row is worth more than its campaign, people held out alike: SERIES, `gap`."""
    source = PublishedSource(answers)
    terms = terms_of(answers, settings.audience, settings.campaigns.assumed_caused_share)
    apart = []
    for row in rows.iter_rows(named=True):
        store_id, product_id = row["store_id"], row["product_id"]
        try:
            definition = definition_for(source, terms.today, [store_id], [product_id])
            # the salt of the audience's holdout, so that the same people are told
            plan = plan_campaign(definition, f"products:{product_id}", source, OtherPlans.none(), settings)
        except (ImpossibleError, NotFoundError):
            continue
        line = left_over_in(rows, store_id).filter(pl.col("product_id") == product_id)
        value = line_value(answers, line, settings.audience, terms)
        planned = preview_of(plan)["expected_value"]
        if value is not None and planned is not None:
            apart.append((store_id, product_id, value - planned))
    return pl.DataFrame(apart, schema={**dict.fromkeys(SERIES, pl.String), "gap": pl.Float64}, orient="row")
