"""What contacts cause, from what was measured so far: the estimate that the next campaign is planned with."""

from collections.abc import Iterable
from dataclasses import dataclass

from retail_brain.operational.campaign_effects import StoredEffect

_LEAST, _MOST = 0.01, 0.95
"""Bounds of the share: a campaign that seems to do harm, or everything, is more likely an unlucky measurement. By
judgement, not measured."""


@dataclass(frozen=True)
class CausedShare:
    """Share of the purchases of contacted people that contacts cause.

    Attributes:
        value: the share.
        is_measured: whether any campaign with a holdout is behind it.
        campaigns: measured campaigns that it was updated by.
    """

    value: float
    is_measured: bool
    campaigns: int = 0


def caused_share(published: float | None, assumed: float, looks: Iterable[StoredEffect]) -> CausedShare:
    """The share after all final measurements, each weighed by its precision (normal-normal updating).

    The prior is the share measured on the lake's contacts, else the assumed one, with an error as large as itself.

    Args:
        published: measured on past contacts of the lake; None where it was not.
        assumed: setting `campaigns.assumed_caused_share`.
        looks: at campaigns; of each campaign its newest final one counts.
    """
    prior = assumed if published is None else published
    newest = {look.campaign_id: look.effect for look in looks if look.effect.get("is_final")}
    measured = [effect["caused_share"] for effect in newest.values() if effect.get("caused_share")]
    weights = [1 / prior**2, *(1 / share["error"] ** 2 for share in measured if share["error"] > 0)]
    values = [prior, *(share["value"] for share in measured if share["error"] > 0)]
    mean = sum(weight * value for weight, value in zip(weights, values, strict=True)) / sum(weights)
    return CausedShare(min(max(mean, _LEAST), _MOST), published is not None or len(values) > 1, len(values) - 1)
