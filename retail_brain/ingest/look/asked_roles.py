"""Asks about shops and customers that the values of a column suggest and no name says."""

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, one_of, whole
from retail_brain.ingest.look.who_bought import is_masked

ONE_SHOP = '{ constant = "1" }'
"""The shop of rows that name none."""


def asked_key(made: Proposal, found: Columns, role: str, key: str) -> str:
    """The key of a role that a person must confirm; without an answer nobody is known, and no shop is decided.

    Args:
        made: the mapping, which gets the question.
        found: roles of the columns.
        role: `store` or `customer`.
        key: the column in TOML.
    """
    name = found.roles[role]
    values = ", ".join(found.seen[name].examples)
    if role == "customer" and is_masked(pl.Series(found.seen[name].examples)):
        made.questions.append(
            f"{name!r} is masked (its values: {values}), and different people may look alike: uncomment customer_id "
            "only where each value is one person"
        )
        return "?" + whole(key)
    if role == "customer":
        made.questions.append(
            f"is {name!r} who bought (its values: {values})? Then uncomment customer_id; if it is a place, a member of "
            "staff or anything else leave it: a wrong person is worse than none"
        )
        return "?" + whole(key)
    question = (
        f"is {name!r} the shop (its values: {values}), or is all one shop? If it tells kinds of one product apart make "
        "it a part of product_id as well"
    )
    return one_of(made, [whole(key), ONE_SHOP], question)
