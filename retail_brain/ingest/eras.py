"""Days that are counted from the first year of an era, as in Japan (令和8年4月1日) and Taiwan (民國115年4月1日)."""

from typing import Final

import polars as pl

_YEARS_BEFORE: Final = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "民國": 1911, "民国": 1911}
"""Era -> the year before its first one."""
_DAY: Final = (
    rf"^({'|'.join(_YEARS_BEFORE)})\.?\s*(\d{{1,3}}|元)\s*[年./-]\s*(\d{{1,2}})\s*[月./-]\s*(\d{{1,2}})日?"
    r"(?:\s*[(（].[)）])?(?:\s+(.+))?$"
)
"""An era, its year, the month, the day, and a time of day behind a day of the week in brackets."""


def in_common_era(column: pl.Expr) -> pl.Expr:
    """Text such as `2026-04-01 10:05` for `令和8年4月1日 10:05`; null where a value names no era.

    >>> given = pl.DataFrame({"day": ["令和8年4月1日", "R8.4.1 10:05", "民國115年4月1日", "2026-04-01"]})
    >>> given.select(in_common_era(pl.col("day"))).to_series().to_list()
    ['2026-04-01', '2026-04-01 10:05', '2026-04-01', None]
    """
    number = column.str.extract(_DAY, 2).replace("元", "1").cast(pl.Int64, strict=False)
    before = column.str.extract(_DAY, 1).replace_strict(_YEARS_BEFORE, default=None, return_dtype=pl.Int64)
    parts = [column.str.extract(_DAY, place).str.zfill(2) for place in (3, 4)]
    day = pl.concat_str((number + before).cast(pl.String), *parts, separator="-")
    return pl.concat_str(day, column.str.extract(_DAY, 5), separator=" ", ignore_nulls=True).replace("", None)
