"""Kinds of documents that sell nothing to people, and states whose words nobody knows: taken out, or asked about."""

import re
from collections.abc import Sequence

from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.state_columns import State
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_kinds import (
    BOUGHT,
    NO_SALE,
    OF_DISPATCH,
    OF_OTHER_THINGS,
    OPEN,
    SOLD,
    STATES_OF_SALES,
    UNDER_WAY,
)
from retail_brain.ingest.look.words_of_states import CANCELLED, GIVEN_BACK, IN_PART, NOT_PAID, OF_PAYMENT, STATE_NAME

_KNOWN = "|".join((CANCELLED, GIVEN_BACK, NOT_PAID, IN_PART, STATES_OF_SALES, SOLD, NO_SALE))
_SHOWN = 6
"""Known kinds that a question names at most."""
_MOST_APART = 2
"""Unknown states up to which each is left out or kept on its own. By judgement."""
_LEAST_LETTERS = 2
"""Letters of a word; shorter ones and numbers are codes, which are asked about as such."""


def kinds_of_no_sales(made: Proposal, states: Sequence[State]) -> tuple[list[str], list[str]]:
    """Conditions without quotations, purchases, transfers, counts, losses and the like.

    They are certain where another kind of the same column is called a sale, and asked about elsewhere: `Transfer` may
    be how a sale was paid.

    Args:
        made: the proposal; gets remarks and questions.
        states: columns with kinds of rows.

    Returns:
        Conditions that are certain, and conditions that are asked about.
    """
    sure: list[str] = []
    asked: list[str] = []
    for state in states:
        if re.search(OF_PAYMENT, bare_name(state.name)) or state.is_claim:
            continue
        kinds = state.which(NO_SALE, CANCELLED)
        sold = [kind for kind in state.which(SOLD, f"{CANCELLED}|{GIVEN_BACK}|{BOUGHT}") if kind not in kinds]
        kinds += [kind for kind in state.which(BOUGHT) if sold and kind not in (*sold, *kinds)]
        if not kinds or len(kinds) == len(state.kinds):
            continue
        counted = ", ".join(f"{kind} {state.rows([kind]):,}" for kind in kinds)
        if sold:
            made.remarks.append(
                f"{state.rows(kinds):,} rows are no sales to people by {state.name!r} ({counted}), beside {sold}, and "
                "are left out"
            )
            sure.append(state.without(kinds))
        else:
            made.questions.append(
                f"{state.rows(kinds):,} rows may be no sales by {state.name!r} ({counted}): leave them out, as the "
                "first way does, or keep them?"
            )
            asked.append(state.without(kinds))
    return sure, asked


def unknown_kinds(made: Proposal, states: Sequence[State]) -> list[str]:
    """Conditions without kinds whose words nobody knows, in columns that list kinds of documents; asks about them.

    Where some kinds are sales and others transfers or write-offs, a further one may be either.

    Args:
        made: the proposal; gets the questions.
        states: columns with kinds of rows.
    """
    conditions = []
    for state in states:
        plain = bare_name(state.name)
        if state.is_state or state.is_claim or re.search(f"{OF_PAYMENT}|{OF_OTHER_THINGS}", plain):
            continue
        sold = state.which(SOLD, f"{CANCELLED}|{GIVEN_BACK}|{BOUGHT}|{NO_SALE}")
        no_sales = state.which(f"{NO_SALE}|{BOUGHT}", SOLD)
        usual = [] if sold else [max(state.kinds, key=lambda kind: state.rows([kind]), default="")]
        known = f"{_KNOWN}|{BOUGHT}|{UNDER_WAY}|{OPEN}"
        kinds = [kind for kind in state.kinds if kind not in usual and not re.search(known, state.said(kind))]
        kinds = [kind for kind in kinds if not (state.has_units and (state.units([kind]) < 0).all())]
        if not kinds or not (no_sales or (sold and state.which(GIVEN_BACK))):
            continue
        counted = ", ".join(f"{kind} {state.rows([kind]):,}" for kind in kinds)
        made.questions.append(
            f"{state.rows(kinds):,} rows are of kinds in {state.name!r} that nobody knows ({counted}), beside "
            f"{[*sold, *usual, *no_sales][:_SHOWN]}: are they sales, or none (leave them out, as the first way does)?"
        )
        conditions.append(state.without(kinds))
    return conditions


def unknown_states(made: Proposal, states: Sequence[State]) -> list[str]:
    """Conditions without the rarer states of orders whose words nobody knows; asks about them.

    Args:
        made: the proposal; gets the questions.
        states: columns with states of orders; those of dispatch alone say nothing about sales.
    """
    conditions = []
    for state in states:
        if not state.is_state or state.is_claim or re.search(OF_DISPATCH, bare_name(state.name)):
            continue
        usual = max(state.kinds, key=lambda kind: state.rows([kind]), default="")
        kinds = [kind for kind in state.kinds if kind != usual and not _is_known(state, kind)]
        kinds = [kind for kind in kinds if not (state.has_units and (state.units([kind]) < 0).all())]
        if kinds:
            counted = ", ".join(f"{kind} {state.rows([kind]):,}" for kind in kinds)
            made.questions.append(
                f"{state.rows(kinds):,} rows have a word in {state.name!r} that nobody knows ({counted}; {usual} "
                f"{state.rows([usual]):,}): are they sales, or held, cancelled or given back (leave them out)?"
            )
            parts = [[kind] for kind in kinds] if len(kinds) <= _MOST_APART else [kinds]
            conditions += [state.without(part) for part in parts]  # one may be held, and another sent
    return conditions


def _is_known(state: State, kind: str) -> bool:
    """Whether a word of a state, or what a legend says of it, is one of those that are read, or a code.

    An order that is new or under way is sold, unless the state is one of payment. One that is open is so where another
    column says whether it was paid: at a till it is a bill that nobody has paid.
    """
    plain, fulfilled = state.said(kind), "$^"
    if not re.search(OF_PAYMENT, bare_name(state.name)):
        paid_apart = any(re.search(OF_PAYMENT, name) and re.search(STATE_NAME, name) for name in state.beside)
        fulfilled = f"{UNDER_WAY}|{OPEN}" if paid_apart else UNDER_WAY
    return re.search(f"{_KNOWN}|{fulfilled}", plain) is not None or len(plain) < _LEAST_LETTERS or plain.isdigit()
