"""Takes the heads of pages out of lists that were printed to a file, where a form feed begins each page."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from retail_brain.sources.encoding import open_text

_FEED: Final = "\f"
_HEAD_LINES: Final = 400
"""Lines in which the second page begins: pages of printers have 60 to 90."""
_MOST_HEAD: Final = 30
"""Lines that the head of a page has at most. By judgement."""


def without_pages(source: Path, scratch: Path) -> tuple[Path, int]:
    """The file itself, or a copy that says the head of its pages once.

    The head is what both the first and the second page begin with, whatever days and numbers of pages stand in it, down
    to the last line that is the same in both, such as the names of the columns.

    Args:
        source: a file in UTF-8.
        scratch: folder for the copy.

    Returns:
        The file to read, and the number of lines of heads of pages that were left out.
    """
    with open_text(source) as file:
        first = [line.rstrip("\r\n") for line in itertools.islice(_begun(file), _HEAD_LINES)]
    begins = [place for place, line in enumerate(first) if line.startswith(_FEED) and place]
    head = _head(first[: begins[0]], first[begins[0] :]) if begins else []
    if not head:
        return source, 0
    copy = scratch / f"{len(list(scratch.iterdir()))}-{source.name}.unpaged"
    left_out, place = 0, len(head)
    with open_text(source) as read, copy.open("w", encoding="utf-8", newline="") as write:
        for number, line in enumerate(_begun(read)):
            if number and line.startswith(_FEED):
                place = 0
            plain = line.lstrip(_FEED)
            if place < len(head) and _without_digits(plain) == head[place]:
                left_out, place = left_out + 1, place + 1
            else:
                place = len(head)
                write.write(plain)
    return copy, left_out


def _begun(lines: Iterable[str]) -> Iterator[str]:
    """The lines, of which the first of a page begins with the form feed, also where that stood on a line of its own."""
    feed = ""
    for line in lines:
        if line.startswith(_FEED) and not line.strip():
            feed = _FEED
        else:
            yield feed + line.lstrip(_FEED) if feed else line
            feed = ""


def _head(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """The lines that two pages begin with, without digits."""
    pairs = [(a.lstrip(_FEED).rstrip(), b.lstrip(_FEED).rstrip()) for a, b in zip(one, other, strict=False)]
    alike = list(itertools.takewhile(lambda pair: _without_digits(pair[0]) == _without_digits(pair[1]), pairs))
    same = [place for place, (a, b) in enumerate(alike[:_MOST_HEAD]) if a == b and a]
    return [_without_digits(a) for a, _ in alike[: same[-1] + 1]] if same else []


def _without_digits(line: str) -> str:
    return " ".join(re.sub(r"\d+", "", line).split())
