"""The digest of a piece of work differs where a row, a day, a setting, a version or the computing module does."""

from datetime import date, timedelta

import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.work_digest import summarise, work_digest

MODULE = "training.splits"
LAST = date(2025, 3, 1)


def _sales(units: float = 1.0) -> dict[str, pl.DataFrame]:
    days = [LAST - timedelta(days=n) for n in range(5)]
    return {"daily_sales": pl.DataFrame({"date": days, "store_id": "店", "product_id": "货", "units": units})}


def test_rows_days_settings_versions_and_modules_are_told_apart() -> None:
    dataset = Dataset.from_frames(_sales(), as_of=LAST)
    digests = [
        work_digest(dataset, MODULE),
        work_digest(dataset, "training.metrics"),
        work_digest(dataset, MODULE, ["2025-01-01"]),
        work_digest(dataset, MODULE, {"seed": 1}),
        work_digest(dataset.at(LAST - timedelta(days=1)), MODULE),
        work_digest(Dataset.from_frames(_sales(2.0), as_of=LAST), MODULE),
        work_digest(Dataset(dataset.frames, {"daily_sales": 4}, LAST), MODULE),
    ]
    assert len(set(digests)) == len(digests)
    assert work_digest(Dataset.from_frames(_sales(), as_of=LAST), MODULE) == digests[0]


def test_summaries_that_are_there_already_give_the_same() -> None:
    dataset = Dataset.from_frames(_sales(2.5), as_of=LAST)
    summaries = summarise(dataset)
    assert summaries == {"daily_sales": (5, "2025-03-01", 12.5)}
    assert work_digest(dataset, MODULE, summaries=summaries) == work_digest(dataset, MODULE)
