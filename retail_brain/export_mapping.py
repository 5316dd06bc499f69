"""How a table leaves for another system: which columns under which names, and how dates and numbers are written.

The counterpart of a mapping for input: `ours = "theirs"`, or a table of keys.
"""

import tomllib
from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from retail_brain.errors import UsageError


class ExportColumn(BaseModel):
    """One column: its name there, and how its values are written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    format: str | None = None
    decimal: Literal[".", ","] | None = None
    digits: int | None = Field(default=None, ge=0, le=12)


class ExportMapping(BaseModel):
    """Columns of a file for another system.

    Attributes:
        columns: our column -> their name, or name and form; only these are written, in this order.
        constants: their column -> text that every row holds.
        delimiter: of CSV.
        encoding: of CSV.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: dict[str, str | ExportColumn] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    encoding: str = "utf-8"


def read_export_mapping(path: Path) -> ExportMapping:
    """Reads a mapping for output.

    Raises:
        UsageError: the file is not there, is no TOML, or has keys that are not known.
    """
    try:
        return ExportMapping.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"the mapping {path} cannot be read: {error.strerror}. Check the path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}. Correct it.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UsageError(
            f'{path} is no mapping for output: {place}: {first["msg"]}. Wanted [columns] with ours = "theirs".'
        ) from error


def mapped(table: pl.DataFrame, mapping: ExportMapping) -> pl.DataFrame:
    """The table under the other system's names and in its forms; all columns as they are where none is named.

    Raises:
        UsageError: the table lacks a column that the mapping names.

    >>> units = ExportColumn(column="Menge", decimal=",")
    >>> wanted = ExportMapping(columns={"units": units}, constants={"Mandant": "01"})
    >>> mapped(pl.DataFrame({"units": [1.5], "note": ["x"]}), wanted).to_dicts()
    [{'Menge': '1,5', 'Mandant': '01'}]
    """
    missing = [ours for ours in mapping.columns if ours not in table.columns]
    if missing:
        raise UsageError(
            f"the mapping for output names the columns {missing}; got {table.columns}. Correct or leave them out."
        )
    columns = [_written(ours, table.schema[ours], form) for ours, form in mapping.columns.items()] or [pl.all()]
    return table.select(*columns, *(pl.lit(text).alias(name) for name, text in mapping.constants.items()))


def _written(ours: str, kind: pl.DataType, form: str | ExportColumn) -> pl.Expr:
    column = pl.col(ours)
    if isinstance(form, str):
        return column.alias(form)
    if form.format is not None:
        if not kind.is_temporal():
            raise UsageError(f"format goes with days and times; {ours} is {kind}. Leave it out.")
        column = column.dt.strftime(form.format)
    if form.digits is not None:
        column = column.round(form.digits)
    if form.decimal is not None:
        column = column.cast(pl.String).str.replace(".", form.decimal, literal=True)
    return column.alias(form.column)
