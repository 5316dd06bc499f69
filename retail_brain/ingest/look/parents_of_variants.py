"""Lists of goods whose variants name the row of their model, and have its name and price where they say none."""

from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import JOIN, OWN_FILES, Proposal, quoted
from retail_brain.ingest.look.shares import share, share_known

_INHERITED: Final = ("name", "category", "subcategory", "department", "brand", "list_price")
"""Columns of `products` that variants have from their model."""
_LEAST_VARIANTS: Final = 2
"""Rows that name their model at least. By judgement."""


def inherit_from_parents(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Joins variants with the row of their model, whose name, category and price fill theirs where these are blank.

    Args:
        made: a proposal of `products`, changed in place.
        sample: the rows.
        found: roles of the columns.
    """
    if made.table != "products" or JOIN in made.keys:
        return
    link = _link(sample, found)
    if link is None:
        return
    parent, key = link
    variants = sample.filter(pl.col(parent).is_not_null())
    models = sample.filter(pl.col(key).cast(pl.String).is_in(variants[parent].cast(pl.String).unique().implode()))
    columns = {}
    for ours in _INHERITED:
        theirs = _column(made.columns.get(ours, ""))
        if theirs and _is_of_model(variants[theirs], models[theirs]):
            new = f"{theirs} of {parent}"
            made.columns[ours] = _first_of(made.columns[ours], theirs, new)
            columns[new] = theirs
    if not columns:
        return
    named = ", ".join(f"{quoted(new)} = {quoted(theirs)}" for new, theirs in columns.items())
    made.keys[JOIN] = (
        f"[{{ files = {OWN_FILES}, on = {{ {quoted(parent)} = {quoted(key)} }}, columns = {{ {named} }}, "
        "optional = true }]"
    )
    made.remarks.append(
        f"{len(variants):,} rows name in {parent!r} the {key!r} of their model: where they are blank they have its "
        f"{list(columns.values())}"
    )


def _link(sample: pl.DataFrame, found: Columns) -> tuple[str, str] | None:
    """The column that names the row of the model, and the column that it names; None without them."""
    keys = [name for name, seen in found.seen.items() if seen.distinct == seen.filled == 1]
    for name, seen in found.seen.items():
        ids = sample[name].drop_nulls().cast(pl.String)
        if name in keys or seen.filled == 1 or len(ids) < _LEAST_VARIANTS or len(ids) == sample.height:
            continue
        for key in keys:
            own = sample.filter(pl.col(name).cast(pl.String) == pl.col(key).cast(pl.String)).height
            if not own and share_known(ids, sample[key]) == 1:
                return name, key
    return None


def _is_of_model(of_variants: pl.Series, of_models: pl.Series) -> bool:
    """Whether models have a value more often than their variants, some of which have none."""
    return bool(of_variants.null_count()) and share(of_models.is_not_null()) > share(of_variants.is_not_null())


def _column(value: str) -> str:
    """The column of a key of a mapping; blank where it is none or several."""
    for start in ('"', '{ column = "'):
        if value.startswith(start):
            return value.removeprefix(start).partition('"')[0]
    return ""


def _first_of(value: str, theirs: str, new: str) -> str:
    both = f"first_of = [{quoted(theirs)}, {quoted(new)}]"
    if not value.startswith("{"):
        return f"{{ {both} }}"
    return value.replace(f"column = {quoted(theirs)}", both, 1)
