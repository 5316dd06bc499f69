"""Reads words that databases of tills shorten, such as `TKT`, `LOC` and `HND`: some letters of a word."""

from functools import lru_cache
from typing import Final

_WORDS: Final = (
    "price quantity amount ticket receipt document invoice transaction order customer member product item article "
    "category department description name number code date time store location branch register terminal discount "
    "hand available cost unit total retail regular vendor supplier brand inventory stock barcode salesperson"
)
"""Words that are shortened."""
_KNOWN: Final = (
    "sku ean upc plu gtin tax vat net sum qty day id no nr key tip bag box pos row lin line list last min max per reg "
    "rate ref ship state status str sub tel type user void zip city sales sale paid pay card cash shop shift date time "
    "name code unit stck item cost hand price total stock art plan lot size color class dep note memo order "
    "all and any are but for has out off one two new old yes end low high mean rest dial sold left data main part bar"
)
"""Short words that stand for themselves."""
_LEAST, _MOST = 3, 5
"""Letters of a shortened word."""
_VOWELS = "aeiou"


def lengthened(name: str) -> str:
    """A plain name with its shortened words whole; itself where none is, or where a short word may be two.

    >>> lengthened("tkt_no"), lengthened("qty_on_hnd"), lengthened("loc_id"), lengthened("sub_total")
    ('ticket_no', 'qty_on_hand', 'location_id', 'sub_total')
    """
    return "_".join(_word(token) for token in name.split("_"))


@lru_cache(maxsize=4096)
def _word(token: str) -> str:
    if not _LEAST <= len(token) <= _MOST or not (token.isascii() and token.isalpha()) or token in _KNOWN.split():
        return token
    found = [word for word in _WORDS.split() if word != token and _shortens(token, word)]
    return found[0] if len(set(found)) == 1 else token


def _shortens(token: str, word: str) -> bool:
    """Whether a token is the beginning of a word, or its first letter and some of its consonants in their order."""
    if word.startswith(token):
        return True
    rest = iter(letter for letter in word[1:] if letter not in _VOWELS)
    return token[0] == word[0] and all(letter in rest for letter in token[1:])
