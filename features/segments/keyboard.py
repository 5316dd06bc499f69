"""Reads what Chinese keyboards write: signs of full width become those of the grammar, outside of quotes."""

from typing import Final

_SIGNS: Final = {
    "，": ",",
    "、": ",",
    "（": "(",
    "）": ")",
    "＝": "=",
    "＞": ">",
    "＜": "<",
    "！": "!",
    "＋": "+",
    "－": "-",
    "．": ".",
    "＿": "_",
    "\u3000": " ",
    **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
}
"""Sign of full width -> sign of the grammar."""
_PAIRS: Final = {"≥": ">=", "≤": "<=", "≠": "!="}
"""Signs that stand for two."""
_QUOTES: Final = {'"': '"', "'": "'", "“": "“”", "”": "“”", "‘": "‘’", "’": "‘’", "＂": "＂", "「": "」"}
"""Opening quote -> what closes it: an input method may write either of a pair at both ends."""
_ESCAPE = "\\"


def plain_signs(text: str) -> str:
    """The text with the grammar's signs; what stands within quotes stays as it was written.

    >>> plain_signs("stage＝“老友（京）” and spend ≥ １００")
    'stage="老友（京）" and spend >= 100'
    """
    written: list[str] = []
    closing, is_escaped = "", False
    for letter in text:
        if closing:
            ends = letter in closing and not is_escaped
            written.append(_quoted(letter, closing, is_end=ends, is_escaped=is_escaped))
            is_escaped = letter == _ESCAPE and not is_escaped
            closing = "" if ends else closing
        elif letter in _QUOTES:
            closing = _QUOTES[letter]
            written.append(_mark(closing))
        else:
            written.append(_SIGNS.get(letter) or _PAIRS.get(letter) or letter)
    return "".join(written)


def _mark(closing: str) -> str:
    """The quote of the grammar that stands for a pair."""
    return "'" if closing == "'" else '"'


def _quoted(letter: str, closing: str, *, is_end: bool, is_escaped: bool) -> str:
    if is_end:
        return _mark(closing)
    # a straight quote within quotes of full width is part of the text
    return _ESCAPE + letter if letter == _mark(closing) and not is_escaped else letter
