"""Scores blocks of people in workers: what they need goes there once, as files, and each part gives a file of pairs."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from retail_brain.engine import Executor, Part
from retail_brain.engine.shipped import ship, shipped
from retail_brain.files import atomic_path, scratch_folder
from retail_brain.progress import Progress
from training.recommender.candidates.pool import Block
from training.recommender.due_model import DueModel
from training.recommender.fitted_sources import FittedSources
from training.recommender.kept_sources import read_sources, write_sources
from training.recommender.ranker import Ranker
from training.recommender.scored_pairs import Choice, ScoredPairs

_PARTS_PER_WORKER = 4
"""Parts that each worker gets, where there are so many blocks: fewer, and the last one is waited for. By judgement."""
_SOURCES, _BLOCKS, _MODEL = "sources", "blocks.npz", "model.pickle"


@dataclass(frozen=True)
class BlockScorer:
    """Scores blocks of people.

    Attributes:
        fitted: sources and features of the day.
        ranker: probability of a pair.
        due: says how it divides over time.
        with_candidates: whether each person's candidates are scored, or the further pairs of a block alone.
        choose: picks rows of each block; None: all are wanted.
    """

    fitted: FittedSources
    ranker: Ranker
    due: DueModel
    with_candidates: bool
    choose: Choice | None

    def __call__(self, block: Block) -> pl.DataFrame:
        """Pairs of the block, columns SCORED and what `choose` adds."""
        candidates = self.fitted.candidates(block, with_proposals=self.with_candidates)
        pairs = ScoredPairs.of(self.fitted, self.ranker, self.due, candidates)
        return pairs.whole() if self.choose is None else pairs.explained(self.choose(pairs.frame()))


def scored_in_parts(
    scorer: BlockScorer, blocks: Sequence[Block], executor: Executor, progress: Progress
) -> Iterator[pl.DataFrame]:
    """Yields the pairs of the blocks in their order, a few blocks at a time, as `scorer` gives them."""
    with scratch_folder("scoring") as folder:
        _write(folder, scorer, blocks)
        size = max(1, -(-len(blocks) // (executor.workers * _PARTS_PER_WORKER)))
        starts = [*range(0, len(blocks), size), len(blocks)]
        parts = [
            Part(
                f"people of blocks {first} to {end - 1}",
                str(folder),
                json.dumps({"first": first, "end": end, "out": str(folder / f"part{first:06d}.arrow")}),
            )
            for first, end in pairwise(starts)
        ]
        for path in executor.map(score_part, parts, progress, "scoring"):
            yield pl.read_ipc(path)
            Path(path).unlink()


def score_part(path: str, options: str) -> str:
    """Job function: scores some blocks of people and writes an Arrow file of their pairs.

    Args:
        path: folder with what was shipped.
        options: JSON with `first` and `end` of the blocks, and `out`, the file to write.
    """
    given = json.loads(options)
    scorer, blocks = _read(path)
    with threadpool_limits(1, "blas"):
        frames = [scorer(block) for block in blocks[given["first"] : given["end"]]]
    with atomic_path(Path(given["out"])) as aside:
        pl.concat(frames).write_ipc(aside)
    return str(given["out"])


def _write(folder: Path, scorer: BlockScorer, blocks: Sequence[Block]) -> None:
    write_sources(folder / _SOURCES, scorer.fitted)
    ship(folder / _MODEL, (scorer.fitted.config, scorer.ranker, scorer.due, scorer.with_candidates, scorer.choose))
    sides = {"people": [block.people for block in blocks], "extra": [block.extra for block in blocks]}
    arrays = {name: np.concatenate(parts) for name, parts in sides.items()}
    arrays |= {f"{name}_ends": np.cumsum([part.size for part in parts]) for name, parts in sides.items()}
    np.savez(folder / _BLOCKS, allow_pickle=False, **arrays)


@lru_cache(maxsize=1)  # a worker gets several parts of one run
def _read(path: str) -> tuple[BlockScorer, list[Block]]:
    folder = Path(path)
    config, ranker, due, with_candidates, choose = shipped(folder / _MODEL)
    fitted = read_sources(folder / _SOURCES, config)
    with np.load(folder / _BLOCKS, allow_pickle=False) as arrays:
        people, extra = (np.split(arrays[name], arrays[f"{name}_ends"][:-1]) for name in ("people", "extra"))
    return BlockScorer(fitted, ranker, due, with_candidates, choose), list(map(Block, people, extra))
