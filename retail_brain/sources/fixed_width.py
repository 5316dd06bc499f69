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
_LINE = re.compile(r"\s*(?:-{10,}|={10,}|_{10,})\s*")
"""A line drawn below the names or above a sum."""
_SUM = re.compile(r"\s*(?:grand\s+|sub-?\s*)?total\b", re.IGNORECASE)
"""A row of sums, whose words may cross columns."""
_NAMES = 3
"""Names, two blanks apart, from which a line above a drawn one is a header."""
_NULL = "NULL"
"""What databases print where there is no value."""
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
            if not _RULE.fullmatch(plain) and not _LINE.fullmatch(plain):
                wide = _wide(plain)
                write.write(
                    f"{plain.strip()}\n"
                    if _crosses(wide, cuts) and not _SUM.match(wide)
                    else "\t".join(_cells(wide, cuts)) + "\n"
                )
    return copy


def is_fixed_width(lines: Sequence[str]) -> bool:
    """Whether blanks keep columns apart in the first lines of a text."""
    return bool(_cuts(lines[:_HEAD_LINES]))


def _cuts(head: Sequence[str]) -> list[_Cut]:
    """Places of the columns; none where the text is no list of columns of a fixed width."""
    lines = [_wide(line.rstrip()) for line in head if line.strip()]
    drawn = _below_title(lines)
    # commas of thousands stand in rows, not in names
    marks = [mark for mark in DELIMITERS if not drawn or mark in drawn[0]]
    lines = drawn or lines
    if len(lines) < _LEAST_LINES or any(_divides(mark, lines) for mark in marks):
        return []
    rule = next((line for above, line in itertools.pairwise(lines) if _is_below_names(line, above)), None)
    if rule is not None:
        # a line of dashes below the names shows how wide each column is
        starts = [match.start() for match in re.finditer(r"-+", rule)]
        return _ending(starts) if len(starts) >= _LEAST_COLUMNS else []
    lines = [line for line in lines if not any(one.match(line) for one in (_LINE, _RULE, _SUM))]
    usual = sorted(map(len, lines))[len(lines) // 2]
    rows = [line for line in lines if len(line) >= _SHORT * usual]
    width = max(map(len, rows))
    blank = [all(len(line) <= place or line[place] == " " for line in rows) for place in range(width)]
    starts = [place for place in range(width) if not blank[place] and (place == 0 or blank[place - 1])]
    named = [start for start, end in _ending(starts) if rows[0][start:end].strip()]
    if len(named) < _LEAST_COLUMNS or not _no_digits(rows[0]):
        return []
    return [(0, named[1]), *_ending(named)[1:]]


def _below_title(lines: list[str]) -> list[str]:
    """The lines from the header on, where a drawn line stands below it; none where no header is known by that."""
    for place, (above, line) in enumerate(itertools.pairwise(lines)):
        is_line = _LINE.fullmatch(line) and _no_digits(above) and len(re.split(r"\s{2,}", above.strip())) >= _NAMES
        if is_line or _is_below_names(line, above):
            return lines[place:]
    return []


def _is_below_names(line: str, above: str) -> bool:
    """Whether a line of dashes stands below names; those below a row are of its sum.

    Names may have digits, as `ADDRESS_1` has, where one stands above each of the dashes.
    """
    if not _RULE.fullmatch(line):
        return False
    names = [above[dashes.start() : dashes.end()].strip() for dashes in re.finditer(r"-+", line)]
    return _no_digits(above) or all(name[:1].isalpha() and " " not in name for name in names)


def _no_digits(line: str) -> bool:
    return re.search(r"\d", line) is None


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
    """The cells of a line, blank for no value; the words of a sum stay together, although they cross columns."""
    words = re.match(r"\s*\S+(?: \S+)*", line) if _SUM.match(line) else None
    rest = " " * words.end() + line[words.end() :] if words else line
    cells = [rest[start:end].replace(_PAD, "").strip() for start, end in cuts]
    cells = ["" if cell == _NULL else cell for cell in cells]
    return [words[0].replace(_PAD, "").strip(), *cells[1:]] if words else cells
