"""Finds rows of observations that are dated on days to come: one sale of 2062 would be the last day of everything."""

from datetime import date, timedelta

import polars as pl

from retail_brain.past_days import today
from retail_brain.settings import DataSettings
from retail_brain.tables import TABLES, Table

_FURTHEST_PLAN = date(2200, 12, 31)
"""Last day of a row that may be a plan: 9999-12-31 is a placeholder there too."""
_REASON = "in the future"
_PERIOD_DAYS = {"day": 0, "week": 6, "month": 30}
"""Period -> days by which the day of a total may lie ahead: some date a week by its end."""
TOTALS = ("daily_sales", "category_sales")
"""Tables whose rows stand for a whole period (`data.period`)."""


def last_possible_day(name: str, data: DataSettings) -> date:
    """The last day that a row of observations may have.

    Args:
        name: of the table.
        data: settings, of which `future_days` (after today in UTC) and, for totals, the period count.
    """
    return today() + timedelta(days=data.future_days + (_PERIOD_DAYS[data.period] if name in TOTALS else 0))


class DaysToCome:
    """Rows of one table that are observations of days to come, found batch by batch."""

    def __init__(self, table: Table, last: date | None) -> None:
        """Finds none yet.

        Args:
            table: as it is defined; one without the time at which its rows became known has no such rows.
            last: day that a row may have; None: tomorrow in UTC, which is today in whatever zone.
        """
        last = last or last_possible_day(table.name, DataSettings())
        self._last = last if table.planned is None else _FURTHEST_PLAN
        self._table = table
        self._rows = 0
        self._furthest: date | None = None
        self._nearest: date | None = None

    def test(self, shaped: pl.DataFrame) -> list[pl.Expr]:
        """The reason of each row that is dated later, if there is one; counts them."""
        name = self._table.observed_at
        if name is None or name not in shaped.columns:
            return []
        days = shaped[name].cast(pl.Date)
        furthest = days.max()
        if not isinstance(furthest, date) or furthest <= self._last:
            return []
        late = (days > self._last).fill_null(value=False)
        self._rows += int(late.sum())
        self._furthest = max(furthest, self._furthest or furthest)
        nearest = days.filter(late).min()
        assert isinstance(nearest, date)
        self._nearest = min(nearest, self._nearest or nearest)
        # without a day in it: the reason of a row that is set aside each day anew stays the same
        return [pl.when(pl.lit(late)).then(pl.lit(f"{name}: {_REASON}"))]

    @property
    def good_from(self) -> date | None:
        """The day (UTC) from which the first of the rows found may be taken; None where none waits for its day."""
        if self._nearest is None or self._table.planned is not None:
            return None
        return self._nearest - (self._last - today())

    def notes(self) -> list[str]:
        """A sentence on all that were found, in both languages; none where there were none."""
        if not self._rows:
            return []
        name, last = f"{self._table.name}.{self._table.observed_at}", self._last
        return [
            f"{self._rows:,} rows are dated after {last} in {name}, the latest {self._furthest}: they were set aside, "
            "for nothing is known of days to come, and one such sale would be the last day of everything. Correct "
            "the dates or the order of day, month and year; data.future_days in the settings allows more days. "
            f"{name} 有 {self._rows:,} 行的日期晚于 {last}，最晚为 {self._furthest}：还没有到的日子无法观察到，"
            "这些行已被隔离，否则一笔这样的销售会成为全部数据的最后一天。请更正日期或年月日的顺序；"
            "设置 data.future_days 可以放宽天数。"
        ]


def stored_ahead(name: str, stored: pl.LazyFrame, last: date) -> list[str]:
    """A sentence where the lake holds sales of days to come, which versions before this one took in; else none.

    Args:
        name: the table.
        stored: its rows.
        last: day that a row may have.
    """
    days = pl.col(str(TABLES[name].observed_at)).cast(pl.Date)
    late = days > last
    rows, furthest = (
        stored.select(late.sum().alias("rows"), days.max().alias("furthest")).collect(engine="streaming").row(0)
    )
    if not rows:
        return []
    return [
        f"the lake holds {rows:,} rows of {name} dated after {last}, the latest {furthest}: an earlier version took "
        "them in, and the last of them is the last day of everything. Ingest the whole of the corrected dataset with "
        f"--replace. 数据湖的 {name} 里有 {rows:,} 行的日期晚于 {last}，最晚为 {furthest}：它们由早先的版本读入，"
        "其中最晚的一天成了全部数据的最后一天。请用 --replace 读入更正后的完整数据。"
    ]
