"""What a person may order without confirming an exception."""

from math import inf

import pytest

from retail_brain.decisions.quantity_limits import QuantityLimits

LIMITS = QuantityLimits(case_pack=6, least=12, shelf=30, usual=60, source=66)


@pytest.mark.parametrize(
    ("quantity", "codes"),
    [
        (0, []),
        (12, []),
        (30, []),
        (6, ["minimum"]),
        (31, ["pack", "shelf"]),
        (36, ["shelf"]),
        (66, ["shelf", "large"]),
        (72, ["shelf", "large", "source"]),
    ],
)
def test_each_limit_that_a_quantity_goes_beyond_is_named(quantity: float, codes: list[str]) -> None:
    assert [one.code for one in LIMITS.beyond(quantity)] == codes


def test_packs_of_a_fraction_and_rounding_errors_of_sums_are_whole() -> None:
    by_weight = QuantityLimits(case_pack=0.1, least=0, shelf=inf, usual=10)
    assert by_weight.beyond(0.1 + 0.2) == []
    assert [one.code for one in by_weight.beyond(0.25)] == ["pack"]


def test_the_sentence_holds_the_limit_and_the_nearest_packs() -> None:
    pack, minimum = LIMITS.beyond(7.5)
    assert pack.text == "is not a whole number of packs of 6 (nearest: 0 or 12)", "6 would be refused next"
    assert pack.facts == {"case_pack": 6, "below": 0, "above": 12}
    assert (minimum.text, minimum.facts) == ("is less than the minimum order of 12", {"limit": 12})


@pytest.mark.parametrize(
    ("pack", "least", "quantity", "nearest"),
    [
        (24, 48, 37, (0, 48)),
        (8, 16, 1.5, (0, 16)),
        (8, 16, 20, (16, 24)),
        (6, 0, 7, (6, 12)),
        (6, 15, 13, (0, 18)),
        (6, 15, 19, (18, 24)),
        (0.1, 0.3, 0.25, (0, 0.3)),
    ],
)
def test_the_nearest_packs_meet_the_minimum(
    pack: float, least: float, quantity: float, nearest: tuple[float, float]
) -> None:
    limits = QuantityLimits(case_pack=pack, least=least, shelf=inf, usual=inf)
    beyond = next(one for one in limits.beyond(quantity) if one.code == "pack")
    assert (beyond.facts["below"], beyond.facts["above"]) == pytest.approx(nearest)
    assert [one.code for one in limits.beyond(beyond.facts["above"])] == []
