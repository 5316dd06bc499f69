"""Catalogs of stores, products and customers: ids by position, names, details, and a substring search."""

import mmap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from serving.store.arrays import Array, map_array, write_array
from serving.store.texts import Texts, positions, sorted_ids, write_texts


def write_catalog(folder: Path, kind: str, frame: pl.DataFrame) -> dict[str, int]:
    """Writes a catalog and returns the position of each id.

    Args:
        folder: the answers being written.
        kind: `stores`, `products` or `customers`.
        frame: one row per id: `id`, `name` (may be null), `detail` (may be null), `weight` (largest listed first).
    """
    ids = sorted_ids(frame["id"])
    rows = pl.DataFrame({"id": ids}, schema={"id": pl.String}).join(
        frame.unique("id", keep="first"), on="id", how="left", maintain_order="left"
    )
    names = rows["name"].fill_null("").to_list()
    details = rows["detail"].fill_null("").to_list()
    write_texts(folder, f"{kind}.ids", ids)
    write_texts(folder, f"{kind}.names", names)
    write_texts(folder, f"{kind}.details", details)
    _write_search(folder, kind, (names, ids, details))
    order = np.argsort(-rows["weight"].fill_null(0.0).to_numpy(), kind="stable")
    write_array(folder / f"{kind}.order.npy", order, np.int32)
    ranks = np.empty(len(order), dtype=np.int32)
    ranks[order] = np.arange(len(order))
    write_array(folder / f"{kind}.ranks.npy", ranks, np.int32)
    return positions(ids)


class Catalog:
    """Entries of one kind, by id and by position; positions follow the byte order of the ids."""

    def __init__(self, folder: Path, kind: str) -> None:
        """Maps the files of `write_catalog`."""
        self.ids = Texts.open(folder, f"{kind}.ids")
        self.names = Texts.open(folder, f"{kind}.names")
        self.details = Texts.open(folder, f"{kind}.details")
        self.order = map_array(folder / f"{kind}.order.npy")
        self._ranks = map_array(folder / f"{kind}.ranks.npy")
        self._starts = map_array(folder / f"{kind}.search.npy")
        self._text = _map_text(folder / f"{kind}.search.txt")

    @property
    def whole(self) -> "Catalog":
        """Every entry of the chain, those too that a key's place leaves out: for names of what was shown by id."""
        return self

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, text: str) -> int:
        """Position of an id, or -1."""
        return self.ids.find(text)

    def find_many(self, texts: list[str]) -> Array:
        """Positions of several ids, -1 where an id is not in the catalog."""
        return np.array([self.ids.find(text) for text in texts], dtype=np.int64)

    def search(self, query: str) -> Array:
        """Positions of entries whose name, id or detail contains every word of the query, largest weight first.

        Complexity: one scan of the mapped text per word.
        """
        words = query.casefold().split()
        if not words:
            return self.order
        hits = self._lines_with(words[0])
        for word in words[1:]:
            hits = np.intersect1d(hits, self._lines_with(word), assume_unique=True)
        return hits[np.argsort(self._ranks[hits])]

    def _lines_with(self, word: str) -> Array:
        needle = word.encode()
        lines: list[int] = []
        place = self._text.find(needle)
        while place >= 0:
            lines.append(place)
            # On to the next line: one hit per entry is enough.
            place = self._text.find(needle, self._text.find(b"\n", place))
        return np.searchsorted(self._starts, lines, side="right") - 1


def _write_search(folder: Path, kind: str, columns: Sequence[Sequence[str]]) -> None:
    lines = ["\t".join(cells).casefold().replace("\n", " ").encode() + b"\n" for cells in zip(*columns, strict=True)]
    (folder / f"{kind}.search.txt").write_bytes(b"".join(lines))
    starts = np.zeros(len(lines), dtype=np.int64)
    np.cumsum([len(line) for line in lines[:-1]], out=starts[1:])
    write_array(folder / f"{kind}.search.npy", starts, np.int64)


def _map_text(path: Path) -> "mmap.mmap | bytes":
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""
