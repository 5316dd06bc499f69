"""Published order suggestions: per store, most urgent first."""

from collections.abc import Iterable, Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import NO_DAY, iso_day
from retail_brain.decisions.quantity_limits import QuantityLimits
from retail_brain.decisions.source_stock import SOURCE_PREFIX
from retail_brain.outputs import SUGGESTIONS, suggestion_id
from retail_brain.settings import ReplenishmentSettings
from serving.planning.stock.line_flags import line_flags, waits
from serving.store.arrays import Array, map_array, write_array
from serving.store.catalog import Catalog
from serving.store.series_index import KeyIndex, write_keys
from serving.store.texts import CodedTexts, Texts, write_coded, write_texts

_NUMBERS = [name for name, kind in SUGGESTIONS.items() if kind == pl.Float64] + ["order_cost"]
_LOTS = ("case_pack", "min_order_quantity", "shelf_room")
_COUNT = ("counted_on_hand", "stock_age_days", "sold_since_count")
_COUNTED = ("moved_units", "shops_hold")
_MORE = (*_LOTS, *_COUNT, *_COUNTED)
"""Numbers that answers of older versions do not have, or not all of."""
_DAYS = ("order_on", "arrives_on")
_TEXTS = ("source", "reason", "reason_zh", "reason_code")
_NAMES = ("suggestion_id", "store_id", "product_id", "as_of")
_COLUMNS = (*_NAMES, *_NUMBERS, *_MORE, *_DAYS, "source", "reason", "reason_code")


def write_suggestions(folder: Path, frame: pl.DataFrame, n_stores: int, n_products: int) -> None:
    """Writes the order suggestions.

    Args:
        folder: the answers being written.
        frame: one row per store x product: `store`, `product` (positions), the columns of `outputs.SUGGESTIONS`,
            and of `replenishment.ADDED`, in order of urgency within each store.
        n_stores: number of stores in the catalog.
        n_products: number of products in the catalog.
    """
    # stable: within a store the order of urgency stays
    ordered = frame.sort("store", maintain_order=True)
    stores = ordered["store"].to_numpy()
    write_array(folder / "suggestions.starts.npy", np.searchsorted(stores, np.arange(n_stores + 1)), np.int64)
    write_keys(
        folder,
        "suggestions",
        stores,
        ordered["product"].to_numpy(),
        n_products=n_products,
        rows=np.arange(len(ordered)),
    )
    write_array(folder / "suggestions.product.npy", ordered["product"].to_numpy(), np.int32)
    numbers = ordered.select(pl.col(_NUMBERS).cast(pl.Float64).fill_null(float("nan"))).to_numpy()
    write_array(folder / "suggestions.numbers.npy", numbers, np.float64)
    more = ordered.select(pl.col(_MORE).cast(pl.Float64).fill_null(float("nan"))).to_numpy()
    write_array(folder / "suggestions.more.npy", more, np.float64)
    days = ordered.select(pl.col(_DAYS).cast(pl.Int32).fill_null(NO_DAY)).to_numpy()
    write_array(folder / "suggestions.days.npy", days, np.int32)
    write_texts(folder, "suggestions.ids", [suggestion_id(*names) for names in _names(ordered)])
    for name in _TEXTS:
        write_coded(folder, f"suggestions.{name}", ordered[name].fill_null("").to_list())


def _more(path: Path, rows: int) -> Array:
    """The numbers _MORE of each row; of answers of older versions NaN where they have none."""
    if path.exists():
        held = map_array(path)
        missing = np.full((rows, len(_MORE) - held.shape[1]), np.nan)
        return np.hstack([held, missing]) if missing.size else held
    # the oldest have none at all: one unit is a pack there, and nothing else limits a quantity
    return np.broadcast_to(np.array([1.0, 0.0, *(np.nan for _ in _MORE[2:])]), (rows, len(_MORE)))


def _names(frame: pl.DataFrame) -> list[tuple[str, str, str]]:
    return frame.select("store_id", "product_id", pl.col("as_of").cast(pl.String)).rows()


