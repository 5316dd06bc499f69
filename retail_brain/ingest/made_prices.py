"""Makes the price of a unit and the discount of a line out of what a file has: amounts, prices of several, rates."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import polars as pl

from retail_brain.ingest.typing import typed
from retail_brain.sources import ColumnFormat
from retail_brain.sources.base import PER, Rate
from retail_brain.tables import Table

_NOT_READ = "per: the number of units that the price is of is not a number"
"""The reason of a row whose price is of unknown many units."""

_WHOLE: Final[Mapping[Rate, float]] = {
    "percent": 100.0, "share": 1.0, "percent_paid": 100.0, "share_paid": 1.0, "tenths_paid": 10.0,
}  # fmt: skip
"""Rate -> the whole price in it, which no rate is more than."""
_ROOM: Final = 1e-9
"""What binary fractions may add to a rate, as a share of the whole."""


class MadePrices:
    """Prices and discounts of one table, made batch by batch; counts rows with money that get none."""

    def __init__(self, table: Table, source: pl.Schema, formats: Mapping[str, ColumnFormat]) -> None:
        """Prepares the expressions.

        Args:
            table: what a good row is.
            source: columns and types of the source.
            formats: column -> how its text is written.
        """
        self._table = table
        self._price = formats.get("unit_price", ColumnFormat())
        has_rate = {"unit_price", "discount"} <= set(source)
        self._rate = formats.get("discount", ColumnFormat()).rate if has_rate else None
        self._has_per = self._price.per in source
        plain = replace(self._price, per=None, negate=False, hundredths=False)
        self.typed = [typed(PER, source[PER], pl.Float64(), plain).alias(PER)] if self._has_per else []
        self._of_none = 0
        self._of_free = 0
        self._of_paid = 0

    def test(self, raw: pl.DataFrame, shaped: pl.DataFrame) -> list[pl.Expr]:
        """The reason of each row whose number of units or rate cannot be; counts those with a price of no number."""
        return [*self._test_rate(shaped), *self._test_per(raw, shaped)]

    def _test_rate(self, shaped: pl.DataFrame) -> list[pl.Expr]:
        """The reason of each row with a rate of more than the whole, or with nothing paid beside a price before it."""
        if self._rate is None:
            return []
        whole = _WHOLE[self._rate]
        given = pl.col("discount").abs()
        is_nothing = given.eq(0) & pl.col("unit_price").fill_null(0.0).ne(0)
        tests = {f"discount: a rate ({self._rate}) of more than {whole:g}": given > whole * (1 + _ROOM)}
        if self._rate.endswith("_paid"):
            says = f"discount: 0 of {whole:g} paid beside a price: write {whole:g} or a blank where it is no discount"
            tests[says] = is_nothing
        found = {says: shaped.select(test.fill_null(value=False)).to_series() for says, test in tests.items()}
        return [pl.when(pl.lit(lost)).then(pl.lit(says)) for says, lost in found.items() if lost.any()]

    def _test_per(self, raw: pl.DataFrame, shaped: pl.DataFrame) -> list[pl.Expr]:
        if not self._has_per:
            return []
        lost = shaped[PER].is_null() & (raw[PER].cast(pl.String).str.strip_chars().fill_null("") != "")
        lacks = pl.col("unit_price").fill_null(0.0).ne(0) & pl.col(PER).fill_null(0.0).eq(0)
        lacks &= pl.col("units").fill_null(0.0).ne(0) if "units" in shaped.columns else pl.lit(value=True)
        self._of_none += int(shaped.filter(~lost).select(lacks.sum()).item())
        return [pl.when(pl.lit(lost)).then(pl.lit(_NOT_READ))] if lost.any() else []

    def make(self, shaped: pl.DataFrame) -> pl.DataFrame:
        """The rows with the price of a unit and the discount of the line in money."""
        if self._has_per:
            of_one = pl.col("unit_price") / pl.col(PER)
            shaped = shaped.with_columns(pl.when(pl.col(PER) != 0).then(of_one).alias("unit_price")).drop(PER)
        if self._rate is not None:
            shaped = shaped.with_columns(self._discount())
            unknown = pl.col("discount").is_infinite() | pl.col("discount").is_nan()
            is_free = pl.col("unit_price").fill_null(0.0).eq(0)
            self._of_free += int(shaped.select((unknown & is_free).sum()).item() or 0)
            self._of_paid += int(shaped.select((unknown & ~is_free).sum()).item() or 0)
            shaped = shaped.with_columns(pl.when(~unknown).then(pl.col("discount")).alias("discount"))
        if self._price.is_total or self._price.before_discount:
            per_unit = self._per_unit()
            if "unit_price" in self._table.optional:  # a day without units has no price, and is no mistake
                per_unit = pl.when(pl.col("units") != 0).then(per_unit)
            shaped = shaped.with_columns(per_unit)
        return shaped

    def notes(self) -> list[str]:
        """A sentence, in both languages, on rows with money and no price, and with a discount that has no money."""
        notes = []
        if self._of_none:
            notes.append(
                f"{self._of_none:,} rows of {self._table.name} have a price and no number of units that it is of "
                "(`per` is blank or 0): they have no price. Fill it in. "
                f"{self._table.name} 有 {self._of_none:,} 行有价格，但没有该价格对应的件数（`per` 为空或 0）："
                "这些行没有单价。请补上。"
            )
        if self._of_free:
            notes.append(
                f"{self._of_free:,} rows of {self._table.name} were given away whole (a discount of 100 %): what they "
                "cost before is not known, and their discount is blank. "
                f"{self._table.name} 有 {self._of_free:,} 行为全额折扣（100%）：原价未知，折扣金额留空。"
            )
        if self._of_paid:
            notes.append(
                f"{self._of_paid:,} rows of {self._table.name} have a discount of 100 % and a price above 0: their "
                "discount is blank. Where the price is that before the discount, say before_discount = true. "
                f"{self._table.name} 有 {self._of_paid:,} 行折扣为 100% 但价格不为 0：折扣金额留空。"
                "若价格为折前价，请写 before_discount = true。"
            )
        return notes

    def _amount(self) -> pl.Expr:
        """The amount of the line as the price says it."""
        return pl.col("unit_price") if self._price.is_total else pl.col("unit_price") * pl.col("units")

    def _discount(self) -> pl.Expr:
        """The money that a rate took off the line; of what was paid the rate is of more than it."""
        given = pl.col("discount").abs()
        off = {
            "percent": given / 100, "share": given, "percent_paid": 1 - given / 100, "share_paid": 1 - given,
            "tenths_paid": 1 - given / 10,
        }[self._rate or "percent"]  # fmt: skip
        of_amount = off if self._price.before_discount else pl.when(off == 0).then(0.0).otherwise(off / (1 - off))
        return (self._amount().abs() * of_amount).alias("discount")

    def _per_unit(self) -> pl.Expr:
        """The price of a unit from the amount of the line, or from a price before its discount.

        A discount counts as money off, whatever its sign; it has the sign of the units, so that returns get the price
        paid.
        """
        units, amount = pl.col("units"), self._amount()
        if self._price.before_discount:
            amount -= units.sign() * pl.col("discount").abs().fill_null(0.0)
        return (amount / units).alias("unit_price")
