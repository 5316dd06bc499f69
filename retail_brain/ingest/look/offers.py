"""Recognises lists of goods with a price for some days, as shops and marketplaces export their offers.

Such a list has a row for each product, nobody who bought and no receipt, and beside the price a lower one with a first
and a last day. It feeds `products`; the lower prices feed `promotions`, and what it counts is the stock.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, number_key, quoted
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.promotions_of_goods import PROMOTED
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.validity import condition_of_days, days_as_id, validity_of, write_validity
from retail_brain.ingest.look.words import bare_name, role_scores

_LOWER: Final = 0.95
"""Share of the rows with both on which the price of some days must be below the usual one. By judgement."""
_LOWERED: Final = (
    rf"{PROMOTED}|sale|special|discount|reduc|angebot|rabatt|sonder|rebaj|oferta|descuento|desconto|remise|promozion|scont|soldes"
    r"|korting|aanbied|obniz|rabat|slev|скидк|акц|знижк|indirim|kampanj|tilbud|tarjous|khuyen|giam|折|优惠|特价|値引|割引|セール|할인|특가"
)
"""A word in the name of a column of lower prices."""

_PRICE: Final = (
    r"price|preis|prijs|prix|pre[cç]io?|preco|prezzo|cen[ay]|цен|ціна|fiyat|pris|hinta|harga|价|價|価格|가격|단가"
)
"""A word in the name of a column of prices."""


def without_roles_of_sales(sample: pl.DataFrame, found: Columns) -> Columns:
    """The columns of a list of offers as those of a list of goods: units are stock, and its days are no moment.

    Args:
        sample: the first rows.
        found: their columns by name and values; returned as they are where the file is no such list.
    """
    lowered = _lowered_price(sample, found)
    if lowered is None:
        return found
    price, days = lowered
    roles = {role: name for role, name in found.roles.items() if name not in (price, *days)}
    of_sales = {"amount", "discount", "moment", "time", "status", "receipt", "customer"}
    roles = {role: name for role, name in roles.items() if role not in of_sales | found.asked}
    units = roles.pop("units", None)
    if units is not None and "on_hand" not in roles and role_scores(units).get("units"):
        roles["on_hand"] = units
    roles["price"] = _usual_price(sample, found, price, days) or ""
    said = f"goods with {price!r} for some days: offers, not sales" + (
        f"; {roles['on_hand']!r} is their stock" if "on_hand" in roles else ""
    )
    return replace(
        found,
        roles={role: name for role, name in roles.items() if name},
        remarks=(*found.remarks, said),
        asked=frozenset(),
    )


def promotions_of_offers(one: LookedAt) -> Proposal | None:
    """The mapping of `promotions` from a list of offers; None for any other file.

    Args:
        one: a file that was looked at.
    """
    is_list = one.proposal.table == "products" and _is_list(one.columns)
    return _promotions(one.sample, one.columns) if is_list else None


def promotions_by_days(sample: pl.DataFrame, found: Columns) -> Proposal | None:
    """The mapping of `promotions` from a file of lower prices of which goods have several; None for any other file.

    Args:
        sample: the first rows.
        found: their columns.
    """
    return None if _is_list(found) else _promotions(sample, found)


def with_lowered_price(made: Proposal | None, sample: pl.DataFrame, found: Columns) -> Proposal | None:
    """The promotions with the lower of two prices as theirs; what was given where there are no two."""
    if made is not None and (lowered := _lowered_price(sample, found)) is not None:
        made.columns["unit_price"] = number_key(made, found, lowered[0], "unit_price")
    return made


def _promotions(sample: pl.DataFrame, found: Columns) -> Proposal | None:
    if (lowered := _lowered_price(sample, found)) is None:
        return None
    price, days = lowered
    made = Proposal(table="promotions", columns={"promotion_id": days_as_id(days)})
    made.columns["product_id"] = quoted(found.roles["product"])
    if "store" in found.roles:
        made.columns["store_id"] = quoted(found.roles["store"])
    write_validity(made, sample, found, days, "promotion")
    made.columns["unit_price"] = number_key(made, found, price, "unit_price")
    has_days = pl.all_horizontal(pl.col(days).is_not_null())
    kept = sample.filter(has_days)
    if kept.height < sample.height:
        made.keys["where"] = f"'''{condition_of_days(days)}'''"
    open_ended = sample.filter(pl.col(price).is_not_null(), ~has_days).height
    made.remarks.append(
        f"{kept.height:,} rows have {price!r} from {days[0]!r} to {days[1]!r}: promotions"
        + (f"; {open_ended:,} rows with it lack a day and are left out" if open_ended else "")
    )
    return made


def _lowered_price(sample: pl.DataFrame, found: Columns) -> tuple[str, tuple[str, str]] | None:
    """The column of the price of some days, and its first and last day; None where a file is no list of offers.

    Args:
        sample: the first rows.
        found: their columns.
    """
    if "product" not in found.roles or {"receipt", "customer"} & found.roles.keys() - found.asked:
        return None
    if (days := validity_of(sample, found)) is None or not (_is_list(found) or _is_price_alone(sample, found, days[0])):
        return None
    dated = sample.select(pl.all_horizontal(pl.col(days).is_not_null())).to_series()
    lowered = [name for name in _prices(found, days) if share(sample[name].is_not_null().filter(dated)) == 1]
    lowered = [name for name in lowered if _usual_price(sample, found, name, days) is not None]
    # what every row has may be a cost: only its name says that it is a price of some days
    named = [name for name in lowered if re.search(_LOWERED, bare_name(name))]
    some = [name for name in lowered if found.seen[name].filled < 1]
    best = next((name for name in (*(one for one in named if one in some), *some, *named)), None)
    return None if best is None else (best, days)


def _is_list(found: Columns) -> bool:
    """Whether each row is another product."""
    seen = found.seen[found.roles["product"]] if "product" in found.roles else None
    return seen is not None and seen.distinct == 1 and seen.filled == 1


def _is_price_alone(sample: pl.DataFrame, found: Columns, first: str) -> bool:
    """Whether nothing counts what was sold, and each product has one row from a day on."""
    key = [found.roles[role] for role in ("store", "product") if role in found.roles]
    counted = any(role_scores(name).keys() & {"units", "amount"} for name, seen in found.seen.items() if seen.numbers)
    return not counted and not sample.select(*key, first).is_duplicated().any()


def _prices(found: Columns, days: tuple[str, str]) -> Mapping[str, float]:
    """Columns of numbers whose names are of prices -> score; what is taken off, such as `Discount`, is none."""
    scores = {
        name: max(role_scores(name).get(role, 0.0) for role in ("price", "list_price"))
        for name, seen in found.seen.items()
        if seen.numbers and name not in days and name != found.roles["product"]
    }
    return {name: score for name, score in scores.items() if score > 0 or re.search(_PRICE, bare_name(name))}


def _usual_price(sample: pl.DataFrame, found: Columns, lowered: str, days: tuple[str, str]) -> str | None:
    """The column of prices of which another is below on nearly every row that has both."""
    below = values(sample, found, lowered)
    scores = _prices(found, days)
    for name in sorted(scores, key=lambda name: -scores[name]):
        usual = values(sample, found, name)
        both = below.is_not_null() & usual.is_not_null()
        is_fuller = found.seen[name].filled > found.seen[lowered].filled or found.seen[lowered].filled == 1
        if name != lowered and is_fuller and both.any() and share((below < usual).filter(both)) >= _LOWER:
            return name
    return None
