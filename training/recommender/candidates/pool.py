"""The candidates of a block of people: the union of what the sources propose, with every source's opinion on each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from training.recommender.candidates.base import Source
from training.recommender.history import History
from training.recommender.sparse import (
    Floats,
    Ints,
    Scores,
    blocks,
    distinct,
    is_among,
    look_up,
    row_maxima,
    top_cells,
)

FILLER = "trending"


@dataclass(frozen=True)
class Candidates:
    """Pairs of a block of people, ordered by person and product.

    Attributes:
        people: customer code of each pair.
        products: product code of each pair.
        scores: pairs x sources, each source's score.
        relative: pairs x sources, the score divided by the best score the source gives that person.
        proposed: pairs x sources, whether the pair is among the source's quota.
    """

    people: Ints
    products: Ints
    scores: Floats
    relative: Floats
    proposed: npt.NDArray[np.bool_]

    def take(self, rows: Ints) -> "Candidates":
        """Some of the pairs."""
        return Candidates(*(getattr(self, part.name)[rows] for part in fields(self)))


def candidate_blocks(
    history: History,
    sources: Sequence[Source],
    people: Ints,
    cells: int,
    extra: tuple[Ints, Ints] | None = None,
    *,
    own_pool: bool = True,
    at_least: int = 0,
) -> Iterator[Candidates]:
    """The candidates of the people, block by block.

    Args:
        history: what is known.
        sources: fitted on it.
        people: customer codes, ascending.
        cells: greatest number of people x products in memory at a time.
        extra: further pairs (people, products) to have scored; people not in `people` are left out.
        own_pool: whether the sources' proposals count, or only the extra pairs.
        at_least: people with fewer proposals get the best of the source called FILLER in addition.
    """
    width = history.shape[1]
    wanted = np.empty(0, np.int64) if extra is None else distinct(extra[0] * width + extra[1])
    for block in blocks(people, width, cells):
        low, high = np.searchsorted(wanted, [block[0] * width, (block[-1] + 1) * width])
        mine = wanted[low:high][is_among(wanted[low:high] // width, block)]
        yield _pool(sources, block, width, mine, own_pool=own_pool, at_least=at_least)


def _pool(
    sources: Sequence[Source], block: Ints, width: int, extra: Ints, *, own_pool: bool, at_least: int
) -> Candidates:
    opinions = [source.scores(block) for source in sources]
    proposals = []
    for source, opinion in zip(sources, opinions, strict=True):
        rows, columns = top_cells(opinion, source.quota if own_pool else 0)
        proposals.append(np.sort(block[rows] * width + columns))
    keys = distinct(np.concatenate([*proposals, extra]))
    if own_pool and at_least:
        fillers = _fillers(sources, opinions, block, keys // width, width, at_least)
        keys = distinct(np.concatenate([keys, fillers]))
    people, products = keys // width, keys % width
    rows = np.searchsorted(block, people)
    scores = np.stack([look_up(opinion, rows, products) for opinion in opinions], axis=1)
    best = np.stack([row_maxima(opinion) for opinion in opinions], axis=1)
    proposed = np.stack([is_among(keys, proposal) for proposal in proposals], axis=1)
    return Candidates(people, products, scores, (scores / np.maximum(best[rows], 1e-9)).astype(np.float32), proposed)


def _fillers(
    sources: Sequence[Source], opinions: Sequence[Scores], block: Ints, people: Ints, width: int, at_least: int
) -> Ints:
    """More of what is popular, for people with fewer than `at_least` pairs."""
    have = np.bincount(np.searchsorted(block, people), minlength=block.size)
    short = np.flatnonzero(have < at_least)
    popular = [opinion for source, opinion in zip(sources, opinions, strict=True) if source.name == FILLER]
    if short.size == 0 or not popular:
        return np.empty(0, np.int64)
    rows, columns = top_cells(popular[0][short], at_least)
    return block[short[rows]] * width + columns
