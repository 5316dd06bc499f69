"""Where answers are being written, and what was written before that later ones rest on."""

from dataclasses import dataclass
from pathlib import Path

from retail_brain.progress import Progress
from serving.planning.campaigns.estimates import CausedShare
from serving.store.answer_set import Answers
from serving.store.publishing.catalogs import Positions


@dataclass(frozen=True)
class Publication:
    """Answers that are being written.

    Attributes:
        folder: of the answers.
        positions: of stores, products and customers.
        people: answers with scored pairs, which say what telling people of left-overs earns; None without recommender.
        progress: told of each step.
        caused_share: of the purchases of people who are contacted: what contacts cause, measured or assumed.
    """

    folder: Path
    positions: Positions
    people: Answers | None
    progress: Progress
    caused_share: CausedShare
