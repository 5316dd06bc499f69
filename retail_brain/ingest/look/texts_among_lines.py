"""Finds rows of documents that are no lines: a remark or the number of an order, and heads without goods and units."""

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.state_columns import column_of

_MOST = 0.5
"""Share of the rows from which they are no texts among lines but heads of documents, or goods. By judgement."""


def leave_out_texts(made: Proposal, sample: pl.DataFrame, found: Columns) -> list[str]:
    """Conditions that leave out rows with a text where others name goods, and rows that name none and count nothing.

    Args:
        made: the proposal, which says what is left out.
        sample: the rows.
        found: roles of the columns.

    Returns:
        The conditions; none where there are no such rows.
    """
    roles = found.roles
    goods = [roles[role] for role in ("product", "product_name") if role in roles]
    counted = [roles[role] for role in ("units", "price") if role in roles]
    if "units" not in roles or not goods:
        return []
    conditions = []
    heads = _without(sample, [*goods, *counted])
    if 0 < heads.height <= _MOST * sample.height:
        made.remarks.append(
            f"{heads.height:,} rows name no goods and have no units: they are heads or sums and are left out"
        )
        conditions.append(_any_of([*goods, *counted]))
    if goods == [roles.get("product"), roles.get("product_name")]:
        code, name = goods
        counted += [roles["amount"]] if "amount" in roles else []
        texts = _without(sample, [code, *counted]).filter(pl.col(name).is_not_null())
        if 0 < texts.height <= _MOST * sample.height:
            made.remarks.append(
                f"{texts.height:,} rows have a text in {name!r}, such as {str(texts[name][0])[:40]!r}, without "
                f"{code!r}, units and money: they are no goods and are left out"
            )
            conditions.append(_any_of([code, *counted]))
    return conditions


def _without(sample: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    return sample.filter(pl.all_horizontal(pl.col(names).is_null()))


def _any_of(names: list[str]) -> str:
    return " OR ".join(f"{column_of(name)} IS NOT NULL" for name in names)
