"""Writes phone numbers in one form, whichever way tills, web shops and messengers wrote them."""

import re
from collections import Counter
from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

LEAST_DIGITS: Final = 7
"""Digits without zeros before them below which a text is no phone number."""
_COUNTRIES_OF_CODE: Final = {
    "1": "US CA AG AI AS BB BM BS DM DO GD GU JM KN KY LC MP MS PR SX TC TT VC VG VI",
    "20": "EG", "27": "ZA", "30": "GR", "31": "NL", "32": "BE", "33": "FR", "34": "ES", "36": "HU", "39": "IT VA",
    "40": "RO", "41": "CH", "43": "AT", "44": "GB GG IM JE", "45": "DK", "46": "SE", "47": "NO SJ", "48": "PL",
    "49": "DE", "51": "PE", "52": "MX", "53": "CU", "54": "AR", "55": "BR", "56": "CL", "57": "CO", "58": "VE",
    "60": "MY", "61": "AU CC CX", "62": "ID", "63": "PH", "64": "NZ PN", "65": "SG", "66": "TH", "7": "RU KZ",
    "81": "JP", "82": "KR", "84": "VN", "86": "CN", "90": "TR", "91": "IN", "92": "PK", "93": "AF", "94": "LK",
    "95": "MM", "98": "IR", "211": "SS", "212": "MA EH", "213": "DZ", "216": "TN", "218": "LY", "220": "GM",
    "221": "SN", "222": "MR", "223": "ML", "224": "GN", "225": "CI", "226": "BF", "227": "NE", "228": "TG",
    "229": "BJ", "230": "MU", "231": "LR", "232": "SL", "233": "GH", "234": "NG", "235": "TD", "236": "CF",
    "237": "CM", "238": "CV", "239": "ST", "240": "GQ", "241": "GA", "242": "CG", "243": "CD", "244": "AO",
    "245": "GW", "246": "IO", "248": "SC", "249": "SD", "250": "RW", "251": "ET", "252": "SO", "253": "DJ",
    "254": "KE", "255": "TZ", "256": "UG", "257": "BI", "258": "MZ", "260": "ZM", "261": "MG", "262": "RE YT",
    "263": "ZW", "264": "NA", "265": "MW", "266": "LS", "267": "BW", "268": "SZ", "269": "KM", "290": "SH",
    "291": "ER", "297": "AW", "298": "FO", "299": "GL", "350": "GI", "351": "PT", "352": "LU", "353": "IE",
    "354": "IS", "355": "AL", "356": "MT", "357": "CY", "358": "FI AX", "359": "BG", "370": "LT", "371": "LV",
    "372": "EE", "373": "MD", "374": "AM", "375": "BY", "376": "AD", "377": "MC", "378": "SM", "380": "UA",
    "381": "RS", "382": "ME", "383": "XK", "385": "HR", "386": "SI", "387": "BA", "389": "MK", "420": "CZ",
    "421": "SK", "423": "LI", "500": "FK", "501": "BZ", "502": "GT", "503": "SV", "504": "HN", "505": "NI",
    "506": "CR", "507": "PA", "508": "PM", "509": "HT", "590": "GP BL MF", "591": "BO", "592": "GY", "593": "EC",
    "594": "GF", "595": "PY", "596": "MQ", "597": "SR", "598": "UY", "599": "CW BQ", "670": "TL", "672": "NF AQ",
    "673": "BN", "674": "NR", "675": "PG", "676": "TO", "677": "SB", "678": "VU", "679": "FJ", "680": "PW",
    "681": "WF", "682": "CK", "683": "NU", "685": "WS", "686": "KI", "687": "NC", "688": "TV", "689": "PF",
    "690": "TK", "691": "FM", "692": "MH", "850": "KP", "852": "HK", "853": "MO", "855": "KH", "856": "LA",
    "880": "BD", "886": "TW", "960": "MV", "961": "LB", "962": "JO", "963": "SY", "964": "IQ", "965": "KW",
    "966": "SA", "967": "YE", "968": "OM", "970": "PS", "971": "AE", "972": "IL", "973": "BH", "974": "QA",
    "975": "BT", "976": "MN", "977": "NP", "992": "TJ", "993": "TM", "994": "AZ", "995": "GE", "996": "KG",
    "998": "UZ",
}  # fmt: skip
"""Code of ITU-T E.164 -> the countries (ISO 3166) whose numbers have it; the ITU moves none without years of notice."""
CODE_OF_COUNTRY: Final = {
    country: code for code, countries in _COUNTRIES_OF_CODE.items() for country in countries.split()
}
"""Country (ISO 3166) -> its code."""
_CODE: Final = re.compile(
    r"1|7|20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9]\d\d"  # no code begins another
)
_USUAL_WHOLE: Final = 11
"""Digits from which a number that begins with the code holds it: two of a code and nine of a subscriber, the usual plan
of ITU-T E.164; chosen from those plans, not measured."""
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
