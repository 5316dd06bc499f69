"""Stock that stands several times in a shop, once in each of its storage places: both together are the place."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_roles import NO_SHOPS

_OFTEN: Final = 0.02
"""Share of the rows whose goods have another row in the same place from which places are finer. By judgement."""
_ONCE: Final = 0.99
"""Share of the rows that the finer place must tell apart."""
_MOST: Final = 60
"""Places of a shop at most. By judgement: lots and serial numbers are more."""


def ask_for_finer_places(made: Proposal, rows: pl.DataFrame, found: Columns) -> None:
    """Writes the place of stock with the column of storage places beside it, and asks whether these are apart.

    Rows of the same goods in a shop would else be one key, of which a row alone counts.

    Args:
        made: the proposal of `inventory`, changed in place.
        rows: the rows.
        found: roles of the columns.
    """
    roles = found.roles
    goods = roles.get("product") or roles.get("product_name")
    store = roles.get("store")
    if goods is None or store is None or made.columns.get("store_id") != quoted(store):
        return
    key = [goods, store, *([roles["moment"]] if "moment" in roles else [])]
    if share(rows.select(key).is_duplicated()) <= _OFTEN:
        return
    finer = next((name for name in found.seen if _tells_apart(rows, found, key, name)), None)
    if finer is None:
        return
    made.columns["store_id"] = f"{{ columns = [{quoted(store)}, {quoted(finer)}] }}"
    made.questions.append(
        f"goods stand several times in a {store!r}, once in each {finer!r} (such as "
        f"{', '.join(found.seen[finer].examples[:3])}): are these places of their own, as written below? If all are "
        f"the stock of one {store!r}, add their rows up in the file and write {quoted(store)} for store_id"
    )


def _tells_apart(rows: pl.DataFrame, found: Columns, key: list[str], name: str) -> bool:
    """Whether a free column of few codes or words, on every row, tells apart the rows of goods in a shop."""
    seen, texts = found.seen[name], rows[name].cast(pl.String)
    if name in found.roles.values() or seen.filled < 1 or seen.dates or not 2 <= texts.n_unique() <= _MOST:
        return False
    is_code = bool(texts.str.contains(r"^0\d+$").any()) or not seen.numbers
    if not is_code or re.search(NO_SHOPS, bare_name(name)):
        return False
    return share(~rows.select(*key, name).is_duplicated()) >= _ONCE
