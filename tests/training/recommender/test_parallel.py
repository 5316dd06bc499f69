"""Blocks on several threads: order, how many wait, and errors."""

import threading

import pytest

from training.recommender.parallel import in_order


@pytest.mark.parametrize("threads", [1, 3])
def test_results_stand_in_the_order_of_the_items(threads: int) -> None:
    assert list(in_order(lambda item: item * item, range(20), threads)) == [item * item for item in range(20)]
    assert list(in_order(str, [], threads)) == []


def test_items_are_read_only_as_they_are_needed() -> None:
    read: list[int] = []

    def items() -> object:
        for item in range(100):
            read.append(item)
            yield item

    results = in_order(lambda item: item, items(), 2)  # type: ignore[arg-type]
    assert next(results) == 0
    assert len(read) == 3
    results.close()


def test_two_items_are_worked_on_at_once() -> None:
    both = threading.Barrier(2, timeout=30)
    assert len(list(in_order(lambda _: both.wait(), range(2), 2))) == 2


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_reaches_the_caller(threads: int) -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda item: 1 // item, [1, 0, 1], threads))
