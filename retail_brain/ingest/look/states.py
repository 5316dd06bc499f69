"""Rows that are no sales, such as cancelled orders and payments, and rows that are returns without a minus."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from retail_brain.ingest.look.children_of_lines import children_of_lines
from retail_brain.ingest.look.codes_of_states import ask_about_rare_kinds, codes_of_states
from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.counter_rows import counter_rows
from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.flagged_returns import offer_returns
from retail_brain.ingest.look.legends import legend_of
from retail_brain.ingest.look.marked_rows import marked_rows
from retail_brain.ingest.look.named_returns import taken_back_by_rows
from retail_brain.ingest.look.no_sale_kinds import kinds_of_no_sales, unknown_kinds, unknown_states
from retail_brain.ingest.look.posted_rows import rows_not_posted
from retail_brain.ingest.look.returns_below_zero import write_returns_below_zero
from retail_brain.ingest.look.signs import rows_that_take_back, write_returns_by_sign
from retail_brain.ingest.look.state_columns import MOST_KINDS, State, column_of, kinds_of, listed, plain_kind
from retail_brain.ingest.look.two_sides import write_returns_by_side
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_kinds import BOUGHT, KIND_NAME, NO_SALE, STATE_ALONE
from retail_brain.ingest.look.words_of_states import (
    CANCELLED,
    CLAIM_REFUSED,
    GIVEN_BACK,
    IN_PART,
    NOT_PAID,
    OF_INVOICE,
    OF_PAYMENT,
)

_CURRENCY = r"(?:^|_)(?:currency|wahrung|waehrung|devise|moneda|valuta)(?:_code)?$|币种|货币"
_MOST_CHOICES = 32
"""Conditions up to which a mapping offers every way to join them, for a person to choose one. By judgement."""
_MOST_COMBINED = 3
"""Questions up to which every combination of their answers is offered. By judgement: eight lines are read."""
_MOST_ROWS = 0.5
"""Share of the rows from which a state is asked about and not left out on its own. By judgement."""


def leave_out_and_turn(made: Proposal, sample: pl.DataFrame, found: Columns, kept: Sequence[str] = ()) -> None:
    """Writes `where` for rows that are no sales and `returns` for rows that are returns without a minus.

    Args:
        made: the proposal.
        sample: the rows.
        found: roles of the columns.
        kept: further conditions that rows must meet; behind a question mark one that is asked about.
    """
    doubted = [one.removeprefix("?") for one in kept if one.startswith("?")]
    kept = [one for one in kept if not one.startswith("?")]
    found = with_states(sample, found)
    back = rows_that_take_back(sample, found)
    states = [State(sample, found, name) for name in found.all_of("status")]
    states = [state for state in states if len(state.kinds) <= MOST_KINDS]
    marked, perhaps, turned = marked_rows(made, sample, found)
    twice, perhaps_twice = counter_rows(made, sample, found)
    no_kinds, perhaps_kinds = kinds_of_no_sales(made, states)
    on_account = _are_invoices(sample, found)
    out = [
        *_no_sales(made, sample, states, back, on_account=on_account),
        *no_kinds,
        *marked,
        *rows_not_posted(made, sample, found),
        *_nothing_left(made, states),
    ]
    out += twice
    asked = [
        *_not_paid(made, states, on_account=on_account),
        *_given_back(made, sample, found, states),
        *perhaps,
        *perhaps_kinds,
        *doubted,
    ]
    asked += perhaps_twice
    asked += [*unknown_states(made, states), *unknown_kinds(made, states)]
    if back.any():
        write_returns_by_sign(made, sample, found)
    write_returns_by_side(made, sample, found)
    for state in states:
        if "returns" not in made.keys and not state.is_state and not _is_of_a_sale(sample, found, state):
            _returns(made, state, " ".join([*out, *perhaps_kinds]))
    if "returns" not in made.keys:
        write_returns_by_sign(made, sample, found)
    write_returns_below_zero(made, sample, found)
    is_open = "returns" not in made.keys
    children, ways = children_of_lines(made, sample, found)
    _write_where(made, [*out, *kept, *children], asked, [*ways, *codes_of_states(made, sample, found)])
    if is_open:
        ask_about_rare_kinds(made, sample, found)
    offer_returns(made, turned)


def _are_invoices(sample: pl.DataFrame, found: Columns) -> bool:
    """Whether the documents are invoices, by the name of their number or by the kind of the first one."""
    named = [name for name in found.seen if re.search(KIND_NAME, bare_name(name))]
    told = [plain_kind(kind) for name in named for kind in kinds_of(sample, name)[:1]]
    return any(re.search(OF_INVOICE, text) for text in (bare_name(found.roles.get("receipt", "")), *told))


def _write_where(made: Proposal, sure: Sequence[str], asked: Sequence[str], ways: Sequence[Sequence[str]] = ()) -> None:
    """The condition on rows; with every choice of what must be asked, all of it left out first.

    Of each of `ways` one condition is chosen, or none.
    """
    taken = [*range(len(asked), -1, -1)] if len(asked) <= _MOST_COMBINED else [len(asked), 1, 0]
    choices = [[*sure, *some] for count in taken for some in itertools.combinations(asked, count)]
    choices = _with_ways(made, choices, ways)
    texts = [_joined(conditions) for conditions in choices]
    if texts != [""]:
        made.keys["where"] = texts[0] if len(texts) == 1 else "?" + "\n".join(text or "'''TRUE'''" for text in texts)


def _with_ways(made: Proposal, choices: list[list[str]], ways: Sequence[Sequence[str]]) -> list[list[str]]:
    """Each choice with one condition of each of `ways` or none; one column's at a time where these are too many."""
    joined = choices
    for way in ways:
        joined = [[*chosen, *some] for chosen in joined for some in (*([one] for one in way), [])]
    if len(joined) <= _MOST_CHOICES:
        return joined
    alone = [*([*choices[0], one] for way in ways for one in way), *choices]
    if cut := len(joined) - len(alone):
        made.questions.append(
            f"{cut:,} of {len(joined):,} ways to join these conditions are not written: those of each column stand "
            "alone; join two of them with AND in one `where`"
        )
    return alone


