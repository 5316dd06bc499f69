"""One sentence of a reason, written for the rows that it is true of, and numbers as sentences write them."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Sentence:
    """A sentence for the rows where `when` is true; `{}` are filled with `values` in order, pairs by language."""

    when: pl.Expr
    en: str
    zh: str
    values: tuple[pl.Expr | tuple[pl.Expr, pl.Expr], ...] = ()

    def expression(self, language: str) -> pl.Expr:
        """The sentence in a language, empty where `when` is false."""
        place = ("en", "zh").index(language)
        values = [value[place] if isinstance(value, tuple) else value for value in self.values]
        text = (
            pl.format(self.en if language == "en" else self.zh, *values)
            if self.values
            else pl.lit(self.en if language == "en" else self.zh)
        )
        return pl.when(self.when).then(text).otherwise(pl.lit(""))


def number(name: str) -> pl.Expr:
    """A quantity as people write it: one decimal, none where whole."""
    value = pl.col(name).round(1)
    is_whole = value == value.round(0)
    return pl.when(is_whole).then(value.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(value.cast(pl.String))


def percent(name: str) -> pl.Expr:
    """A share in per cent, at most 99.9: a share of sample paths is never certain."""
    return pl.min_horizontal((pl.col(name) * 100).round(1), pl.lit(99.9)).cast(pl.String) + "%"
