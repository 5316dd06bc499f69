"""All lines of a list as a spreadsheet: what is filtered and sorted on the screen, not only what was loaded."""

import base64
from typing import Any

import polars as pl

from retail_brain.csv_cells import safe_cells
from retail_brain.errors import ImpossibleError
from retail_brain.files import scratch_folder
from retail_brain.xlsx import write_workbook
from serving.http.handlers.call import Call
from serving.http.handlers.listing import asked_query, check_may_list, listed_frame
from serving.http.messages.listing_messages import ListingFileRequest
from serving.planning.listing.engine import listing
from serving.planning.listing.tables import TABLES
from serving.store.listing.order_lines import rows_of

_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_LAST = ("supplier_name", "comments", "value", "lost_sales")
"""Columns that later versions added: a file has them at its end, so that the others stay where they were."""
_BEFORE = ("reason", "reason_zh", "urgency", "purchase_order", "purchase_order_name", "is_cost_estimated", *_LAST)
"""Columns that a file does not have, or has at its end."""
_MORE = {
    "orders": ("suggestion_id", "decided_at", "exported_at"),
    "leftovers": ("price_path", "markdown_units_low", "markdown_units_high"),
}
"""Columns of a list that cannot be asked for and are in its file."""


def file_of(request: ListingFileRequest, call: Call) -> dict[str, Any]:
    """All lines of a view with the names of the columns of the contract; a file of suggestions can be changed and read.

    Raises:
        HttpError: the role may not see the list.
        NotFoundError: a column or filter is none of the list's.
        ImpossibleError: a value is none of the column's.
        ImpossibleError: a workbook of so many lines would take too long.
        ModelError: nothing of the kind was published.
    """
    check_may_list(request.table, call)
    sort = [(one.column, one.descending) for one in request.sort]
    found = listing(listed_frame(request, call), TABLES[request.table], asked_query(request, sort))
    most = call.view.settings.serving.workbook_lines
    if request.format == "xlsx" and found.rows.height > most:
        raise ImpossibleError(
            f"the view holds {found.rows.height:,} lines; a workbook holds at most {most:,} (setting "
            "serving.workbook_lines). Take a CSV file, or choose fewer lines.",
            {"problem": "workbook_too_large", "lines": found.rows.height, "limit": most},
        )
    table = _columns(found.page(0, found.rows.height), request.table, call)
    content = _csv(table) if request.format == "csv" else _workbook(table, request.table)
    return {
        "file_name": f"{request.table}-{call.answers.manifest.as_of}.{request.format}",
        "media_type": _TYPES[request.format],
        "rows": table.height,
        "content": base64.b64encode(content).decode(),
    }


def _columns(lines: pl.DataFrame, name: str, call: Call) -> pl.DataFrame:
    """The columns of the list, and the reason in the asker's language."""
    asked = [column for column in TABLES[name].columns if column not in _BEFORE]
    columns = [*asked, *(column for column in _MORE.get(name, ()) if column in lines.columns)]
    table = lines.select(columns)
    if "flags" in columns:
        table = table.with_columns(pl.col("flags").list.join(" "))
    if name == "suggestions":
        suggestions = call.answers.suggestions
        assert suggestions is not None
        reason = suggestions.reasons(call.language).gather(pl.Series(rows_of(lines)))
        table = table.with_columns(purchase_order=lines["purchase_order"], reason=reason.replace("", None))
        table = table.with_columns(as_of=pl.lit(call.answers.manifest.as_of))
        table = table.hstack(lines.select(_LAST).with_columns(pl.col("comments").cast(pl.Int64)))
    else:
        reasons = ("reason_zh", "reason") if call.language == "zh" else ("reason",)
        column = next((one for one in reasons if one in lines.columns), None)
        table = table if column is None else table.with_columns(reason=lines[column])
    return table.with_columns(pl.col(pl.Float64).round(4))


def _csv(table: pl.DataFrame) -> bytes:
    """UTF-8 with its mark, so that spreadsheets show Chinese."""
    return safe_cells(table).write_csv(include_bom=True, line_terminator="\r\n").encode()


def _workbook(table: pl.DataFrame, name: str) -> bytes:
    with scratch_folder("listing") as folder:
        path = folder / "lines.xlsx"
        write_workbook(path, {name: table})
        return path.read_bytes()
