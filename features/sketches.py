"""Sketches of feature columns: ranges, shares of nulls and counts by bin, which the next build is compared with.

A sketch of the build before stands for its tables, so that these are not read again. Bins are tenths of the values, or
the most frequent texts; the last one is that of nulls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from polars._typing import PolarsDataType

from features.dictionary.features import GROWING_DAYS
from features.protocol import KEYS

Counts = npt.NDArray[np.float64]
_TEXTS = 20
"""Most frequent texts that have a bin of their own; the rest shares one. Chosen by judgement, not measured."""
_SAMPLED = 50_000
"""Rows at most of which the bins are counted, every n-th: by chance alone their index is below 0.002, and a table of
millions costs no more than this. Ranges and shares of nulls are of all rows."""
_MOST_TEXTS = 10_000
"""Texts of a column that are kept to tell new ones from: where there are as many, those of the least digests. The share
of rows with a new text is then that among the rows whose text would be kept, true to about 1 % (1 / sqrt(10,000))."""
_TENTHS = np.arange(0.1, 0.95, 0.1)
_NEAR = 0.025
"""Share of rows by which a border may lie off its tenth, a quarter of a bin: enough to pass few rows behind a number
of many. By judgement: shares of the days of a window were looked at."""
_STORED: Final[Mapping[str, PolarsDataType]] = {
    "table": pl.String,
    "column": pl.String,
    "is_text": pl.Boolean,
    "is_date": pl.Boolean,
    "rows": pl.Int64,
    "nulls": pl.Int64,
    "low": pl.Float64,
    "high": pl.Float64,
    "edges": pl.List(pl.Float64),
    "frequent": pl.List(pl.String),
    "texts": pl.List(pl.String),
    "counts": pl.List(pl.Float64),
}
"""Columns of the file of sketches."""
_DIGITS = 9
"""Significant digits of numbers: a sum's last ones differ with the order in which it was added, and a value that equals
a border of bins in one build would lie beside it in the next, or in the same one resumed after a kill."""
Sketches = dict[str, dict[str, "Sketch"]]
"""Table -> column -> its sketch."""


@dataclass
class Sketch:
    """What is known of a column.

    Attributes:
        is_text: whether its values are texts; dates are days before the last visible one, lists their length.
        is_date: whether they were dates.
        rows: rows of the table.
        nulls: rows without a value.
        low: least number, None without any.
        high: largest number.
        edges: borders between the bins of numbers.
        frequent: texts that have a bin.
        texts: all texts, or a sample of them (`_MOST_TEXTS`).
        counts: rows of the sample by bin.
        sample: every n-th value, in memory only.
        grows: whether the values are days that grow by one a day at most (GROWING_DAYS); in memory only.
    """

    is_text: bool
    is_date: bool
    rows: int = 0
    nulls: int = 0
    low: float | None = None
    high: float | None = None
    edges: Counts = field(default_factory=lambda: np.zeros(0))
    frequent: list[str] = field(default_factory=list)
    texts: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.String))
    counts: Counts = field(default_factory=lambda: np.zeros(0))
    sample: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.Null))
    grows: bool = False
    outside: int = 0
    """Values beyond the range, or the texts, of the sketch that it was taken beside."""
    asked: int = 0
    """Values of which that is known: all, or those whose text is of the sample of the other."""
    outside_staying: int = 0
    """The same of dates that are counted from the last visible day of that one, or of days that grew since then."""

    def staying(self, days: int) -> "Sketch":
        """The sketch of dates counted from a day that lies so many days before."""
        low, high = (None if value is None else value - days for value in (self.low, self.high))
        return replace(self, low=low, high=high, sample=self.sample - days, outside=self.outside_staying)

    def grown(self, before: "Sketch", days: int) -> list["Sketch"]:
        """The sketch of growing days without what that many days add: to each value alike, or in its proportion.

        Age grows by a day for everything, days with a sale in the measure in which something sells. Nothing is taken
        off where the most of all grew by more than the days that passed.

        Args:
            before: the earlier sketch.
            days: that passed between the two.
        """
        if self.high is None or before.high is None or not 0 < self.high - before.high <= days:
            return []
        # rounded, so that 731 * 730 / 731 is in the bin that ends at 730
        proportion = (self.sample * (before.high / self.high)).round(6)
        return [
            replace(self, sample=sample, outside=self.outside_staying) for sample in (self.sample - days, proportion)
        ]

    def add(self, values: pl.Series, sample: pl.Series, beside: "Sketch | None", days: int) -> None:
        """Takes the values of one file in; its last visible day is so many days after that of the sketch beside."""
        nulls = values.null_count()
        self.rows += values.len()
        self.nulls += nulls
        self.sample = sample if self.sample.dtype == pl.Null else self.sample.append(sample)
        if self.is_text:
            counted = values.drop_nulls().value_counts(name="n")
            texts = counted.to_series(0)
            self.texts = _kept(pl.concat([self.texts, texts]).unique())
            if beside is not None:
                counted = counted.filter(_would_be_kept(texts, beside.texts))
                is_new = ~counted.to_series(0).is_in(beside.texts.implode())
                self.outside += int(counted["n"].filter(is_new).sum())
                self.asked += int(counted["n"].sum())
        elif nulls < values.len():
            low, high = values.min(), values.max()
            assert isinstance(low, float)
            assert isinstance(high, float)
            self.low = low if self.low is None else min(self.low, low)
            self.high = high if self.high is None else max(self.high, high)
            if beside is not None:
                self.asked += values.len() - nulls
                self.outside += _beyond(values, low, high, beside, 0)
                if self.is_date or self.grows:
                    self.outside_staying += _beyond(values, low, high, beside, days, from_low=self.is_date)

    def close(self) -> None:
        """Makes the bins, once all files are in."""
        if self.is_text:
            counted = (
                self.sample.drop_nulls()
                .alias("text")
                .value_counts(name="n")
                .sort(["n", "text"], descending=[True, False])
            )
            self.frequent = sorted(counted["text"].head(_TEXTS).to_list())
            self.texts = self.texts.sort()  # the same tables make the same file
        elif len(numbers := _numbers(self.sample)):
            finite = numbers[np.isfinite(numbers)]  # a quantile beside infinity is none
            self.edges = _borders(np.sort(finite)) if len(finite) else np.zeros(0)
        self.counts = self.counts_in(self)

    def counts_in(self, other: "Sketch") -> Counts:
        """Rows of this sample by bin of another sketch of the same kind; the last bin is that of nulls."""
        if self.is_text:
            places: Mapping[str, int] = {text: place for place, text in enumerate(other.frequent)}
            bins = len(places) + 1
            known = self.sample.drop_nulls()
            binned = known.replace_strict(places, default=len(places), return_dtype=pl.Int64).to_numpy()
        else:
            bins = len(other.edges) + 1
            binned = np.searchsorted(other.edges, _numbers(self.sample), side="left")
        counted = np.bincount(binned.astype(np.int64), minlength=bins)
        return np.append(counted, self.sample.null_count()).astype(np.float64)

    @property
    def null_share(self) -> float | None:
        """Share of rows without a value."""
        return self.nulls / self.rows if self.rows else None


def _numbers(values: pl.Series) -> Counts:
    """Numbers of a column without its nulls, by NumPy: a query for each of 170 columns costs more than its numbers."""
    numbers = values.cast(pl.Float64).to_numpy()
    return numbers[~np.isnan(numbers)] if values.null_count() else numbers


def _borders(ordered: Counts) -> Counts:
    """Borders between the bins of sorted numbers: near each tenth, in the middle of the widest gap.

    Of shares such as 2 of 91 days many rows have the same: a border on it would have all of them change their bin where
    the days become 89.
    """
    gaps, reach = np.diff(ordered), int(len(ordered) * _NEAR)
    if not len(gaps):
        return ordered
    borders = []
    for after in np.searchsorted(ordered, np.quantile(ordered, _TENTHS), side="right"):
        # of rows with the same number none lies between two of them
        first = min(max(int(after) - 1 - reach, 0), len(gaps) - 1)
        place = first + int(gaps[first : int(after) + reach].argmax())
        borders.append((ordered[place] + ordered[place + 1]) / 2)
    return np.unique(borders)


def _kept(texts: pl.Series) -> pl.Series:
    """The texts, or of very many those of the least digests: a sample that is the same wherever they are."""
    return texts if texts.len() <= _MOST_TEXTS else texts.gather(_digests(texts).arg_sort().head(_MOST_TEXTS))


def _would_be_kept(texts: pl.Series, kept: pl.Series) -> pl.Series:
    """Which texts would be among those of another sketch if its column had them."""
    if kept.len() != _MOST_TEXTS or not texts.len():
        return pl.repeat(True, texts.len(), eager=True)
    return _digests(texts) <= _digests(kept).max()


def _digests(texts: pl.Series) -> pl.Series:
    """A number of each text; of a library of Python, since it is compared with that of later versions of this one."""
    values = [int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) for text in texts.to_list()]
    return pl.Series(values, dtype=pl.UInt64)


def _beyond(values: pl.Series, low: float, high: float, beside: Sketch, days: int, *, from_low: bool = True) -> int:
    """How many values, which lie from `low` to `high` or are null, are beyond a sketch's range moved by some days.

    With `from_low` its whole range moved, else only its upper end.
    """
    if beside.low is None or beside.high is None:
        return 0
    least, most = beside.low + (days if from_low else 0), beside.high + days
    # as a rule none is, and then nothing has to be counted
    return 0 if least <= low and high <= most else int((~values.is_between(least, most)).sum())


def take_sketches(
    folder: Path,
    as_of: date,
    tables: Sequence[str],
    beside: Mapping[str, Mapping[str, Sketch]] | None = None,
    days: int = 0,
) -> Sketches:
    """Sketches of the columns of the tables in a folder; a file at a time is in memory.

    Args:
        folder: of the tables.
        as_of: day from which days are counted back.
        tables: their names; those without keys of their own, such as `identity`, are left out.
        beside: sketches whose ranges the values are compared with.
        days: from the last visible day of these to `as_of`.
    """
    found: Sketches = {}
    for table in tables:
        if table not in KEYS:
            continue
        files = sorted((folder / table).glob("*.parquet"))
        every = max(1, -(-sum(pl.scan_parquet(file).select(pl.len()).collect().item() for file in files) // _SAMPLED))
        kinds = pl.scan_parquet(files).collect_schema()
        columns = {name: kind for name, kind in kinds.items() if name not in (*KEYS[table], "as_of")}
        one = {
            name: Sketch(kind in {pl.String, pl.Boolean}, kind == pl.Date, grows=name in GROWING_DAYS)
            for name, kind in columns.items()
        }
        others, first = (beside or {}).get(table, {}), 0
        for file in files:
            values = pl.scan_parquet(file).select(_value(name, kind, as_of) for name, kind in columns.items()).collect()
            sample = values[(-first) % every :: every]
            for name, sketch in one.items():
                other = others.get(name)
                is_like = other is not None and other.is_text == sketch.is_text
                sketch.add(values[name], sample[name], other if is_like else None, days)
            first += values.height
        for sketch in one.values():
            sketch.close()
        found[table] = one
    return found


def _value(name: str, kind: pl.DataType, as_of: date) -> pl.Expr:
    """A column as numbers or texts."""
    column = pl.col(name)
    if kind == pl.String:
        return column
    if kind == pl.Boolean:
        return column.cast(pl.String)
    if kind == pl.Date:
        column = (pl.lit(as_of) - column).dt.total_days()
    elif isinstance(kind, pl.List):
        column = column.list.len()
    return column.cast(pl.Float64).fill_nan(None).round_sig_figs(_DIGITS).alias(name)


def write_sketches(sketches: Sketches, file: Path) -> None:
    """Writes sketches; their samples are left out."""
    names = ("is_text", "is_date", "rows", "nulls", "low", "high", "edges", "frequent", "texts", "counts")
    rows = [
        {"table": table, "column": column, **{name: _plain(getattr(sketch, name)) for name in names}}
        for table, columns in sketches.items()
        for column, sketch in columns.items()
    ]
    pl.DataFrame(rows, schema=pl.Schema(_STORED)).write_parquet(file)


def _plain(value: object) -> object:
    return (
        value.tolist() if isinstance(value, np.ndarray) else value.to_list() if isinstance(value, pl.Series) else value
    )


def read_sketches(file: Path) -> Sketches | None:
    """What `write_sketches` wrote; None where it is missing, damaged or of another version."""
    try:
        frame = pl.read_parquet(file)
    except (OSError, pl.exceptions.PolarsError):
        return None
    if frame.schema != pl.Schema(_STORED):
        return None
    # those of earlier versions were not rounded
    frame = frame.with_columns(pl.col("low", "high").round_sig_figs(_DIGITS))
    found: Sketches = {}
    for row in frame.iter_rows(named=True):
        table, column = row.pop("table"), row.pop("column")
        row |= {name: np.array(row[name], dtype=np.float64) for name in ("edges", "counts")}
        found.setdefault(table, {})[column] = Sketch(**row | {"texts": pl.Series(row["texts"], dtype=pl.String)})
    return found
