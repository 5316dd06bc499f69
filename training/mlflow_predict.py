"""Predicts with a registered model for MLflow: a pandas frame of keys and parameters in, a pandas frame out.

Models of every version call `predict` by this module's name (see `training.pyfunc_model`): neither may be renamed.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from retail_brain.dataset import Dataset
from retail_brain.errors import NotFoundError, UsageError
from retail_brain.lake import open_lake
from retail_brain.outputs import SERIES, SeriesFilter, quantile_column
from retail_brain.settings import load_settings
from retail_brain.workspace import Workspace
from training.bundle import Kind
from training.demand.model import DemandModel
from training.recommender.model import RecommenderModel
from training.recommender.scored_pairs import SCORED


def predict(kind: Kind, folder: Path, frame: pd.DataFrame, params: Mapping[str, Any]) -> pd.DataFrame:
    """One row per store x product x date (demand) or customer x product (recommender).

    Args:
        kind: demand or recommender.
        folder: the model's files.
        frame: columns `store_id` and `product_id`, or `customer_id`.
        params: those of the model's signature. `lake`: URI of the lake to read, or `home` and `tenant`: the home
            folder and the tenant whose lake and settings are used. `as_of`: last visible day as YYYY-MM-DD, by default
            the last day with a sale. Demand: `horizon` in periods and `quantiles`, shares between 0 and 1.
            Recommender: `k`, the likeliest products per customer; 0 = all candidates.

    Raises:
        UsageError: a parameter is missing or impossible.
        DataError: a column is missing.
        NotFoundError: the lake, a store, or every customer is unknown.
        ModelError: the model's files cannot be read.
    """
    key_columns = SERIES if kind == "demand" else ("customer_id",)
    missing = [name for name in key_columns if name not in frame.columns]
    if missing:
        raise UsageError(
            f"the frame lacks the column(s) {missing}; got {list(frame.columns)}, wanted {list(key_columns)}."
        )
    dataset = _open(params)
    # pandas may hold ids as numbers; in the lake they are texts
    keys = pl.DataFrame({name: frame[name].astype(str).tolist() for name in key_columns}).unique(maintain_order=True)
    if kind == "demand":
        horizon, quantiles = _horizon(params.get("horizon", 28)), _quantiles(params.get("quantiles"))
        return _forecasts(DemandModel.load(folder), dataset, keys, horizon, quantiles).to_pandas()
    return _pairs(RecommenderModel.load(folder), dataset, keys, _count(params.get("k", 0))).to_pandas()


def _open(params: Mapping[str, Any]) -> Dataset:
    lake, home = params.get("lake"), params.get("home")
    if lake:
        dataset = open_lake(str(lake))
    elif home:
        workspace = Workspace(Path(str(home)), str(params.get("tenant") or "main"))
        settings = load_settings(workspace)
        dataset = open_lake(settings.lake_uri or str(workspace.lake), settings.storage_options)
    else:
        raise UsageError(
            "the model reads sales from a lake and none was named. Pass params={'lake': URI}, for example "
            "'/data/home/var/main/lake', or params={'home': FOLDER, 'tenant': NAME}."
        )
    return dataset.at(_day(params.get("as_of")) or dataset.last_day())


def _forecasts(
    model: DemandModel, dataset: Dataset, keys: pl.DataFrame, horizon: int, quantiles: Sequence[float]
) -> pl.DataFrame:
    # an empty frame first: series that are unknown or too young give none, and the columns must be there all the same
    frames = [_columns(keys.head(0), pl.Series("date", [], dtype=pl.Date), np.empty((0, 0)), (), quantiles)]
    stores, products = keys["store_id"].unique(), keys["product_id"].unique()
    for forecasts in model.forecast(dataset, horizon, SeriesFilter(stores.to_list(), products.to_list())):
        # the model takes stores x products, of which only the pairs in `keys` were asked for
        series = forecasts.paths.series.with_row_index("row")
        rows = series.join(keys, on=SERIES, how="semi", maintain_order="left")["row"].to_numpy()
        quantile_units = np.quantile(forecasts.paths.units[rows], quantiles, axis=1) if quantiles and rows.size else ()
        frames.append(_columns(series[rows], forecasts.paths.dates, forecasts.mean[rows], quantile_units, quantiles))
    return pl.concat(frames).sort(*SERIES, "date")


def _columns(
    series: pl.DataFrame, dates: pl.Series, mean: Any, quantile_units: Any, quantiles: Sequence[float]
) -> pl.DataFrame:
    """One row per series x date; `quantile_units` has shape (quantiles, series, periods)."""
    rows = series.select(SERIES).join(dates.alias("date").to_frame(), how="cross", maintain_order="left_right")
    no_values = np.empty(0)
    values = {"forecast": mean.ravel()}
    for number, quantile in enumerate(quantiles):
        values[quantile_column(quantile)] = quantile_units[number].ravel() if len(quantile_units) else no_values
    return rows.with_columns(pl.Series(name, value, dtype=pl.Float64) for name, value in values.items())


def _pairs(model: RecommenderModel, dataset: Dataset, keys: pl.DataFrame, k: int) -> pl.DataFrame:
    pairs = pl.concat([pl.DataFrame(schema=SCORED), *model.score(dataset, keys["customer_id"].to_list())])
    if pairs.is_empty() and keys.height:
        raise NotFoundError(
            f"none of the {keys.height} customers bought anything by {dataset.as_of}; got such as "
            f"{keys['customer_id'].head(3).to_list()}. Name customers of the lake's transactions."
        )
    order = pairs.sort("customer_id", "probability", "product_id", descending=[False, True, False])
    return order.group_by("customer_id", maintain_order=True).head(k) if k else order


def _day(value: Any) -> date | None:
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise UsageError(f"the parameter as_of is {value!r}; wanted a day such as '2026-01-31'.") from error


def _horizon(value: Any) -> int:
    if int(value) < 1:
        raise UsageError(f"the parameter horizon is {value}; wanted a number of periods, 1 or more.")
    return int(value)


def _count(value: Any) -> int:
    if int(value) < 0:
        raise UsageError(f"the parameter k is {value}; wanted a number of products, or 0 for all candidates.")
    return int(value)


def _quantiles(values: Any) -> list[float]:
    quantiles = [float(value) for value in (values if values is not None else ())]
    wrong = [value for value in quantiles if not 0 < value < 1]
    if wrong:
        raise UsageError(f"the parameter quantiles holds {wrong}; wanted shares above 0 and below 1, such as 0.9.")
    return list(dict.fromkeys(quantiles))
