"""Reads XML in one pass without building a tree: safely, whatever its encoding, and with bounded depth.

Entities that a file declares itself are refused, and none is ever fetched: a few lines could name any file, or unfold
to gigabytes.
"""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol
from xml.parsers import expat

from retail_brain.errors import DataError
from retail_brain.sources.unpacking import TOO_LARGE, check_in_memory, open_bytes

Place = tuple[str, ...]
"""Names of the elements from the root down to one."""
_CHUNK_BYTES: Final = 1 << 20
"""Bytes that are parsed at once: 1 MB."""
_START_BYTES: Final = 256
"""Bytes in which the declaration of the encoding stands."""
_MOST_DEPTH: Final = 64
"""Elements within each other at most; orders have a dozen. By judgement."""
_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    b"<\0?\0": "utf-16-le",
    b"\0<\0?": "utf-16-be",
}
"""First bytes of a file -> its encoding."""


class Visitor(Protocol):
    """What is told of each element."""

    def begin(self, place: Place, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def end(self, place: Place, text: str) -> None:
        """An element ends; its own text, without blanks round it."""


@dataclass
class _Walk:
    """Where a reader is, and the texts of the elements that are open."""

    visitor: Visitor
    names: list[str] = field(default_factory=list)
    texts: list[list[str]] = field(default_factory=list)

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self.names.append(_plain(name))
        self.texts.append([])
        if len(self.names) > _MOST_DEPTH:
            raise DataError(f"elements stand in each other {_MOST_DEPTH} deep and more, as in no export of orders")
        own = {_plain(key): value for key, value in attributes.items() if not re.match(r"xmlns|xsi:|xml:", key)}
        self.visitor.begin(tuple(self.names), own)

    def end(self, _: str) -> None:
        self.visitor.end(tuple(self.names), "".join(self.texts.pop()).strip())
        self.names.pop()

    def text(self, text: str) -> None:
        if self.texts:
            self.texts[-1].append(text)


def walk(path: Path, visitor: Visitor) -> None:
    """Tells a visitor of every element of a file, which may be packed as `.gz`.

    Raises:
        DataError: it is no XML, is cut short, is too large, declares entities, or its encoding is not known.
    """
    steps = _Walk(visitor)
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = steps.begin
    parser.EndElementHandler = steps.end
    parser.CharacterDataHandler = steps.text
    parser.EntityDeclHandler = _refuse_entity
    parser.ExternalEntityRefHandler = _refuse_entity
    try:
        with open_bytes(path) as file:
            start = file.read(_START_BYTES)
            decoder = _decoder(_encoding_of(start))
            chunk, size = start, 0
            while chunk:
                size += len(chunk)
                check_in_memory(path, size)
                parser.Parse(decoder.decode(chunk).encode("utf-8"), False)
                chunk = file.read(_CHUNK_BYTES)
            parser.Parse(decoder.decode(b"", final=True).encode("utf-8"), True)
    except expat.ExpatError as error:
        raise DataError(f"{path} is no whole XML: {error}. Export it again, or as CSV.") from error
    except (UnicodeError, LookupError) as error:
        raise DataError(f"{path} is not in the encoding that it declares: {error}. Export it again.") from error
    except DataError as error:
        if error.details.get("problem") == TOO_LARGE:
            raise
        raise DataError(f"{path} is not read: {error}. Export it as CSV or XLSX.", error.details) from error


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    """The decoder of an encoding of text; Python knows codecs from bytes to bytes by the same names.

    Raises:
        LookupError: it is no encoding of text.
        UnicodeError: it decodes nothing.
    """
    b" ".decode(encoding, "ignore")
    return codecs.getincrementaldecoder(encoding)()


def _refuse_entity(*_: object) -> int:
    says = "it declares entities of its own, which may name other files or unfold without end"
    raise DataError(says, {"problem": "xml_entities"})


def _encoding_of(start: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return encoding
    declared = re.match(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)[\"']", start)
    return declared[1].decode("ascii") if declared else "utf-8"


def _plain(name: str) -> str:
    """A name without the prefix of its namespace."""
    return name.rpartition(":")[2]
