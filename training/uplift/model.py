"""Chooses the learner of uplift that orders people of unseen campaigns best, by Qini, and fits it on all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from retail_brain.decisions.arrays import Floats
from training.uplift.learners import LEARNERS, RESPONSE, Contacts, Matrix, Scorer, response
from training.uplift.qini import qini, uplift_at

LEAST_PEOPLE = 500
"""People contacted, and people held out, without whom nothing is learned: an effect of a tenth has then an error of a
third of itself."""
LEAST_CAMPAIGNS = 2
"""Campaigns without whom none can be left out."""
_FOLDS = 5
"""Parts of the campaigns: each is ordered by models that saw the others."""
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
        method: name of the chosen learner; `response` where none orders unseen campaigns better than the chance to
            buy, or where too little was held out to learn from.
        validation: columns VALIDATION; empty where nothing could be compared.
        scorer: features -> what a contact causes; None for `response`.
    """

    method: str
    validation: pl.DataFrame
    scorer: Scorer | None


def choose_uplift(known: Contacts, campaigns: npt.NDArray[np.str_], *, seed: int = 1) -> ChosenUplift:
    """Compares the learners on held-out campaigns and fits the best one on all.

    Args:
        known: contacts of all campaigns.
        campaigns: campaign of each contact; those of one campaign are held out together.
        seed: of the trees.
    """
    names = np.unique(campaigns)
    groups = int(known.treated.sum()), int((~known.treated).sum())
    if min(groups) < LEAST_PEOPLE or len(names) < LEAST_CAMPAIGNS:
        return ChosenUplift(RESPONSE, pl.DataFrame(schema=VALIDATION), None)
    rows = {
        name: validated(held_out_scores(known, campaigns, learner, seed=seed), known, campaigns)
        for name, learner in {RESPONSE: response, **LEARNERS}.items()
    }
    best = max(rows, key=lambda name: rows[name]["qini"])  # of equals the first: the response
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


def validated(scores: Floats, known: Contacts, campaigns: npt.NDArray[np.str_]) -> Mapping[str, float]:
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
    mean = [float(np.average(column[~np.isnan(column)], weights=sizes[~np.isnan(column)])) for column in values.T]
    return {"qini": mean[0], "uplift_at_30": mean[1], "uplift": mean[2], "people": int(sizes.sum())}


def matrix(frame: pl.DataFrame) -> Matrix:
    """Features as the learners take them; null is NaN."""
    return frame.cast(pl.Float32).to_numpy().astype(np.float32)
