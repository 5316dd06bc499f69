"""Takes people out of tables: rows about a person go, and rows that the chain needs lose who it was."""

from collections.abc import Mapping
from functools import partial

import polars as pl

from retail_brain.erased_ids import CUSTOMER, LEAST_SEARCHED, ErasedIds, Subjects
from retail_brain.lake.side_lists import read_list, write_list
from retail_brain.tables import TABLES

_LIST = "erased"
PEOPLE_TABLES = ("transactions", "customers", "identities", "consents", "events", "contacts", "responses")
"""Tables that name people."""
KEPT_WITHOUT_PERSON = ("transactions", "events")
"""Tables whose rows stay without their person: what was sold is the demand of a shop."""
_PERSON_COLUMNS = (CUSTOMER, "id_type", "id_value", "session_id", "attribution_id")


def without_people(name: str, rows: pl.LazyFrame, subjects: Subjects) -> pl.LazyFrame:
    """The rows of a table without some people.

    Receipt lines and events stay and lose customer, identifier, session and attribution id; other rows about the
    people go. Further text columns of other people's rows (who brought them, say) lose the ids too.

    Args:
        name: canonical table.
        rows: of the table.
        subjects: the people.
    """
    schema = rows.collect_schema()
    if name not in PEOPLE_TABLES or CUSTOMER not in schema:
        return rows
    is_theirs, is_identifier = _named(rows, subjects)
    others = [column for column, kind in schema.items() if kind == pl.String and column not in TABLES[name].types]
    # a short id may as well be a code of something else
    long = [value for value in subjects.values if len(value) >= LEAST_SEARCHED]
    values = pl.lit(pl.Series(long, dtype=pl.String)).implode()
    blank = [pl.when(~pl.col(column).is_in(values)).then(column).alias(column) for column in others]
    if name not in KEPT_WITHOUT_PERSON:
        return rows.filter(~(is_theirs | is_identifier)).with_columns(blank)
    present = [column for column in _PERSON_COLUMNS if column in schema]
    masked = [
        pl.when(~(is_theirs | (is_identifier if column != CUSTOMER else pl.lit(value=False))))
        .then(column)
        .alias(column)
        for column in present
    ]
    return rows.with_columns(*masked, *blank)


def count_people(name: str, rows: pl.LazyFrame, subjects: Subjects) -> int:
    """Number of rows of a table that name some people."""
    if name not in PEOPLE_TABLES or CUSTOMER not in rows.collect_schema():
        return 0
    is_theirs, is_identifier = _named(rows, subjects)
    named: int = rows.select((is_theirs | is_identifier).sum()).collect(engine="streaming").item()
    return named


def named_rows(name: str, rows: pl.LazyFrame, subjects: Subjects) -> pl.DataFrame:
    """Rows of a table that name some people, by customer id, or by an identifier where no customer is named."""
    if name not in PEOPLE_TABLES or CUSTOMER not in rows.collect_schema():
        return rows.head(0).collect()
    is_theirs, is_identifier = _named(rows, subjects)
    return rows.filter(is_theirs | (is_identifier & pl.col(CUSTOMER).is_null())).collect(engine="streaming")


def _named(rows: pl.LazyFrame, subjects: Subjects) -> tuple[pl.Expr, pl.Expr]:
    """Whether a row names one of the people by customer id, and by an identifier."""
    customers = pl.lit(pl.Series(sorted(subjects.customers), dtype=pl.String)).implode()
    is_theirs = pl.col(CUSTOMER).is_in(customers).fill_null(value=False)
    if not {"id_type", "id_value"} <= set(rows.collect_schema().names()) or not subjects.identifiers:
        return is_theirs, pl.lit(value=False)
    # joined by a character that no id holds
    both = pl.concat_str("id_type", "id_value", separator="\0")
    known = pl.lit(pl.Series(["\0".join(pair) for pair in sorted(subjects.identifiers)], dtype=pl.String)).implode()
    return is_theirs, both.is_in(known).fill_null(value=False)


def write_erased(uri: str, erased: ErasedIds, options: Mapping[str, str]) -> None:
    """Replaces the list of erased people beside a lake, which every ingest asks."""
    rows = pl.DataFrame({"digest": sorted(erased.digests)}, schema={"digest": pl.String})
    write_list(uri, _LIST, rows.with_columns(salt=pl.lit(erased.salt)), options)


def read_erased(uri: str, options: Mapping[str, str]) -> ErasedIds | None:
    """The erased people of a lake; None where nobody was."""
    rows = read_list(uri, _LIST, options)
    if rows is None or not rows.height:
        return None
    return ErasedIds(rows["salt"][0], frozenset(rows["digest"]))


def without_erased(name: str, rows: pl.LazyFrame, erased: ErasedIds) -> tuple[pl.LazyFrame, int]:
    """Incoming rows of a table without people who were erased, and how many rows named one."""
    if name not in PEOPLE_TABLES:
        return rows, 0
    subjects = erased.among(rows)
    if not subjects.customers and not subjects.identifiers:
        return rows, 0
    return without_people(name, rows, subjects), count_people(name, rows, subjects)


def rows_without(frame: pl.DataFrame, subjects: Subjects) -> pl.DataFrame:
    """Rows of any table as text, such as quarantined ones, none of whose cells holds one of the ids."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    if not texts:
        return frame
    keep = partial(_is_clean, subjects.values)
    return frame.filter(pl.all_horizontal(keep(name) for name in texts))


def _is_clean(values: list[str], column: str) -> pl.Expr:
    # short ids are looked for as whole cells: "12" stands in many numbers
    long = [value for value in values if len(value) >= LEAST_SEARCHED]
    cell = pl.col(column).fill_null("")
    has_part = cell.str.contains_any(long) if long else pl.lit(value=False)
    return ~(cell.str.strip_chars().is_in(values) | has_part)
