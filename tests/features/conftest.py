"""Fixtures of the feature tests."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_CHAIN = runpy.run_path(str(Path(__file__).with_name("demand_chain.py")))


@pytest.fixture(scope="session")
def small_chain() -> Callable[..., Any]:
    """Tables of a small chain with everything that the demand panel reads (`demand_chain.small_chain`)."""
    return _CHAIN["small_chain"]


@pytest.fixture(scope="session")
def dataset_of() -> Callable[..., Any]:
    """Tables -> dataset as known on a day (`demand_chain.dataset_of`)."""
    return _CHAIN["dataset_of"]


@pytest.fixture(scope="session")
def counted_in() -> Callable[..., Any]:
    """Tables, product, parts -> the same chain with the product in parts of a unit (`demand_chain.counted_in`)."""
    return _CHAIN["counted_in"]
