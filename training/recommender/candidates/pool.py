"""Merges the sources' proposals into candidates, block of people by block, each with the scores of every source."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from training.recommender.candidates.base import Source
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

_FILLER = "trending"
"""Source that fills up short lists: popularity has something for everybody, whatever they bought."""


@dataclass(frozen=True)
class Candidates:
    """Customer x product pairs of a block of people, ordered by person and product.

    Attributes:
        people: customer code of each pair.
        products: product code of each pair.
        scores: pairs x sources, each source's score; 0 where it has none.
        relative: pairs x sources, the score divided by the best that the source gives that person, 0 to 1.
        proposed: pairs x sources, whether the pair is within the source's quota.
    """

    people: Ints
    products: Ints
    scores: Floats
    relative: Floats
    proposed: npt.NDArray[np.bool_]

    @classmethod
    def together(cls, parts: Sequence["Candidates"]) -> "Candidates":
        """The pairs of several blocks, which follow each other."""
        return cls(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(cls)))

    def take(self, rows: Ints) -> "Candidates":
        """The pairs in some rows."""
        return Candidates(*(getattr(self, column.name)[rows] for column in fields(self)))


@dataclass(frozen=True)
class Block:
    """People whose candidates are worked out at once, so that memory does not grow with their number.

    Attributes:
        people: customer codes, ascending.
        extra: further pairs of these people to score, as person x products + product, ascending.
    """

    people: Ints
    extra: Ints

    def parts(self, size: int, width: int) -> list["Block"]:
        """The block in blocks of at most `size` people; `width` is the number of products."""
        if self.people.size <= size:
            return [self]
        groups = [self.people[start : start + size] for start in range(0, self.people.size, size)]
        starts = np.searchsorted(self.extra, [group[0] * width for group in groups[1:]])
        return [Block(*part) for part in zip(groups, np.split(self.extra, starts), strict=True)]


def people_blocks(
    people: Ints, width: int, cells: int, extra: tuple[Ints, Ints] | None = None, threads: int = 1
) -> Iterator[Block]:
    """The people in blocks.

    Args:
        people: customer codes, ascending.
        width: number of products.
        cells: greatest number of people x products in memory at a time.
        extra: further pairs (customer codes, product codes) to score; people not in `people` are left out.
        threads: blocks worked out at once.
    """
    # a pair as one number, person x products + product: sets of pairs are then sorted arrays
    extra_keys = np.empty(0, np.int64) if extra is None else distinct(extra[0] * width + extra[1])
    for block in blocks(people, width, cells, threads):
        low, high = np.searchsorted(extra_keys, [block[0] * width, (block[-1] + 1) * width])
        yield Block(block, extra_keys[low:high][is_among(extra_keys[low:high] // width, block)])


def block_candidates(
    sources: Sequence[Source], block: Block, width: int, *, with_proposals: bool = True, min_candidates: int = 0
) -> Candidates:
    """Candidates of the people of a block: what the sources propose, and the block's further pairs.

    Args:
        sources: fitted on one history.
        block: the people.
        width: number of products.
        with_proposals: whether the sources' proposals are candidates, or the further pairs only.
        min_candidates: people with fewer proposals get the best of the source called _FILLER in addition.
    """
    asked, extra = block.people, block.extra
    scores_by_source = [source.scores(asked) for source in sources]
    proposals = []
    for source, source_scores in zip(sources, scores_by_source, strict=True):
        block_rows, columns = top_cells(source_scores, source.quota if with_proposals else 0)
        proposals.append(np.sort(asked[block_rows] * width + columns))
    keys = distinct(np.concatenate([*proposals, extra]))
    if with_proposals and min_candidates:
        filler_keys = _fillers(sources, scores_by_source, asked, keys // width, width, min_candidates)
        keys = distinct(np.concatenate([keys, filler_keys]))
    people, products = np.divmod(keys, width)
    block_rows = np.searchsorted(asked, people)
    scores = np.empty((keys.size, len(sources)), np.float32)
    relative, proposed = np.empty_like(scores), np.zeros(scores.shape, bool)
    # every source scores every pair, also those that others proposed: their agreement is what the ranker learns from
    for column, (source_scores, proposal) in enumerate(zip(scores_by_source, proposals, strict=True)):
        scores[:, column] = look_up(source_scores, block_rows, products)
        best_of_person = np.maximum(row_maxima(source_scores), 1e-9)
        np.divide(scores[:, column], best_of_person[block_rows], out=relative[:, column])
        proposed[np.searchsorted(keys, proposal), column] = True
    return Candidates(people, products, scores, relative, proposed)


def _fillers(
    sources: Sequence[Source],
    scores_by_source: Sequence[Scores],
    block: Ints,
    people: Ints,
    width: int,
    min_candidates: int,
) -> Ints:
    """Keys of popular products for people with fewer than `min_candidates` pairs."""
    pairs_of_person = np.bincount(np.searchsorted(block, people), minlength=block.size)
    short_rows = np.flatnonzero(pairs_of_person < min_candidates)
    names = [source.name for source in sources]
    if short_rows.size == 0 or _FILLER not in names:
        return np.empty(0, np.int64)
    rows, columns = top_cells(scores_by_source[names.index(_FILLER)][short_rows], min_candidates)
    return block[short_rows[rows]] * width + columns
