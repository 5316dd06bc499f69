"""Finds rows of a document that are texts: a remark or the number of an order, without a code, units and money."""

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.state_columns import column_of

_MOST = 0.5
"""Share of the rows from which they are no texts among lines but heads of documents, or goods. By judgement."""


def leave_out_texts(made: Proposal, sample: pl.DataFrame, found: Columns) -> list[str]:
    """The condition that leaves out rows with a text where others name goods, and no number of units and money.

    Args:
        made: the proposal, which says what is left out.
        sample: the rows.
        found: roles of the columns.

    Returns:
        The condition; none where there are no such rows.
    """
    code, name = found.roles.get("product"), found.roles.get("product_name")
    counted = [found.roles[role] for role in ("units", "price", "amount") if role in found.roles]
    if code is None or name is None or "units" not in found.roles:
        return []
    is_text = pl.col(name).is_not_null() & pl.all_horizontal(pl.col([code, *counted]).is_null())
    rows = sample.filter(is_text)
    if not rows.height or rows.height > _MOST * sample.height:
        return []
    made.remarks.append(
        f"{rows.height:,} rows have a text in {name!r}, such as {str(rows[name][0])[:40]!r}, without {code!r}, units "
        "and money: they are no goods and are left out"
    )
    return [" OR ".join(f"{column_of(one)} IS NOT NULL" for one in (code, *counted))]
