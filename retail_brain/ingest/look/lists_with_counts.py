"""Recognises lists of goods that count what is there and say when each entry was made or changed: no sales of a day."""

import re
from dataclasses import replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.words import bare_name, role_scores

_CHANGED: Final = (
    r"created|released?(?:_|$)|updated|modified|changed|edited|added|launch|published|erstellt|angelegt|ge[aä]ndert|aktualisiert|aangemaakt"
    r"|gewijzigd|bijgewerkt|cree|modifi|mis_a_jour|ajout|creado|creacion|actualiz|criado|atualiz|creat|aggiorn|utworz"
    r"|dodan|zmian|modyfik|vytvor|zmen|создан|изменен|обновл|добавл|创建|更新|修改|上架|登録|作成|更新|등록|수정"
)
"""A word in the name of a day on which an entry was made or changed."""
_OF_ENTRY: Final = (
    r"(?:^|_)(?:url|image|img|photo|picture|thumbnail|weight|visib|slug|meta|tax_class|html|bild|foto|gewicht|poids|peso)"
    r"|图片|主图|链接|重量|画像|이미지|изображен|вес(?:_|$)"
)
"""A word in the name of a column of what goods are, which no line of a sale has: pictures, addresses, weights."""
_CREATED: Final = (
    r"created|added|launch|published|erstellt|angelegt|aangemaakt|cree|ajout|creado|creacion|criado|creat|utworz|dodan"
    r"|vytvor|создан|добавл|创建|建档|上架|登録|作成|등록"
)
"""A word in the name of the day on which goods were entered, which is no day of their stock."""
_OF_PRICES: Final = (
    r"(?:price|preis|prix|precio|preco|prezzo|prijs|cen[ay])_?(?:update|change|valid|effective|anderung|modif|actualiz|atualiz"
    r"|aggiorn|wijzig|zmian)|价格(?:更新|修改|变更)|価格(?:更新|変更)"
)
"""A word in the name of the day since which a price holds, on which nothing was sold."""
_PRICES: Final = {"price", "list_price", "unit_cost"}
"""Roles of prices, of which a list of goods has several and a count of stock one at most."""
_LEAST_DAYS: Final = 3
"""Days of entries at least: one day is that of the count, or of the export."""
_LEAST_GOODS: Final = 8
"""Goods below which each may have been sold once. By judgement."""


def without_days_of_entries(sample: pl.DataFrame, found: Columns) -> Columns:
    """The columns of a list of goods with their counts as stock, and without the days of its entries.

    Each row is another product, nobody bought, its only days are those on which entries were made or changed, and
    columns say what goods are; or they say several prices and stock, and the days are those of the first entry.

    Args:
        sample: the rows.
        found: roles of the columns; returned as they are where the file is no such list.
    """
    roles = found.roles
    day, code = roles.get("moment"), roles.get("product")
    counted = roles.get("units") or roles.get("on_hand")
    if day is None or code is None or counted is None or {"receipt", "time"} & roles.keys():
        return found
    if "customer" in roles and "customer" not in found.asked:
        return found
    days = [name for name, seen in found.seen.items() if seen.dates and seen.filled and not seen.numbers]
    are_of_prices = all(re.search(_OF_PRICES, bare_name(name)) for name in {day, *days})
    are_of_entries = are_of_prices or all(re.search(_CHANGED, bare_name(name)) for name in {day, *days})
    is_list = sample.height >= _LEAST_GOODS and found.seen[code].distinct == found.seen[code].filled == 1
    says_what_they_are = (
        are_of_prices
        or any(re.search(_OF_ENTRY, bare_name(name)) for name in found.seen)
        or (
            # goods with prices, stock and the day on which they were entered
            {"on_hand", "product_name"} <= roles.keys()
            and len(_PRICES & roles.keys()) > 1
            and not {"units", "amount"} & roles.keys()
            and all(re.search(_CREATED, bare_name(name)) for name in {day, *days})
        )
    )
    if not are_of_entries or not is_list or not says_what_they_are:
        return found
    of_sales = {"moment", "units", "amount", "discount", "status"} | found.asked
    kept = {role: name for role, name in roles.items() if role not in of_sales}
    is_stock = "on_hand" not in kept and not are_of_prices  # what a price is of, such as 1 or 100 g, is no stock
    kept |= {"on_hand": counted} if is_stock and role_scores(counted).get("units") else {}
    said = f"goods once each, with {days or [day]} of their entries: a list of goods, not sales"
    said += f"; {kept['on_hand']!r} is their stock" if "on_hand" in kept else ""
    return replace(found, roles=kept, remarks=(*found.remarks, said), asked=frozenset())


def is_of_entries(sample: pl.DataFrame, found: Columns, day: str, *, is_sold: bool) -> bool:
    """Whether rows are goods once each, by any of their codes, and their only days are those of entering them.

    Args:
        sample: the rows.
        found: roles of the columns.
        day: the column that may be of the day of a sale.
        is_sold: whether something may have been sold as well; then days of changes are no days of stock either.
    """
    days = [name for name, seen in found.seen.items() if seen.dates and seen.filled and not seen.numbers]
    words = _CHANGED if is_sold else _CREATED
    are_of_entries = all(re.search(words, bare_name(name)) for name in {day, *days})
    codes = found.all_of("product")
    is_list = any(found.seen[code].distinct == found.seen[code].filled == 1 for code in codes)
    is_list = is_list and sample.height >= _LEAST_GOODS
    return are_of_entries and is_list and days_of(sample[day], found.seen[day]).n_unique() >= _LEAST_DAYS
