"""Columns of states and kinds of rows: their values, the rows that have them, and conditions that leave them out."""

import re
from collections.abc import Sequence
from copy import copy

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import quoted
from retail_brain.ingest.look.legends import legend_of
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_kinds import KIND_NAME
from retail_brain.ingest.look.words_of_states import CANCELLED, GIVEN_BACK, OF_CLAIM, REASON, REMOVED, STATE_NAME
from retail_brain.ingest.numbers import parse_numbers
from retail_brain.sources import ColumnFormat

_NEGATED = (
    r"(?:未被?|没有?|不|无|無|\b(?:not|no|non|nicht|niet|nie|не|ne|sin|sem|inte|ikke|ej|ei|belum|tidak|chưa|không)\s+)$"
)
"""What stands before a word that it negates."""
_JOINED = r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])"
"""Where words are joined that begin with a capital each, as in `AVTraining`."""
_MOSTLY = 0.8
"""Share of units below 0 from which they are what was sold, as in ledgers of stock, and not returns. By judgement."""
_PREFIX = r"(?!(?:not?|non|nie|un|in|de|re|pre|post|sub|co|ex|sin|sem)\W)([a-z]{2,4}[-:])[a-z]"
"""What a system writes before each of its states, such as `wc-pending`, and no word that turns a state round."""
_LEAST_PREFIXED = 3
"""States from which what all of them begin with is a prefix. By judgement."""
MOST_KINDS = 12
"""Kinds of rows in a column from which its values are no kinds. By judgement."""


class State:
    """A column with states of orders or kinds of rows.

    Attributes:
        name: of the column.
        kinds: its values.
        is_state: whether its name says that it is the state of an order, which is on all of its lines; a kind such as
            `Refund` is on the rows of a receipt of its own.
        is_claim: whether its name says that it is the state of a claim after the sale, such as `Refund status`: there
            a claim that was closed or refused leaves the sale as it was.
        has_units: whether a column has units.
        beside: plain names of the other columns.
    """

    def __init__(self, sample: pl.DataFrame, found: Columns, name: str) -> None:
        self.name, self.kinds = name, kinds_of(sample, name)
        self.beside = [bare_name(other) for other in sample.columns if other != name]
        self._legend, self._prefix = legend_of(name), _prefix_of(self.kinds)
        self.is_state = re.search(STATE_NAME, bare_name(name)) is not None
        self.is_claim = re.search(OF_CLAIM, bare_name(name)) is not None
        self._sample, self._units = sample, found.roles.get("units")
        self.has_units = self._units is not None
        self._form = found.seen[self._units].numbers[0] if self._units else ColumnFormat()
        counts = parse_numbers(sample[self._units].cast(pl.String), self._form) if self._units else pl.Series([1.0])
        self._direction = -1 if share(counts < 0) > _MOSTLY else 1

    def of(self, rows: pl.Series) -> "State":
        """The same column on some of the rows; what is below 0 is so by all of them."""
        some = copy(self)
        some._sample = self._sample.filter(rows)  # of its own class
        some.kinds = kinds_of(some._sample, self.name)
        return some

    def which(self, pattern: str, but: str = "$^") -> list[str]:
        """The values with a word of a pattern and none of another."""
        plain = {kind: self.said(kind) for kind in self.kinds}
        return [kind for kind, text in plain.items() if says(pattern, text) and not re.search(but, text)]

    def said(self, kind: str) -> str:
        """A value for comparing with words, or what the name of the column says that it means."""
        return plain_kind(self._legend.get(kind, kind.removeprefix(self._prefix)))

    def units(self, kinds: Sequence[str]) -> pl.Series:
        """Units of the rows with these values, those that most rows have above 0; none where no column has units."""
        if self._units is None:
            return pl.Series([1.0])
        rows = self._sample.filter(self._are(kinds))
        return parse_numbers(rows[self._units].cast(pl.String), self._form) * self._direction

    def rows(self, kinds: Sequence[str]) -> int:
        """Number of rows with these values."""
        return self._sample.filter(self._are(kinds)).height

    def _are(self, kinds: Sequence[str]) -> pl.Expr:
        return pl.col(self.name).cast(pl.String).is_in(kinds)

    def without(self, kinds: Sequence[str]) -> str:
        """The condition that leaves these values out."""
        if self._sample[self.name].dtype == pl.Boolean:  # as JSON has them: SQL compares these with no text
            others = "FALSE" if "true" in kinds else "TRUE"
            return f"{column_of(self.name)} IS NULL OR {column_of(self.name)} = {others}"
        return f"{column_of(self.name)} IS NULL OR {column_of(self.name)} NOT IN ({listed(kinds)})"


def _prefix_of(kinds: Sequence[str]) -> str:
    """What a system writes before all of its states; blank for nothing.

    >>> _prefix_of(["wc-pending", "wc-failed", "wc-completed"]), _prefix_of(["pre-sold", "pre-paid", "pre-sent"])
    ('wc-', '')
    """
    found = re.match(_PREFIX, kinds[0]) if len(kinds) >= _LEAST_PREFIXED else None
    return found[1] if found and all(kind.startswith(found[1]) for kind in kinds) else ""


def may_tell_states(sample: pl.DataFrame, found: Columns) -> list[str]:
    """Columns whose name says a state, mark, reason or kind, or a value of which is a word of cancelled orders."""
    named = rf"{KIND_NAME}|(?:^|[\s_]){STATE_NAME}$|{CANCELLED}|{GIVEN_BACK}|{REMOVED}|{REASON}"
    told = {*found.all_of("status"), *found.all_of("voided")}
    for name, seen in found.seen.items():
        is_free = name in told or name not in found.roles.values()
        plain = bare_name(name)
        if is_free and seen.filled and (name in told or re.search(named, plain) or re.search(named, _spaced(plain))):
            told.add(name)
        elif is_free and not seen.numbers and not seen.dates and sample[name].n_unique() <= MOST_KINDS:
            words = (plain_kind(kind) for kind in kinds_of(sample, name))
            told |= {name} if any(re.search(f"{CANCELLED}|{GIVEN_BACK}", word) for word in words) else set()
    return [name for name in found.seen if name in told]


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def says(pattern: str, kind: str) -> bool:
    """Whether a state has a word of a pattern that is not negated, as in `订单未关闭` or `not cancelled`."""
    return any(not re.search(_NEGATED, kind[: word.start()]) for word in re.finditer(pattern, kind))


def plain_kind(kind: str) -> str:
    """A kind for comparing with words, the joined ones apart, such as those of `ready_to_ship`.

    The small letter of the Turkish capital İ has a mark of its own.

    >>> [plain_kind(kind) for kind in ("AVTraining", "PartiallyRefunded", " OK", "İptal")]
    ['av training', 'partially refunded', 'ok', 'iptal']
    """
    return re.sub(_JOINED, " ", kind.strip()).lower().replace("\u0307", "").replace("_", " ")


def kinds_of(sample: pl.DataFrame, name: str) -> list[str]:
    """The values of a column, in the order of the rows."""
    return sample[name].drop_nulls().unique(maintain_order=True).cast(pl.String).to_list()


def column_of(name: str) -> str:
    """The column of a file in SQL."""
    return '"' + name.replace('"', '""') + '"'


def is_named(name: str, written: str) -> bool:
    """Whether a text of a mapping names a column, in SQL or in TOML."""
    return column_of(name) in written or quoted(name) in written


def listed(kinds: Sequence[str]) -> str:
    """Values of a column in SQL."""
    return ", ".join("'" + kind.replace("'", "''") + "'" for kind in kinds)
