"""Reads the numbers of a file with one decimal mark: that of the columns that leave no doubt, or of its language."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from retail_brain.ingest.look.evidence import Evidence
from retail_brain.sources import ColumnFormat

_NO_DECIMALS = (
    r"(?i)[\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9]"
    r"|\b(?:harga|jumlah|tanggal|waktu|penjualan|pesanan|barang|produk|nomor|nama|diskon|pelanggan|satuan|struk|toko)\b"
)
"""Letters and words of languages whose currencies have no decimals."""
_FEW_NAMES = 3
"""Names in such a language that a file must have. By judgement."""


def with_one_decimal_mark(seen: Mapping[str, Evidence]) -> dict[str, Evidence]:
    """A file writes its numbers in one way: `2,000` is read as the columns are that leave no doubt."""
    certain = [what.numbers[0] for what in seen.values() if len(what.numbers) == 1]
    comma = any(reading.decimal == "," for reading in certain)
    point = any(what.has_point for what in seen.values() if what.numbers)
    # nobody who writes Chinese, Japanese or Korean has a comma before decimals
    point = point or (not comma and any(re.search(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]", name) for name in seen))
    if not comma and not point and _is_without_decimals(seen):
        return {name: _in_thousands(what) for name, what in seen.items()}
    if comma == point:
        return dict(seen)
    wanted = ColumnFormat(decimal=",") if comma else ColumnFormat(thousands=",")

    def is_open(what: Evidence) -> bool:
        return (len(what.numbers) > 1 and wanted in what.numbers) or (comma and what.has_points_in_threes)

    return {name: replace(what, numbers=(wanted,)) if is_open(what) else what for name, what in seen.items()}


def _in_thousands(what: Evidence) -> Evidence:
    """Numbers of dong or rupiah, which have no decimals: a point or comma before three digits is one of thousands."""
    if what.has_points_in_threes:
        return replace(what, numbers=(ColumnFormat(decimal=","),))
    thousands = ColumnFormat(thousands=",")
    return replace(what, numbers=(thousands,)) if len(what.numbers) > 1 and thousands in what.numbers else what


def _is_without_decimals(names: Iterable[str]) -> bool:
    """Whether several names of columns are in Vietnamese or Indonesian."""
    return sum(re.search(_NO_DECIMALS, name) is not None for name in names) >= _FEW_NAMES
