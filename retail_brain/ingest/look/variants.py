"""Lists of goods whose variants stand below their model, with its name on the first row alone."""

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import FILL_DOWN, Proposal, listed

_OF_THE_MODEL = ("product_name", "category", "subcategory", "department", "brand")
"""Roles that variants have from their model."""
_LEAST_VARIANTS = 2
"""Rows below their model from which it is no accident that their names are blank. By judgement."""


def fill_names_of_variants(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Fills the names and categories of variants from the first row of their model, the rows above them.

    A column does so that stands on the first row of every model and never below it: no blank is filled from another.

    Args:
        made: a proposal of `products`, changed in place.
        sample: the rows.
        found: roles of the columns.
    """
    if made.table != "products" or FILL_DOWN in made.keys:
        return
    for model in found.all_of("product"):
        if model == found.roles.get("product") or sample[model].null_count() or not _is_together(sample[model]):
            continue
        first = sample[model].is_first_distinct()
        if (~first).sum() < _LEAST_VARIANTS:
            continue
        named = [found.roles[role] for role in _OF_THE_MODEL if role in found.roles]
        names = [name for name in named if (sample[name].is_not_null() == first).all()]
        if names:
            made.keys[FILL_DOWN] = listed(names)
            made.remarks.append(
                f"{names} stand on the first row of each {model!r} alone: its {int((~first).sum()):,} further rows "
                "have them from there"
            )
            return


def _is_together(models: pl.Series) -> bool:
    """Whether the rows of each model stand below each other."""
    return models.rle_id().n_unique() == models.n_unique()
