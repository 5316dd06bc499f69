"""The holdout's hash, pinned: a change would mix up campaigns under way."""

import polars as pl

from retail_brain.decisions.holdout import holdout_score, is_holdout


def test_scores_never_change():
    assert holdout_score("顾客1", "春节") == 0.2507286211399947


def test_nobody_is_held_out_at_no_share():
    people = pl.Series([f"c{i}" for i in range(100)])
    assert not is_holdout(people, "k", 0.0).any()
    assert is_holdout(people, "k", 1.0).all()
