"""Checks a set of published answers for contradictions."""

from datetime import date

import numpy as np
import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.decisions.excess_stock import LEFTOVERS
from retail_brain.decisions.inputs import read_stock, read_terms
from retail_brain.decisions.transfers import TRANSFERS
from retail_brain.outputs import SERIES
from retail_brain.settings import Settings
from serving.planning.stock.sell_by import demand_ends, listing_ends
from serving.planning.stock.settled_plan import PLAN
from serving.planning.stock.stock_ages import read_ages
from serving.store.answer_set import Answers
from serving.store.consistency.lines import advice_contradictions, age_contradictions, line_contradictions
from serving.store.consistency.markdown import markdown_contradictions
from serving.store.consistency.people import audience_contradictions, rhythm_contradictions
from serving.store.consistency.report import CONTRADICTIONS
from serving.store.consistency.stock import StockAnswers, stock_contradictions
from serving.store.consistency.told_worth import told_worth_contradictions
from serving.store.rows import completed


def contradictions(answers: Answers, dataset: Dataset, settings: Settings) -> pl.DataFrame:
    """Single contradictions of published answers: columns CONTRADICTIONS.

    Args:
        answers: to be checked; parts that were not published are not.
        dataset: as known on the day of the answers.
        settings: of the tenant.

    Raises:
        MissingTableError: the dataset has no sales.
    """
    leftovers = completed(answers.rows.get("leftovers", pl.DataFrame(schema=LEFTOVERS)), LEFTOVERS)
    parts = [pl.DataFrame(schema=CONTRADICTIONS), rhythm_contradictions(answers, dataset)]
    if answers.suggestions is not None:
        lines = _lines(answers)
        told = _stock_answers(answers, dataset, leftovers, settings, lines)
        parts += [stock_contradictions(answers, told), markdown_contradictions(told)]
        parts += [line_contradictions(lines, told), advice_contradictions(told)]
        if settings.data.period == "day":
            as_of = date.fromisoformat(answers.manifest.as_of)
            parts.append(age_contradictions(told, read_ages(dataset, told.terms, told.stock, as_of)))
    parts.append(audience_contradictions(answers, leftovers, settings.audience))
    parts.append(told_worth_contradictions(answers, leftovers, settings))
    return pl.concat(parts)


def _lines(answers: Answers) -> pl.DataFrame:
    """Every line of the suggestions."""
    assert answers.suggestions is not None
    ids = [names.ids.take(np.arange(len(names))) for names in (answers.stores, answers.products)]
    return answers.suggestions.table(*ids)


def _stock_answers(
    answers: Answers, dataset: Dataset, leftovers: pl.DataFrame, settings: Settings, lines: pl.DataFrame
) -> StockAnswers:
    as_of = date.fromisoformat(answers.manifest.as_of)
    plan = answers.rows.get("plan")
    ends = demand_ends(dataset, lines, as_of, settings) if plan is None else planned_ends(plan, dataset)
    return StockAnswers(
        orders=lines.filter(pl.col("order_quantity") > 0),
        transfers=answers.rows.get("transfers", pl.DataFrame(schema=TRANSFERS)),
        leftovers=leftovers,
        plan=pl.DataFrame(schema=PLAN) if plan is None else plan,
        terms=read_terms(dataset, as_of),
        stock=read_stock(dataset, most_age_days=settings.replenishment.stock_most_age_days),
        ends=ends,
    )


def planned_ends(plan: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """The ends of demand that the plan names, listings by the data themselves; a season may go on by the forecast."""
    keys = list(SERIES)
    listed = plan.select(*keys, "ends_on").lazy().join(listing_ends(dataset), on=keys, how="left")
    last = listed.select(*keys, ends_on=pl.min_horizontal("ends_on", "listing"))
    return last.filter(pl.col("ends_on").is_not_null()).collect()
