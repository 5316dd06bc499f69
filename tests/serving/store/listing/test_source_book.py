"""What warehouses can send of decided quantities: shared stock, first the plan, then the order of decisions."""

import pytest

from serving.store.listing.source_book import Claim, SourceBook

POOLS = {("W", "P"): (20.0, 14.0), ("W", "NONE"): (0.0, 0.0)}
"""The warehouse has twenty of P, of which suggested orders take fourteen, and none of the other."""


def book(*claims: tuple[str, str, float, float]) -> SourceBook:
    """Decided lines of the warehouse: store, product, suggested, decided."""
    return SourceBook(POOLS, {}).with_quantities(
        Claim((store, product), "W", *units) for store, product, *units in claims
    )


def test_a_warehouse_with_nothing_sends_nothing() -> None:
    assert book(("A", "NONE", 0, 48)).sent == {("A", "NONE"): 0}


def test_lines_share_what_is_free_in_the_order_of_their_decisions() -> None:
    """A takes four of the six that are free, B gets two of its five; then A asks for more than is left."""
    first = book(("A", "P", 10, 14), ("B", "P", 4, 9))
    assert first.sent == {("B", "P"): 6}
    assert first.with_quantities([Claim(("A", "P"), "W", 10, 15)]).sent == {("A", "P"): 11}


def test_what_a_line_gives_back_is_free_for_others_until_it_is_wanted_again() -> None:
    raised = book(("A", "P", 10, 0), ("B", "P", 4, 20))
    assert raised.sent == {}
    assert raised.with_quantities([Claim(("A", "P"), "W", 10, 10)]).sent == {("B", "P"): 10}, "the plan comes first"


def test_a_source_that_nobody_counted_limits_nothing() -> None:
    unknown = SourceBook(POOLS, {}).with_quantities([Claim(("A", "P"), "V", 0, 99)])
    assert (unknown.sent, unknown.most(("A", "P"), "V", 0)) == ({}, float("inf"))


@pytest.mark.parametrize(("line", "most"), [("A", 10 + 6), ("C", 6)])
def test_the_most_of_a_line_is_what_the_others_leave(line: str, most: float) -> None:
    assert book().most((line, "P"), "W", most - 6) == most
