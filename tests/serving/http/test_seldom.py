"""A library that warns each second is heard once, and then every few minutes with a count."""

import logging
from typing import Any

import pytest

from serving.http import seldom
from serving.http.seldom import Seldom, said_seldom


class Clock:
    """Seconds that a test sets."""

    now = 7.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def library(request: pytest.FixtureRequest) -> Any:
    logger = logging.getLogger(f"library.{request.node.name}")
    yield logger
    logger.handlers.clear()


def test_the_same_sentence_is_said_once_and_then_with_a_count(
    library: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    library.addHandler(Seldom(logging.getLogger("ours"), clock))
    library.propagate = False
    child = library.getChild("exporter")
    for second in range(10):
        clock.now = 7.0 + second
        child.warning("no collector, retrying in %ss", second)
    child.warning("queue full")
    clock.now = 7.0 + seldom._QUIET_SECONDS
    child.warning("no collector, retrying in %ss", 1)
    child.info("fine")
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        f"{child.name}: no collector, retrying in 0s",
        f"{child.name}: queue full",
        f"{child.name}: no collector, retrying in 1s (9 more like this in the 5 min before)",
    ]
    assert {record.name for record in caplog.records} == {"ours"}


def test_sentences_that_are_remembered_are_few(library: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    handler = Seldom(logging.getLogger("ours"), Clock())
    library.addHandler(handler)
    for number in range(3 * seldom._MOST_KINDS):
        library.warning(f"sentence {number}")  # as libraries do
    assert len(handler._said) == seldom._MOST_KINDS


def test_a_library_gets_one_such_handler(library: logging.Logger) -> None:
    for _ in range(2):
        said_seldom(library.name, logging.getLogger("ours"))
    assert [type(handler) for handler in library.handlers] == [Seldom]
