"""Settings of the data and of demand forecasts."""

from collections.abc import Mapping
from typing import Literal, get_args

from pydantic import Field

from retail_brain.settings.section import Section

SimpleModel = Literal["weekday_mean", "moving_average", "seasonal_naive", "last_year", "smoothing"]
"""Models that compete with the trees of demand on groups of series, see `training.demand.simple_models`."""


class DataSettings(Section):
    """How the lake reads a dataset."""

    period: Literal["day", "week", "month"] = Field(
        default="day", description="length of one period of the demand panel, and so of a forecast"
    )
    country: str = Field(
        default="CN", description="ISO 3166 code whose holidays count; not set: by stores or currency, or training asks"
    )
    currency: str = Field(
        default="¥", description="sign shown before money; not set: that of the country, where it is known"
    )
    max_quarantine_share: float = Field(
        default=0.05, ge=0, le=1, description="share of a table's rows that may be bad; more stop the ingest"
    )
    quarantine_grace_rows: int = Field(
        default=10, ge=0, description="rows; so few bad ones of a table stop nothing unless they are half of it"
    )
    shared_card_receipts: int = Field(
        default=10, ge=2, description="receipts of one card on one day; more days like it mean a card of tills or staff"
    )
    shared_card_stores: int = Field(
        default=4, ge=2, description="shops of one card on one day; more days like it mean a card of tills or staff"
    )
    shared_card_days: int = Field(
        default=3, ge=1, description="such days from which a card is nobody's: left out of learning and lists"
    )
    ghost_most_lines: int = Field(
        default=2, ge=0, description="lines of sales up to which a shop or product that no table knows is left out"
    )
    min_matched_share: float = Field(
        default=0.05, ge=0, le=1, description="share of a column's ids that its table must hold; fewer stop the ingest"
    )
    till_columns: tuple[str, ...] = Field(
        default=(
            *("till", "till_id", "pos", "pos_id", "register", "register_id", "terminal", "terminal_id", "source"),
            *("收银台", "款台", "机号", "收银机", "来源"),
        ),
        description="columns over which rows of `daily_sales` or `category_sales` of one key are added up",
    )
    future_days: int = Field(
        default=1,
        ge=0,
        le=36_500,  # a hundred years: no plan reaches further, and the days of the calendar end
        description="days after today (UTC) that a sale, stock count or event may be dated with",
    )
    hashed_identifiers: tuple[str, ...] = Field(
        default=(), description="types of identifiers (phone, email, ...) of which only SHA-256 digests are kept"
    )
    unpacked_bytes: int = Field(
        default=10_000_000_000, ge=1, description="bytes that packed files of one load may have unpacked, in all"
    )
    workbook_bytes: int = Field(
        default=2_000_000_000, ge=1, description="bytes that one workbook may have unpacked; it is read into memory"
    )
    corrected_receipts: Literal["replace", "keep"] = Field(
        default="replace", description="a receipt that comes again with other lines: take the new ones, or keep both"
    )


class DemandSettings(Section):
    """The demand panel and its models."""

    horizon_periods: int = Field(default=28, ge=1, le=366, description="periods ahead that are forecast")
    history_days: int = Field(default=730, ge=1, description="days that the panel reaches back")
    quantiles: tuple[float, ...] = Field(
        default=(0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95), description="probabilities, each between 0 and 1, rising"
    )
    override_most_days: int = Field(
        default=366, ge=1, description="days that an override of forecasts lasts at most unless it is confirmed"
    )
    override_most_times: float = Field(
        default=20.0, ge=1, description="times the highest forecast that an override states at most unless confirmed"
    )
    sample_paths: int = Field(default=200, ge=20, description="simulated futures of each series")
    min_sale_days: int = Field(
        default=1, ge=1, description="days; series with fewer days of sale are forecast by shrunk rates"
    )
    panel_series: int = Field(
        default=60_000, ge=1, description="series in the panel at most: those with most days of sale"
    )
    accident_times: float = Field(
        default=10.0, ge=0, description="times a series' high day beyond which a single sale is an accident; 0 = none"
    )
    reversal_days: int = Field(
        default=14, ge=0, description="days within which an unusual return takes back the sale of an earlier day"
    )
    launch_days: int = Field(default=28, ge=0, description="days that a listing without sales counts as new")
    backtest_windows: int = Field(
        default=3, ge=1, description="past windows of one horizon each that a model is measured on"
    )
    totals_least_units: float = Field(
        default=200.0, ge=0, description="units a day that a total of categories must sell to be forecast by itself"
    )
    anomaly_periods: int = Field(
        default=14, ge=0, le=366, description="last periods that are searched for anomalies at publishing; 0 = none"
    )
    anomalies_listed: int = Field(default=1000, ge=1, description="anomalies published at most, most money first")
    most_drivers: int = Field(
        default=20, ge=0, description="drivers of the table `drivers` that are features at most: those with most rows"
    )
    simple_models: tuple[SimpleModel, ...] = Field(
        default=get_args(SimpleModel),
        description="models that compete with the trees on groups of series in backtests; none = trees alone",
    )
    totals_years: int = Field(default=5, ge=1, le=20, description="years of daily totals that are read at most")
    stored_origins: int = Field(default=60, ge=1, description="days whose forecasts are stored to be measured later")
    stored_series: int = Field(
        default=20_000, ge=1, description="series stored of each such day: those with the largest forecasts"
    )
    feature_sets: tuple[str, ...] = Field(
        default=(),
        description="sets (goods, series, place) or columns (goods.units_trend) of feature tables for the trees too",
    )
    model: str = Field(
        default="lightgbm",
        description="what `train` fits: lightgbm, exponential_smoothing, weekday_level, or another package's model",
    )
    model_options: Mapping[str, bool | float | str] = Field(
        default_factory=dict, description="options of a model from another package, by name; ours have none"
    )
