"""Writes what names a receipt, and what stands on its first line alone."""

from collections.abc import Sequence

import polars as pl

from retail_brain.ingest.look.asked_roles import ONE_SHOP
from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import NO_NUMBER, Proposal, one_of, quoted
from retail_brain.ingest.look.money import stands_on_first_lines
from retail_brain.ingest.look.number_of_returns import number_of_returns
from retail_brain.ingest.look.receipt_numbers import name_receipts
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.shops_by_values import shop_of_receipts
from retail_brain.ingest.look.state_columns import is_named

_LEAST_SHOPS = 2
"""Shops from which two columns say the same and not by chance."""
_MOST = 0.5
"""Share of the receipts whose first line has a value from which a column is of the receipt. By judgement."""


def write_receipts(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Writes what names a receipt; asks where only the moment does."""
    roles = found.roles
    if "receipt" not in roles:
        parts = [roles[role] for role in ("moment", "time", "store", "customer") if role in roles]
        of_moment = f"{{ columns = [{', '.join(map(quoted, parts))}] }}"
        if (number := number_of_returns(sample, found)) is not None:
            question = (
                f"is {number!r} the number of the receipt (returns have that of a sale of the same goods), or are the "
                "lines of the same moment one?"
            )
            made.columns["transaction_id"] = one_of(made, [f"{{ column = {quoted(number)} }}", of_moment], question)
            return
        made.columns["transaction_id"] = of_moment
        made.questions.append(NO_NUMBER)
        return
    receipt = sample[roles["receipt"]]
    blank = [
        roles[role]
        for role in ("receipt", "moment", "time", "store", "customer", "guide", "channel", "status")
        if role in roles and stands_on_first_lines(sample, receipt.forward_fill(), roles[role])
    ]
    if not {roles["receipt"], roles["moment"]} & set(blank):
        name_receipts(made, sample, found)
    if blank and made.columns["transaction_id"] == quoted(roles["receipt"]):
        made.keys["fill_down"] = f"[{', '.join(map(quoted, blank))}]"
        made.remarks.append(f"{blank} stand on the first line of a receipt alone: filled down within it")
    _shop_of_the_rest(made, sample, found, blank)


def write_shop(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Writes one shop where no column names any; asks about the one column that may, by its values."""
    perhaps = shop_of_receipts(sample, found) if made.table == "transactions" else None
    if perhaps is None:
        made.columns["store_id"] = ONE_SHOP
        made.remarks.append("no column names the shop: all rows belong to shop 1 (change the constant)")
        return
    question = f"is {perhaps!r} the shop (its values: {', '.join(found.seen[perhaps].examples)}), or is all one shop?"
    made.columns["store_id"] = one_of(made, [f"{{ column = {quoted(perhaps)} }}", ONE_SHOP], question)


def fill_down_conditions(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Fills down the states that conditions ask for, where they stand on the first line of a receipt alone."""
    receipt = found.roles.get("receipt")
    if receipt is None or made.columns.get("transaction_id") != quoted(receipt):
        return
    asked = made.keys.get("where", "") + made.keys.get("returns", "")
    known = made.keys.get("fill_down", "[]")
    ids = sample[receipt].forward_fill()
    further = [
        name
        for name in found.seen
        if is_named(name, asked)
        and quoted(name) not in known
        and stands_on_first_lines(sample, ids, name)
        # a rare mark may stand on first lines by chance, and is of its line where nothing else is of the receipt alone
        and (known != "[]" or share(sample.filter(ids.is_first_distinct())[name].is_not_null()) > _MOST)
    ]
    if further:
        listed = ", ".join(filter(None, [known.strip("[]"), *map(quoted, further)]))
        made.keys["fill_down"] = f"[{listed}]"
        made.remarks.append(f"{further} stand on the first line of a receipt alone: filled down within it")


def _shop_of_the_rest(made: Proposal, sample: pl.DataFrame, found: Columns, blank: Sequence[str]) -> None:
    """Receipts without a shop are those of the web shop, where others name one."""
    store = found.roles.get("store")
    if store is None:
        return
    filled = (
        sample.select(pl.col(store).drop_nulls().first().over(found.roles["receipt"])) if store in blank else sample
    )
    lacking = share(filled[store].is_null())
    if lacking > 0 and (fuller := _fuller_shop(sample, found, store)):
        made.columns["store_id"] = quoted(fuller)
        made.remarks.append(f"{lacking:.0%} of rows have no {store!r}: {fuller!r} says the same where they have")
    elif lacking > 0:
        made.columns["store_id"] = f'{{ column = {quoted(store)}, default = "online" }}'
        made.remarks.append(
            f"{lacking:.0%} of rows have no {store!r}: they are of the shop `online` (change the default)"
        )


def _fuller_shop(sample: pl.DataFrame, found: Columns, store: str) -> str:
    """A column that every row has, with the shop of each row that names one: as heads have it; blank for none."""
    shops = sample[store].cast(pl.String)
    if shops.n_unique() - bool(shops.null_count()) < _LEAST_SHOPS:
        return ""
    full = [name for name, seen in found.seen.items() if seen.filled == 1 and name not in found.roles.values()]
    return next((name for name in full if (sample[name].cast(pl.String) == shops).all()), "")
