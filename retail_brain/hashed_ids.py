"""Hashes identifiers at the door, so that no phone number or address enters the lake or the database in clear."""

import hashlib
import re
from collections.abc import Collection

import polars as pl

_DIGEST = re.compile(r"[0-9a-f]{64}")
_HASHED = "_hashed"


def is_digest(value: str) -> bool:
    """Whether a value is a SHA-256 digest already."""
    return _DIGEST.fullmatch(value.strip().lower()) is not None


def hashed_value(value: str) -> str:
    """SHA-256 of a value without blanks around it and in lower case, hexadecimal; a digest stays as it is.

    >>> hashed_value(" Li@Example.com ") == hashed_value("li@example.com")
    True
    >>> hashed_value(hashed_value("x")) == hashed_value("x")
    True
    """
    plain = value.strip().lower()
    return plain if _DIGEST.fullmatch(plain) else hashlib.sha256(plain.encode()).hexdigest()


def hashed_id(id_type: str | None, id_value: str | None, types: Collection[str]) -> str | None:
    """The value of an identifier as it is kept: hashed where its type is one of `types`."""
    return hashed_value(id_value) if id_value is not None and id_type in types else id_value


def hashed_rows(rows: pl.LazyFrame, types: Collection[str]) -> pl.LazyFrame:
    """Rows of any table with identifiers of some types hashed, and further columns that are called like a type.

    Args:
        rows: with `id_type` and `id_value`, or columns such as `phone`, or neither.
        types: types of identifiers; none leaves the rows as they are.
    """
    schema = rows.collect_schema()
    for column in [name for name, kind in schema.items() if name in types and kind == pl.String]:
        rows = rows.with_columns(pl.col(column).map_elements(hashed_value, return_dtype=pl.String))
    if not types or not {"id_type", "id_value"} <= set(schema):
        return rows
    # a row whose type cannot be read is hashed too: in doubt nothing stays in clear
    is_hashed = pl.col("id_type").is_in(sorted(types)) | pl.col("id_type").is_null()
    values = rows.filter(is_hashed).select("id_value").unique().drop_nulls().collect()["id_value"]
    table = pl.LazyFrame(
        {"id_value": values, _HASHED: [hashed_value(value) for value in values]},
        schema={"id_value": pl.String, _HASHED: pl.String},
    )
    joined = rows.join(table, on="id_value", how="left", maintain_order="left")
    kept = pl.when(is_hashed).then(pl.coalesce(_HASHED, "id_value")).otherwise("id_value")
    return joined.with_columns(kept.alias("id_value")).drop(_HASHED)
