"""What the published suggestions say of orders: from where and when."""

from datetime import date

import numpy as np
import polars as pl

from serving.planning.stock.order_details import SUGGESTED
from serving.store.answer_set import Answers


def suggested_orders(answers: Answers) -> pl.DataFrame:
    """One row per published suggestion: the columns of `SUGGESTED`; none where no orders were published."""
    if answers.suggestions is None:
        return pl.DataFrame(schema=SUGGESTED)
    ids = [names.ids.take(np.arange(len(names))) for names in (answers.stores, answers.products)]
    table = answers.suggestions.table(*ids)
    return table.with_columns(as_of=pl.lit(date.fromisoformat(answers.manifest.as_of))).select(*SUGGESTED)
