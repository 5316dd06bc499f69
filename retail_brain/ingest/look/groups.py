"""Names the columns for shops, days, categories or goods that stand in rows of their own above their lines."""

import re
from collections.abc import Sequence
from itertools import zip_longest

import polars as pl

from retail_brain.ingest.look.columns import columns_of
from retail_brain.ingest.look.evidence import evidence
from retail_brain.sources.group_rows import group_texts, labels

_SHOP = (
    r"(?i)\b(?:store|shop|branch|outlet|filial|magasin|tienda|sucursal|negozio|loja|winkel|магазин|склад|кафе|ресторан)"
    r"|店|매장|지점"
)
"""Words in the name of a shop."""
_LEAST_GROUPS = 2
"""Groups below which a row with one cell may be a title, unless it has a label."""


def group_columns(sample: pl.DataFrame) -> tuple[str, ...]:
    """Names for the columns of groups, outermost first; none where the rows of a file name no groups.

    A label in the text (`Filiale: North`) is the name. Otherwise texts that are days are `date`; texts of a table
    without goods are `product`; texts under which every product comes once are `category`, and others `store`.

    Args:
        sample: the first rows of a table of text.
    """
    if any(kind != pl.String for kind in sample.dtypes):
        return ()  # a file that tells types has no rows of one cell
    runs = group_texts(sample)
    texts = [text for run in runs for text in run]
    labelled = list(dict.fromkeys(label for text in texts for label in labels(text)))
    if labelled and all(labels(text) for text in texts):
        return tuple(labelled)
    if len(runs) < _LEAST_GROUPS:
        return ()
    filled = pl.sum_horizontal((pl.all().str.strip_chars() != "").fill_null(value=False))
    rows = sample.with_columns(filled.alias("_filled"))
    lines = rows.filter(pl.col("_filled") > 1).drop("_filled")
    taken = set(columns_of(lines).roles)
    depth = max(map(len, runs))
    levels = [[text for text in level if text] for level in zip_longest(*(run[::-1] for run in runs))][:depth]
    names = []
    for place, level in enumerate(levels):  # the deepest first: it names what the lines lack most
        in_one = place == 0 and _is_in_one_group(sample)
        role = _role(level, taken, in_one=in_one)
        taken |= {role, "moment"} if role == "date" else {role}
        names.append(role if role not in sample.columns else f"{role} of the group")
    return tuple(reversed(names))


def _role(texts: Sequence[str], taken: set[str], *, in_one: bool) -> str:
    seen = evidence(pl.Series(list(texts)))
    if seen.dates and not seen.numbers and "moment" not in taken:
        return "date"
    if not taken & {"product", "product_name"}:
        return "product"
    is_shop = "store" not in taken and (not in_one or any(re.search(_SHOP, text) for text in texts))
    return "store" if is_shop else "category" if "category" not in taken else "group"


def _is_in_one_group(sample: pl.DataFrame) -> bool:
    """Whether every product has lines in one of the deepest groups alone, as those of a category have."""
    cells = pl.sum_horizontal((pl.all().str.strip_chars() != "").fill_null(value=False))
    numbered = sample.with_columns(((cells == 1).cum_sum()).alias("_group"), cells.alias("_filled"))
    lines = numbered.filter(pl.col("_filled") > 1)
    roles = columns_of(lines.drop("_group", "_filled")).roles
    goods = roles.get("product") or roles.get("product_name")
    if goods is None or not lines[goods].is_duplicated().any():
        return False
    return bool((lines.group_by(goods).agg(pl.col("_group").n_unique())["_group"] == 1).all())
