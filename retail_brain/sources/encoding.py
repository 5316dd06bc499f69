"""Brings text files into one form that Polars reads: UTF-8, unpacked, lines that end in a line feed."""

import codecs
import gzip
import re
from pathlib import Path
from typing import IO

from retail_brain.errors import DataError

_CHUNK_BYTES = 1 << 20
"""Bytes decoded at once: 1 MB."""
_LAST_ASCII = 127
"""Code of the last letter of ASCII."""
_KANA_SHARE = 0.05
"""Kana of Japanese text are a third and more; Chinese text read as Japanese has next to none. By judgement."""
_ALONE = 0.5
"""Share of letters beyond ASCII that stand alone: nearly all accents do, hardly any Chinese does. By judgement."""
_OF_ONE_SCRIPT = 0.95
"""Share of letters of the script that a file is in; the others are marks and signs of currency. By judgement."""
_LEAST_LETTERS = 16
"""Different letters from which a script is told: half of common Chinese lies where Hangul does, so that nine of ten of
16 Chinese letters do so once in a thousand, and both of two (苹果) often."""
_KANA = "[\u3040-\u30ff]"
_SCRIPTS = {
    "cp1251": "[А-яЁё№]",
    "cp932": "[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff5e]",
    "cp949": "[\uac00-\ud7a3]",
}
"""Encoding -> its letters; common Chinese is not read so. Shift JIS comes first: CP949 has Hangul for its kanji."""
_GUESSES = ("gb18030", "big5", "cp1252")
_ESCAPED = re.compile(r'\\"(?![,;|\t\r\n]|\Z)')
"""A quote behind a backslash, as databases write it within quotes, where the standard doubles it. Before a delimiter it
may also be a field that ends in a backslash."""
_HEAD_BYTES = 64
"""Bytes in which every other one is zero where a file of UTF-16 has no mark: a header has as many."""
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def open_text(path: Path, encoding: str = "utf-8-sig", newline: str | None = "") -> IO[str]:
    """Opens a text file, also a `.gz`."""
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding=encoding, newline=newline)
    return path.open(encoding=encoding, newline=newline)


def in_utf8(path: Path, scratch: Path, encoding: str | None) -> Path:
    """The file itself when Polars can read it, otherwise a copy in UTF-8 with line feeds.

    A byte order mark of UTF-16 leaves no doubt, so such a file needs no `encoding`.

    Raises:
        DataError: it is not in the encoding named, or in none that is certain.
    """
    known, has_escapes = encoding or _marked_encoding(path), False
    if known is None:
        problem = first_wrong_byte(path, "utf-8")
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
    return copy


def likely_encoding(path: Path) -> str | None:
    """The first of a few encodings that every byte of the file fits; None where none does.

    Bytes of other scripts often fit GB18030 as well. Kana among the letters tell that it is Japanese, and so do kanji
    without half-width kana, as which Chinese would be read; nothing but Hangul is Korean; small Cyrillic letters in
    rows are Russian. Accents are single bytes among ASCII, where common Chinese has two bytes beyond ASCII.
    """
    if first_wrong_byte(path, "utf-8") is None:
        return "utf-8"
    has_lone_bytes = _has_lone_bytes(path)
    for guess, letters in _SCRIPTS.items():
        if guess == "cp932" and _share_of(path, guess, _KANA) > _KANA_SHARE:
            return guess
        is_script = not has_lone_bytes and _share_of(path, guess, letters) > _OF_ONE_SCRIPT
        if is_script and len(set(_letters(path, guess))) >= _LEAST_LETTERS:
            return guess
    guesses = ("cp1252", *_GUESSES) if has_lone_bytes else _GUESSES
    return next((guess for guess in guesses if first_wrong_byte(path, guess) is None), None)


def _share_of(path: Path, encoding: str, wanted: str) -> float:
    """Share of the letters beyond ASCII that are of a class, read in an encoding; 0 where the file is not in it."""
    if first_wrong_byte(path, encoding) is not None:
        return 0.0
    letters = _letters(path, encoding)
    return sum(re.match(wanted, one) is not None for one in letters) / len(letters) if letters else 0.0


def _letters(path: Path, encoding: str) -> list[str]:
    """The letters beyond ASCII of the first bytes of a file."""
    with open_text(path, encoding) as file:
        return [one for one in file.read(_CHUNK_BYTES) if ord(one) > _LAST_ASCII and not one.isspace()]


def _has_lone_bytes(path: Path) -> bool:
    """Whether most bytes beyond ASCII stand between two of ASCII."""
    with _open_bytes(path) as file:
        runs = re.findall(rb"[\x80-\xff]+", file.read(_CHUNK_BYTES))
    return sum(len(run) == 1 for run in runs) > _ALONE * len(runs)


def first_wrong_byte(path: Path, encoding: str) -> str | None:
    """Position and reason of the first byte that is not of the encoding; None where all are."""
    decoder = codecs.getincrementaldecoder(encoding)()
    place = 0
    with _open_bytes(path) as file:
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
    with _open_bytes(path) as file:
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
    with _open_bytes(path) as file:
        rest = b""
        while chunk := file.read(_CHUNK_BYTES):
            if b'\\"' in (part := rest + chunk) and _ESCAPED.search(part.decode("utf-8", errors="replace")):
                return True
            rest = part[-2:]
    return False


def _has_only_carriage_returns(path: Path) -> bool:
    """Whether the first bytes hold carriage returns and no line feed."""
    with _open_bytes(path) as file:
        start = file.read(_CHUNK_BYTES)
    return b"\r" in start and b"\n" not in start


def _open_bytes(path: Path) -> IO[bytes]:
    # typeshed gives gzip.open another class than open; both read bytes
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]
