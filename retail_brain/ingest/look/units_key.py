"""Writes the units of a line, and days or shops that have a column each."""

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, number_key, one_of, quoted
from retail_brain.ingest.look.measured_goods import units_of_rows
from retail_brain.ingest.look.numbers_of import values

_MOSTLY = 0.8
"""Share of units below 0 from which they are sales and not returns. By judgement."""


def write_units(made: Proposal, sample: pl.DataFrame, found: Columns) -> bool:
    """Writes the units; False where nothing but a person can tell units from money."""
    if "units" in found.roles:
        made.columns["units"] = number_key(made, found, found.roles["units"], "units", _sign(made, sample, found))
    elif made.is_totals:
        made.columns["units"] = "{ constant = 1 }"
        made.remarks.append("no column counts what was bought: each receipt is one unit at its sum")
    elif _may_be_units(sample, found):
        amount = quoted(found.roles["amount"])
        question = f"is {found.roles['amount']!r} units, as whole numbers suggest, or money of lines of one unit each?"
        made.columns["units"] = one_of(made, [f"{{ column = {amount} }}", "{ constant = 1 }"], question)
        return False
    else:
        _write_one_each(made, sample, found)
    return True


def _write_one_each(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Writes one unit for each row, and the quantity of goods sold by measure; asks where nothing proves it."""
    measured, why = units_of_rows(sample, found)
    if measured is not None:
        made.columns["units"] = f'{{ column = {quoted(measured)}, default = "1" }}'
        made.remarks.append(
            f"{measured!r} has the units of goods that are sold by measure, whose money grows with it; every other row "
            f"is one: {why}"
        )
    elif why:
        made.columns["units"] = "{ constant = 1 }"
        made.remarks.append(f"no column holds units, and every row is one: {why}")
    else:
        made.columns["units"] = "{ constant = 1 }"
        made.questions.append("no column holds units: is every row one unit, as written below?")


def _sign(made: Proposal, sample: pl.DataFrame, found: Columns) -> str:
    """The key that turns the sign of the units where nearly all are below 0: a ledger of stock, not of sales."""
    name = found.roles["units"]
    below = (values(sample, found, name) < 0).mean()
    if not isinstance(below, float) or below < _MOSTLY:
        return ""
    made.remarks.append(f"{below:.0%} of {name!r} are below 0: sales take units out, so the sign is turned")
    return ", negate = true"


def _may_be_units(sample: pl.DataFrame, found: Columns) -> bool:
    """Whether `sales` without units and prices may count units: its values are whole numbers."""
    if "amount" not in found.roles or "price" in found.roles:
        return False
    amounts = values(sample, found, found.roles["amount"]).drop_nulls()
    return bool((amounts == amounts.round()).all())