class Suggestions:
    """Order suggestions by store and product position."""

    def __init__(self, folder: Path, n_products: int) -> None:
        """Maps the files of `write_suggestions`."""
        self.index = KeyIndex(folder, "suggestions", n_products)
        self._starts = map_array(folder / "suggestions.starts.npy")
        self.product = map_array(folder / "suggestions.product.npy")
        self._numbers = map_array(folder / "suggestions.numbers.npy")
        self._more = _more(folder / "suggestions.more.npy", len(self.product))
        self._days = map_array(folder / "suggestions.days.npy")
        self._ids = Texts.open(folder, "suggestions.ids")
        self._flags: tuple[ReplenishmentSettings, Mapping[str, Array]] | None = None
        self._texts = {name: CodedTexts.open(folder, f"suggestions.{name}") for name in _TEXTS}

    def __len__(self) -> int:
        return len(self.product)

    def of_store(self, store: int) -> Array:
        """Rows of a store's suggestions, most urgent first."""
        return np.arange(self._starts[store], self._starts[store + 1])

    def number(self, name: str, rows: Array) -> Array:
        """Values of one numeric column, NaN where null."""
        values: Array = self._numbers[rows, _NUMBERS.index(name)]
        return values

    def find_all(self, stores: Catalog, products: Catalog, store_ids: pl.Series, product_ids: pl.Series) -> Array:
        """Rows of the suggestions for pairs of store and product, -1 where there is none; by joins, for many pairs."""
        placed = [
            pl.DataFrame({"id": ids}).join(
                pl.DataFrame({"id": catalog.ids.series}).with_row_index("place"),
                on="id",
                how="left",
                maintain_order="left",
            )["place"]
            for catalog, ids in ((stores, store_ids), (products, product_ids))
        ]
        store, product = (place.cast(pl.Int64).fill_null(-1).to_numpy() for place in placed)
        rows = np.full(len(store), -1, dtype=np.int64)
        known = (store >= 0) & (product >= 0)
        found, has = self.index.find_pairs(store[known], product[known])
        rows[np.flatnonzero(known)[has]] = found[has]
        return rows

    def sources(self, rows: Array) -> list[str | None]:
        """Store that supplies each of some suggestions; None where a supplier does."""
        texts = self._texts["source"].take(rows)
        return [text.removeprefix(SOURCE_PREFIX) if text.startswith(SOURCE_PREFIX) else None for text in texts]

    def reasons(self, language: str) -> pl.Series:
        """The reason of every suggestion in `zh` or `en`; empty where there is none."""
        return self._texts["reason_zh" if language == "zh" else "reason"].series

    def lots(self) -> pl.DataFrame:
        """One row per suggestion: units per pack, minimum order and room on the shelf, null where unknown."""
        return pl.DataFrame(self._more[:, : len(_LOTS)], schema=_LOTS, orient="row").fill_nan(None)

    def table(self, stores: Sequence[str] | pl.Series, products: Sequence[str] | pl.Series) -> pl.DataFrame:
        """All suggestions, one row per store x product: ids, days, numbers (null where unknown) and codes.

        Args:
            stores: id of each store position.
            products: id of each product position.
        """
        numbers = pl.DataFrame(self._numbers, schema=_NUMBERS, orient="row").fill_nan(None)
        days = pl.DataFrame(self._days, schema=_DAYS, orient="row").with_columns(
            pl.when(pl.all() != NO_DAY).then(pl.all()).cast(pl.Date)
        )
        owners = pl.Series(np.repeat(np.arange(len(self._starts) - 1), np.diff(self._starts)))
        return pl.DataFrame(
            {
                "store_id": pl.Series(stores, dtype=pl.String).gather(owners),
                "product_id": pl.Series(products, dtype=pl.String).gather(self.product),
                **{name: self._texts[name].series for name in ("source", "reason_code")},
            }
        ).hstack([*numbers.get_columns(), *days.get_columns()])

    def flags(self, settings: ReplenishmentSettings) -> Mapping[str, Array]:
        """Flag of `line_flags.FLAGS`, or `waits` (for a decision) -> a Boolean per suggestion."""
        if self._flags is None or self._flags[0] != settings:
            # read once for all requests: the texts of a million rows take a moment
            numbers = pl.DataFrame(self._numbers, schema=_NUMBERS, orient="row").fill_nan(None)
            lots = self.lots().select(_LOTS[:2])
            lines = numbers.hstack(lots).with_columns(reason_code=self._texts["reason_code"].series)
            flags = line_flags(lines, settings)
            known = flags.with_columns(waits=waits(lines, flags))
            # arrays, because taking twenty rows of a frame costs a request more than all the rest of its flags
            self._flags = (settings, {column.name: column.to_numpy() for column in known})
        return self._flags[1]

    def limits(
        self, row: int, large_order_cycles: float, least_units: float, source: float = float("inf")
    ) -> QuantityLimits:
        """What a person may order in the place of a suggestion without confirming an exception.

        Args:
            row: of the suggestion.
            large_order_cycles: cycles of demand beyond which an order is large (setting of `replenishment`).
            least_units: smaller orders are never large (setting `exception_least_units`).
            source: units that its source store can send.
        """
        one = np.array([row])
        suggested, demand = (
            float(np.nan_to_num(self.number(name, one)[0])) for name in ("order_quantity", "demand_until_next_arrival")
        )
        case_pack, least, room = self._more[row, : len(_LOTS)].tolist()
        usual = max(suggested, large_order_cycles * demand, least_units, case_pack, least)
        shelf = float("inf") if np.isnan(room) else max(room, suggested)
        return QuantityLimits(case_pack, least, shelf, usual, source)

    def counted(self, rows: Array) -> Array:
        """Units of suggestions that somebody counted, ordered or packed, none of them a forecast; NaN where unknown."""
        names = ("on_hand", "on_order", "order_quantity")
        return np.concatenate([*(self.number(name, rows) for name in names), *self._more[rows, :2].T])

    def rows(
        self, store_ids: Iterable[str], product_ids: list[str], rows: Array, as_of: str, language: str
    ) -> list[dict[str, Any]]:
        """Suggestions at some rows as dictionaries with the keys of docs/contract.md, id and order cost.

        Args:
            store_ids: store of each row.
            product_ids: product of each row.
            rows: of the suggestions.
            as_of: their day, ISO.
            language: `zh` or `en`, of the reasons.
        """
        numbers = np.round(self._numbers[rows], 4).tolist()
        lots = [[None if isnan(part) else part for part in lot] for lot in np.round(self._more[rows], 4).tolist()]
        days = [[iso_day(day) for day in pair] for pair in self._days[rows].tolist()]
        reason = "reason_zh" if language == "zh" else "reason"
        texts = [self._texts[name].take(rows) for name in ("source", reason, "reason_code")]
        parts = zip(self._ids.take(rows), store_ids, product_ids, numbers, lots, days, *texts, strict=True)
        return [
            dict(
                zip(
                    _COLUMNS,
                    (name, store_id, product_id, as_of, *values, *lot, *when, *(text or None for text in words)),
                    strict=True,
                )
            )
            for name, store_id, product_id, values, lot, when, *words in parts
        ]
