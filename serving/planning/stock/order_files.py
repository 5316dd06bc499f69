"""Writes exported orders as CSV, XLSX or JSON: purchase orders by supplier, transfers apart."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from retail_brain.csv_cells import safe_cells
from retail_brain.errors import UsageError
from retail_brain.export_mapping import ExportMapping, mapped
from retail_brain.files import hand_over, write_text
from retail_brain.xlsx import sheet_names, write_workbook
from serving.planning.stock.order_details import PURCHASE, TRANSFER

_ENDINGS = (".csv", ".xlsx", ".json")
"""Endings of files that orders are written to."""
_UNKNOWN, _MOVED = "without supplier", "transfers"


def check_order_file(target: str) -> None:
    """Checks that the ending says what to write; a name without one is CSV.

    Raises:
        UsageError: it names another format.
    """
    ending = Path(target).suffix.lower()
    if ending and ending not in _ENDINGS:
        raise UsageError(f"orders cannot be written to {target}; wanted a file that ends in {', '.join(_ENDINGS)}.")


def write_orders(lines: pl.DataFrame, path: Path, mapping: ExportMapping, *, by_supplier: bool = False) -> list[Path]:
    """Writes the lines of exports; returns the files. None overwrites an earlier export: see `files.hand_over`.

    Args:
        lines: rows with `kind`, `supplier_id` and `source_store_id`, in their order.
        path: CSV holds all lines, XLSX a sheet and JSON a list per supplier and one for transfers.
        mapping: names and forms of the columns.
        by_supplier: of CSV, a file per supplier (STEM_SUPPLIER.csv) and STEM_transfers.csv in the place of one.

    Raises:
        UsageError: the mapping names a column that is not there.
    """
    groups = list(_groups(lines))
    if path.suffix.lower() == ".xlsx":
        sheets = sheet_names([name for name, _ in groups])
        tables = {name: mapped(rows, mapping) for name, (_, rows) in zip(sheets, groups, strict=True)}
        return [hand_over(path, lambda aside: write_workbook(aside, tables))]
    if path.suffix.lower() == ".json":
        return [hand_over(path, lambda aside: write_text(aside, _json(groups, mapping)))]
    if not by_supplier:
        return [_write_csv(mapped(lines, mapping), path, mapping)]
    parts = _file_parts([name for name, _ in groups])
    files = [path.with_name(f"{path.stem}_{part}{path.suffix or '.csv'}") for part in parts]
    return [_write_csv(mapped(rows, mapping), file, mapping) for file, (_, rows) in zip(files, groups, strict=True)]


def _groups(lines: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Name of a supplier, or `transfers`, and its lines; a supplier of one of our own names gets a word before it."""
    bought = lines.filter(pl.col("kind") == PURCHASE)
    for (supplier,), rows in bought.group_by("supplier_id", maintain_order=True):
        name = _UNKNOWN if supplier is None else str(supplier)
        is_taken = supplier is not None and name.lower() in (_UNKNOWN, _MOVED)
        yield f"supplier {name}" if is_taken else name, rows
    moved = lines.filter(pl.col("kind") == TRANSFER)
    if moved.height:
        yield _MOVED, moved


def _json(groups: list[tuple[str, pl.DataFrame]], mapping: ExportMapping) -> str:
    orders: list[dict[str, Any]] = [
        {
            "supplier_id": rows["supplier_id"][0],
            "supplier_name": rows["supplier_name"][0],
            "currency": rows["currency"][0],
            "total_cost": rows["line_cost"].sum() if not rows["line_cost"].null_count() else None,
            "lines": mapped(rows, mapping).to_dicts(),
        }
        for _, rows in groups
        if rows["kind"][0] == PURCHASE
    ]
    moved = [mapped(rows, mapping).to_dicts() for _, rows in groups if rows["kind"][0] == TRANSFER]
    body = {"purchase_orders": orders, "transfers": moved[0] if moved else []}
    return json.dumps(body, ensure_ascii=False, indent=1, default=str) + "\n"


def _write_csv(table: pl.DataFrame, path: Path, mapping: ExportMapping) -> Path:
    text = safe_cells(table).write_csv(separator=mapping.delimiter)
    content = text.encode(mapping.encoding, "xmlcharrefreplace")
    return hand_over(path, lambda aside: aside.write_bytes(content))


def _file_parts(names: list[str]) -> list[str]:
    """Names as parts of files' names, each once whatever the case: what a path would read is replaced."""
    parts: list[str] = []
    for name in names:
        plain = "".join(letter if letter.isalnum() or letter in "-." else "_" for letter in name)
        number, free = 2, plain
        while free.lower() in {given.lower() for given in parts}:
            number, free = number + 1, f"{plain}_{number}"
        parts.append(free)
    return parts
