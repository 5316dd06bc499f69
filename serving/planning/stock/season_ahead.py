"""Looks up what the season of goods brought a year ago, by its moving festival, and gives it to the plan's demand."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from features.country import country_of
from retail_brain.dataset import Dataset
from retail_brain.decisions.arrays import days
from retail_brain.decisions.season_ahead import SeasonAhead
from retail_brain.outputs import SERIES, DemandPaths
from retail_brain.settings import Settings
from serving.planning.stock.season import season_units

_YEAR = 364
"""Days of a year in whole weeks."""


@dataclass(frozen=True)
class Seasons:
    """Units of seasonal goods that are expected on the days ahead, as the year before had them.

    Attributes:
        as_of: last visible day.
        ahead: one row per product x day with units: `product_id`, `day` (1: the day after `as_of`), `units` (chain).
        shares: one row per store x product of these: `share` of the product's units of the last year.
    """

    as_of: date
    ahead: pl.DataFrame
    shares: pl.DataFrame

    @classmethod
    def read(cls, dataset: Dataset, as_of: date, settings: Settings) -> "Seasons":
        """Reads the sales of the last year.

        Raises:
            MissingTableError: no sales table is there.
        """
        country = country_of(dataset, settings)
        ahead = season_units(dataset, as_of, None if country is None else country.code)
        sold = dataset.daily_sales().filter(
            pl.col("date") > as_of - timedelta(days=_YEAR), pl.col("product_id").is_in(ahead["product_id"].implode())
        )
        # returns of what was sold before leave a store with less than nothing: it has no share
        units = sold.group_by(*SERIES).agg(pl.col("units").sum().clip(0)).collect()
        share = pl.col("units") / pl.col("units").sum().over("product_id")
        return cls(as_of, ahead, units.filter(pl.col("units") > 0).select(*SERIES, share=share))

    def of(self, paths: DemandPaths) -> SeasonAhead:
        """What the seasons bring after the paths, one row per series of them."""
        starts = days(paths.dates)
        step = int(np.median(np.diff(starts).astype(np.int64))) if len(starts) > 1 else 1
        known = paths.series.select(SERIES).with_row_index("row")
        first = int((starts[-1] - np.datetime64(self.as_of, "D")).astype(np.int64)) + step
        period = (pl.col("day") - first) // step
        rows = (
            known.join(self.shares, on=list(SERIES))
            .join(self.ahead.filter(pl.col("day") >= first).with_columns(period=period), on="product_id")
            .with_columns(units=pl.col("units") * pl.col("share"))
        )
        if rows.is_empty():
            return SeasonAhead.none(paths.series.height)
        table = np.zeros((paths.series.height, int(rows["period"].to_numpy().max()) + 1))
        np.add.at(table, (rows["row"].to_numpy(), rows["period"].to_numpy()), rows["units"].to_numpy())
        return SeasonAhead(np.cumsum(table, axis=1))
