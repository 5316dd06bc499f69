"""Finds the days on which one more contact stays within the caps of all campaigns, by channel and in all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from retail_brain.decisions.arrays import Bools

_PEOPLE = 20_000
"""People looked at together, so that the counts by person and day stay within some tens of megabytes."""


@dataclass(frozen=True)
class Caps:
    """Most contacts of a person within any window of days.

    Attributes:
        most: by all channels together.
        window_days: length of the window; any that holds the day of a contact counts.
        by_channel: most by a channel; the channels not named have no cap of their own.
    """

    most: int
    window_days: int
    by_channel: Mapping[str, int] = field(default_factory=dict)


def with_open_days(options: pl.DataFrame, log: pl.DataFrame, days: Sequence[date], caps: Caps) -> pl.DataFrame:
    """The options with a day open, and `open_days`: those of `days` on which one more contact keeps every cap.

    `open_days` is null where all of them are open. Contacts planned after a day count as well as those made before it.

    Args:
        options: `person_id`, `channel` (null: unknown) and perhaps more, one row per channel that a person may be
            reached by.
        log: contacts made and planned: `person_id`, `channel`, `day`.
        days: candidate days, rising.
        caps: most contacts.
    """
    if caps.most == 0:
        return options.clear().with_columns(open_days=pl.lit(None, dtype=pl.List(pl.Date)))
    shut = [name for name, most in caps.by_channel.items() if most == 0]
    options = options.filter(pl.col("channel").is_null() | ~pl.col("channel").is_in(shut)).with_row_index("row")
    reach = timedelta(days=caps.window_days - 1)
    near = log.filter(pl.col("day").is_between(days[0] - reach, days[-1] + reach))
    touched = options.join(near.select("person_id").unique(), on="person_id", how="semi")
    free = options.join(touched, on="row", how="anti").with_columns(open_days=pl.lit(None, dtype=pl.List(pl.Date)))
    parts = [
        _open(part, near, days, caps)
        for part in touched.with_columns(part=pl.col("person_id").rank("dense") // _PEOPLE).partition_by("part")
    ]
    return pl.concat([free, *(part.select(free.columns) for part in parts)]).sort("row").drop("row")


def _open(options: pl.DataFrame, log: pl.DataFrame, days: Sequence[date], caps: Caps) -> pl.DataFrame:
    """Options of people who have contacts near the days: only those with a day open, with its list."""
    people = options["person_id"].unique(maintain_order=True)
    place = {person: number for number, person in enumerate(people.to_list())}
    person = options["person_id"].replace_strict(place, return_dtype=pl.Int64).to_numpy()
    own = log.join(people.to_frame(), on="person_id", how="semi")
    is_open = ~_is_full(own, place, days, caps.window_days, caps.most)[person]
    for name, most in caps.by_channel.items():
        rows = np.flatnonzero((options["channel"] == name).fill_null(value=False).to_numpy())
        full = _is_full(own.filter(pl.col("channel") == name), place, days, caps.window_days, most)
        is_open[rows] &= ~full[person[rows]]
    row, day = np.nonzero(is_open)
    listed = pl.DataFrame(
        {"row": options["row"].to_numpy()[row], "open_days": pl.Series(list(days), dtype=pl.Date)[day]}
    )
    return options.join(listed.group_by("row", maintain_order=True).agg("open_days"), on="row")


def _is_full(log: pl.DataFrame, place: Mapping[str, int], days: Sequence[date], window: int, most: int) -> Bools:
    """Whether some window that holds the day has its `most` contacts already: people x days."""
    first = days[0] - timedelta(days=window - 1)
    span = (days[-1] - days[0]).days + 1
    counts = np.zeros((len(place), span + 2 * (window - 1)), dtype=np.int32)
    person = log["person_id"].replace_strict(place, return_dtype=pl.Int64).to_numpy()
    np.add.at(counts, (person, (log["day"] - first).dt.total_days().to_numpy()), 1)
    full_windows = _moving_sums(counts, window) >= most
    is_full = _moving_sums(full_windows, window) > 0
    return np.asarray(is_full[:, [(day - days[0]).days for day in days]])


def _moving_sums(rows: npt.NDArray[np.generic], window: int) -> npt.NDArray[np.int32]:
    """Sums of each `window` neighbours of each row, by differences of running sums: no matter how long the window."""
    sums = np.zeros((rows.shape[0], rows.shape[1] + 1), dtype=np.int32)
    np.cumsum(rows, axis=1, out=sums[:, 1:])
    return sums[:, window:] - sums[:, :-window]
