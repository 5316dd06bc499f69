"""What answers of the Python API hold beyond one table: backtests, audiences, customer assets."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Assets:
    """Customer assets by month.

    Attributes:
        rows: one row per month's end x level (`all`, `region`, `store`, `guide`) x region, shop or guide: people known,
            reachable, active, gained and lost.
        departures: one row per guide who left within the months: their people, and what became of them.
    """

    rows: "pl.DataFrame"
    departures: "pl.DataFrame"


@dataclass(frozen=True)
class Audience:
    """Customers to contact for products on offer.

    Attributes:
        people: one row per customer, the columns of the contract's `audience`.
        exclusions: one row per reason: number of customers left out.
    """

    people: "pl.DataFrame"
    exclusions: "pl.DataFrame"


@dataclass(frozen=True)
class Backtest:
    """Backtest of demand forecasts on rolling origins.

    Attributes:
        windows: cutoff (last visible day) of each window.
        forecasts: one row per window x method x store x product x date.
        scores: one row per window x method: WAPE, bias, RMSSE, pinball loss, coverage of the prediction intervals.
    """

    windows: tuple[date, ...]
    forecasts: "pl.DataFrame"
    scores: "pl.DataFrame"
