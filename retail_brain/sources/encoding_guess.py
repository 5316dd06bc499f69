"""Guesses the encoding of a text by its letters: which alphabet they are of, and which of them are frequent.

Bytes of one encoding nearly always fit others as well, so that fitting says little. What tells is whether the letters
that come out are those that people write.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

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
_EAST_ASIAN: Final[Mapping[str, str]] = {
    "cp932": "[\u3000-\u30ff\u4e00-\u9fff\uff01-\uff5e]",
    "cp949": "[\uac00-\ud7a3]",
}
"""Encoding -> its letters; common Chinese is not read so. Shift JIS comes first: CP949 has Hangul for its kanji."""
_ONE_BYTE: Final[Mapping[str, tuple[str, str]]] = {
    "cp1251": ("[А-яЁёІіЇїЄєҐґ№]", "оеаинт"),
    "cp866": ("[А-яЁёІіЇїЄєҐґ№]", "оеаинт"),
    "koi8-r": ("[А-яЁё№]", "оеаинт"),
    "cp1253": ("[Ά-ώ]", "αοιετσνάόίέή"),
    "cp1255": ("[א-ת]", "יוהלאמרת"),
    "cp1256": ("[\u0621-\u064a]", "اليمنرو"),
    "cp874": ("[ก-๛]", "านรกอเงม"),
}
"""Encoding -> letters of its script, and the most frequent of them. Cyrillic, Greek, Hebrew, Arabic and Thai share
their bytes: text read in the wrong one is of one script as well, but of its rare letters."""
_ALPHABETS: Final[Sequence[tuple[str, str]]] = (
    ("cp1252", "äöüß"),
    ("cp1252", "àâæçéèêëîïôœùûüÿ"),
    ("cp1252", "áéíñóúü¿¡"),
    ("cp1252", "áâãàçéêíóôõúü"),
    ("cp1252", "àèéìíîòóùú"),
    ("cp1252", "åäöæøé"),
    ("cp1252", "áéëïóöüèê"),
    ("cp1252", "áðéíóúýþæö"),
    ("cp1254", "çğıöşüâîûİ"),
    ("cp1250", "ąćęłńóśźż"),
    ("cp1250", "áäčďéěíĺľňóôŕřšťúůýž"),
    ("cp1250", "áéíóöőúüű"),
    ("cp1250", "ăâîșțşţ"),
    ("cp1250", "čćđšž"),
    ("cp1257", "āčēģīķļņšūžąęėįųõäöü"),
)
"""Encoding and the letters beyond ASCII of one language in it; where two fit as well the first counts."""
_OF_DOS: Final[Sequence[tuple[str, str]]] = (
    ("cp850", "åäöæøéü"),
    ("cp850", "äöüß"),
    ("cp850", "àâæçéèêëîïôœùûüÿ"),
    ("cp850", "áéíñóúü¿¡"),
    ("cp850", "áâãàçéêíóôõúü"),
    ("cp852", "ąćęłńóśźż"),
    ("cp852", "áäčďéěíĺľňóôŕřšťúůýž"),
    ("cp852", "áéíóöőúüű"),
    ("cp857", "çğıöşüâîûİ"),
)
"""The same of programs that still write code pages of DOS, whose letters are signs in those of Windows."""
_FRAMES = "─│┌┐└┘├┤┬┴┼═║╔╗╚╝╠╣╦╩╬░▒▓█▄▀■"
"""What lists of DOS are drawn with."""
_LEAST_OF_DOS: Final = 2
"""Different letters from which a code page of DOS is told: quotes of Windows are letters in it. By judgement."""
LATIN: Final = frozenset(encoding for encoding, _ in _ALPHABETS)
"""Encodings of the Latin alphabet, which share their bytes: a few letters do not tell them apart."""
_FREQUENT = 0.25
"""Share of frequent letters from which a text of one script is read rightly: half of them are; else a tenth. By
judgement."""
_BIG5 = rb"[\xa1-\xf9][\x40-\x7e\xa1-\xfe]"
_COMMON_BIG5 = (0xA1, 0xC6)
"""First bytes of Big5 of its signs and its 5,401 common letters, which all but names are written with."""
_LOW_BYTES = (0.2, 0.65)
"""Share of second bytes below 128 in Big5: two fifths of its places. Hangul and common GBK have none. By judgement."""
_GB = rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]"
_COMMON_GB = ((0xA1, 0xA9), (0xB0, 0xD7))
"""First bytes of the signs and of the common letters of GB2312, which GB18030 holds."""
_COMMON_JIS = rb"[\x81-\x83\x88-\x97][\x40-\x7e\x80-\xfc]"
"""Signs, kana and the 2,965 common kanji of Shift JIS."""
_MOSTLY = 0.8
"""Share of common letters from which a text is Chinese: names have rare ones. By judgement."""
_NO_SIGNS = "¯¹³£¥¼¾¿"
"""Signs that letters of another encoding look like."""
_FALLBACKS = ("gb18030", "big5", "cp1252")


def guess_encoding(text: bytes) -> str | None:
    """The encoding in which the letters of a text are those of a language; None where no guess can be read.

    >>> guess_encoding("Sipariş Numarası;Ürün Adı".encode("cp1254"))
    'cp1254'
    >>> guess_encoding("Größe;Straße".encode("cp1252"))
    'cp1252'
    """
    if _is_big5(text):
        return "big5"
    if _is_common_japanese(text) and not _is_common_chinese(text):
        return "cp932"
    if _has_lone_bytes(text):
        found = "cp932" if _share(_letters(text, "cp932"), _KANA) > _KANA_SHARE else _western(text)
    else:
        found = _east_asian(text) or _one_byte_script(text) or ("" if _is_common_chinese(text) else _western(text))
    return found or next((guess for guess in _FALLBACKS if _is_read(text, guess)), None)


def are_letters(text: bytes, encoding: str) -> bool:
    """Whether every letter beyond ASCII of a text is one of a language of the encoding.

    >>> are_letters("Łódź".encode("cp1250"), "cp1250"), are_letters("Łódź".encode("cp1250"), "cp1254")
    (True, False)
    """
    known = {one for of, alphabet in _ALPHABETS if of == encoding for one in alphabet + alphabet.upper()}
    return {one for one in _letters(text, encoding) if one.isalpha() or one in _NO_SIGNS} <= known


def _is_common_japanese(text: bytes) -> bool:
    """Whether nearly all bytes beyond ASCII are kana and common kanji of Shift JIS; headers may have no kana."""
    beyond = sum(byte > _LAST_ASCII for byte in text)
    rest = re.sub(_COMMON_JIS, b"", text)
    return _is_read(text, "cp932") and beyond > _LEAST_LETTERS and sum(b > _LAST_ASCII for b in rest) < 0.05 * beyond


def _is_read(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _letters(text: bytes, encoding: str) -> list[str]:
    """The letters beyond ASCII; none where the text is not in the encoding."""
    try:
        read = text.decode(encoding)
    except UnicodeDecodeError:
        return []
    return [one for one in read if ord(one) > _LAST_ASCII and not one.isspace()]


def _share(letters: Sequence[str], wanted: str) -> float:
    return sum(re.match(wanted, one) is not None for one in letters) / len(letters) if letters else 0.0


def _is_big5(text: bytes) -> bool:
    """Whether nearly all letters are common ones of Big5, with second bytes on both sides of 128."""
    if len(set(_letters(text, "big5"))) < _LEAST_LETTERS:
        return False
    pairs: list[bytes] = re.findall(_BIG5, text)
    low, high = _COMMON_BIG5
    common = sum(low <= pair[0] <= high for pair in pairs) / len(pairs)
    below = sum(pair[1] <= _LAST_ASCII for pair in pairs) / len(pairs)
    return common > _OF_ONE_SCRIPT and _LOW_BYTES[0] < below < _LOW_BYTES[1]


def _is_common_chinese(text: bytes) -> bool:
    """Whether most letters of GB18030 are signs and the 3,755 common ones of GB2312; pairs of accents are rare ones."""
    pairs: list[bytes] = re.findall(_GB, text)
    common = sum(first <= pair[0] <= last for pair in pairs for first, last in _COMMON_GB)
    return common > _MOSTLY * len(pairs)


def _east_asian(text: bytes) -> str:
    for guess, letters in _EAST_ASIAN.items():
        found = _letters(text, guess)
        if guess == "cp932" and _share(found, _KANA) > _KANA_SHARE:
            return guess
        if _share(found, letters) > _OF_ONE_SCRIPT and len(set(found)) >= _LEAST_LETTERS:
            return guess
    return ""


def _one_byte_script(text: bytes) -> str:
    """The encoding of Cyrillic, Greek, Hebrew, Arabic or Thai whose frequent letters are the most frequent here."""
    frequent: dict[str, float] = {}
    for guess, (letters, common) in _ONE_BYTE.items():
        found = _letters(text, guess)
        if _share(found, letters) > _OF_ONE_SCRIPT and len(set(found)) >= _LEAST_LETTERS:
            # tills write names in capitals
            frequent[guess] = _share("".join(found).lower(), f"[{common}]")
    best = max(frequent, key=lambda guess: frequent[guess], default="")
    return best if frequent.get(best, 0.0) > _FREQUENT else ""


def _of_dos(text: bytes) -> str:
    """The code page of DOS in which nearly all is letters of a language, where most is signs in that of Windows."""
    read = [one for one in text.decode("cp1252", errors="replace") if ord(one) > _LAST_ASCII]
    if sum(one.isalpha() for one in read) > _ALONE * len(read):
        return ""
    best, most = "", _OF_ONE_SCRIPT
    for guess, alphabet in _OF_DOS:
        letters = [one for one in _letters(text, guess) if one not in _FRAMES]
        share = _share(letters, f"[{alphabet}{alphabet.upper()}]")
        if share > most and len(set(letters)) >= _LEAST_OF_DOS:
            # quotes and dashes of Windows stand beside words or between small letters, where no capital does
            up, low = alphabet.upper(), alphabet
            within = re.findall(rf"[a-z{low}][{low}]|[{low}](?=[a-z])|[A-Z{up}][{up}]|[{up}](?=\w)", text.decode(guess))
            best, most = (guess, share) if len(within) > _ALONE * len(letters) else (best, most)
    return best


def _western(text: bytes) -> str:
    """The encoding of the Latin alphabet of which most of the accented letters are."""
    if of_dos := _of_dos(text):
        return of_dos
    best, most = "", 0.0
    for guess, alphabet in _ALPHABETS:
        letters = [one for one in _letters(text, guess) if one.isalpha() or one in "¿¡¹³"]
        share = _share(letters, f"[{alphabet}{alphabet.upper()}]")
        if share > most:
            best, most = guess, share
    return best


def _has_lone_bytes(text: bytes) -> bool:
    """Whether most bytes beyond ASCII stand between two of ASCII."""
    runs = re.findall(rb"[\x80-\xff]+", text)
    return sum(len(run) == 1 for run in runs) > _ALONE * len(runs)