def _joined(conditions: Sequence[str]) -> str:
    if not conditions:
        return ""
    text = conditions[0] if len(conditions) == 1 else " AND ".join(f"({text})" for text in conditions)
    return f"'''{text}'''"


def with_states(sample: pl.DataFrame, found: Columns) -> Columns:
    """The columns with further ones of a few words as states, where one of the words is that of a cancelled order."""
    known = found.all_of("status")
    taken = {*found.roles.values(), *known}
    further = [
        name
        for name, seen in found.seen.items()
        if name not in taken and (legend_of(name) or not (seen.numbers or seen.dates)) and _tells_states(sample, name)
    ]
    return replace(found, alternatives={**found.alternatives, "status": (*known, *further)}) if further else found


def _tells_states(sample: pl.DataFrame, name: str) -> bool:
    kinds = kinds_of(sample, name) if sample[name].n_unique() <= MOST_KINDS else []
    if len(kinds) > 1 and re.search(STATE_ALONE, bare_name(name)):
        return True
    legend = legend_of(name)
    words = [plain_kind(legend.get(kind, kind)) for kind in kinds]
    told = f"{CANCELLED}|{GIVEN_BACK}" + (f"|{NO_SALE}|{BOUGHT}" if re.search(KIND_NAME, bare_name(name)) else "")
    is_cancelled = [re.search(told, word) is not None for word in words]
    return any(is_cancelled) and (not all(is_cancelled) or sample[name].null_count() > 0)


