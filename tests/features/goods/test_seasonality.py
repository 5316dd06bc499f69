from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from features.goods.month_sums import month_sums
from features.goods.options import GOODS_RECORDS
from features.goods.seasonality import seasonality

AS_OF = date(2025, 6, 30)


def sales(units: np.ndarray) -> pl.LazyFrame:
    dates = [AS_OF - timedelta(days=len(units) - 1 - n) for n in range(len(units))]
    frame = pl.LazyFrame({"product_id": "P", "store_id": "S", "date": dates, "sold": units.astype(float)})
    return month_sums(frame.filter(pl.col("sold") > 0), pl.LazyFrame(schema=dict(GOODS_RECORDS)))


def test_weekly_strength_is_the_adjusted_r_squared_of_weekday_means():
    rng = np.random.default_rng(1)
    units = rng.poisson(3 + 4 * (np.arange(150) % 7 == 2)).astype(float)
    units[0] = 5.0
    weekday = np.array([(AS_OF - timedelta(days=149 - n)).isoweekday() for n in range(150)])
    means = np.array([units[weekday == w].mean() for w in range(1, 8)])
    r2 = 1 - ((units - means[weekday - 1]) ** 2).sum() / ((units - units.mean()) ** 2).sum()
    row = seasonality(sales(units), AS_OF).collect().row(0, named=True)
    assert row["weekly_strength"] == pytest.approx(1 - (1 - r2) * 149 / 143)
    assert row["peak_weekday"] == int(means.argmax()) + 1
    assert row["peak_month"] is None


def test_flat_and_short_histories_have_no_season():
    flat = seasonality(sales(np.full(60, 2.0)), AS_OF).collect().row(0, named=True)
    short = seasonality(sales(np.array([1.0, 5.0] * 10)), AS_OF).collect().row(0, named=True)
    assert (flat["weekly_strength"], short["weekly_strength"]) == (None, None)


def test_the_peak_month_is_the_one_with_the_greatest_pace():
    n = 730
    months = np.array([(AS_OF - timedelta(days=n - 1 - i)).month for i in range(n)])
    units = np.where(months == 2, 6.0, 2.0)
    row = seasonality(sales(units), AS_OF).collect().row(0, named=True)
    assert (row["peak_month"], row["peak_month_index"]) == (2, pytest.approx(6.0 / units.mean()))
