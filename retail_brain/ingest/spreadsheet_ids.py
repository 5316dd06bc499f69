"""Ids that spreadsheets and data frames took for numbers: `1001.0` is read as `1001`, `6.90123E+12` is lost."""

from collections.abc import Sequence

import polars as pl

from retail_brain.tables import Table

_WHOLE = r"^(-?\d+)\.0+$"
# a spreadsheet of Germany or Poland writes a comma
_SHORTENED = r"^-?\d(?:[.,]\d+)?[eE]\+\d{2,}$"
LOST = "shortened by a spreadsheet, its digits are lost (export it again with the column as text)"


def id_columns(table: Table) -> list[str]:
    """Columns of a table that hold ids, values of identifiers included."""
    texts = [name for name, kind in table.types.items() if kind == pl.String]
    return [name for name in texts if name.endswith("_id") or name == "id_value"]


def whole_ids(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """The frame with ids such as `12.0` as `12`.

    >>> whole_ids(pl.DataFrame({"store_id": ["12.0", "007", "1.5"]}), ["store_id"])["store_id"].to_list()
    ['12', '007', '1.5']
    """
    # the cheap look comes first: nearly no column needs the pattern
    odd = [name for name in columns if frame[name].str.ends_with(".0").any()]
    return frame.with_columns(pl.col(odd).str.replace(_WHOLE, "$1")) if odd else frame


def shortened_ids(frame: pl.DataFrame, columns: Sequence[str]) -> dict[str, pl.Series]:
    """Column -> which of its ids a spreadsheet wrote as a power of ten; columns without such are left out.

    >>> found = shortened_ids(pl.DataFrame({"product_id": ["6.90123E+12", "6,90123E+12", "5E10"]}), ["product_id"])
    >>> found["product_id"].to_list()
    [True, True, False]
    """
    likely = [name for name in columns if frame[name].str.contains("+", literal=True).any()]
    marks = {name: frame[name].str.contains(_SHORTENED).fill_null(value=False) for name in likely}
    return {name: found for name, found in marks.items() if found.any()}