def ask_about_currencies(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Asks where a column names several currencies: money of the dataset is in one, and none is converted."""
    for name in found.seen:
        kinds = kinds_of(sample, name) if re.search(_CURRENCY, bare_name(name)) else []
        if 1 < len(kinds) <= MOST_KINDS:
            counts = sample[name].drop_nulls().value_counts(sort=True, name="rows")
            counted = ", ".join(f"{kind} {rows:,}" for kind, rows in counts.iter_rows())
            most = f"{column_of(name)} = {listed([str(counts[name][0])])}"
            made.questions.append(
                f"{name!r} names several currencies (rows: {counted}), and money is not converted: keep one with a "
                f"`where` such as {most}, or convert the prices"
            )


def _no_sales(
    made: Proposal, sample: pl.DataFrame, states: Sequence[State], back: pl.Series, *, on_account: bool
) -> list[str]:
    conditions: list[str] = []
    for state in states:
        no_sale = _cancelled(made, state)
        if not on_account and not re.search(OF_PAYMENT, bare_name(state.name)):
            no_sale += [kind for kind in state.kinds if _is_not_paid(state.said(kind))]
        if taking_back := [kind for kind in no_sale if _takes_back(state, kind, sample, back)]:
            no_sale = [kind for kind in no_sale if kind not in taking_back]
            made.remarks.append(
                f"{state.rows(taking_back):,} rows whose {state.name!r} is one of {taking_back} have units or money "
                "below 0 and take other lines back: both stay"
            )
        if state.rows(no_sale) > _MOST_ROWS * sample.height:
            made.questions.append(
                f"{state.rows(no_sale):,} of {sample.height:,} rows have one of {no_sale} in {state.name!r}, which "
                f"reads as no sale; they are kept. Are they none? Then write where = '''{state.without(no_sale)}'''"
            )
            continue
        # a column that says the same as one before adds nothing
        if no_sale and (not conditions or not _is_told(sample, states, state.name, no_sale)):
            conditions.append(state.without(no_sale))
            made.remarks.append(
                f"{state.rows(no_sale):,} rows whose {state.name!r} is one of {no_sale} are no sales and are left out"
            )
    return conditions


def _cancelled(made: Proposal, state: State) -> list[str]:
    """The values that say that an order was cancelled, and not that a claim after the sale came to nothing."""
    no_sale = state.which(CANCELLED, IN_PART)
    refused = no_sale if state.is_claim else [kind for kind in no_sale if re.search(CLAIM_REFUSED, state.said(kind))]
    if refused:
        made.remarks.append(
            f"{state.rows(refused):,} rows whose {state.name!r} is one of {refused} had a claim that came to nothing: "
            "they stay sold"
        )
    return [kind for kind in no_sale if kind not in refused]


def _takes_back(state: State, kind: str, sample: pl.DataFrame, back: pl.Series) -> bool:
    """Whether every row of a kind has units below 0, as the rows that cancel others have, or is one of `back`."""
    if bool(back.filter((sample[state.name].cast(pl.String) == kind).fill_null(value=False)).all()):
        return True
    units = state.units([kind])
    return bool(len(units)) and bool((units < 0).fill_null(value=False).all())


def _is_not_paid(kind: str) -> bool:
    """Whether a state says that an order waits for its payment; `Pending shipment` waits for something else."""
    said = re.search(NOT_PAID, kind)
    return said is not None and (bool(re.fullmatch(rf"{NOT_PAID}\w*", kind)) or bool(re.search(OF_PAYMENT, kind)))


def _not_paid(made: Proposal, states: Sequence[State], *, on_account: bool) -> list[str]:
    """Conditions without orders whose state of payment is open: some shops sell on account, others never deliver.

    An invoice is a sale on account whatever the name of the column with its state.
    """
    conditions = []
    for state in states:
        kinds = [kind for kind in state.kinds if _is_not_paid(state.said(kind))]
        if kinds and (on_account or re.search(OF_PAYMENT, bare_name(state.name))):
            conditions.append(state.without(kinds))
            made.questions.append(
                f"{state.rows(kinds):,} rows have one of {kinds} in {state.name!r}: are they sales on account, or none?"
            )
    return conditions


def _given_back(made: Proposal, sample: pl.DataFrame, found: Columns, states: Sequence[State]) -> list[str]:
    """Conditions without orders that came back and have no row of the return: net they are nothing."""
    conditions: list[str] = []
    for state in states:
        is_of_order = state.is_state or _is_of_a_sale(sample, found, state)
        kinds = state.which(GIVEN_BACK, f"{IN_PART}|{CANCELLED}") if is_of_order and not conditions else []
        if stay := taken_back_by_rows(sample, found, state, kinds):
            kinds = []
            made.remarks.append(
                f"{state.rows(stay):,} rows are {stay} by {state.name!r}: those below 0 name the receipts that they "
                "take back, and both stay"
            )
        if kinds and (state.units(kinds) > 0).any():
            conditions.append(state.without(kinds))
            made.questions.append(
                f"{state.rows(kinds):,} rows have one of {kinds} in {state.name!r}, and no row of their own takes them "
                "back: leave them out (what was sold net), or keep them (what was sold first)?"
            )
        if in_part := [kind for kind in state.which(GIVEN_BACK) if re.search(IN_PART, state.said(kind))]:
            made.remarks.append(f"{state.rows(in_part):,} rows of {in_part} in {state.name!r} are kept whole")
    return conditions


def _is_of_a_sale(sample: pl.DataFrame, found: Columns, state: State) -> bool:
    """Whether a column such as `Return type` stands on the row of the sale that came back, and not on one of its own.

    A row of its own names goods of a receipt that another row sold.
    """
    roles = [found.roles.get("receipt"), found.roles.get("product") or found.roles.get("product_name")]
    keys = [name for name in roles if name is not None]
    if not state.is_claim or len(keys) < len(roles) or not sample[state.name].null_count():
        return False
    back = sample[state.name].cast(pl.String).is_in(state.which(GIVEN_BACK)).fill_null(value=False)
    return not sample.filter(back).join(sample.filter(~back), on=keys, how="semi").height


def _nothing_left(made: Proposal, states: Sequence[State]) -> list[str]:
    """Conditions without orders that came back and have 0 units left."""
    conditions = []
    for state in states:
        kinds = state.which(GIVEN_BACK, f"{IN_PART}|{CANCELLED}") if state.is_state and state.has_units else []
        if kinds and (state.units(kinds) == 0).all():
            conditions.append(state.without(kinds))
            made.remarks.append(f"{state.rows(kinds):,} rows with one of {kinds} in {state.name!r} have 0 units left")
    return conditions


def _is_told(sample: pl.DataFrame, states: Sequence[State], name: str, kinds: list[str]) -> bool:
    """Whether the rows of these kinds are cancelled by the first column of states already."""
    first = states[0]
    cancelled = sample.filter(pl.col(name).is_in(kinds))[first.name].unique()
    said = [first.said(str(kind)) for kind in cancelled.to_list()]
    return all(re.search(CANCELLED, kind) or _is_not_paid(kind) for kind in said)


def _returns(made: Proposal, state: State, left_out: str) -> None:
    returned = [kind for kind in state.which(GIVEN_BACK) if listed([kind]) not in left_out]
    if not returned or not {"units", "unit_price"} <= set(made.columns):
        return
    share = (state.units(returned) > 0).mean()
    if state.has_units and isinstance(share, float) and share > 0.5:
        made.keys["returns"] = f"{{ column = {quoted(state.name)}, values = [{', '.join(map(quoted, returned))}] }}"
        made.remarks.append(
            f"{state.rows(returned):,} rows whose {state.name!r} is one of {returned} have units without a minus: they "
            "are returns"
        )
