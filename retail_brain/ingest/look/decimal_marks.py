"""Reads the numbers of a file with one decimal mark: that of the columns that leave no doubt, or of its language."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from retail_brain.ingest.look.evidence import Evidence
from retail_brain.ingest.look.words import role_scores
from retail_brain.sources import ColumnFormat

_NO_DECIMALS: Final = (
    r"(?i)[\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9]"
    r"|\b(?:harga|jumlah|tanggal|waktu|penjualan|pesanan|barang|produk|nomor|nama|diskon|pelanggan|satuan|struk|toko)\b"
)
"""Letters and words of languages whose currencies have no decimals."""
_OWN_WORDS: Final = (
    r"(?i)[\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9]"
    r"|\b(?:tanggal|tgl|waktu|penjualan|nomor|diskon|satuan|struk|toko|rp|idr)\b"
)
"""Those of them that Malay does not share."""
_WITH_DECIMALS: Final = (
    r"(?i)\b(?:rm|myr|sen|ringgit|tarikh|masa|kuantiti|nombor|resit|jualan|kedai|diskaun|usd|eur|sgd|brunei)\b|[$€£]"
)
"""Words of Malay, whose ringgit has 100 sen, and of other moneys with decimals."""
_FEW_NAMES: Final = 3
"""Names in such a language that a file must have. By judgement."""
_MONEY: Final = frozenset({"price", "amount", "discount", "list_price", "unit_cost", "tax"})
_COUNTS: Final = frozenset({"units", "on_hand"})
_CLOCKS: Final = frozenset({"moment", "time"})
"""Roles that the name of a column fits."""
_WEIGHED: Final = (
    r"(?i)(?:^|[^a-z])(?:kgs?|kilos?|kilogram\w*|l|lt|lit(?:er|re|ro)s?|lbs?|tonn?es?|cbm|m3|m²|m2)(?![a-z])"
    r"|公斤|千克|升|キロ|킬로|(?<![а-я])(?:кг|л)(?![а-я])|กก|กิโล"
    r"|(?<![^\W_])(?:weight|berat|bobot|gewicht|peso|poids|вес|масса|ves|waga|hmotnost|vikt|vægt"
    r"|khối lượng|trọng lượng)(?![^\W_])|重量|重さ|중량|น้ำหนัก"
)
"""Units of weight and volume that are sold by thousandths, and words for weight."""
_IN_GRAMS: Final = (
    r"(?i)(?:^|[^a-z])(?:gr?|grams?|gramm?|gramos?|grammes?|ml|millilit\w*)(?![a-z])|毫升|(?<!千)克|(?<!к)г\b"
)
"""Small units of weight and volume, which have thousands and no thousandths."""
_PLAIN, _COMMA, _COMMAS = ColumnFormat(), ColumnFormat(decimal=","), ColumnFormat(thousands=",")


def with_one_decimal_mark(seen: Mapping[str, Evidence]) -> dict[str, Evidence]:
    """A file writes its numbers in one way: `2,000` is read as the columns are that leave no doubt.

    Weights and volumes have three decimals where others have thousands: where the file does not tell, both readings
    stay open. What a language's money has no decimals for says nothing of units.
    """
    seen = {name: _weighed(what) if _is_weighed(name) else what for name, what in seen.items()}
    certain = [what for what in seen.values() if len(what.numbers) == 1]
    has_comma = any(what.numbers[0].decimal == "," and not what.has_points_in_threes for what in certain)
    comma = any(what.numbers[0].decimal == "," for what in certain)
    point = any(what.has_point for name, what in seen.items() if what.numbers and not _is_clock(name, what))
    if point and comma and not has_comma:  # nobody writes 12.50 and 1.500 for one and a half thousand
        return {name: _with_points(what) for name, what in seen.items()}
    # nobody who writes Chinese, Japanese or Korean has a comma before decimals
    point = point or (not comma and any(re.search(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]", name) for name in seen))
    if not has_comma and not point and _is_without_decimals(seen):
        return _without_decimals(seen)
    if comma == point:
        return dict(seen)
    wanted = _COMMA if comma else _COMMAS

    def settled(name: str, what: Evidence) -> Evidence:
        if comma and _is_weighed(name) and what.has_points_in_threes:
            return replace(what, numbers=(_PLAIN, _COMMA))
        is_open = (len(what.numbers) > 1 and wanted in what.numbers) or (comma and what.has_points_in_threes)
        return replace(what, numbers=(wanted,)) if is_open else what

    return {name: settled(name, what) for name, what in seen.items()}


def _roles(name: str) -> set[str]:
    """Roles that a name fits, whole or before what it is per: `Harga/kg` is a price."""
    return {*role_scores(name), *role_scores(name.partition("/")[0])}


def _is_weighed(name: str) -> bool:
    """Whether a name has a unit or word of weight or volume, and is not one of money per unit.

    >>> [_is_weighed(name) for name in ("Jumlah (kg)", "Menge kg", "Harga/kg", "Berat (gram)", "Package")]
    [True, True, False, False, False]
    """
    is_measure = re.search(_WEIGHED, name) is not None and not re.search(_IN_GRAMS, name)
    return is_measure and not _roles(name) & _MONEY


def _weighed(what: Evidence) -> Evidence:
    """Weights: a mark before three digits is not one of thousands because other rows are whole."""
    if what.numbers == (_COMMA,) and what.has_points_in_threes:
        return replace(what, numbers=(_PLAIN, _COMMA))
    has_both = what.has_point or any("." in example for example in what.examples)
    return replace(what, numbers=(_COMMAS, _COMMA)) if what.numbers == (_COMMAS,) and not has_both else what


def _is_clock(name: str, what: Evidence) -> bool:
    """Whether numbers such as 13.45 are times of day."""
    return what.clock.startswith("%H.") and bool(_roles(name) & _CLOCKS)


def _with_points(what: Evidence) -> Evidence:
    """Numbers of a file with points before decimals."""
    return replace(what, numbers=(_PLAIN,)) if what.has_points_in_threes else what


def _without_decimals(seen: Mapping[str, Evidence]) -> dict[str, Evidence]:
    """A file in the money of a country without decimals: its marks in money are of thousands; units by what that says.

    The other mark than that of thousands is the decimal mark. Three digits behind the same one may be of either.
    """
    money = {name for name in seen if _roles(name) & _MONEY}
    made = {name: _in_thousands(what) if name in money else what for name, what in seen.items()}
    points = any(made[name].has_points_in_threes for name in money)
    commas = any(made[name].numbers == (_COMMAS,) for name in money)
    return {name: what if name in money else _counted(name, what, points, commas) for name, what in made.items()}


def _counted(name: str, what: Evidence, points: bool, commas: bool) -> Evidence:
    """Units, weights and stock beside money that has points, commas, both or none before thousands."""
    is_weighed = _is_weighed(name)
    if what.has_points_in_threes and what.numbers == (_PLAIN,):
        is_open = not is_weighed if points == commas else points
        is_counted = is_weighed or bool(_roles(name) & _COUNTS)
        return replace(what, numbers=(_PLAIN, _COMMA)) if is_open and is_counted else what
    if what.has_points_in_threes and len(what.numbers) > 1 and commas and not points:
        return replace(what, numbers=(_PLAIN,))
    if {_COMMA, _COMMAS} <= set(what.numbers) and (is_weighed if points == commas else points):
        return replace(what, numbers=(_COMMA,))
    return what


def _in_thousands(what: Evidence) -> Evidence:
    """Numbers of dong or rupiah, which have no decimals: a point or comma before three digits is one of thousands."""
    if what.has_points_in_threes:
        return replace(what, numbers=(_COMMA,))
    return replace(what, numbers=(_COMMAS,)) if len(what.numbers) > 1 and _COMMAS in what.numbers else what


def _is_without_decimals(names: Iterable[str]) -> bool:
    """Whether several names of columns are in Vietnamese or Indonesian, and none in Malay or of another money."""
    names = list(names)
    if any(re.search(_WITH_DECIMALS, name) for name in names) or not any(re.search(_OWN_WORDS, name) for name in names):
        return False
    return sum(re.search(_NO_DECIMALS, name) is not None for name in names) >= _FEW_NAMES
