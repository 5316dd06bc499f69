"""Evaluates the ranker's trees for many pairs at once: the same sums as LightGBM's, bit by bit, several times faster.

LightGBM walks down one tree for one row; here a tree's conditions are tested for many rows at a time, and each that
fails strikes leaves out of a row's set of bits (QuickScorer, Lucchese et al., SIGIR 2015, over rows side by side).
"""

from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from training.recommender.sparse import Floats, Ints, Reals

_MAX_LEAVES = 32
"""Leaves of a tree at most: each is a bit of a 32-bit number. The presets have 31."""


@dataclass(frozen=True)
class Forest:
    """Trees as flat arrays; a condition that fails leaves only the leaves of its mask.

    Attributes:
        features: column that each condition is about; from the number of columns on: the same columns, negated.
        thresholds: the condition is met where the value is at most this; NaN never meets it.
        masks: leaves of the tree that a row may still reach where the condition fails.
        leaves: value of each leaf.
        first_condition: where each tree's conditions start, and their number.
        first_leaf: where each tree's leaves start, and their number.
    """

    features: Ints
    thresholds: Floats
    masks: npt.NDArray[np.uint32]
    leaves: Reals
    first_condition: Ints
    first_leaf: Ints

    @classmethod
    def of(cls, booster: lgb.Booster) -> "Forest | None":
        """The trees of a binary model; None where it has something that only LightGBM knows to evaluate.

        Categorical splits, zeros that count as missing, linear leaves and averaged trees are such.
        """
        dumped = booster.dump_model()
        is_plain = dumped["objective"] == "binary sigmoid:1" and not dumped["average_output"]
        trees = dumped["tree_info"]
        if not is_plain or any(tree["num_leaves"] > _MAX_LEAVES or tree["num_cat"] for tree in trees):
            return None
        columns = dumped["max_feature_idx"] + 1
        built = [_Tree(columns) for _ in trees]
        if not all(one.add(tree["tree_structure"]) for one, tree in zip(built, trees, strict=True)):
            return None
        conditions = [condition for tree in built for condition in tree.conditions]
        features, thresholds, masks = zip(*conditions, strict=True) if conditions else ((), (), ())
        return cls(
            np.array(features, np.int64),
            np.array(thresholds, np.float32),
            np.array(masks, np.uint32),
            np.array([value for tree in built for value in tree.leaves], np.float64),
            np.cumsum([0, *(len(tree.conditions) for tree in built)], dtype=np.int64),
            np.cumsum([0, *(len(tree.leaves) for tree in built)], dtype=np.int64),
        )

    def probability(self, features: npt.NDArray[np.floating]) -> Reals:
        """What LightGBM predicts for each row, before calibration.

        Args:
            features: rows x columns of the trees.
        """
        from training.recommender.kernels import tree_sums  # noqa: PLC0415  # Numba takes a while to import

        sums: Reals = np.zeros(features.shape[0])
        parts = (self.features, self.thresholds, self.masks, self.leaves, self.first_condition, self.first_leaf)
        tree_sums(np.ascontiguousarray(features, np.float32), parts, sums)
        return np.asarray(1 / (1 + np.exp(-sums)))


class _Tree:
    """Conditions (feature, threshold, mask) and leaf values of one tree, in the order of the leaves' bits."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.conditions: list[tuple[int, np.float32, int]] = []
        self.leaves: list[float] = []

    def add(self, node: dict[str, Any]) -> bool:
        """Adds a node with all below it; whether it can be evaluated."""
        if "split_feature" not in node:
            self.leaves.append(node["leaf_value"])
            return "leaf_coeff" not in node
        if node["decision_type"] != "<=" or node["missing_type"] == "Zero":
            return False
        # values are float32: at most the threshold is at most the next float32 below it
        threshold = _rounded_down(node["threshold"])
        feature, first, second = node["split_feature"], node["left_child"], node["right_child"]
        # without a branch of its own, LightGBM takes an unknown value for 0
        unknown_goes_left = node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0
        if unknown_goes_left:
            # NaN meets no condition and takes the second way: that of x > t, which is -x <= the next below -t
            threshold = np.nextafter(-threshold, np.float32(-np.inf))
            feature, first, second = feature + self.columns, second, first
        before = len(self.leaves)
        is_first_known = self.add(first)
        struck_out = (1 << len(self.leaves)) - (1 << before)
        self.conditions.append((feature, threshold, (1 << _MAX_LEAVES) - 1 - struck_out))
        return is_first_known and self.add(second)


def _rounded_down(value: float) -> np.float32:
    with np.errstate(over="ignore"):  # a threshold beyond float32 is infinite: every known value is below it
        rounded = np.float32(value)
    return np.nextafter(rounded, np.float32(-np.inf)) if float(rounded) > value else rounded
