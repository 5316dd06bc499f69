"""Figures that a list of goods has in a column per shop, such as `In stock [North]` and `Price [North]`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words import bare_name, role_scores
from retail_brain.ingest.look.words_of_limits import LIMITS

_LEAST_SHOPS: Final = 2
"""Columns from which they may be shops."""
_SURE_PRICE: Final = 0.5
"""Score from which a word is a price. By judgement: those of parts of names are below."""
_STOCK: Final = (
    r"(?:(?:qty|quantity|units?)_)?(?:in_)?(?:inventory|stock|on_hand|onhand|available|bestand|lagerbestand|voorraad"
    r"|existencias?|inventario|estoque|giacenza|stan|zapas|sklad|остат\w*|наличие|налично|залишок|stoc|keszlet|αποθεμα|υπολοιπο|stok"
    r"|lager(?:saldo)?|(?:lager)?beholdning|saldo|varasto|ton_kho|(?:ال)?(?:مخزون|رصيد)|מלאי|库存|结存|庫存|在庫|재고)(?:_(?:on_hand|level|qty|quantity))?"
    r"|(?:current|available)_(?:quantity|qty|stock)|disponible|en_stock|auf_lager"
)
"""A word for stock in names of columns."""
_NO_SHOP: Final = (
    r"level|value|quantity|qty|policy|tracker|status|total|totals|sum|id|on_hand|available|min|max|minimum|maximum|alert"
    rf"|reserved|committed|incoming|units?|pcs|kg|g|l|ml|cost|price|date|合计|总计|小计|总库存|(?:ال)?(?:[اإ]جمالي|مجموع)|{LIMITS}"
)
"""Names that are no shops: further figures of one shop."""
_NO_SHOP_OF_PRICES: Final = (
    rf"{_NO_SHOP}|net|gross|brutto|netto|incl\w*|excl\w*|vat|tax|mwst|iva|tva|ttc|ht|retail|wholesale|msrp|rrp|sale|regular"
    r"|old|new|[a-z]{3}|[$€£¥]|\d{1,2}"
)
"""Names that are no shops behind a price: moneys, ways to pay tax, and kinds and numbers of prices."""
_VARIANTS: Final = re.compile(
    r"\d{0,2}x{0,4}[sl]|m|os|one_?size"
    r"|(?:size|gr(?:osse|öße)|taille|talla|taglia|maat|rozmiar|размер|尺码|サイズ).{1,6}|small|medium|large|均码"
    r"|black|white|red|blue|green|yellow|grey|gray|brown|pink|navy|beige|orange|purple|schwarz|wei(?:ss|ß)|rot"
    r"|blau|gr[uü]n|gelb|grau|braun|rosa|noir|blanc|rouge|bleu|vert|jaune|gris|marron|rose|negro|blanco|rojo|azul|verde"
    r"|amarillo|nero|bianco|rosso|blu|giallo|grigio|preto|branco|vermelho|amarelo|cinza|zwart|wit|rood|blauw|groen|geel"
    r"|czarny|bia[lł]y|czerwony|niebieski|zielony|черный|чёрный|белый|красный|синий|зеленый|зелёный"
    r"|[黑白红紅蓝藍绿綠黄黃灰粉紫棕](?:色)?|ブラック|ホワイト|レッド|ブルー|hitam|putih|merah|biru|hijau"
)
"""Sizes and colours, as plain names: stock of variants."""
_MONTHS: Final = (
    r"jan(?:uary?|uar|vier)?|feb(?:ruary?|ruar)?|m[aä]r(?:ch|z)?|apr(?:il)?|ma[iy]o?|june?|july?|juni|juli|aug(?:ust)?"
    r"|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?|enero|febrero|marzo|abril|junio|julio|agosto"
    r"|septiembre|octubre|noviembre|diciembre|fevrier|mars|avril|juin|juillet|aout|janeiro|fevereiro|março|gennaio"
    r"|янв\w{0,4}|фев\w{0,4}|марта?|апр\w{0,3}|ма[йя]|июн[ья]?|июл[ья]?|авг\w{0,4}|сен\w{0,5}|окт\w{0,4}|ноя\w{0,3}|дек\w{0,4}"
)
_TIMES: Final = re.compile(
    rf"(?:{_MONTHS})\.?(?:[ _-]?\d{{2,4}})?|(?:19|20)\d\d(?:[-/_ ]?\d{{1,2}}){{0,2}}|(?:q|kw|week|wk)[ _-]?\d{{1,2}}"
    r"|\d{1,2}[-/.]\d{1,2}(?:[-/.]\d{2,4})?|\d{1,2}月(?:\d{1,2}日)?|today|yesterday|opening|closing"
)
"""Months, weeks, days and years, as plain names: stock of times."""
_BUYERS: Final = re.compile(
    r"(?:price_)?(?:members?|staff|employees?|public|wholesalers?|wholesale|retail|dealers?|resellers?|distributors?|agents?"
    r"|gold|silver|bronze|platinum|vips?|b2b|b2c|customers?|guests?|students?|trade|normal|regular|basic|premium"
    r"|mitglied(?:er)?|h[aä]ndler|gross(?:handel|h[aä]ndler)|kunden?|stammkunden?|mitarbeiter|personal|endkunden?|privat|gewerbe"
    r"|membres?|adh[eé]rents?|pro|professionnels?|particuliers?|revendeurs?|socios?|mayorista|minorista|publico|empleados?"
    r"|soci|ingrosso|dettaglio|dipendenti|atacado|varejo|leden|groothandel|hurt|detal|опт\w*|розни\w*|vip\d*"
    r"|会员|會員|批发|批發|零售|员工|內部|内部|经销商|代理商?|会員|一般|卸|社員|회원|도매|소매|직원|anggota|grosir|eceran|ahli|borong)"
)
"""Groups of buyers, as plain names: prices of people."""
_MOST_OTHERS: Final = 0.5
"""Share of names beyond which none is a shop where they are sizes, times or buyers. By judgement."""
_OPEN, _CLOSE = "[(（【{<", "])）】}>"
_MONEY: Final = frozenset({"price", "amount", "discount", "list_price", "unit_cost"})
"""Roles of figures that shops and groups of buyers have alike."""
_MARKS: Final = f" _-–:：|/{_OPEN}{_CLOSE}"
"""Marks round the word for a figure."""
_BRACKETS: Final = rf"^(.*?)(\s*[{re.escape(_OPEN)}]\s*)([^{re.escape(_OPEN + _CLOSE)}]+?)(\s*[{re.escape(_CLOSE)}])$"
_WEAK, _STRONG = r"[_ ]+", r"\s*[:：|]\s*|\s+[-–/]\s+"
"""Marks that stand within names as well, and marks between a figure and its shop alone."""


@dataclass(frozen=True)
class FigureOfShops:
    """Columns with one figure of each of several shops.

    Attributes:
        figure: `on_hand` or `price`.
        columns: shop -> column.
        pattern: of these columns, with the shop as its group.
    """

    figure: str
    columns: Mapping[str, str]
    pattern: str


def figures_of_shops(found: Columns) -> dict[str, FigureOfShops]:
    """Figure -> its columns: stock in a column per shop, and prices of the same shops; none in other files.

    Prices alone may be of kinds of buyers, moneys or taxes: they are of shops where another figure has the same ones.

    Args:
        found: roles of the columns.
    """
    groups: dict[tuple[str, str], dict[str, str]] = {}
    for name in found.seen:
        for before, shop, behind in _splits(name):
            groups.setdefault((before, behind), {})[shop] = name
    groups = {key: shops for key, shops in groups.items() if len(shops) >= _LEAST_SHOPS}
    figures: dict[str, FigureOfShops] = {}
    for figure in ("on_hand", "price"):
        fits = [key for key in groups if _figure(*key) == figure and _are_numbers(found, groups[key])]
        fits = [key for key in fits if _are_shops(groups, key, figure)]
        if fits:
            best = max(fits, key=lambda key: (len(groups[key]), len(key[0])))
            figures[figure] = FigureOfShops(figure, groups[best], _pattern(found, best, groups[best]))
    return figures


def counts_of_shops(found: Columns) -> FigureOfShops | None:
    """The columns of a plain quantity of each of several shops, such as `Qty - North`; None for none.

    Whether these are stock or were sold no name of a column says. The mark before the shop is one that stands within no
    name of a quantity.

    Args:
        found: roles of the columns.
    """
    groups: dict[tuple[str, str], dict[str, str]] = {}
    for name in found.seen:
        for before, shop, behind in _splits(name):
            is_parted = re.search(rf"(?:{_STRONG}|[{re.escape(_OPEN)}]\s*)$", before) or behind
            if is_parted and _is_count((before or behind).strip(_MARKS)):
                groups.setdefault((before, behind), {})[shop] = name
    fits = [key for key, shops in groups.items() if len(shops) >= _LEAST_SHOPS and _are_numbers(found, shops)]
    fits = [key for key in fits if _are_shops(groups, key, "on_hand")]
    if not fits:
        return None
    best = max(fits, key=lambda key: (len(groups[key]), len(key[0])))
    return FigureOfShops("on_hand", groups[best], _pattern(found, best, groups[best]))


def _is_count(word: str) -> bool:
    """Whether a word is nothing but a quantity."""
    scores = role_scores(word)
    return max(scores, key=lambda role: scores[role], default="") == "units"


def numbers_as_shops(figure: FigureOfShops) -> str:
    """The question whether shops that are numbers of two or three digits are sizes; blank for any other names."""
    if not all(re.fullmatch(r"\d{2,3}(?:[.,]5)?", shop.strip()) for shop in figure.columns):
        return ""
    named = ", ".join(figure.columns)
    return f"are {named} shops, as written below, or sizes? Leave the tables out that have sizes as shops"


def is_of_one_shop(found: Columns, name: str) -> bool:
    """Whether a column is the price of one of several shops."""
    prices = figures_of_shops(found).get("price")
    return prices is not None and name in prices.columns.values()


def _splits(name: str) -> Iterator[tuple[str, str, str]]:
    """Ways to read a name as a shop between two texts, of which one names a figure: before, shop, behind."""
    if said := re.match(_BRACKETS, name):
        yield said[1] + said[2], said[3], said[4]
        if said[1]:
            yield "", said[1], said[2] + said[3] + said[4]
        return
    for mark in re.finditer(rf"{_STRONG}|{_WEAK}|-", name):
        if mark.start() > 0 and mark.end() < len(name):
            yield name[: mark.end()], name[mark.end() :], ""
    for mark in re.finditer(_STRONG, name):
        if mark.start() > 0 and mark.end() < len(name):
            yield "", name[: mark.start()], name[mark.start() :]


def _figure(before: str, behind: str) -> str:
    """What the text beside a shop names: `on_hand`, `price`, or nothing of these."""
    word = (before or behind).strip(_MARKS)
    if re.fullmatch(_STOCK, bare_name(word)):
        return "on_hand"
    scores = role_scores(word)
    is_price = max(scores.get("price", 0), scores.get("list_price", 0)) >= _SURE_PRICE
    return "price" if is_price and "unit_cost" not in scores else ""


def _is_money(before: str, behind: str) -> bool:
    """Whether the text beside a name is of a further price, such as a discount, which groups of buyers have too."""
    return bool(role_scores((before or behind).strip(_MARKS)).keys() & _MONEY)


def _are_numbers(found: Columns, shops: Mapping[str, str]) -> bool:
    """Whether the columns that are not blank hold numbers."""
    filled = [found.seen[name] for name in shops.values() if found.seen[name].filled]
    return len(filled) >= _LEAST_SHOPS and all(seen.numbers for seen in filled)


def _are_shops(groups: Mapping[tuple[str, str], Mapping[str, str]], key: tuple[str, str], figure: str) -> bool:
    """Whether the names are those of shops: no further figures of one; for prices shared with another figure."""
    shops = groups[key]
    no_shop = _NO_SHOP_OF_PRICES if figure == "price" else _NO_SHOP
    plain = [bare_name(shop) or shop.lower() for shop in shops]
    if any(re.fullmatch(no_shop, name) for name in plain) or any(
        share(pl.Series([kind.fullmatch(name) is not None for name in plain])) > _MOST_OTHERS
        for kind in (_VARIANTS, _TIMES, _BUYERS)
    ):
        return False
    is_shared = any(
        other != key and set(shops) <= set(theirs) and not (figure == "price" and _is_money(*other))
        for other, theirs in groups.items()
    )
    is_weak = not re.search(rf"(?:{_STRONG}|[{re.escape(_OPEN)}]\s*)$", key[0]) and not key[1]
    return is_shared or (figure == "on_hand" and (is_weak or bool(key[0])))


def _pattern(found: Columns, key: tuple[str, str], shops: Mapping[str, str]) -> str:
    """A pattern for the columns, with the shop as its group; it names the shops where others would fit as well."""
    before, behind = (re.escape(part).replace("\\ ", " ") for part in key)
    pattern = rf"^{before}(.+){behind}$"
    if {name for name in found.seen if re.search(pattern, name)} == set(shops.values()):
        return pattern
    named = "|".join(re.escape(shop).replace("\\ ", " ") for shop in shops)
    return f"^{before}({named}){behind}$"
