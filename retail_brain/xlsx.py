"""Writes plain workbooks (XLSX): sheets of texts, numbers, flags and days, without formulas and styles."""

import re
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import polars as pl

from retail_brain.files import atomic_path

_SHEET_LETTERS: Final = 31
"""Longest name of a sheet that spreadsheet programs open."""
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML cannot hold."""


def write_workbook(path: Path, sheets: Mapping[str, pl.DataFrame]) -> None:
    """Writes a sheet per table, header first. Text is text: a cell that begins with `=` is not run.

    Args:
        path: the file; an interrupted run leaves no half file.
        sheets: name -> table; names are shortened and freed of what sheets cannot be called.
    """
    names = sheet_names(list(sheets))
    parts = {f"xl/worksheets/sheet{place}.xml": _sheet(table) for place, table in enumerate(sheets.values(), start=1)}
    kinds = "".join(f'<Override PartName="/{part}" ContentType="{_KIND}.worksheet+xml"/>' for part in parts)
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{place}" r:id="r{place}"/>'
        for place, name in enumerate(names, start=1)
    )
    links = "".join(_link(f"r{place}", "worksheet", part[3:]) for place, part in enumerate(parts, start=1))
    parts["[Content_Types].xml"] = (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f"{kinds}</Types>"
    )
    parts["_rels/.rels"] = _links(_link("r1", "officeDocument", "xl/workbook.xml"))
    parts["xl/workbook.xml"] = f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>'
    parts["xl/_rels/workbook.xml.rels"] = _links(links)
    with atomic_path(path) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            # without the time of writing: the same tables give the same bytes
            part = zipfile.ZipInfo(name)
            part.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(part, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{text}')


def sheet_names(wanted: list[str]) -> list[str]:
    """Names that sheets may have, each once.

    >>> sheet_names(["Supplier: A/S", "supplier_ a_s", ""])
    ['Supplier_ A_S', 'supplier_ a_s 2', 'Sheet']
    """
    names: list[str] = []
    for name in wanted:
        plain = re.sub(r"[\[\]:*?/\\]", "_", name).strip("'")[:_SHEET_LETTERS] or "Sheet"
        number, free = 2, plain
        while free.lower() in {given.lower() for given in names}:
            free = f"{plain[: _SHEET_LETTERS - len(str(number)) - 1]} {number}"
            number += 1
        names.append(free)
    return names


def _sheet(table: pl.DataFrame) -> str:
    rows = [table.columns, *table.rows()]
    body = "".join(f'<row r="{place}">{"".join(map(_cell, row))}</row>' for place, row in enumerate(rows, start=1))
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>'


def _cell(value: Any) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value!r}</v></c>"
    text = value.isoformat() if isinstance(value, date | datetime) else str(value)
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(_UNWRITABLE.sub("", text))}</t></is></c>'


def _link(name: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _links(links: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'
