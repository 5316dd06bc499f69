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
from serving.planning.stock.sell_by import demand_ends
from serving.store.answer_set import Answers
from serving.store.consistency.people import audience_contradictions, rhythm_contradictions
from serving.store.consistency.report import CONTRADICTIONS
from serving.store.consistency.stock import StockAnswers, stock_contradictions

_NO_PLAN: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(SERIES, pl.String),
    "notes": pl.List(pl.String),
}


def contradictions(answers: Answers, dataset: Dataset, settings: Settings) -> pl.DataFrame:
    """Single contradictions of published answers: columns CONTRADICTIONS.

    Args:
        answers: to be checked; parts that were not published are not.
        dataset: as known on the day of the answers.
        settings: of the tenant.

    Raises:
        MissingTableError: the dataset has no sales.
    """
    leftovers = answers.rows.get("leftovers", pl.DataFrame(schema=LEFTOVERS))
    parts = [pl.DataFrame(schema=CONTRADICTIONS), rhythm_contradictions(answers, dataset)]
    if answers.suggestions is not None:
        parts.append(stock_contradictions(answers, _stock_answers(answers, dataset, leftovers, settings)))
    parts.append(audience_contradictions(answers, leftovers, settings.audience))
    return pl.concat(parts)


def _stock_answers(answers: Answers, dataset: Dataset, leftovers: pl.DataFrame, settings: Settings) -> StockAnswers:
    assert answers.suggestions is not None
    as_of = date.fromisoformat(answers.manifest.as_of)
    ids = [names.ids.take(np.arange(len(names))) for names in (answers.stores, answers.products)]
    lines = answers.suggestions.table(*ids)
    terms = read_terms(dataset, as_of)
    return StockAnswers(
        orders=lines.filter(pl.col("order_quantity") > 0),
        transfers=answers.rows.get("transfers", pl.DataFrame(schema=TRANSFERS)),
        leftovers=leftovers,
        plan=answers.rows.get("plan", pl.DataFrame(schema=_NO_PLAN)),
        terms=terms,
        stock=read_stock(dataset),
        ends=demand_ends(dataset, lines, as_of, settings),
    )
