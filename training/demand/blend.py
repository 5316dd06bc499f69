"""Defines how far each group of series follows a simple model in the place of the trees.

A group is a demand class x promoted or not, and within it a department (a store where there is one department). Each
uses one simple model (`training.demand.simple_models`) with a weight from 0 (the trees alone) to 1; the weights are
fitted on past windows (`training.demand.blend_fit`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from features.demand.arrays import Bools, Doubles, Floats, Ints
from features.demand.demand_panel import DemandPanel
from training.demand.common_effects import codes
from training.demand.demand_class import CLASSES, demand_class
from training.demand.simple_models import simple_means

Grouping = Literal["department", "store"]
_SCHEMA = {
    "demand_class": pl.String,
    "promoted": pl.Boolean,
    "group": pl.String,
    "model": pl.String,
    "weight": pl.Float64,
    "series": pl.Int64,
    "gain": pl.Float64,
    "wape_trees": pl.Float64,
    "wape_simple": pl.Float64,
    "wape_blend": pl.Float64,
}


@dataclass(frozen=True)
class GroupWeight:
    """What one group of series uses.

    Attributes:
        demand_class: its number in `CLASSES`.
        promoted: whether the periods are promoted.
        group: code of the department or store (`training.demand.common_effects.codes`); None for all of the class.
        model: name of the simple model.
        weight: share of the simple model, 0 to 1.
        series: series x windows that it was fitted on.
        gain: share of the trees' squared error that is taken away in windows that the weight was not fitted on.
        wape_trees, wape_simple, wape_blend: on all windows.
    """

    demand_class: int
    promoted: bool
    group: int | None
    model: str
    weight: float
    series: int
    gain: float
    wape_trees: float
    wape_simple: float
    wape_blend: float


@dataclass(frozen=True)
class Groups:
    """Which group each cell of a forecast belongs to.

    Attributes:
        demand_class, group: shape (n,).
        promoted: shape (n, H).
    """

    demand_class: Ints
    group: Ints
    promoted: Bools

    def cells(self, demand_class: int, group: int | None, *, promoted: bool) -> Bools:
        """The cells of one group, shape (n, H)."""
        rows = self.demand_class == demand_class
        if group is not None:
            rows &= self.group == group
        cells: Bools = rows[:, None] & (self.promoted == promoted)
        return cells


@dataclass(frozen=True)
class Blend:
    """The simple models that groups of series use.

    Attributes:
        by: what the groups of a class are.
        weights: those of classes first; a group without one has that of its class, a class without one the trees.
    """

    by: Grouping = "department"
    weights: tuple[GroupWeight, ...] = ()

    def factor(self, panel: DemandPanel, mean: Doubles) -> Doubles:
        """What the means of the trees are multiplied with, shape (n, H).

        Args:
            panel: the series.
            mean: shape (n, H), units per period by the trees, with every other correction.
        """
        names = tuple(sorted({group.model for group in self.weights if group.weight > 0}))
        if not names or not panel.size:
            return np.ones_like(mean)
        horizon = mean.shape[1]
        promoted = panel.promotion[:, panel.axis.count : panel.axis.count + horizon]
        code = codes(panel.series["store_id" if self.by == "store" else self.by])
        moved = self.mean(Groups(demand_class(panel), code, promoted), mean, names, simple_means(panel, horizon, names))
        return np.divide(moved, mean, out=np.ones_like(mean), where=mean > 0)

    def mean(self, groups: Groups, mean: Doubles, names: Sequence[str], simple: Floats) -> Doubles:
        """Units per period after blending, shape (n, H).

        Args:
            groups: of the cells.
            mean: of the trees.
            names: of the simple models.
            simple: shape (models, n, H), their means; where one is NaN the trees count alone.
        """
        out = mean.copy()
        for group in self.weights:
            cells = groups.cells(group.demand_class, group.group, promoted=group.promoted)
            out[cells] = mean[cells]
            if group.weight > 0 and group.model in names:
                other = simple[names.index(group.model)][cells].astype(np.float64)
                own = out[cells]
                out[cells] = np.where(np.isnan(other), own, own + group.weight * (other - own))
        return out

    def table(self, name_of: Callable[[int], str]) -> pl.DataFrame:
        """One row per group with a weight above 0: what it uses, and what it won (`GroupWeight`).

        Args:
            name_of: name of the department or store of a code.
        """
        rows = [
            (
                CLASSES[group.demand_class],
                group.promoted,
                "all" if group.group is None else name_of(group.group),
                group.model,
                group.weight,
                group.series,
                group.gain,
                group.wape_trees,
                group.wape_simple,
                group.wape_blend,
            )
            for group in self.weights
            if group.weight > 0
        ]
        return pl.DataFrame(rows, schema=_SCHEMA, orient="row")
