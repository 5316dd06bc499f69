"""Takes a code, telephone or address of people for who bought where several people share the name that was taken."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, one_of, quoted, whole
from retail_brain.ingest.look.groups import are_companies
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.not_goods import nobody_of
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.who_bought import why_no_person

_WORDS: Final = 0.9
"""Share of the values without a digit and @ from which a column holds names. By judgement."""
_OF_ONE: Final = 0.9
"""Share of the codes that stand beside one name. By judgement: some people write their name in two ways."""
_LEAST: Final = 2
"""Names with several codes, and codes on several receipts, from which these are no slip of a till. By judgement."""
_FILLED: Final = 0.5
"""Share of the rows of known people that have a code at least. By judgement: guests of web shops have none."""
_CONTACT: Final = r"@|^[+(]?\d[\d\s()./-]{6,}$"
"""A telephone or an address."""


def with_codes_of_namesakes(rows: pl.DataFrame, found: Columns) -> Columns:
    """The columns with what tells people of one name apart as the customer; says so.

    Of several such columns the one that stands on most rows of known people is taken, such as the telephone that guests
    have as well.

    Args:
        rows: the first rows.
        found: roles of the columns.
    """
    name = found.roles.get("customer")
    if name is None or "customer" in found.asked or not _are_names(rows[name]):
        return found
    nobody = nobody_of(rows[name])
    known = rows.filter(pl.col(name).is_not_null() & ~pl.col(name).cast(pl.String).is_in(nobody))
    others = [other for other in found.all_of("customer") if _tells_apart(known, found, name, other)]
    if not others:
        return found
    code = min(others, key=lambda other: known[other].null_count())  # the first of those that are filled alike
    several = len(_namesakes(known, name, code))
    says = f"{several:,} names in {name!r} are of several people by {code!r}: {code!r} is taken"
    further = tuple(one for one in found.alternatives.get("customer", ()) if one != code)
    return replace(
        found,
        roles={**found.roles, "customer": code},
        alternatives={**found.alternatives, "customer": (*further, name)},
        remarks=(*found.remarks, says),
        shared_name=name,
    )


def person_of_two(made: Proposal, rows: pl.DataFrame, found: Columns, key: str) -> str:
    """The key of the customer; asks where a telephone or address took the place of a name: one person may have two.

    Args:
        made: the proposal of sales, which gets the question.
        rows: the rows.
        found: roles of the columns.
        key: what took the place of the name.
    """
    name = found.shared_name
    if not name or not share(rows[found.roles["customer"]].cast(pl.String).str.contains(_CONTACT)) > _FILLED:
        return key
    question = (
        f"several values of {found.roles['customer']!r} stand beside one {name!r}: are they several people, as the "
        "first way below reads it, or one who changed it? Take the name where lists of people or consents are by it"
    )
    return one_of(made, [whole(key), whole(quoted(name))], question)


def keyed_by_shared_names(looked: Sequence[LookedAt]) -> dict[int, Columns]:
    """Place of a file of sales -> its columns with the shared name as the customer, where other files are by it.

    A refusal to be contacted that is kept under a name would reach nobody in sales under telephones.
    """
    found = {}
    for place, one in enumerate(looked):
        name, code = one.columns.shared_name, one.columns.roles.get("customer", "")
        others = [other for at, other in enumerate(looked) if at != place and "customer" in other.columns.roles]
        if name and any(_knows_by(other, one, name) > _knows_by(other, one, code) for other in others):
            says = f"other files know people by {name!r}: it is taken, though several people share some names"
            remarks = (*(text for text in one.columns.remarks if f"of several people by {code!r}" not in text), says)
            roles = {**one.columns.roles, "customer": name}
            found[place] = replace(one.columns, roles=roles, remarks=remarks, shared_name="")
    return found


def _knows_by(other: LookedAt, one: LookedAt, name: str) -> float:
    """The share of the people of another file that a column names."""
    theirs = other.sample[other.columns.roles["customer"]].drop_nulls().cast(pl.String).unique()
    return share(theirs.is_in(one.sample[name].drop_nulls().cast(pl.String).unique().implode()))


def _are_names(values: pl.Series) -> bool:
    """Whether a column holds words, as names of people are, and not of firms, which have contacts of their own."""
    kinds = values.drop_nulls().cast(pl.String).unique()
    return share(~kinds.str.contains(r"[\d@]")) >= _WORDS and not are_companies(kinds.to_list())


def _tells_apart(known: pl.DataFrame, found: Columns, name: str, other: str) -> bool:
    """Whether a column has a value for most known people, each beside one name, and several for some names.

    Numbers of documents do so as well, but come on one receipt alone.
    """
    if other == name or known[other].null_count() > (1 - _FILLED) * known.height or why_no_person(known, found, other):
        return False
    pairs = known.select(name, other).drop_nulls().unique()
    visit = found.roles.get("receipt") or found.roles.get("moment", name)
    visits = known.select(other, visit).drop_nulls().unique()[other].value_counts(name="visits")["visits"]
    is_of_one = share(~pairs[other].is_duplicated()) >= _OF_ONE
    return is_of_one and int((visits > 1).sum()) >= _LEAST and len(_namesakes(known, name, other)) >= _LEAST


def _namesakes(known: pl.DataFrame, name: str, other: str) -> Sequence[str]:
    """The names that stand beside several values of a column."""
    pairs = known.select(name, other).drop_nulls().unique()
    return sorted(str(one) for one in pairs.filter(pl.col(name).is_duplicated())[name].unique())
