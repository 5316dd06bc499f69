"""Folders with a file per document, such as an XML file for each receipt: they are one table, with a row per line."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from retail_brain.errors import RetailBrainError
from retail_brain.ingest.look.draft import quoted
from retail_brain.ingest.look.opened import Opened, say_unread
from retail_brain.sources.base import FileOptions, stacked
from retail_brain.sources.files import open_file
from retail_brain.sources.xml_tables import document_element

_LEAST_FILES: Final = 3
"""Files with the same root from which they may be documents. By judgement: of two none says which numbers change."""
_MOST_FILES: Final = 2_000
"""Files that are looked at: each is read by itself. By judgement: a shop's receipts of a week."""
_MOST_LINES: Final = 60
"""Rows of a document at most, on average; an export of many receipts has more. By judgement."""
_OWN: Final = 0.9
"""Share of the files that must have values of their own in the columns that are the same on all their rows."""
_START_BYTES: Final = 4_096
"""Bytes in which the first element stands, behind a declaration and remarks. By judgement."""
_ROOT: Final = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")


def tables_of_documents(paths: Sequence[Path], scratch: Path, lines: list[str]) -> tuple[list[Opened], set[Path]]:
    """The tables of XML files of which each holds one document, and these files; their path is a glob for all.

    Files with another root beside them, such as what cancels a receipt, are documents too, however few they are.

    Args:
        paths: the files of a dataset.
        scratch: folder for temporary files.
        lines: gets the reason where files cannot be read.
    """
    groups: dict[tuple[Path, str], list[Path]] = {}
    for path in paths:
        if path.name.lower().endswith(".xml") and (root := _root_of(path)):
            groups.setdefault((path.parent, root), []).append(path)
    tables, taken = list[Opened](), set[Path]()
    folders = set[Path]()
    for (folder, _), files in sorted(groups.items(), key=lambda group: -len(group[1])):
        least = 1 if folder in folders else _LEAST_FILES
        glob = _glob_of(files)
        if not least <= len(files) <= _MOST_FILES or glob is None:
            continue
        table = _table_of(files, glob, scratch, lines)
        if table is not None:
            tables.append(table)
            taken |= set(files)
            folders.add(folder)
    return tables, taken


def _table_of(files: Sequence[Path], glob: Path, scratch: Path, lines: list[str]) -> Opened | None:
    try:
        element = document_element(files)
        opened = [open_file(path, scratch, FileOptions(element=element)) for path in files]
        rows = stacked(opened)
        marked = pl.concat(
            [one.frame.with_columns(pl.lit(place).alias("_file")) for place, one in enumerate(opened)],
            how="diagonal_relaxed",
        ).collect()
    except (RetailBrainError, pl.exceptions.PolarsError, OSError) as error:
        say_unread(glob, error, lines)
        return None
    if marked.height > _MOST_LINES * len(files) or not _have_numbers(marked, len(files)):
        return None
    note = f"{glob.name}: {len(files):,} files are a document each, with one row per {element.rpartition('/')[2]!r}"
    return Opened(glob, replace(rows, notes=(note,)), {"element": quoted(element)}, "")


def _have_numbers(rows: pl.DataFrame, files: int) -> bool:
    """Whether a column, or several such as day and shop, has one value in each file, and mostly another."""
    names = [name for name in rows.columns if name != "_file"]
    if not names:
        return False
    each = rows.group_by("_file").agg(pl.col(names).n_unique().name.suffix("_n"), pl.col(names).first())
    heads = [name for name in names if (each[f"{name}_n"] == 1).all()]
    return bool(heads) and each.select(heads).n_unique() >= _OWN * files


def _root_of(path: Path) -> str:
    """The name of the first element of a file; blank where its first bytes show none."""
    with path.open("rb") as file:
        text = file.read(_START_BYTES).decode("latin-1")
    found = _ROOT.search(re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL))
    return found[1] if found else ""


def _glob_of(files: Sequence[Path]) -> Path | None:
    """A path with a star for these files of a folder and no other; the one itself, None where there is no such path."""
    if len(files) == 1:
        return files[0]
    names = [path.name for path in files]
    tail = names[0]
    while not all(name.endswith(tail) for name in names):
        tail = tail[1:]
    head = names[0]
    while not all(name.startswith(head) for name in names):
        head = head[:-1]
    for glob in (f"*{tail}", f"{head}*{tail}"):
        if not re.search(r"[\[\]?*]", head + tail) and set(files[0].parent.glob(glob)) == set(files):
            return files[0].parent / glob
    return None
