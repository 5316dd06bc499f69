"""Recognises orders to suppliers: purchases are never sales, and what is on its way feeds `open_orders`.

Their shape, whatever system they come from: a supplier and no customer, and beside what was ordered what was received
of it, or the day on which it is expected.

Languages in the order: English, German, Dutch, French, Spanish and Portuguese, Italian, Polish and Czech, Russian and
Ukrainian, Romanian, Hungarian, Turkish, Nordic, Finnish, Vietnamese, Indonesian, Chinese, Japanese, Korean.
"""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, date_key, number_key, quoted
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.state_columns import State
from retail_brain.ingest.look.words import bare_name, role_scores
from retail_brain.ingest.look.words_of_states import CANCELLED, STATE_NAME

SUPPLIER: Final = (
    r"vendor|supplier|lieferant|kreditor|crediteur|creditor|leverancier|fournisseur|proveedor|fornecedor|fornitore|dostawc|dodavatel|поставщик"
    r"|постачальник|furnizor|beszallito|tedarikci|leverantor|leverandor|toimittaja|nha_cung_cap|pemasok|مورد|ספק"
    r"|供应商|供貨商|供应厂|供货|仕入先|発注先|공급처|공급업체|매입처"
)
"""A word in the name of a column of who goods are ordered from."""
_RECEIVED: Final = (
    r"receiv|geliefert|eingegangen|erhalten|ontvangen|(?:^|_)recu|livre|recibid|recebid|ricevut|przyjet|otrzyman|prijat"
    r"|получен|принят|отриман|primit|beerkezett|teslim_alin|mottag|modtag|vastaanot|da_nhan|diterima|已收|到货|入库|收货"
    r"|入荷済|入荷数|入庫|납품|입고|(?<!un)delivered|geleverd|angeliefert|dostarczon|zrealizowan|doruc|dodan[oy]|entregad|consegnat"
    r"|livrat|szallitott|leverer[ae]t|toimitettu|доставлен|поставлен|исполнен"
)
"""A word in the name of a column of what came in."""
_EXPECTED: Final = (
    r"expected|(?:^|_)due|(?:^|_)eta(?:_|$)|promised|planned|arriv|lieferdatum|liefertermin|leverdatum|levering|livraison"
    r"|entrega|llegada|consegna|dostaw|dodani|поставк|доставк|прибыт|livrare|szallitas|teslim|leverans|toimitus|giao_hang"
    r"|pengiriman|预计|交货|要求到货|到货日|納期|入荷予定|입고예정|납기"
)
"""A word in the name of a column of the day on which goods are to come."""
PURCHASE: Final = (
    r"purchase|(?:^|_)po(?:_|$)|bestell|einkauf|inkoop|achat|compra|acquist|zakup|nakup|nakoup|закуп|achizit|beszerz"
    r"|satin_alma|inkop|indkob|innkjop|osto|mua_hang|pembelian|采购|订货|進貨|进货|発注|仕入|발주|구매|매입"
)
"""A word in the names or states of orders to suppliers."""
_PLACE: Final = (
    r"(?:deliver|ship|receive|send)_?(?:to|at)|destination|lieferort|lieferadresse|bestemming|destino|destinazione"
    r"|收货(?:仓|门店|地)|入库仓库|到货仓|納入先|納品先"
)
"""A word in the name of a column of the shop or warehouse that orders are brought to."""
_NOT_ORDERED: Final = (
    r"(?:\brfq\b|request for quot|quotation|\bquote|to approve|anfrage|angebot|offerte|devis|cotizaci|presupuesto"
    r"|cota[cç]|preventiv|zapytani|popt[aá]v|запрос|запит|förfrågan|tarjouspyynt|báo giá|询价|询盘|待审|見積|견적)"
)
"""States of orders that were not placed yet."""
_SUFFIX: Final = r"^.+?(: [^:]+)$"
"""What stands behind the name of a warehouse, such as the kind of its papers."""

_LEFT: Final = (
    r"outstanding|remaining|backorder|(?:^|_)open_|to_receive|to_come|offen|noch_zu|restmenge|openstaand|(?:^|_)reste|pendient"
    r"|residu|pozosta|zbyva|остал|осталось|kalan|未交|未到|未入|在途|残数|残量|잔량"
)
"""A word in the name of a column of units that have still to come."""
_CALLED: Final = 0.1
"""Score of a column that is called a purchase and nothing else, such as `PO`: below any name of numbers."""


def purchases(sample: pl.DataFrame, found: Columns) -> Proposal | None:
    """The mapping of orders to suppliers; None for any other file.

    Without a day of arrival, goods or units they feed no table, and are not read as sales either; that is said.

    Args:
        sample: the first rows.
        found: roles of its columns.
    """
    names = {name: bare_name(name) for name, seen in found.seen.items() if seen.filled}
    received = _counted(found, names, _RECEIVED)
    due = next((name for name, bare in names.items() if re.search(_EXPECTED, bare) and found.seen[name].dates), None)
    if not _is_purchase(sample, found, names, received=received, due=due):
        return None
    product = found.roles.get("product") or found.roles.get("product_name")
    units = _ordered(found, names, received) or _counted(found, names, _LEFT)
    if product is None or units is None or due is None:
        lacks = [what for what, name in (("goods", product), ("units", units), ("day of arrival", due)) if name is None]
        said = f"these are purchases from suppliers and no sales; without {' and '.join(lacks)} they feed no table"
        return Proposal(remarks=[said])
    made = Proposal(table="open_orders")
    made.remarks.append("purchases from suppliers are no sales: what is ordered and has not come feeds open_orders")
    store = found.roles.get("store") or next((name for name, bare in names.items() if re.search(_PLACE, bare)), None)
    _write_place(made, sample, store)
    made.columns["product_id"] = quoted(product)
    made.columns["due_on"] = date_key(made, found, due)
    made.columns["units"] = number_key(made, found, units, "units")
    is_left = re.search(_LEFT, names[units].rpartition("/")[2]) is not None  # what came in is off already
    if received is not None and not is_left:
        made.columns["received_units"] = number_key(made, found, received, "received_units")
    elif (left := units if is_left else _counted(found, names, _LEFT)) is not None:
        made.columns["units"] = number_key(made, found, left, "units")
        made.remarks.append(f"{left!r} has still to come: it is taken for what is on order, and nothing of it came in")
    else:
        made.questions.append("no column says what came in: is every order of this file still on its way?")
    order = _number_of_order(found, names, (product, due, units, store))
    if order is not None:
        made.columns["order_id"] = quoted(order)
    states = _leave_out_what_was_not_ordered(made, sample, found, names)
    used = [name for name in (order, store, due, *states) if name is not None]
    _fill_down(made, sample, order, used)
    return made


