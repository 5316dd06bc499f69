"""Recognises consents, promotions, prices with days, assortment and terms of supply by names and values of columns."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.calendar_of_events import calendar_of_events
from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.consent_files import consents_of_rows
from retail_brain.ingest.look.draft import Proposal, date_key, number_key, quoted
from retail_brain.ingest.look.offers import promotions_by_days, with_lowered_price
from retail_brain.ingest.look.prices_of_some import ask_for_prices_of_some
from retail_brain.ingest.look.promotions_of_goods import PROMOTED, promotions_of_goods
from retail_brain.ingest.look.purchases import SUPPLIER
from retail_brain.ingest.look.validity import validity_of, write_validity
from retail_brain.ingest.look.words import bare_name

_FROM: Final = (
    r"(?:.*_)?(?:from|since|start|start_date|starts_on|begin|ab|von|gueltig_ab|gultig_ab|van|vanaf|desde|inicio|dal|da"
    r"|du|od)|.*(?:开始|上架|起).*"
)
_UNTIL: Final = (
    r"(?:.*_)?(?:until|to|end|end_date|ends_on|till|bis|gueltig_bis|gultig_bis|tot|t/m|hasta|ate|fin|al|au|do)"
    r"|.*(?:结束|下架|止|截止).*"
)
_LEAD_TIME: Final = (
    r"(?:.*_)?(?:(?:lead|delivery)_?time|lieferzeit|lieferfrist|delai|levertijd|leveringstid|leveranstid|toimitusaika"
    r"|(?:czas|termin)_(?:dostawy|realizacji)|dodaci_lhuta|dodacia_lehota|szallitasi_ido|termen_(?:de_)?livrare"
    r"|(?:plazo|tiempo)_(?:de_)?entrega|prazo_(?:de_)?entrega|tempo_di_consegna|tempi_di_consegna|(?:teslim|tedarik)_suresi"
    r"|срок_(?:поставки|доставки)|(?:строк|термін)_поставки|thoi_gian_giao_hang|waktu_(?:tunggu|pengiriman))"
    r"(?:_livraison)?(?:_?(?:in_|en_|em_|w_|v_|в_)?(?:days|tage|tagen|jours|dagen|dni|dnech|dny|dnu|dias|giorni|gun|zile|nap|dager|dage"
    r"|dagar|paivaa|днях|дней|дн|ngay|hari))?|.*(?:提前期|交货期|到货天数|リードタイム|納期日数|리드_?타임|납기일수).*"
)
_REVIEW: Final = (
    r"(?:.*_)?(?:review_?period|order(?:ing)?_?cycle|bestell(?:rhythmus|zyklus|intervall)|bestelcyclus|cykl_zamowien(?:ia)?"
    r"|cyklus_objednavek|objednaci_cyklus|rendelesi_ciklus|ciclo_(?:de_|di_)?(?:pedidos?|ordini|ordine|compra)|cycle_(?:de_)?commande"
    r"|siparis_(?:dongusu|periyodu)|(?:цикл|период)_заказ(?:а|ов)|цикл_замовлення|bestillingssyklus|bestallningscykel)"
    r"(?:_?(?:in_|en_|em_|w_|v_|в_)?(?:days|tage|tagen|jours|dagen|dni|dnech|dny|dias|giorni|gun|zile|nap|днях|дней|дн))?"
    r"|.*(?:订货周期|発注(?:周期|サイクル)|발주_?주기).*"
)
_TERMS: Final = {
    "supplier_id": (
        rf"(?:[^_]+_)?(?:{SUPPLIER})[^_]*(?:_(?:id|no|nr|num|number|code|kod|codigo|codice))?"
        r"|(?:供应商|仕入先)(?:编码|编号|代码|コード)?"
    ),
    "case_pack": (
        r"case_?(?:pack|size)|pack_?size|units_per_(?:case|pack|carton)|(?:verpackungs|gebinde)(?:einheit|grosse|menge)|ve"
        r"|opakowanie_(?:zbiorcze|handlowe)|ilosc_w_opakowaniu|colisage|pcb|unidades_por_(?:caja|caixa)|pezzi_per_(?:cartone|collo)"
        r"|doos(?:inhoud|grootte)|ks_v_(?:baleni|kartonu)|kartong?storlek|koli_ici|(?:кратность|штук)_(?:упаковки|в_упаковке)"
        r"|箱规|包装数|装箱数|入数|입수"
    ),
    "min_order_quantity": (
        r"moq|min(?:imum|imal|imalne|imalni)?_?(?:order)?_?(?:qty|quantity)|mindest(?:bestell)?menge|minimum_zamowienia"
        r"|(?:ilosc_)?minimaln[ae]_(?:zamowienie|ilosc)|quantite_minimale?(?:_de_commande)?|(?:cantidad|pedido)_minim[oa]"
        r"|(?:quantidade|pedido)_minim[oa]|quantita_minima|ordine_minimo|minimale_bestelhoeveelheid|minimalni_odber"
        r"|минимальн(?:ый|ая)_(?:заказ|партия)|(?:最小|最低)(?:起订量|订货量|発注数)|起订量|최소_?주문_?수량"
    ),
}
"""Further columns of `supply` -> plain names of them; each is of units, but the code of who supplies."""
_CHANGES, _LEAST_CHANGES = 0.9, 3
"""Share of the rows of a product that bring another price, and such rows, from which a file is of changes of prices.
By judgement: sales of a product repeat its price."""


def relation(sample: pl.DataFrame, found: Columns) -> Proposal | None:
    """The mapping of consents, promotions, prices with days, an assortment or terms of supply; None for any other file.

    Args:
        sample: the first rows.
        found: roles of its columns.
    """
    roles = found.roles
    if {"receipt", "units", "on_hand"} & roles.keys():
        return None
    if (days := calendar_of_events(found)) is not None:
        return days
    if "customer" in roles and not {"product", "product_name"} & roles.keys():
        return consents_of_rows(sample, found)
    if "product" in roles:
        promoted = with_lowered_price(promotions_of_goods(sample, found), sample, found)
        promoted = promoted or promotions_by_days(sample, found)
        if (priced := promoted or _prices(sample, found)) is not None:
            return priced
    if {"store", "product"} <= roles.keys() and _is_key(sample, roles["store"], roles["product"]):
        return _supply(found) or _assortment(found)
    return None


def _is_key(sample: pl.DataFrame, *names: str) -> bool:
    return not sample.select(names).is_duplicated().any()


def _named(found: Columns, pattern: str) -> str | None:
    return next((name for name in found.seen if re.fullmatch(pattern, bare_name(name))), None)


def _prices(sample: pl.DataFrame, found: Columns) -> Proposal | None:
    """Prices of goods from day to day; None for a list of goods, lines of sales and prices of a promotion."""
    validity = validity_of(sample, found)
    begins, ends = validity or (_named(found, _FROM), _named(found, _UNTIL))
    price = found.roles.get("price") or found.roles.get("list_price")
    if price is None or {"amount", "time"} & found.roles.keys():
        return None
    if validity is None and "customer" in found.roles:
        return None  # beside a first and a last day it is whom a price is for
    if begins is None or ends is None:
        return _prices_from_days(sample, found, price)
    keys = [found.roles[role] for role in ("store", "product") if role in found.roles]
    is_catalogue = "product_name" in found.roles and _is_key(sample, *keys)
    dated = all(found.seen[name].dates for name in (begins, ends))
    if not dated or is_catalogue or any(re.search(PROMOTED, bare_name(name)) for name in found.seen):
        return None
    made = Proposal(table="prices")
    if "store" in found.roles:
        made.columns["store_id"] = quoted(found.roles["store"])
    made.columns["product_id"] = quoted(found.roles["product"])
    write_validity(made, sample, found, (begins, ends), "price")
    made.columns["unit_price"] = number_key(made, found, price, "unit_price")
    ask_for_prices_of_some(made, sample, found, (begins, ends, price))
    return made


def _prices_from_days(sample: pl.DataFrame, found: Columns, price: str) -> Proposal | None:
    """Prices that hold from a day on until the next: goods come again on another day, each time at another price."""
    dated = [name for name, seen in found.seen.items() if seen.dates and not seen.numbers]
    keys = [found.roles[role] for role in ("store", "product") if role in found.roles]
    if len(dated) != 1 or not found.seen[price].numbers or found.seen[dated[0]].has_time:
        return None
    if sample[dated[0]].null_count() or not _is_key(sample, *keys, dated[0]):
        return None
    days = sample.select(
        *keys, days_of(sample[dated[0]], found.seen[dated[0]]).alias("_day"), pl.col(price).alias("_price")
    )
    again = days.sort("_day").filter(pl.len().over(keys) > 1).with_columns(
        (pl.col("_price") != pl.col("_price").shift().over(keys)).alias("_changed")
    ).drop_nulls("_changed")  # fmt: skip
    changed = again["_changed"].mean()
    if again.height < _LEAST_CHANGES or not isinstance(changed, float) or changed < _CHANGES:
        return None
    made = Proposal(table="prices")
    if "store" in found.roles:
        made.columns["store_id"] = quoted(found.roles["store"])
    made.columns["product_id"] = quoted(found.roles["product"])
    made.columns["valid_from"] = date_key(made, found, dated[0])
    made.columns["unit_price"] = number_key(made, found, price, "unit_price")
    made.remarks.append(
        f"each price holds from {dated[0]!r} until the next of its product: goods come again at another"
    )
    return made


def _supply(found: Columns) -> Proposal | None:
    lead_time = _named(found, _LEAD_TIME)
    if lead_time is None or not found.seen[lead_time].numbers:
        return None
    made = Proposal(table="supply")
    made.columns["store_id"], made.columns["product_id"] = (quoted(found.roles[role]) for role in ("store", "product"))
    made.columns["lead_time_days"] = number_key(made, found, lead_time, "lead_time_days")
    for ours, pattern in _TERMS.items():
        theirs = _named(found, pattern)
        if theirs is not None and (ours == "supplier_id" or found.seen[theirs].numbers):
            made.columns[ours] = quoted(theirs) if ours == "supplier_id" else number_key(made, found, theirs, ours)
    review = _named(found, _REVIEW)
    if review is not None and found.seen[review].numbers:
        made.columns["review_period_days"] = number_key(made, found, review, "review_period_days")
    else:
        made.columns["review_period_days"] = "{ constant = 7 }"
        made.questions.append("no column says how many days lie between two orders: is it a week, as written below?")
    return made


def _assortment(found: Columns) -> Proposal | None:
    begins, ends = _named(found, _FROM), _named(found, _UNTIL)
    if begins is None or not found.seen[begins].dates or {"price", "amount"} & found.roles.keys():
        return None
    made = Proposal(table="assortment")
    made.columns["store_id"], made.columns["product_id"] = (quoted(found.roles[role]) for role in ("store", "product"))
    made.columns["listed_from"] = date_key(made, found, begins)
    if ends is not None and found.seen[ends].dates:
        made.columns["listed_until"] = date_key(made, found, ends)
    return made
