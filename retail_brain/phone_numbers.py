"""Writes phone numbers in one form, whichever way tills, web shops and messengers wrote them."""

import re
from collections import Counter
from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

LEAST_DIGITS: Final = 7
"""Digits without zeros before them below which a text is no phone number."""
_CODES: Final = (
    "CN 86 JP 81 KR 82 VN 84 TW 886 HK 852 MO 853 SG 65 MY 60 TH 66 ID 62 PH 63 KH 855 LA 856 MM 95 IN 91 PK 92 BD 880 "
    "LK 94 NP 977 US 1 CA 1 MX 52 BR 55 AR 54 CL 56 CO 57 PE 51 GB 44 IE 353 DE 49 AT 43 CH 41 FR 33 BE 32 NL 31 "
    "LU 352 IT 39 ES 34 PT 351 GR 30 CY 357 MT 356 DK 45 SE 46 NO 47 FI 358 IS 354 EE 372 LV 371 LT 370 PL 48 CZ 420 "
    "SK 421 HU 36 SI 386 HR 385 RS 381 BG 359 RO 40 UA 380 RU 7 KZ 7 TR 90 IL 972 AE 971 SA 966 EG 20 MA 212 ZA 27 "
    "NG 234 KE 254 AU 61 NZ 64"
)
CODE_OF_COUNTRY: Final = MappingProxyType(dict(zip(_CODES.split()[::2], _CODES.split()[1::2], strict=True)))
"""ISO 3166 code of a country -> its calling code (ITU E.164)."""
_CODE: Final = re.compile(
    r"1|7|20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9]\d\d"  # no code begins another
)
_USUAL_WHOLE: Final = 11
_LEAST_WHOLE: Final = MappingProxyType({"86": 13, "55": 12, "49": 12, "65": 10, "45": 10, "47": 10})
"""Calling code -> digits from which a number without `+` that begins with it holds it: numbers of some countries begin
with the same digits (55 is an area of Brazil), and those of others are short. Otherwise 11."""
_KEEPS_ZERO: Final = "39"
"""In Italy the zero of an area stays where the country's code stands before it."""
_TRUNK_8: Final = re.compile(r"8(\d{10})")
"""What is dialled within Russia and Kazakhstan: 8 in the place of 7."""


def normal_phone(text: str, country_code: str) -> str | None:
    """Digits of a number with the code of its country; None where there are too few.

    Args:
        text: a number as somebody wrote it.
        country_code: calling code of numbers without one; empty where it is not known: they stay as they are.

    >>> [normal_phone(text, "84") for text in ("0910 000 137", "+84910000137", "84910000137", "0084 910 000 137")]
    ['84910000137', '84910000137', '84910000137', '84910000137']
    >>> normal_phone("138 0013-8000", "86"), normal_phone("+49 (0)30 1234567", "86")
    ('8613800138000', '49301234567')
    >>> normal_phone("8 916 123-45-67", "7"), normal_phone("06 6982 1234", "39"), normal_phone("12", "86")
    ('79161234567', '390669821234', None)
    """
    said = text.strip()
    digits = re.sub(r"[^0-9]", "", said.replace("(0)", "") if said.startswith(("+", "00")) else said)
    local = digits.lstrip("0")
    if len(local) < LEAST_DIGITS:
        return None
    if said.startswith("+") or digits.startswith("00"):
        return local
    if not country_code:
        return digits
    if not digits.startswith("0"):
        if digits.startswith(country_code) and len(digits) >= _LEAST_WHOLE.get(country_code, _USUAL_WHOLE):
            return digits
        trunk = _TRUNK_8.fullmatch(digits) if country_code == "7" else None
        local = trunk[1] if trunk else local
    return f"{country_code}{digits if country_code == _KEEPS_ZERO else local}"


def usual_code(numbers: Iterable[str]) -> str:
    """The calling code that most of the numbers written with one (`+` or `00`) have; empty where none is.

    >>> usual_code(["+84910000137", "0084 28 1234", "+1 650 555 0100", "0910000000"]), usual_code(["0910000000"])
    ('84', '')
    """
    codes: Counter[str] = Counter()
    for number in numbers:
        said = number.strip()
        digits = re.sub(r"[^0-9]", "", said)
        found = _CODE.match(digits.lstrip("0")) if said.startswith(("+", "00")) else None
        if found:
            codes[found[0]] += 1
    return min(codes, key=lambda code: (-codes[code], code)) if codes else ""