def _is_purchase(
    sample: pl.DataFrame, found: Columns, names: dict[str, str], *, received: str | None, due: str | None
) -> bool:
    """Whether rows have a supplier and no buyer, and what came in or will come of what was ordered."""
    if "customer" in found.roles and "customer" not in found.asked:
        return False
    if not any(re.search(SUPPLIER, bare) for bare in names.values()):
        return False
    if "on_hand" in found.roles:
        return False  # a ledger of stock has what came in as well
    texts = [name for name, bare in names.items() if re.search(STATE_NAME, bare)]
    words = [*names.values(), *(str(value).lower() for name in texts for value in sample[name].drop_nulls().unique())]
    if received is not None and (due is not None or found.roles.get("units") == received):
        return True
    return (received or due) is not None and any(re.search(PURCHASE, word) for word in words)


def _counted(found: Columns, names: dict[str, str], pattern: str) -> str | None:
    """The column of units whose name has a word of a pattern; money, such as `Amount received`, is none."""
    for name, bare in names.items():
        roles = role_scores(name).keys()
        if found.seen[name].numbers and not roles & {"price", "amount"} and re.search(pattern, bare.rpartition("/")[2]):
            return name
    return None


def _ordered(found: Columns, names: dict[str, str], received: str | None) -> str | None:
    """The column of units that were ordered: neither those that came nor those that were billed or are left."""
    others = rf"{_RECEIVED}|bill|invoic|rechn|factur|fattur|fakt|open|remain|outstanding|rest|offen|未|残|잔"
    scores = {
        name: max(role_scores(name).get(role, 0.0) for role in ("units", "on_order"))
        for name, bare in names.items()
        if name != received and found.seen[name].numbers and not re.search(others, bare.rpartition("/")[2])
    }
    best = max(scores, key=lambda name: scores[name], default=None)
    return best if best is not None and scores[best] else found.roles.get("units")


def _number_of_order(found: Columns, names: dict[str, str], taken: tuple[str | None, ...]) -> str | None:
    scores = {
        name: role_scores(name).get("receipt", 0.0) or _CALLED * bool(re.search(PURCHASE, bare))
        for name, bare in names.items()
        if name not in taken and not re.search(rf"{SUPPLIER}|{STATE_NAME}", bare) and not found.seen[name].dates
    }
    best = max(scores, key=lambda name: scores[name], default=None)
    return best if best is not None and scores[best] else None


def _write_place(made: Proposal, sample: pl.DataFrame, store: str | None) -> None:
    """Where goods are brought: a shop or warehouse, without what stands behind all their names."""
    if store is None:
        made.columns["store_id"] = '{ constant = "1" }'
        made.remarks.append("no column names where goods are brought: all belong to shop 1 (change the constant)")
        return
    ends = sample[store].cast(pl.String).drop_nulls().str.extract(_SUFFIX).unique()
    made.columns["store_id"] = quoted(store)
    if len(ends) == 1 and ends[0] is not None:
        made.columns["store_id"] = f"{{ column = {quoted(store)}, pattern = {quoted(f'^(.+){_escaped(ends[0])}$')} }}"
        made.remarks.append(f"{ends[0]!r} stands behind all names in {store!r} and is left out")


def _leave_out_what_was_not_ordered(
    made: Proposal, sample: pl.DataFrame, found: Columns, names: dict[str, str]
) -> list[str]:
    """Writes `where` for orders that were cancelled or never placed; the columns that it reads."""
    conditions, read = [], []
    for name, bare in names.items():
        if not re.search(STATE_NAME, bare.rpartition("/")[2]):
            continue
        state = State(sample, found, name)
        out = state.which(rf"{CANCELLED}|{_NOT_ORDERED}")
        if not out:
            continue
        conditions.append(state.without(out))
        read.append(name)
        kept = [kind for kind in state.kinds if kind not in out]
        made.remarks.append(f"{name!r}: rows of {out} were not ordered and are left out; {kept} were and stay")
    if conditions:
        made.keys["where"] = "'''" + " AND ".join(f"({one})" for one in conditions) + "'''"
    return read


def _fill_down(made: Proposal, sample: pl.DataFrame, order: str | None, used: list[str]) -> None:
    """Fills down what stands on the first line of an order alone."""
    if order is None or not sample[order].null_count() or sample[order][0] is None:
        return
    begins = sample[order].is_not_null()
    first = [name for name in used if share(sample[name].is_not_null() & ~begins) == 0]
    made.keys["fill_down"] = f"[{', '.join(map(quoted, dict.fromkeys(first)))}]"
    made.remarks.append(f"{first} stand on the first line of an order alone: filled down within it")


def _escaped(text: str) -> str:
    """A text as a regular expression that says the same; blanks stay as they are."""
    return re.escape(text).replace("\\ ", " ")
