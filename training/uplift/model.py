"""Chooses the learner of uplift that orders people of unseen campaigns best, by Qini, and fits it on all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from retail_brain.decisions.arrays import Floats
from training.uplift.learners import LEARNERS, RESPONSE, Contacts, Matrix, Scorer, response
from training.uplift.qini import qini, uplift_at

_LEAST_PEOPLE = 500
"""People contacted, and people held out, without whom nothing is learned: an effect of a tenth has then an error of a
third of itself."""
_LEAST_CAMPAIGNS = 2
"""Campaigns without whom none can be left out."""
_FOLDS = 5
"""Parts of the campaigns: each is ordered by models that saw the others."""
_PARTS = 10
"""Parts of the people in each of which a learner is compared with the response, which gives the error of its gain."""
_SURE = 2.8
"""Standard errors of a gain from which it is believed: the 99 % quantile of Student's t with nine degrees of freedom,
for five learners are tried. Where a contact changes nothing a learner had the greater Qini in seven of eight draws, and
is taken in one of eight with it."""
_TOP = 0.3
"""Share of the people whose uplift is shown."""
VALIDATION = {
    "method": pl.String,
    "qini": pl.Float64,
    "uplift_at_30": pl.Float64,
    "uplift": pl.Float64,
    "people": pl.Int64,
    "campaigns": pl.Int64,
    "chosen": pl.Boolean,
}
"""One row per method: its Qini on campaigns that it did not see (mean over campaigns, by people), the uplift of the
30 % it puts first, and that of everybody."""


@dataclass(frozen=True)
class ChosenUplift:
    """What came of the choice.

    Attributes:
        method: name of the chosen learner; `response` where none orders unseen campaigns surely better than the chance
            to buy, or where too little was held out to learn from.
        validation: columns VALIDATION; empty where nothing could be compared.
        scorer: features -> what a contact causes; None for `response`.
    """

    method: str
    validation: pl.DataFrame
    scorer: Scorer | None


def choose_uplift(known: Contacts, campaigns: npt.NDArray[np.str_], *, seed: int = 1) -> ChosenUplift:
    """Compares the learners on held-out campaigns and fits the best one on all.

    A learner takes the place of the response only where its gain is beyond its own error (`_SURE`): the best of several
    is above chance by chance.

    Args:
        known: contacts of all campaigns.
        campaigns: campaign of each contact; those of one campaign are held out together.
        seed: of the trees.
    """
    names = np.unique(campaigns)
    groups = int(known.treated.sum()), int((~known.treated).sum())
    if min(groups) < _LEAST_PEOPLE or len(names) < _LEAST_CAMPAIGNS:
        return ChosenUplift(RESPONSE, pl.DataFrame(schema=VALIDATION), None)
    scores = {
        name: held_out_scores(known, campaigns, learner, seed=seed)
        for name, learner in {RESPONSE: response, **LEARNERS}.items()
    }
    rows = {name: _validated(score, known, campaigns) for name, score in scores.items()}
    sure = [name for name in LEARNERS if _gains(scores[name], scores[RESPONSE], known, campaigns, seed)]
    best = max([RESPONSE, *sure], key=lambda name: rows[name]["qini"])
    table = pl.DataFrame(
        [{"method": name, **row, "campaigns": len(names), "chosen": name == best} for name, row in rows.items()],
        schema=VALIDATION,
    )
    return ChosenUplift(best, table, None if best == RESPONSE else LEARNERS[best](known, seed))


def held_out_scores(
    known: Contacts, campaigns: npt.NDArray[np.str_], learner: Callable[[Contacts, int], Scorer], *, seed: int
) -> Floats:
    """Score of each contact by a model that did not see its campaign.

    Args:
        known: contacts of all campaigns.
        campaigns: campaign of each contact.
        learner: of LEARNERS, or `response`.
        seed: of the trees.
    """
    names = np.unique(campaigns)
    scores = np.zeros(len(campaigns))
    for number in range(min(_FOLDS, len(names))):
        is_left_out = np.isin(campaigns, names[number::_FOLDS])
        scores[is_left_out] = learner(known.take(~is_left_out), seed)(known.features[is_left_out])
    return scores


def _gains(scores: Floats, others: Floats, known: Contacts, campaigns: npt.NDArray[np.str_], seed: int) -> bool:
    """Whether an order has surely the greater Qini: its gain in parts of the people, against its error."""
    part = np.random.default_rng(seed).permutation(len(campaigns)) % _PARTS
    gains = np.zeros(_PARTS)
    for number in range(_PARTS):
        chosen = part == number
        people, names = known.take(chosen), campaigns[chosen]
        gains[number] = _mean_qini(scores[chosen], people, names) - _mean_qini(others[chosen], people, names)
    return bool(gains.mean() > _SURE * gains.std(ddof=1) / np.sqrt(_PARTS))


def _mean_qini(scores: Floats, known: Contacts, campaigns: npt.NDArray[np.str_]) -> float:
    """Qini within each campaign, in the mean by people."""
    parts = [campaigns == name for name in np.unique(campaigns)]
    values = [qini(scores[part], known.outcome[part], known.treated[part]) for part in parts]
    return float(np.average(values, weights=[part.sum() for part in parts]))


def _validated(scores: Floats, known: Contacts, campaigns: npt.NDArray[np.str_]) -> Mapping[str, float]:
    """Qini and uplifts of an order, within each campaign, in the mean by people.

    Args:
        scores: the highest is contacted first.
        known: the contacts.
        campaigns: campaign of each.
    """
    parts = [campaigns == name for name in np.unique(campaigns)]
    sizes = np.array([part.sum() for part in parts])
    values = np.array(
        [
            (qini(scores[part], known.outcome[part], known.treated[part]),
             uplift_at(scores[part], known.outcome[part], known.treated[part], _TOP),
             uplift_at(scores[part], known.outcome[part], known.treated[part], 1.0))
            for part in parts
        ]
    )  # fmt: skip
    mean = [_weighted(column, sizes) for column in values.T]
    return {"qini": mean[0], "uplift_at_30": mean[1], "uplift": mean[2], "people": int(sizes.sum())}


def _weighted(values: Floats, sizes: npt.NDArray[np.int64]) -> float:
    """Mean of the known values by size; NaN where none is known."""
    known = ~np.isnan(values)
    return float(np.average(values[known], weights=sizes[known])) if known.any() else float("nan")


def matrix(frame: pl.DataFrame) -> Matrix:
    """Features as the learners take them; null is NaN."""
    return frame.cast(pl.Float32).to_numpy().astype(np.float32)
