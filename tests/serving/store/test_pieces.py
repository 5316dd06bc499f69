"""Parts of a unit: refused of goods that are counted in pieces, and of no others."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from retail_brain.decisions.frame_memo import FrameMemo
from retail_brain.errors import ImpossibleError
from serving.store.pieces import check_pieces


def answers(*, sold: list[float], counted: list[float]) -> Any:
    catalog = SimpleNamespace(find=lambda one: {"P1": 0}.get(one, -1))
    suggestions = SimpleNamespace(product=np.array([0, 1]), counted=lambda rows: np.array(counted)[: 9 * len(rows)])
    history = SimpleNamespace(get=lambda store, *_: {"units": np.array(sold)} if store == 1 else None)
    return cast(
        "Any",
        SimpleNamespace(
            products=catalog, stores=[0, 1], suggestions=suggestions, history=history, audience_memo=FrameMemo()
        ),
    )


def test_a_part_of_a_piece_is_refused_with_the_whole_ones_beside_it() -> None:
    whole = answers(sold=[1, 3, float("nan")], counted=[12, float("nan"), 6])
    check_pieces(whole, {("S1", "P1"): 24.0})
    with pytest.raises(ImpossibleError, match=r"Got 1\.5 units in store 'S1', and 1 more lines; .* 1 or 2") as caught:
        check_pieces(whole, {("S1", "P1"): 1.5, ("S2", "P1"): 2.5, ("S3", "P1"): 3.0})
    assert caught.value.details["lines"] == 2


@pytest.mark.parametrize(
    ("sold", "counted"),
    [([1, 0.35], [12]), ([1, 3], [0.5]), ([], [12]), ([0, 0], [12])],
    ids=["sold in parts", "packed in parts", "never sold", "nothing sold"],
)
def test_others_may_be_ordered_in_parts(sold: list[float], counted: list[float]) -> None:
    check_pieces(answers(sold=sold, counted=counted), {("S1", "P1"): 1.5})
    check_pieces(answers(sold=[1], counted=[1]), {("S1", "unknown"): 1.5})
