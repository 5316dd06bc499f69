"""Tells the telephone and the address of a shop, in a list of shops, from those of people."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.words import bare_name

_REACHES: Final = (
    r"phone|mobile|(?:^|_)(?:tel|cell|handy|gsm|movil|fax)(?:_|$)|telef|mail|celular|cellulare|komorka|telefon|puhelin"
    r"|手机|电话|電話|邮箱|メール|携帯|전화|이메일|телефон|почта|dien_thoai|โทร|טלפון|هاتف"
)
"""A word in the name of a column of ways to reach somebody."""
_OF_PEOPLE: Final = (
    r"(?:first|last|sur|given|family)_?name|vorname|nachname|prenom|apellido|sobrenome|cognome|achternaam|nazwisko|etternavn"
    r"|fornavn|efternavn|efternamn|fornamn|prijmeni|birth|geburt|gender|(?:^|_)sex(?:_|$)|points|loyalty|member|customer|client"
    r"|kunde|klant|cliente|klient|kund(?:nr|nummer)|asiakas|会员|會員|会員|顧客|客户|顾客|性别|姓名|氏名|생일|회원|고객|фамили"
    r"|отчеств|покупател|клиент|العميل"
)
"""A word in the name of a column that lists of people have and lists of shops have not."""
_OF_OTHERS: Final = {"product", "price", "units", "amount", "on_hand", "receipt", "time", "joined_on", "birth_date"}
"""Roles that a list of shops has not."""
_KIND_OF_PRICES: Final = (
    r"(?:price|pricing|tariff?|preis|prix|precio|preco|prezzo|prijs|cen[ay]?|fiyat)_?(?:lvl|level|list|group|tier|zone|class|book|code"
    r"|liste|gruppe|stufe|klasse|niveau|grille|lista|nivel|grupo|listino|livello|lijst|groep|poziom|grupa|listesi|grubu)e?s?$"
    r"|^(?:lvl|level|list|group|tier|zone|niveau|grille|liste|lista|nivel|grupo|listino|livello|grupa|poziom)_?(?:of_|de_|des_|di_)?"
    r"(?:price|tarif|prix|preci?o|prezz[io]|cen|fiyat)s?$|прайс|(?:вид|тип|группа)_цен|价格(?:组|等级|级别|带)|価格(?:帯|区分)|가격(?:등급|그룹)"
)
"""The name of a column that says by which list of prices a shop sells: no price."""


def without_contacts_of_shops(found: Columns) -> Columns:
    """The columns without a customer where this is but a way to reach the shop that stands before it, one on each row.

    Args:
        found: roles of the columns.
    """
    roles, names = _without_kind_of_prices(found.roles), list(found.seen)
    shop, person = roles.get("store"), roles.get("customer")
    if shop is None or person is None or _OF_OTHERS & roles.keys() or not re.search(_REACHES, bare_name(person)):
        return found
    is_key = found.seen[shop].distinct == found.seen[shop].filled == 1
    if not is_key or names.index(shop) > names.index(person) or any(_is_of_people(name) for name in names):
        return found
    return replace(found, roles={role: name for role, name in roles.items() if role != "customer"})


def _without_kind_of_prices(roles: Mapping[str, str]) -> dict[str, str]:
    """The roles without a price where the column says but which list of prices holds, such as `Price Lvl`."""
    return {
        role: name
        for role, name in roles.items()
        if role != "price" or re.search(_KIND_OF_PRICES, bare_name(name)) is None
    }


def _is_of_people(name: str) -> bool:
    return re.search(_OF_PEOPLE, bare_name(name)) is not None
