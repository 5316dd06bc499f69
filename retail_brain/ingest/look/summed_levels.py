"""Names the levels of an outline: a report with shops, receipts and goods in one column, each a sum of those below.

1C, SAP and pivot tables print it. Where several lines of names stand above each other, they say what the levels are.
"""

from typing import Final

import polars as pl

from retail_brain.ingest.look.evidence import evidence
from retail_brain.ingest.look.groups import role_of_group
from retail_brain.ingest.look.words import role_scores
from retail_brain.sources.levels import Outline, levels_in_name, lines_of_names, outline_of

_LEAST_ROWS: Final = 8
"""Rows below which sums may come out by chance."""
_LEAST_LINES: Final = 1.2
"""Lines that a group of the deepest level has on average at least. By judgement."""
_MOST_COLUMNS: Final = 60
"""Columns beyond which a table is no outline, and is not tried."""
_DEPTHS: Final = (2, 3, 4)
"""Levels that are tried where no lines of names say how many there are."""
_LINES: Final = 2
"""Levels of the lines and of the groups around them."""
_LEAST_SUMS: Final = 2
"""Rows of the outermost level, from which sums are no accident, or levels of which there are as many."""


def levels_of(sample: pl.DataFrame) -> tuple[str, ...]:
    """Names of the levels of an outline, outermost first and that of the lines last; none for any other table.

    Args:
        sample: the rows of a table of text, below its first line of names.
    """
    is_text = all(kind == pl.String for kind in sample.dtypes)
    if sample.height < _LEAST_ROWS or not 2 <= sample.width <= _MOST_COLUMNS or not is_text:  # what sums, and a name
        return ()
    if staggered := _staggered(sample):
        return staggered
    first, sample = sample.columns[0], _led_by_texts(sample)
    named = lines_of_names(sample)
    if len(named) > 1:
        is_apart = len(set(named)) == len(named) and not set(named[1:]) & set(sample.columns)
        found = outline_of(sample, named) if is_apart else None
        return tuple(named) if found is not None and found.named and _has_lines(found, len(named)) else ()
    for depth in _DEPTHS:
        found = outline_of(sample, _numbered(depth, sample), by_sums_alone=True)
        if found is not None and _has_lines(found, depth) and not (depth == _LINES and _begin_receipts(found)):
            said = levels_in_name(sample.columns[0])
            is_said = len(said) == depth and not set(said) & set(sample.columns)
            if _is_repeated(found, depth):
                return (*_numbered(depth, sample)[:-1], _name_of_groups(found, sample))  # lines say their group
            called = tuple(said) if is_said else _called(found, sample)
            # a column behind others is found again by its own name alone
            return called if is_said or sample.columns[0] == first else (*called[:-1], sample.columns[0])
    return ()


def _led_by_texts(sample: pl.DataFrame) -> pl.DataFrame:
    """The table with its first column that all rows fill in front: lines may be numbered before it."""
    full = [name for name in sample.columns if not sample[name].null_count()]
    first = full[0] if full else sample.columns[0]
    return sample.select(first, *(name for name in sample.columns if name != first))


def _staggered(sample: pl.DataFrame) -> tuple[str, ...]:
    """The first columns, where a row fills one of them and is the sum of those below it."""
    for depth in _DEPTHS:
        levels = sample.columns[:depth]
        found = outline_of(sample, levels) if len(levels) == depth < sample.width else None
        if found is None or not _has_lines(found, depth):
            continue
        summed = outline_of(found.rows, _numbered(depth, found.rows), by_sums_alone=True)
        if summed is not None and summed.depths == found.depths:
            return tuple(levels)
    return ()


def _begin_receipts(found: Outline) -> bool:
    """Whether the groups alone have their day, and a number that is of one of them, as heads of receipts do."""
    is_head = pl.Series([not depth for depth in found.depths])
    filled = found.rows.select((pl.all().str.strip_chars() != "").fill_null(value=False))
    own = [found.rows[name].filter(is_head) for name in found.rows.columns[1:] if filled[name].equals(is_head)]
    days = [cells for cells in own if (seen := evidence(cells)).dates and not seen.numbers]
    return bool(days) and any(cells.n_unique() == len(cells) and _numbers_receipts(cells) for cells in own)


def _numbers_receipts(cells: pl.Series) -> bool:
    """Whether a column has numbers of documents, by its name or by texts with digits."""
    seen = evidence(cells)
    is_text = not seen.numbers and not seen.dates and cells.str.contains(r"\d").all()
    return is_text or "receipt" in role_scores(cells.name)


def _numbered(depth: int, sample: pl.DataFrame) -> list[str]:
    """Names of levels while they are not known."""
    return [f"level {place}" for place in range(1, depth)] + [sample.columns[0]]


def _has_lines(found: Outline, levels: int) -> bool:
    """Whether groups have several lines, and there are several groups."""
    counts = [found.depths.count(place) for place in range(levels)]
    return counts[-1] >= _LEAST_LINES * counts[-2] and (counts[0] >= _LEAST_SUMS or levels > _LEAST_SUMS)


def _is_repeated(found: Outline, levels: int) -> bool:
    """Whether the lines have the text of their group, to which it adds their number: `North (12)` above `North`."""
    texts = found.rows.select(pl.first().cast(pl.String).alias("text"), pl.Series("depth", found.depths))
    plain = pl.col("text").str.replace(r"\s*[(\[（]\d+[)\]）]\s*$", "")
    group = pl.when(pl.col("depth") == levels - _LINES).then(plain).forward_fill()
    lines = texts.with_columns(group.alias("group")).filter(pl.col("depth") == levels - 1)
    return bool((lines["text"] == lines["group"]).all())


def _name_of_groups(found: Outline, sample: pl.DataFrame) -> str:
    """The first column's own name where that says what groups are; else what their texts name."""
    name = sample.columns[0]
    role = _role_of(found.rows[name], {"product"})  # which lines of a group do not share
    return name if role_scores(name) or role in sample.columns else role


def _called(found: Outline, sample: pl.DataFrame) -> tuple[str, ...]:
    """The levels by their texts: days, shops, customers, categories, or goods for the lines."""
    first, last = sample.columns[0], max(found.depths)
    texts = pl.DataFrame({"text": found.rows[first], "depth": found.depths})
    taken: set[str] = set() if {"product", "product_name"} & role_scores(first).keys() else {""}
    names: list[str] = []
    for place in reversed(range(last + 1)):
        of_level = texts.filter(pl.col("depth") == place)["text"]
        is_named = place == last and "" not in taken
        role = "product" if is_named else _role_of(of_level, taken)
        taken |= {role, "moment"} if role in ("date", "receipt") else {role}
        names.append(first if is_named else role if role not in sample.columns else f"{role} of the group")
    return tuple(reversed(names))


def _role_of(texts: pl.Series, taken: set[str]) -> str:
    """`receipt` for numbers of documents with their day, and else what texts above lines name."""
    return "receipt" if evidence(texts).pattern and "receipt" not in taken else role_of_group(texts.to_list(), taken)
