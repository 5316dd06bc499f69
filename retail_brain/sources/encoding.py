"""Brings text files into one form that Polars reads: UTF-8, unpacked, lines that end in a line feed."""

import codecs
import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from retail_brain.errors import DataError
from retail_brain.sources.encoding_guess import LATIN, are_letters, guess_encoding
from retail_brain.sources.unpacking import open_bytes

_CHUNK_BYTES = 1 << 20
"""Bytes decoded at once: 1 MB."""
_ESCAPED = re.compile(r'\\"(?![,;|\t\r\n]|\Z)')
"""A quote behind a backslash, as databases write it within quotes, where the standard doubles it. Before a delimiter it
may also be a field that ends in a backslash."""
_BEYOND_ASCII = 128
"""The first byte that is none of ASCII."""
_USUAL = 0.8
"""Share of the letters beyond ASCII of a dataset from which all of its files are in one encoding. By judgement."""
_HEAD_BYTES = 64
"""Bytes in which every other one is zero where a file of UTF-16 has no mark: a header has as many."""
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def open_text(path: Path, encoding: str = "utf-8-sig", newline: str | None = "") -> IO[str]:
    """Opens a text file, also a `.gz`."""
    if path.suffix.lower() == ".gz":
        return io.TextIOWrapper(open_bytes(path), encoding=encoding, newline=newline)
    return path.open(encoding=encoding, newline=newline)


def in_utf8(path: Path, scratch: Path, encoding: str | None) -> Path:
    """The file itself when Polars can read it, otherwise a copy in UTF-8 with line feeds.

    A byte order mark of UTF-16 leaves no doubt, so such a file needs no `encoding`.

    Raises:
        DataError: it is not in the encoding named, in none that is certain, or too large once it is unpacked.
    """
    known, has_escapes = encoding or _marked_encoding(path), False
    if known is None:
        problem = _first_wrong_byte(path, "utf-8")
        if problem is not None:
            raise DataError(_refusal(path, problem))
        has_escapes = _has_escaped_quotes(path)
        if not has_escapes and not _has_only_carriage_returns(path):
            return path
        known = "utf-8-sig"
    copy = scratch / f"{len(list(scratch.iterdir()))}-{path.name.removesuffix('.gz')}.utf8"
    try:
        # newline=None: a carriage return alone, the line end of old Macs, becomes a line feed as well
        with open_text(path, known, newline=None) as read, copy.open("w", encoding="utf-8", newline="\n") as write:
            # by lines where quotes are doubled, which a chunk may cut
            chunks = iter(read) if has_escapes else iter(lambda: read.read(_CHUNK_BYTES), "")
            for chunk in chunks:
                text = chunk.removeprefix("\ufeff")
                write.write(_ESCAPED.sub('""', text) if has_escapes else text)
    except (UnicodeError, LookupError) as error:
        raise DataError(f"{path} is not in the encoding {known!r}: {error}. Name the right one.") from error
    except DataError:
        copy.unlink(missing_ok=True)
        raise
    return copy


def likely_encoding(path: Path, usual: str | None = None) -> str | None:
    """The encoding that the letters of a file are most likely in; None where no guess fits every byte of it.

    Args:
        path: of the file.
        usual: encoding of the other files of its dataset, which is taken where a few letters alone say another one of
            the Latin alphabet.
    """
    if _first_wrong_byte(path, "utf-8") is None:
        return "utf-8"
    with open_bytes(path) as file:
        start = file.read(_CHUNK_BYTES)
    # a letter of two bytes may be cut at the end
    guess = next((found for cut in range(4) if (found := guess_encoding(start[: len(start) - cut]))), None)
    if usual is not None and guess in LATIN and _first_wrong_byte(path, usual) is None and are_letters(start, usual):
        return usual
    return guess if guess is not None and _first_wrong_byte(path, guess) is None else None


def usual_encoding(paths: Sequence[Path]) -> str | None:
    """The encoding of the Latin alphabet that most of the letters beyond ASCII of some files are in.

    None where several have a fair share of them: programs write all their files alike, but not those of others.

    Args:
        paths: files of one dataset.
    """
    letters: Counter[str] = Counter()
    for path in paths:
        try:
            guess = likely_encoding(path)
            if guess in LATIN:
                with open_bytes(path) as file:
                    letters[str(guess)] += sum(byte >= _BEYOND_ASCII for byte in file.read(_CHUNK_BYTES))
        except (DataError, OSError, EOFError):
            continue  # whoever reads the file itself says why it cannot be
    (best, most), *_ = letters.most_common(1) or [("", 0)]
    return best if most > _USUAL * letters.total() else None


def _first_wrong_byte(path: Path, encoding: str) -> str | None:
    """Position and reason of the first byte that is not of the encoding; None where all are."""
    decoder = codecs.getincrementaldecoder(encoding)()
    place = 0
    with open_bytes(path) as file:
        while True:
            chunk = file.read(_CHUNK_BYTES)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return f"byte {place + error.start}: {error.reason}"
            if not chunk:
                return None
            place += len(chunk)


def _refusal(path: Path, problem: str) -> str:
    likely = likely_encoding(path)
    advice = f'say encoding = "{likely}"' if likely else "name its encoding"
    looks = " It looks like GBK or GB18030." if likely == "gb18030" else ""
    return f"{path} is not UTF-8 ({problem}). Save it as UTF-8, or {advice} for it in a mapping.{looks}"


def _marked_encoding(path: Path) -> str | None:
    with open_bytes(path) as file:
        start = file.read(_HEAD_BYTES)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    if len(start) < _HEAD_BYTES:
        return None
    zeros = [set(start[first::2]) == {0} for first in (0, 1)]
    return "utf-16-be" if zeros == [True, False] else "utf-16-le" if zeros == [False, True] else None


def _has_escaped_quotes(path: Path) -> bool:
    """Whether quotes stand behind backslashes; they are ASCII, and so are looked for among bytes."""
    with open_bytes(path) as file:
        rest = b""
        while chunk := file.read(_CHUNK_BYTES):
            if b'\\"' in (part := rest + chunk) and _ESCAPED.search(part.decode("utf-8", errors="replace")):
                return True
            rest = part[-2:]
    return False


def _has_only_carriage_returns(path: Path) -> bool:
    """Whether the first bytes hold carriage returns and no line feed."""
    with open_bytes(path) as file:
        start = file.read(_CHUNK_BYTES)
    return b"\r" in start and b"\n" not in start
