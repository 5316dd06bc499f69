"""Cuts lists whose columns are kept apart by blanks alone, as tills and databases print them."""

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from retail_brain.sources.encoding import open_text
from retail_brain.sources.table_start import DELIMITERS

_HEAD_LINES = 200
"""Lines looked at for places that are blank in all of them: enough that no word ends everywhere at the same place."""
_LEAST_LINES = 5
"""Lines below which blanks below each other say nothing. By judgement."""
_LEAST_COLUMNS = 3
"""Columns below which a text is no table. By judgement."""
_DIVIDED = 0.5
"""Share of lines with the same number of a mark from which that mark divides the fields. By judgement."""
_SHORT = 0.6
"""Lines shorter than this share of the usual length are titles and remarks. By judgement."""
_RULE = re.compile(r"\s*-{2,}(?:\s+-+)+\s*")
_PAD = "\0"
"""Stands behind a letter of East Asia, which is printed as wide as two."""
_Cut = tuple[int, int]


def without_blanks(source: Path, scratch: Path) -> Path:
    """The file itself, or a copy with tabs between the columns of a list that blanks keep apart.

    A list is one where no mark divides the lines and some places are blank in all of them. Blanks within a column are
    told from those between columns by the header, which has a name above each.

    Args:
        source: a file in UTF-8.
        scratch: folder for the copy.
    """
    with open_text(source) as file:
        head = [line.rstrip("\r\n") for line in itertools.islice(file, _HEAD_LINES)]
    cuts = _cuts(head)
    if not cuts:
        return source
    copy = scratch / f"{len(list(scratch.iterdir()))}-{source.name}.cut"
    with open_text(source) as read, copy.open("w", encoding="utf-8", newline="\n") as write:
        for line in read:
            plain = line.rstrip("\r\n")
            if not _RULE.fullmatch(plain):
                wide = _wide(plain)
                write.write(f"{plain.strip()}\n" if _crosses(wide, cuts) else "\t".join(_cells(wide, cuts)) + "\n")
    return copy


def _cuts(head: Sequence[str]) -> list[_Cut]:
    """Places of the columns; none where the text is no list of columns of a fixed width."""
    lines = [_wide(line.rstrip()) for line in head if line.strip()]
    if len(lines) < _LEAST_LINES or any(_divides(mark, lines) for mark in DELIMITERS):
        return []
    rule = next((line for line in lines if _RULE.fullmatch(line)), None)
    if rule is not None:
        # a line of dashes below the names shows how wide each column is
        starts = [match.start() for match in re.finditer(r"-+", rule)]
        return _ending(starts) if len(starts) >= _LEAST_COLUMNS else []
    usual = sorted(map(len, lines))[len(lines) // 2]
    rows = [line for line in lines if len(line) >= _SHORT * usual]
    width = max(map(len, rows))
    blank = [all(len(line) <= place or line[place] == " " for line in rows) for place in range(width)]
    starts = [place for place in range(width) if not blank[place] and (place == 0 or blank[place - 1])]
    named = [start for start, end in _ending(starts) if rows[0][start:end].strip()]
    if len(named) < _LEAST_COLUMNS or re.search(r"\d", rows[0]):
        return []
    return [(0, named[1]), *_ending(named)[1:]]


def _divides(mark: str, lines: Sequence[str]) -> bool:
    """Whether most lines have as many of a mark, with those within quotes or without: decimal commas stand there."""
    return any(
        max(Counter(found for line in lines if (found := count(line))).values(), default=0) > _DIVIDED * len(lines)
        for count in (lambda line: line.count(mark), lambda line: "".join(line.split('"')[::2]).count(mark))
    )


def _ending(starts: Sequence[int]) -> list[_Cut]:
    return [*itertools.pairwise(starts), (starts[-1], 1 << 20)] if starts else []


def _wide(line: str) -> str:
    """A line with as many places as it takes in print."""
    return "".join(one + _PAD if unicodedata.east_asian_width(one) in "WF" else one for one in line)


def _crosses(line: str, cuts: Sequence[_Cut]) -> bool:
    """Whether letters stand on both sides of a cut, as in titles and in rows that are wider than those looked at."""
    return any(len(line) > start and " " not in line[start - 1 : start + 1] for start, _ in cuts[1:])


def _cells(line: str, cuts: Sequence[_Cut]) -> list[str]:
    return [line[start:end].replace(_PAD, "").strip() for start, end in cuts]
