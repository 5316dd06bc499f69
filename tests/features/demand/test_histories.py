"""Histories of several days: the same as read one by one, and each part is read once."""

from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import features.demand.histories
from features.demand.histories import Histories
from features.demand.history import DemandHistory, read_history
from features.demand.panel import panels
from features.demand.series import read_series
from retail_brain.dataset import Dataset
from retail_brain.settings import Settings


def _assert_same(one: DemandHistory, other: DemandHistory) -> None:
    for item in fields(DemandHistory):
        left, right = getattr(one, item.name), getattr(other, item.name)
        if isinstance(left, pl.DataFrame | pl.LazyFrame):
            assert_frame_equal(left, right, check_row_order=isinstance(left, pl.DataFrame))
        else:
            assert left == right


def test_histories_are_those_read_one_by_one_and_the_series_of_each_are_read_once(
    small_chain: Callable[..., Any], dataset_of: Callable[..., Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, settings, reads = dataset_of(small_chain()), Settings(), []
    cutoff = dataset.last_day() - timedelta(days=14)

    def counted(*arguments: object) -> object:
        reads.append(arguments)
        return read_series(*arguments)

    monkeypatch.setattr(features.demand.histories, "read_series", counted)
    histories = Histories(dataset, settings, 7)
    assert histories.series()[1].height > 0
    assert histories.series(cutoff)[1].height > 0
    assert histories.whole() is histories.whole()
    _assert_same(histories.whole(), read_history(dataset, settings, 7))
    _assert_same(histories.at(cutoff), read_history(dataset.at(cutoff), settings, 7))
    assert len(reads) == 2


def test_plans_ahead_leave_the_demand_of_the_past_as_it_is(
    small_chain: Callable[..., Any], dataset_of: Callable[..., Dataset]
) -> None:
    dataset = dataset_of(small_chain())
    with_plans, without = (list(panels(read_history(dataset, Settings(), horizon))) for horizon in (28, 0))
    for one, other in zip(with_plans, without, strict=True):
        assert np.array_equal(one.demand, other.demand)
        assert np.array_equal(one.weight, other.weight)
        assert np.array_equal(one.listed[:, : one.axis.count], other.listed)
