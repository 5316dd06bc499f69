"""Splits a probability of buying into what a contact causes and what would have been bought anyway."""

from retail_brain.decisions.arrays import Floats


def caused_chance(probability: Floats, caused_share: float | None) -> Floats:
    """Chance that a contact causes the purchase of somebody who buys with this probability once contacted.

    A contact multiplies the odds of buying by `1 / (1 - caused_share)`: it adds about `caused_share` of the purchases
    of people who seldom buy, and nothing for those who buy anyway.

    Args:
        probability: of buying when contacted, from 0 to 1.
        caused_share: share of the purchases of contacted people that contacts cause, from 0 to 1. None: never measured,
            so every purchase counts.

    >>> import numpy as np
    >>> caused_chance(np.array([0.02, 0.5, 1.0]), 0.2).round(3).tolist()
    [0.004, 0.056, 0.0]
    """
    if caused_share is None or caused_share >= 1:
        return probability
    return probability * caused_share * (1 - probability) / (1 - probability * caused_share)
