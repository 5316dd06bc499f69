"""Reads rows of the operational database as columns, a part at a time: years of messages are never Python objects."""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
from polars.datatypes import DataType, DataTypeClass
from sqlalchemy import Row, Select

from retail_brain.operational.database import Database

_PART_ROWS = 50_000
"""Rows that are fetched at once: some MB. Chosen by judgement, not measured."""
Schema = Mapping[str, DataType | DataTypeClass]
"""Name -> type of each column."""


def read_frame(
    database: Database,
    query: Select[Any],
    schema: Schema,
    row: Callable[[Row[Any]], tuple[object, ...]] = tuple,
) -> pl.DataFrame:
    """The rows of a query as columns, in its order.

    Args:
        database: where they are.
        query: what is asked.
        schema: columns of the answer.
        row: makes the values of these columns of a row; by default the row has them, in their order.

    Raises:
        UnavailableError: the database does not answer.
    """
    with database.reading() as connection:
        rows = connection.execution_options(yield_per=_PART_ROWS).execute(query)
        parts = [pl.DataFrame([row(one) for one in part], dict(schema), orient="row") for part in rows.partitions()]
    return pl.concat([pl.DataFrame(schema=dict(schema)), *parts])
