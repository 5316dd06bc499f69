"""The first and the last day that a row holds, by the names of two columns that differ in that alone, and its values.

Languages in the order: English, German, Dutch, French, Spanish and Portuguese, Italian, Polish and Czech, Russian and
Ukrainian, Nordic, Turkish, Chinese, Japanese, Korean.
"""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.draft import Proposal, date_key, one_of, quoted, whole
from retail_brain.ingest.look.words import bare_name

_BEGINS: Final = (
    r"start(?:s|ing|ed)?|beg[iy]n(?:s|n|t|ning|ner)?|effective|ingang|debut|inicio|inici[ao]|empieza|comienza|desde|inizio"
    r"|poczat\w*|zacat\w*|начал\w*|почат\w*|baslangic|开始|生效|起始|開始|시작"
)
_ENDS: Final = (
    r"end(?:s|e|ing|ed)?|expir(?:y|es|ation)|until|einde?|slut|ablauf|fin(?:al|aliza)?|termina|termino|acaba|hasta|fine|scadenza"
    r"|kon(?:iec|ca|ec)|окончан\w*|конец|конца|кінец\w*|закінч\w*|bitis|结束|失效|截止|终止|終了|종료"
)
_BEGINS_SHORT: Final = "from|since|ab|von|vanaf|van|du|de|da|dal|od|с|з|fra|fran"
_ENDS_SHORT: Final = "to|till|bis|tot|au|al|a|ate|do|по|til"
_BEGIN: Final = rf"{_BEGINS}|(?<![^_])(?:{_BEGINS_SHORT})(?![^_])"
_END: Final = rf"{_ENDS}|(?<![^_])(?:{_ENDS_SHORT})(?![^_])"
_LAST_MOMENT: Final = r"[ T](?:23:59|24:00)(?::|\D|$)"
"""A time of day that ends the day it stands beside."""


def validity_of(sample: pl.DataFrame, found: Columns) -> tuple[str, str] | None:
    """The columns of the first and the last day that a row holds; None where no two are called so.

    The names are the same but for the word of begin and end, and no first day is later than its last.

    Args:
        sample: the first rows.
        found: their columns.
    """
    dated = {name: bare_name(name) for name, seen in found.seen.items() if seen.dates and not seen.numbers}
    starts = {name: re.sub(_BEGIN, "*", plain) for name, plain in dated.items() if re.search(_BEGIN, plain)}
    stops = {name: re.sub(_END, "*", plain) for name, plain in dated.items() if re.search(_END, plain)}
    pairs = ((first, last) for first, left in starts.items() for last, right in stops.items() if left == right)
    return next((pair for pair in pairs if pair[0] != pair[1] and _is_in_order(sample, found, *pair)), None)


def _is_in_order(sample: pl.DataFrame, found: Columns, first: str, last: str) -> bool:
    both = [days_of(sample[name], found.seen[name]) for name in (first, last)]
    later = both[0] > both[1]
    return bool((both[0] <= both[1]).any()) and not later.any()


def write_validity(made: Proposal, sample: pl.DataFrame, found: Columns, days: tuple[str, str], what: str) -> None:
    """Writes `valid_from` and `valid_to`, which is the day after the last; asks where a last day may be either.

    Args:
        made: a proposal of prices or promotions with `product_id`.
        sample: the first rows.
        found: their columns.
        days: the columns of the first and the last day.
        what: `price` or `promotion`, for the question.
    """
    first, last = days
    made.columns["valid_from"] = date_key(made, found, first)
    key = date_key(made, found, last)
    after = "\n".join(f"{whole(one)[:-2]}, last_day = true }}" for one in key.removeprefix("?").split("\n"))
    is_last = _holds_on_last_day(sample, found, days)
    if is_last is None:
        readings = [*map(whole, key.removeprefix("?").split("\n")), *after.split("\n")]
        question = f"does a {what} hold on the day of {last!r} no more, as valid_to means?"
        made.columns["valid_to"] = one_of(made, readings, question)
        return
    if is_last:
        made.remarks.append(f"a {what} holds on the day of {last!r} as well: valid_to is the day after it (last_day)")
    made.columns["valid_to"] = ("?" if key.startswith("?") else "") + (after if is_last else key.removeprefix("?"))


def _holds_on_last_day(sample: pl.DataFrame, found: Columns, days: tuple[str, str]) -> bool | None:
    """Whether a row holds on its last day: its time ends the day, it is the first too, or the next row begins after it.

    None where the rows do not say, or say both.
    """
    first, last = days
    texts = sample[last].cast(pl.String).drop_nulls()
    if texts.str.contains(_LAST_MOMENT).all():
        return True
    keys = [found.roles[role] for role in ("store", "product") if role in found.roles]
    rows = sample.select(
        *keys, days_of(sample[first], found.seen[first]).alias("_first"),
        days_of(sample[last], found.seen[last]).alias("_last"),
    ).drop_nulls(keys)  # fmt: skip
    starts = rows.select(*keys, pl.col("_first").alias("_last")).drop_nulls().unique()
    touch = rows.join(starts, on=[*keys, "_last"], how="semi").filter(pl.col("_first") < pl.col("_last")).height
    next_day = rows.with_columns(pl.col("_last").dt.offset_by("1d"))
    follow = next_day.join(starts, on=[*keys, "_last"], how="semi").height
    one_day = rows.filter(pl.col("_first") == pl.col("_last")).height
    if touch and not (follow or one_day):
        return False
    return True if (follow or one_day) and not touch else None


def condition_of_days(days: tuple[str, str]) -> str:
    """The condition that a row has both days, in SQL."""
    return " AND ".join(f"length({_column(name)}) > 0" for name in days)


def _column(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def days_as_id(days: tuple[str, str]) -> str:
    """The number of promotions that none has: those of the same days are one."""
    return f'{{ columns = [{", ".join(map(quoted, days))}], join = "/" }}'
