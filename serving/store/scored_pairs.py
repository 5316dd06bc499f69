"""Scored customer x product pairs with two indexes: products of a customer, customers of a product."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from retail_brain.decisions.arrays import NO_DAY
from retail_brain.decisions.offers import KINDS
from serving.planning.people.reasons import code_alone, code_of_earlier
from serving.store.arrays import Array, ColumnWriter, RowWriter, map_array, open_rows
from serving.store.pair_orders import write_order
from serving.store.texts import Texts, write_texts
from training.recommender.due_model import PROBABILITIES

_LANGUAGES = ("en", "zh")
_REASON_CODES = "pairs.reasons.codes"
"""File of the codes, with their details, of the sentences; sets of older versions have none."""


def write_pairs(
    folder: Path,
    blocks: Iterable[pl.DataFrame],
    customers: Mapping[str, int],
    products: Mapping[str, int],
    words: Mapping[str, Callable[[str], str]],
) -> int:
    """Writes the pairs block by block and both indexes; returns the number of pairs.

    Args:
        folder: the answers being written.
        blocks: frames with `customer_id`, `product_id`, `probability`, `kind`, `due_on`, `reason` (a code), `gap_days`
            and the PROBABILITIES within 7, 14 and 28 days (null where the product is new to the customer).
        customers: position of each customer.
        products: position of each product.
        words: language -> function from a reason code to a sentence.
    """
    reasons: dict[str, int] = {}
    owner_path, product_path = folder / "pairs.owner.npy", folder / "pairs.product.npy"
    with (
        ColumnWriter(owner_path, np.int32) as owner,
        ColumnWriter(product_path, np.int32) as product,
        RowWriter(folder / "pairs.probability.arrow", np.float32) as probability,
        RowWriter(folder / "pairs.codes.arrow", np.int32, (4,)) as codes,
        RowWriter(folder / "pairs.within.arrow", np.float32, (len(PROBABILITIES),)) as within,
    ):
        for block in blocks:
            owner.append(_codes(block["customer_id"], customers))
            product.append(_codes(block["product_id"], products))
            probability.append(block["probability"].to_numpy())
            codes.append(_block_codes(block, reasons))
            within.append(block.select(pl.col(PROBABILITIES).fill_null(float("nan"))).to_numpy())
    # Two orders of row numbers instead of two copies of the pairs: a pair is stored once, as the model wrote it. What
    # was written is read again: hundreds of millions of pairs would not fit into memory.
    chance = open_rows(folder, "pairs.probability")
    write_order(folder, "customer", map_array(owner_path), chance, len(customers))
    write_order(folder, "product", map_array(product_path), chance, len(products))
    write_texts(folder, _REASON_CODES, reasons)
    for language, in_words in words.items():
        write_texts(folder, f"pairs.reasons.{language}", [in_words(code) for code in reasons])
    return owner.rows


def _codes(column: pl.Series, codes: Mapping[str, int]) -> Array:
    # Through a join of the distinct texts: a look-up per row would build a Python string for each of millions.
    distinct = column.unique()
    table = pl.DataFrame(
        {"id": distinct, "row": [codes[text] for text in distinct]}, schema={"id": pl.String, "row": pl.Int32}
    )
    return column.to_frame("id").join(table, on="id", how="left", maintain_order="left")["row"].to_numpy()


def _block_codes(block: pl.DataFrame, reasons: dict[str, int]) -> Array:
    kind = block["kind"].replace_strict(list(KINDS), [0, 1], return_dtype=pl.Int32)
    due = block["due_on"].cast(pl.Int32).fill_null(NO_DAY)
    texts = block["reason"].fill_null("")
    # in order of appearance, so that the same pairs give the same file
    for text in texts.unique(maintain_order=True):
        reasons.setdefault(text, len(reasons))
    return np.column_stack([kind.to_numpy(), due.to_numpy(), _codes(texts, reasons), block["gap_days"].to_numpy()])


class ScoredPairs:
    """Rows of the pairs by customer and by product, most probable first.

    Attributes:
        codes: per row, position in KINDS, due day (since 1970-01-01, or NO_DAY), reason, and gap in days.
        within: per row, the probabilities within 7, 14 and 28 days, NaN where the product is new to the customer.
    """

    def __init__(self, folder: Path) -> None:
        """Maps the files of `write_pairs`."""
        self.product = map_array(folder / "pairs.product.npy")
        self.customer = map_array(folder / "pairs.owner.npy")
        self.probability = open_rows(folder, "pairs.probability")
        self.codes = open_rows(folder, "pairs.codes")
        self.within = open_rows(folder, "pairs.within")
        has_codes = (folder / f"{_REASON_CODES}.arrow").exists()
        self._reason_codes = Texts.open(folder, _REASON_CODES) if has_codes else None
        self._reasons = {language: Texts.open(folder, f"pairs.reasons.{language}") for language in _LANGUAGES}
        self._orders = {side: map_array(folder / f"pairs.by_{side}.npy") for side in ("customer", "product")}
        self._starts = {side: map_array(folder / f"pairs.{side}_starts.npy") for side in ("customer", "product")}

    def __len__(self) -> int:
        return len(self.product)

    def every_row(self) -> Array:
        """Rows of all pairs."""
        return np.arange(len(self))

    def of_customer(self, customer: int) -> Array:
        """Rows of a customer's pairs."""
        return self._of("customer", customer)

    def of_product(self, product: int) -> Array:
        """Rows of a product's pairs."""
        return self._of("product", product)

    def reasons(self, rows: Array, language: str) -> list[str]:
        """Reasons of some rows as sentences in `en` or `zh`."""
        return self._reasons[language].take(self.codes[rows][:, 2])

    def reason_series(self, rows: Array, language: str) -> pl.Series:
        """The same as a column."""
        return self._reasons[language].series.gather(self.codes[rows][:, 2])

    @cached_property
    def every_reason_code(self) -> list[str | None]:
        """Every code with its detail, such as `every_days:12`, by its position in the third of `codes`.

        Sets of older versions hold sentences alone: their codes are read from the English ones, and are None where the
        sentence is of a candidate source of another package.
        """
        published = self._reason_codes
        if published is None:
            texts = self._reasons["en"]
            return [code_of_earlier(text) for text in texts.take(np.arange(len(texts)))]
        return [code or None for code in published.take(np.arange(len(published)))]

    def reason_codes(self, rows: Array) -> list[str | None]:
        """Codes of the reasons of some rows, without their details, see `every_reason_code`."""
        alone = self._codes_alone
        return [alone[place] for place in self.codes[rows][:, 2].tolist()]

    def reason_code_series(self, rows: Array) -> pl.Series:
        """The same as a column."""
        return pl.Series(self._codes_alone, dtype=pl.String).gather(self.codes[rows][:, 2])

    @cached_property
    def _codes_alone(self) -> list[str | None]:
        return [code_alone(code) for code in self.every_reason_code]

    def _of(self, side: str, row: int) -> Array:
        starts = self._starts[side]
        return self._orders[side][starts[row] : starts[row + 1]]
