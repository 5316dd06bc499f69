"""Writes the keys of lists: goods, shops and customers."""

import re

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, date_key, number_key, quoted
from retail_brain.ingest.look.figures_of_shops import is_of_one_shop
from retail_brain.ingest.look.people_without_id import ask_for_people_without_id
from retail_brain.ingest.look.places_of_shops import write_places
from retail_brain.ingest.look.prices_unread import say_prices_unread
from retail_brain.ingest.look.words import bare_name

_YEAR_FIRST = r"\d{4}-\d{1,2}-\d{1,2}(?:[ T].*)?$"
"""Birthdays as the triggers read them; they may lie before all days that a moment of sale can have."""
_NAME = (
    r"name|title|nombre|titulo|nome|nom|naam|nazwa|nazev|naziv|navn|namn|nimi|nev|denumire|ad[i]?|ten|nama|название|наименование"
    r"|назва|名称|标题|商品名|名前|이름"
)
"""A column that is called a name."""
_TEXT = (
    r"descri|beschreib|omschrij|opis|popis|beskriv|kuvaus|leiras|aciklama|mo_ta|deskripsi"
    r"|описан|опис|描述|详情|説明|설명"
)
"""A word in the name of a column of texts about goods."""
OUR_NAMES = {
    "guide": "guide_id",
    "product_name": "name",
    "receipt": "transaction_id",
    "store": "store_id",
    "product": "product_id",
    "customer": "customer_id",
}


def write_goods(made: Proposal, found: Columns) -> None:
    """Goods without a code, or with one in some rows alone, are known by their names."""
    if made.table in ("stores", "customers"):
        return
    code, name = found.roles.get("product"), found.roles.get("product_name")
    if code is None and name is not None:
        made.columns["product_id"] = quoted(name)
        made.remarks.append(f"goods have no code: their names in {name!r} are their ids")
    elif code is not None and name is not None and found.seen[code].filled < 1 and made.table != "products":
        made.columns["product_id"] = f"{{ first_of = [{quoted(code)}, {quoted(name)}] }}"
        made.remarks.append(f"{1 - found.seen[code].filled:.0%} of rows have no {code!r}: there {name!r} is the id")


def write_list(made: Proposal, found: Columns) -> None:
    """Writes the columns of a list of goods, shops or customers."""
    names = {
        "products": ("product_name", "category", "subcategory", "department", "brand", "unit_cost", "list_price"),
        "customers": ("joined_on", "guide"),
        "stores": ("product_name", "region", "country"),
    }
    day = {"customers": "joined_on", "products": "launched_on"}.get(made.table)
    if day is not None and "moment" in found.roles and day not in found.roles:
        made.columns[day] = date_key(made, found, found.roles["moment"])
    if made.table == "customers":
        ask_for_people_without_id(made, found)
    if made.table == "customers" and "store" in found.roles:
        made.columns["home_store_id"] = quoted(found.roles["store"])
    if made.table == "customers" and "birth_date" in found.roles:
        _birthday(made, found, found.roles["birth_date"])
    for role in names[made.table]:
        if role in found.roles:
            ours = OUR_NAMES.get(role, role)
            theirs = _name_beside_text(found) if role == "product_name" else found.roles[role]
            made.columns[ours] = _master_key(made, found, theirs, ours)
    if made.table == "stores":
        write_places(made, found)
    listed = found.roles.get("list_price") or found.roles.get("price")
    if made.table == "products" and listed is not None and is_of_one_shop(found, listed):
        made.columns.pop("list_price", None)
        made.remarks.append(f"{listed!r} is the price of one shop: those of all are the table `prices`")
    elif made.table == "products" and "price" in found.roles and "list_price" not in made.columns:
        made.columns["list_price"] = number_key(made, found, found.roles["price"], "list_price")
    say_prices_unread(made, found)


def _name_beside_text(found: Columns) -> str:
    """The column of names, or the one that is called a name where that is a text about the goods and is often blank."""
    text = found.roles["product_name"]
    if not re.search(_TEXT, bare_name(text)):
        return text
    free = (name for name in found.seen if name not in found.roles.values() and re.fullmatch(_NAME, bare_name(name)))
    return next((name for name in free if found.seen[name].filled > found.seen[text].filled), text)


def _birthday(made: Proposal, found: Columns, theirs: str) -> None:
    """The attribute that birthdays and ages are read from, which is kept as it is written."""
    if all(re.match(_YEAR_FIRST, example) for example in found.seen[theirs].examples):
        made.columns["birth_date"] = quoted(theirs)
    else:
        made.remarks.append(f"{theirs!r} has birthdays, which are read as year-month-day alone: write them so")


def _master_key(made: Proposal, found: Columns, theirs: str, ours: str) -> str:
    if ours in ("unit_cost", "list_price"):
        return number_key(made, found, theirs, ours)
    return date_key(made, found, theirs) if found.seen[theirs].dates and ours == "joined_on" else quoted(theirs)
