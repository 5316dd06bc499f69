"""Puts `[erased]` in the place of erased people's ids in what others' rows say: texts, JSON, and names of rows."""

import re
from collections.abc import Sequence
from typing import Any

from retail_brain.erased_ids import DIGEST, LEAST_SEARCHED, LONGEST_CHANCE, NAMES_PEOPLE, digest_of

_ERASED = "[erased]"
_NO_PERSON = re.compile(r"(^|_)(store|product)s?(_|$)|goes_with")
"""Columns and keys of shops and goods: their ids may be the same numbers as those of people."""
_DIGITS_OF_NAME = 8
"""Hexadecimal digits that keep two blanked names of rows apart: alike once in four thousand million."""


class Blanking:
    """Takes the ids of erased people out of values.

    An id of five characters or more is taken out wherever it stands, but not where it is the beginning of a longer
    number, nor where it stands by chance within a digest, such as the id of a suggestion. A shorter one is a whole
    value of a column of people, or no person's.
    """

    def __init__(self, ids: Sequence[str], salt: str) -> None:
        """For some ids; the salt (hexadecimal) is that by which the tenant knows erased ids again."""
        self._ids, self._salt = frozenset(ids), salt
        self._long = frozenset(one for one in ids if len(one) >= LEAST_SEARCHED)
        # the longest first: one id may begin with another
        forms = [_pattern(one) for one in sorted(self._long, key=len, reverse=True)]
        self._pattern = re.compile("|".join(forms)) if forms else None

    def value(self, column: str, value: Any) -> Any:
        """A text or JSON value of a column without the ids; an id that is an item of a list goes.

        >>> Blanking(["C00001"], "00").value("details", {"who": "C00001", "why": "asked by C00001 today"})
        {'who': '[erased]', 'why': 'asked by [erased] today'}
        >>> Blanking(["12"], "00").value("reason", "12 of them")
        '12 of them'
        """
        if isinstance(value, str):
            return self._text(column, value, lambda _: _ERASED)
        if isinstance(value, dict):
            # ids that are names of an object stay apart, as names of rows do
            return {self.name(column, name, None): self.value(name, part) for name, part in value.items()}
        if isinstance(value, list):
            kept = [self.value(column, part) for part in value]
            return [part for part in kept if part != _ERASED]
        return value

    def name(self, column: str, value: str, most: int | None) -> str:
        """A value by which rows are told apart, without the ids: different ones stay different, equal ones equal.

        Args:
            column: its name.
            value: of the row.
            most: characters that the column takes; None: any number.
        """
        new = self._text(column, value, self._named)
        return self._named(value) if most is not None and len(new) > most and new != value else new

    def _named(self, text: str) -> str:
        return f"[erased:{digest_of(self._salt, 'name', text)[:_DIGITS_OF_NAME]}]"

    def _text(self, column: str, value: str, said: Any) -> str:
        if _NO_PERSON.search(column):
            return value
        if value in (self._ids if NAMES_PEOPLE.search(column) else self._long):
            return str(said(value))
        if self._pattern is None:
            return value
        digests = [found.span() for found in DIGEST.finditer(value)]

        def blanked(found: re.Match[str]) -> str:
            within = any(first <= found.start() and found.end() <= last for first, last in digests)
            is_chance = within and len(found[0]) <= LONGEST_CHANCE
            return found[0] if is_chance else str(said(found[0]))

        return self._pattern.sub(blanked, value)


def _pattern(one: str) -> str:
    """Where an id stands: C00001 does not stand in C000012."""
    return re.escape(one) + (r"(?![0-9])" if one[-1].isdigit() else "")
