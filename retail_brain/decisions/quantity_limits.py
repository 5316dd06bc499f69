"""What a person may order in the place of a suggestion: whole packs, minimum order, shelf, and a usual size."""

import math
from dataclasses import dataclass

from retail_brain.decisions.arrays import ROUNDING
from retail_brain.operational.plausibility import Beyond


@dataclass(frozen=True)
class QuantityLimits:
    """Limits of one order in units; what goes beyond them is an exception that a person confirms.

    Attributes:
        case_pack: units per pack.
        least: minimum order, 0 for none.
        shelf: units that fit on the shelf at arrival, or the suggestion where that is more; infinite where unknown.
        usual: units up to which an order is not called large.
        source: units that the source store can send; infinite where nothing limits it.
    """

    case_pack: float
    least: float
    shelf: float
    usual: float
    source: float = math.inf

    def beyond(self, quantity: float) -> list[Beyond]:
        """The limits that a quantity goes beyond; nothing ordered goes beyond none."""
        if quantity == 0:
            return []
        packs = quantity / self.case_pack
        found = []
        if abs(packs - round(packs)) > ROUNDING:
            below, above = self._nearest(packs)
            text = f"is not a whole number of packs of {self.case_pack:,.10g} (nearest: {below:,.15g} or {above:,.15g})"
            found.append(Beyond("pack", text, {"case_pack": self.case_pack, "below": below, "above": above}))
        for code, text, limit, over in (
            ("minimum", "is less than the minimum order of", self.least, quantity < self.least - ROUNDING),
            ("shelf", "is more than fits on the shelf at arrival,", self.shelf, quantity > self.shelf + ROUNDING),
            ("large", "is more than the largest usual order,", self.usual, quantity > self.usual + ROUNDING),
            ("source", "is more than its warehouse can send,", self.source, quantity > self.source + ROUNDING),
        ):
            if over:
                found.append(Beyond(code, f"{text} {limit:,.10g}", {"limit": limit}))
        return found

    def _nearest(self, packs: float) -> tuple[float, float]:
        """Units of the full packs below and above so many packs that meet the minimum order; nothing meets it too."""
        fewest = math.ceil(self.least / self.case_pack - ROUNDING)
        below, above = math.floor(packs), max(math.ceil(packs), fewest)
        return (0 if below < fewest else below) * self.case_pack, above * self.case_pack
