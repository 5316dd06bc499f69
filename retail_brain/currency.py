"""Says how amounts of a chain's money are written, wherever a person reads them: with which sign and digits."""

from dataclasses import dataclass

import polars as pl

_WHOLE_FROM = 1000.0
"""Money from which digits after the point say nothing to a reader. Chosen by judgement, not measured."""
_USUAL_DIGITS = 2
"""Digits after the point of most currencies (ISO 4217), and of signs that several currencies share."""
_DIGITS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF ₩ ₫ 円".split(), 0),  # noqa: SIM905
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),  # noqa: SIM905
}
"""Digits after the point by code of ISO 4217 or a sign that is no other currency's, where they are not two."""
_SIGNS = {
    "CNY": "¥", "RMB": "¥", "JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "INR": "₹", "KRW": "₩", "TRY": "₺",
    "PLN": "zł", "CZK": "Kč", "BRL": "R$", "MXN": "MX$", "CAD": "CA$", "AUD": "A$", "NZD": "NZ$", "HKD": "HK$",
    "SGD": "S$", "TWD": "NT$", "THB": "฿", "VND": "₫", "IDR": "Rp", "PHP": "₱", "UAH": "₴", "ILS": "₪",
}  # fmt: skip
"""Sign by code of ISO 4217; other codes stand for themselves."""


@dataclass(frozen=True)
class Currency:
    """How money is written.

    Attributes:
        sign: what stands before an amount, with its space where it ends in a letter; empty where nobody named one.
        digits: after the point, of amounts below 1,000; larger ones are whole.
    """

    sign: str = ""
    digits: int = _USUAL_DIGITS

    @classmethod
    def of(cls, named: str, country_code: str | None = None) -> "Currency":
        r"""The currency of a sign or a code of ISO 4217.

        Args:
            named: as settings or answers name it.
            country_code: code of the currency of the chain's country, where its sign is `named`: ¥ are yen in Japan.

        >>> Currency.of("¥"), Currency.of("¥", "JPY"), Currency.of("KWD")
        (Currency(sign='¥', digits=2), Currency(sign='¥', digits=0), Currency(sign='KWD\xa0', digits=3))
        """
        name = named.strip()
        is_of_country = country_code is not None and _SIGNS.get(country_code, country_code) == name
        digits = _DIGITS.get(name, _DIGITS.get(country_code or "", _USUAL_DIGITS) if is_of_country else _USUAL_DIGITS)
        sign = _SIGNS.get(name, name)
        return cls(sign + "\u00a0" if sign[-1:].isalpha() else sign, digits)

    def text(self, value: float, digits: int | None = None) -> str:
        """An amount as people write it.

        Args:
            value: money.
            digits: after the point; None = what the amount asks for.

        >>> Currency("¥").text(12.5), Currency("¥").text(-1234.5), Currency("¥", 0).text(12.5, None)
        ('¥12.50', '−¥1,234', '¥12')
        """
        places = (0 if abs(value) >= _WHOLE_FROM else self.digits) if digits is None else digits
        amount = f"{abs(value):,.{places}f}"
        is_below = value < 0 and amount.strip("0.,") != ""
        return f"{'−' if is_below else ''}{self.sign}{amount}"

    def exact(self, value: float) -> str:
        """A price or a limit, with the digits of the currency however large it is: 1,299 is not the price of 1,299.20.

        >>> Currency("¥").exact(1299.2)
        '¥1,299.20'
        """
        return self.text(value, self.digits)

    def expression(self, name: str) -> pl.Expr:
        """The amounts of a column as texts; null where they are not known."""
        return pl.col(name).map_batches(self._texts, return_dtype=pl.String)

    def at_least(self, name: str) -> tuple[pl.Expr, pl.Expr]:
        """The amounts of a column that is never nothing, in English and Chinese: a loss of "¥0" would be none."""
        least = 10.0**-self.digits
        is_less = (pl.col(name).abs() > 0) & (pl.col(name).abs() < least / 2)
        own = self.expression(name)
        words = (f"less than {self.exact(least)}", f"不到{self.exact(least)}")
        english, chinese = (pl.when(is_less).then(pl.lit(word)).otherwise(own) for word in words)
        return english, chinese

    def _texts(self, amounts: pl.Series) -> pl.Series:
        texts = [None if value is None else self.text(value) for value in amounts.cast(pl.Float64).to_list()]
        return pl.Series(amounts.name, texts, dtype=pl.String)


UNNAMED = Currency()
"""Of callers that name no currency: amounts without a sign."""
