"""Refuses roles that names suggest and values or places within records rule out."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.words import bare_name

_ANSWERS: Final = frozenset({"yes", "no", "true", "false"})
"""What a column says that names nobody, such as `Authorize/Customer`."""
_NAME_OF_A_PERSON: Final = r"(?:^|/)(?:addresses|contact)/(?:[a-z_]+/)?(?:name|first_name|last_name)$"
"""Names of people within records, such as `Addresses/Invoice/Name`, which name neither invoices nor goods."""
_ROWS: Final = 20
"""Rows from which one time of day on all of them is no time of a sale. By judgement."""


_LEAST_RUNS: Final = 5
"""Receipts of several lines from which numbers that run from 1 on in each of them are no accident. By judgement."""
_PART_DIGITS: Final = 5
"""Digits of a part of a telephone number, or of a postal code, at most; a whole number has more."""


def numbers_lines(values: pl.Series, receipts: pl.Series) -> bool:
    """Whether a column runs from 1 on through the lines of each receipt, and so is no code of goods.

    >>> lines = [1, 1, 2, 1, 2, 3] * 5
    >>> receipts = pl.Series(lines).eq(1).cum_sum()
    >>> numbers_lines(pl.Series(lines), receipts), numbers_lines(pl.Series([2, *lines[1:]]), receipts)
    (True, False)
    """
    numbers = values.cast(pl.String).cast(pl.Int64, strict=False)
    if not len(numbers) or numbers.null_count() or receipts.null_count():
        return False
    begins = (receipts != receipts.shift(1)).fill_null(value=True)
    runs_on = pl.select(pl.when(begins).then(numbers == 1).otherwise(numbers == numbers.shift(1) + 1)).to_series()
    return int((numbers == 2).sum()) >= _LEAST_RUNS and bool(runs_on.all())


def is_part_of_number(sample: pl.DataFrame, name: str) -> bool:
    """Whether a column is one part of a telephone number or a postal code that stands in several columns.

    They are called alike but for the number of the part, have few digits, and are filled on the same rows.

    >>> parts = pl.DataFrame({"Tel 1": ["090", "080"], "Tel 2": ["6149", "2377"], "Tel": ["09061499303", None]})
    >>> [is_part_of_number(parts, name) for name in parts.columns]
    [True, True, False]
    """
    found = re.fullmatch(r"(.*\D)(\d)", name.strip())
    if found is None:
        return False
    others = [f"{found[1]}{int(found[2]) + step}" for step in (-1, 1)]
    parts = [name, *(other for other in others if other in sample.columns)]
    texts = [sample[part].cast(pl.String).str.strip_chars().replace("", None) for part in parts]
    is_short = all(one.str.contains(rf"^\d{{1,{_PART_DIGITS}}}$").all() for one in texts)
    return len(parts) > 1 and is_short and len({tuple(one.is_null()) for one in texts}) == 1


def is_refused(role: str, name: str, values: pl.Series) -> bool:
    """Whether a column cannot play a role that its name suggests.

    Args:
        role: the role.
        name: of the column.
        values: of the column.
    """
    if role == "time":
        return values.len() >= _ROWS and values.n_unique() == 1
    if role in ("receipt", "product_name"):
        return re.search(_NAME_OF_A_PERSON, bare_name(name)) is not None
    kinds = values.drop_nulls().cast(pl.String).str.to_lowercase().unique().to_list() if role == "customer" else []
    return bool(kinds) and set(kinds) <= _ANSWERS
