"""Checked rows of a table in scratch: data files as the lake takes them over, and beside each what is not stored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from retail_brain.lake.data_files import write_data_file
from retail_brain.lake.difference import ROW

_FIRST, _LAST, _PART = "_first", "_last", "_part"


@dataclass
class Parts:
    """Data files with the good rows of a table, in the order of reading.

    Attributes:
        folder: where they are.
        aside: columns that are not stored, such as the number of the file that a row comes from.
        spans: columns by which equal rows are looked for, a place and a moment; none where the table has none such.
        paths: the data files.
        heights: their rows.
    """

    folder: Path
    aside: Sequence[str] = ()
    spans: tuple[str, str] | None = None
    paths: list[Path] = field(default_factory=list)
    heights: list[int] = field(default_factory=list)
    _spans: list[pl.DataFrame] = field(default_factory=list)

    def add(self, rows: pl.DataFrame) -> None:
        """Writes a further part.

        Args:
            rows: columns of the table, and those that are kept aside.
        """
        number = len(self.paths)
        path = self.folder / f"{number:06}.parquet"
        write_data_file(rows.drop(self.aside), path)
        if self.aside:
            rows.select(self.aside).write_parquet(self._beside(path), compression="lz4")
        if self.spans and self.aside:
            place, moment = self.spans
            spans = (
                rows.lazy()
                .group_by(*self.aside, place)
                .agg(pl.col(moment).min().alias(_FIRST), pl.col(moment).max().alias(_LAST))
            )
            # few groups of many rows: a fifth of the time that the engine in memory takes
            self._spans.append(spans.with_columns(pl.lit(number).alias(_PART)).collect(engine="streaming"))
        self.paths.append(path)
        self.heights.append(rows.height)

    def scan(self) -> pl.LazyFrame:
        """The stored columns and `_row`."""
        return pl.scan_parquet(self.paths).with_row_index(ROW)

    def scan_whole(self) -> pl.LazyFrame:
        """The rows with the columns that are kept aside, and `_row`."""
        if not self.aside:
            return self.scan()
        beside = pl.scan_parquet([self._beside(path) for path in self.paths])
        return pl.concat([pl.scan_parquet(self.paths), beside], how="horizontal").with_row_index(ROW)

    def scan_shared(self) -> pl.LazyFrame:
        """As `scan_whole`, but only rows at a place and moment that several files have; no other is in two of them."""
        if self.spans is None:
            return self.scan_whole()
        place, moment = self.spans
        near = _shared_spans(pl.concat(self._spans), self.aside, place)
        starts = pl.Series([0, *self.heights]).cum_sum()
        found = [
            self._whole(number)
            .with_row_index(ROW, starts[number])
            .join(spans.drop(_PART).lazy(), on=[*self.aside, place], nulls_equal=True)
            .filter(pl.col(moment).is_between(_FIRST, _LAST))
            .drop(_FIRST, _LAST)
            for (number,), spans in near.partition_by(_PART, as_dict=True, maintain_order=True).items()
        ]
        return pl.concat(found) if found else self._whole(0).with_row_index(ROW).head(0)

    def without(self, positions: pl.Series) -> None:
        """Takes rows out; only the parts that have some are written anew."""
        start, kept = 0, []
        gone = positions.sort()
        for path, height in zip(self.paths, self.heights, strict=True):
            here = gone.filter(gone.is_between(start, start + height - 1)) - start if height else gone.clear()
            start += height
            if not len(here):
                kept.append((path, height))
                continue
            rows = pl.read_parquet(path).with_row_index(ROW)
            rest = rows.join(here.alias(ROW).to_frame(), on=ROW, how="anti", maintain_order="left").drop(ROW)
            # under another name: the old file may be open, or linked
            written = path.with_name(f"{path.stem}-kept.parquet")
            write_data_file(rest, written)
            kept.append((written, rest.height))
        self.paths, self.heights = [path for path, _ in kept], [height for _, height in kept]

    def _whole(self, number: int) -> pl.LazyFrame:
        path = self.paths[number]
        stored = pl.scan_parquet(path)
        return pl.concat([stored, pl.scan_parquet(self._beside(path))], how="horizontal") if self.aside else stored

    def _beside(self, path: Path) -> Path:
        return path.with_name(f"{path.stem}.aside")


def _shared_spans(spans: pl.DataFrame, file: Sequence[str], place: str) -> pl.DataFrame:
    """Spans of parts, narrowed to the time in which another file has rows of the same place.

    Args:
        spans: one row per part, file and place: `_part`, the columns of the file and place, `_first` and `_last`.
        file: columns that name a file.
        place: column.
    """
    whole = spans.group_by(*file, place).agg(pl.col(_FIRST).min(), pl.col(_LAST).max()).sort(place, _FIRST, *file)
    # in the order of their beginnings, a file meets an earlier one that has not ended and a later one that has begun
    earlier_end = pl.col(_LAST).cum_max().shift().over(place)
    next_start = pl.col(_FIRST).shift(-1).over(place)
    meets_earlier = (pl.col(_FIRST) <= earlier_end).fill_null(value=False)
    meets_later = (next_start <= pl.col(_LAST)).fill_null(value=False)
    met = whole.select(
        *file,
        place,
        low=pl.when(meets_earlier).then(_FIRST).when(meets_later).then(next_start),
        high=pl.when(meets_later).then(_LAST).when(meets_earlier).then(pl.min_horizontal(_LAST, earlier_end)),
    ).drop_nulls("low")
    narrow = spans.join(met, on=[*file, place], nulls_equal=True).with_columns(
        pl.max_horizontal(_FIRST, "low").alias(_FIRST), pl.min_horizontal(_LAST, "high").alias(_LAST)
    )
    return narrow.filter(pl.col(_FIRST) <= pl.col(_LAST)).drop("low", "high").sort(_PART, *file, place)
