"""Tables with a column per size: each cell is what was sold, or is there, of one size of the goods of its row."""

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, number_key, quoted, whole
from retail_brain.ingest.look.moment_key import write_moment
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.receipt_keys import write_shop
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.stock_day import ask_for_day_of_stock
from retail_brain.ingest.look.words import bare_name

_MARK: Final = (
    r"(?:size|sz|gr(?:osse|öße)?|taille|talla|taglia|maat|rozmiar|velikost|beden|ukuran"
    r"|размер|р|尺码|尺寸|サイズ|사이즈)"
)
_LETTERS: Final = r"(?:\d{0,2}x{0,4}[sl]|m|os|one_?size|u|tu|均码|フリー|free)"
_NUMBERS: Final = r"\d{1,3}(?:[.,]5|½)?(?:[-/]\d{1,3})?[a-h]?"
_SIZE: Final = re.compile(rf"{_MARK}?[_-]?(?:{_LETTERS})|{_MARK}[_-]?{_NUMBERS}|{_NUMBERS}")
"""A name of a column that may be a size, as a plain name: XL, 2XL, 38.5, 75B, Größe 40."""
_COLOUR: Final = re.compile(
    r"colou?r(?:_?(?:name|code))?|farbe|couleur|kleur|color|colore|cor|kolor|barva|szin|farg|farve|vari|renk|warna|mau(?:_sac)?"
    r"|цвет|колір|颜色|顔色|颜色名称|カラー|色|색상|컬러|สี|اللون|צבע|χρωμα"
)
"""A column with the colour of goods, as a plain name."""
_LEAST: Final = 3
"""Columns from which names may be sizes."""
_HOLDS: Final = 0.98
"""Share of the rows on which the sizes must make their total. By judgement."""


def matrix_of_sizes(sample: pl.DataFrame, found: Columns) -> Proposal | None:
    """The mapping of a table with a column per size; None for any other.

    Sizes are three columns or more with such names; numbers among these count where another column is their sum on
    every row, for days and hours are numbers too. Goods are the code (or name) of a row, its colour and the size.

    Args:
        sample: the first rows.
        found: roles of its columns.
    """
    roles = found.roles
    goods = roles.get("product") or roles.get("product_name")
    names = [name for name, seen in found.seen.items() if _is_size(name) and (seen.numbers or not seen.filled)]
    if goods is None or len(names) < _LEAST or {"receipt", "customer"} & roles.keys() or goods in names:
        return None
    total = _total(sample, found, names)
    if total is None and not any(re.search(_LETTERS, bare_name(name)) for name in names):
        return None
    is_stock = "on_hand" in roles or "moment" not in roles
    if is_stock and roles.get("on_hand") not in (total, None):
        return None
    made = Proposal("inventory" if is_stock else "daily_sales")
    ours = "on_hand" if is_stock else "units"
    if "store" in roles:
        made.columns["store_id"] = quoted(roles["store"])
    else:
        write_shop(made, sample, found)
    kinds = [goods, *(name for name in found.seen if _COLOUR.fullmatch(bare_name(name)))]
    made.columns["product_id"] = f'{{ columns = [{", ".join(map(quoted, kinds))}, "size"] }}'
    made.keys["wide"] = f'{{ names = "size", values = "{ours}", columns = {quoted(_pattern(names))} }}'
    says = f"a column per size: {', '.join(names)}; {', '.join(map(repr, kinds))} and the size name a product"
    made.remarks += [f"{says}, and blank cells give no row"]
    if total is not None:
        made.remarks.append(f"{total!r} is the sum of the sizes and is not counted once more")
    if "moment" in roles:
        write_moment(made, found)
    else:
        ask_for_day_of_stock(made)
    if not is_stock:
        _price(made, found, total)
    return made


def _is_size(name: str) -> bool:
    return _SIZE.fullmatch(bare_name(name)) is not None


def _pattern(names: Sequence[str]) -> str:
    return f"^(?:{'|'.join(re.escape(name) for name in names)})$"


def _total(sample: pl.DataFrame, found: Columns, names: Sequence[str]) -> str | None:
    """The column that is the sum of the sizes on every row; None without one."""
    both = pl.DataFrame([values(sample, found, name).fill_null(0).alias(name) for name in names]).sum_horizontal()
    others = (name for name, seen in found.seen.items() if name not in names and seen.numbers and seen.filled)
    return next((name for name in others if share(values(sample, found, name).fill_null(0) == both) > _HOLDS), None)


def _price(made: Proposal, found: Columns, total: str | None) -> None:
    """Writes the price of one: as it stands, or from the amount of all sizes and their total."""
    roles = found.roles
    if "amount" in roles and total is not None and roles["amount"] != total:
        per = f", per = {quoted(total)}"
        made.columns["unit_price"] = whole(number_key(made, found, roles["amount"], "unit_price", per))
        made.remarks.append(f"{roles['amount']!r} is the amount of all sizes: the price of one is its part")
    elif "price" in roles:
        made.columns["unit_price"] = number_key(made, found, roles["price"], "unit_price")
    else:
        made.remarks.append("no column tells the price of one")
