"""Recognises ledgers of stock: goods that come in, go out, are moved and corrected, in units and without any money."""

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.state_columns import State
from retail_brain.ingest.look.words_of_kinds import NO_SALE, OF_SALE

_OF_MONEY = {"price", "amount", "discount", "list_price", "unit_cost"}
_OF_SALES = {"receipt", "customer", "time"}
_SHOWN = 8
"""Kinds of movements that are named at most."""


def ledger_of_stock(sample: pl.DataFrame, found: Columns) -> Proposal | None:
    """A proposal of no table that says why, for movements of stock; None for any other file.

    Its rows have goods, a day and units of both signs, no money, receipt or buyer, and a column of kinds of which one
    is a transfer, a correction or the like and none is called a sale. What was sold among them nobody said.

    Args:
        sample: the rows.
        found: roles of the columns.
    """
    roles = found.roles
    if not {"units", "moment"} <= roles.keys() or (_OF_MONEY | _OF_SALES) & roles.keys():
        return None
    units = values(sample, found, roles["units"])
    if not {"product", "product_name"} & roles.keys() or not ((units < 0).any() and (units > 0).any()):
        return None
    for name in found.all_of("status"):
        state = State(sample, found, name)
        if not state.which(NO_SALE) or state.which(OF_SALE):
            continue
        kinds = ", ".join(f"{kind} {state.rows([kind]):,}" for kind in state.kinds[:_SHOWN])
        return Proposal(
            remarks=list(found.remarks),
            questions=[
                f"these are movements of stock ({name!r}: {kinds}) without a price, a receipt or a buyer: no table of "
                "sales, and no count of stock. Bring the orders with their prices; if one kind is all that was sold, "
                "write `daily_sales` with a `where` for it and `negate` for its units"
            ],
        )
    return None
