"""Reads a spreadsheet of changed quantities and shows what it changes; nothing is stored."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import polars as pl

from retail_brain.csv_cells import plain_cells
from retail_brain.errors import DataError, UsageError
from retail_brain.files import scratch_folder
from retail_brain.sources.files import open_file
from retail_brain.sources.unpacking import TOO_LARGE, unpacked_at_most
from serving.http.handlers.call import Call
from serving.http.handlers.listing import suggested_lines
from serving.http.handlers.suggestions import newest_decision
from serving.http.messages.bulk_messages import ChangesFileRequest
from serving.planning.stock.changed_lines import changed_lines

_ENDINGS = (".csv", ".xlsx")
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""What workbooks begin with; an export of text with their ending is read where it has the columns."""
_NAMED = 200
"""Rows that cannot count which an answer names; the rest is counted. By judgement."""


def read_changes(request: ChangesFileRequest, call: Call) -> dict[str, Any]:
    """Lines that a file changes, and the rows of it that cannot count.

    Raises:
        UsageError: it is no CSV or XLSX file, or its content is not base64.
        DataError: it cannot be read, is too large once it is unpacked, or lacks a column.
        ModelError: there is no demand model.
    """
    table, left_out, is_text = _table(request, call.state.settings.serving.changes_file_bytes)
    try:
        found = changed_lines(table, suggested_lines(call))
    except DataError:
        if is_text:
            raise _unreadable(
                f"{request.file_name} is no workbook, whatever its ending says. Save it anew as .xlsx or CSV.", request
            ) from None
        raise
    names = ("store_id", "store_name", "product_id", "product_name", "seen_quantity", "quantity")
    lines = found.lines.select(*names, order_quantity="new_quantity", reason=_written(found.lines, call))
    return {
        "lines": lines.with_columns(pl.col(pl.Float64).round(4)).to_dicts(),
        "problems": found.problems.head(_NAMED).to_dicts(),
        "problems_total": found.problems.height,
        "same": found.same,
        "unsaid": found.unsaid,
        "repeated": found.repeated,
        "rows": found.rows,
        "left_out": left_out + found.blank,
        "newest_decision": newest_decision(call),
    }


def _written(lines: pl.DataFrame, call: Call) -> pl.Series:
    """Reasons that a person wrote: a file of the view holds the suggestion's own sentence, which is nobody's reason."""
    suggestions = call.answers.suggestions
    assert suggestions is not None
    own = [suggestions.reasons(language).gather(lines["place"]).str.slice(0, 1000) for language in ("en", "zh")]
    same = [(sentence.str.strip_chars() == lines["reason"]).fill_null(value=False) for sentence in own]
    return lines["reason"].set(same[0] | same[1], None)


def _table(request: ChangesFileRequest, most_bytes: int) -> tuple[pl.DataFrame, int, bool]:
    """Rows of the file as text, the number of lines that are none, and whether text has the ending of a workbook.

    Lines that are none are such as have too many fields.
    """
    # not `Path.suffix`, for which a name such as ".csv" has none
    ending = next((ending for ending in _ENDINGS if request.file_name.lower().endswith(ending)), None)
    if ending is None:
        raise UsageError(
            f"{request.file_name!r} is no file of changes; wanted one that ends in {' or '.join(_ENDINGS)}.",
            {"problem": "changes_file_name", "file_name": request.file_name, "endings": list(_ENDINGS)},
        )
    try:
        content = base64.b64decode(request.content, validate=True)
    except (binascii.Error, ValueError):
        raise UsageError(
            "the content is not base64. Send the bytes of the file as base64.", {"problem": "not_base64"}
        ) from None
    if not content.strip():
        raise DataError(
            f"{request.file_name} is empty; wanted a header line with column names. Export the view for one.",
            {"problem": "changes_file_empty", "file_name": request.file_name},
        )
    with scratch_folder("changes") as folder:
        # a name of our own: that of the client would be a path
        path = folder / f"changes{ending}"
        path.write_bytes(content)
        scratch = folder / "scratch"
        scratch.mkdir()
        try:
            with unpacked_at_most(most_bytes, most_bytes):
                opened = open_file(path, scratch)
                read = opened.frame.collect()
        except DataError as error:
            if error.details.get("problem") == TOO_LARGE:
                raise DataError(
                    f"{request.file_name} is too large once it is unpacked: got more than {most_bytes:,} bytes, wanted "
                    "at most so many. Send fewer lines at a time, or a CSV file.",
                    {"problem": "changes_file_too_large", "file_name": request.file_name, "limit": most_bytes},
                ) from None
            # our own place of the file says nothing to whoever sent it
            raise _unreadable(str(error).replace(str(path), request.file_name), request, error.details) from None
        left_out = opened.malformed.height + int(opened.left_out["rows"].sum())
    is_text = ending != ".csv" and not content.startswith(_WORKBOOKS)
    return plain_cells(read.cast(pl.String)), left_out, is_text


def _unreadable(message: str, request: ChangesFileRequest, details: Mapping[str, Any] | None = None) -> DataError:
    return DataError(
        message, {"problem": "changes_file_unreadable", "file_name": request.file_name} | dict(details or {})
    )
