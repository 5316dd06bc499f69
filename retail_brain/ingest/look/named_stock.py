"""Takes for what is there a column that is called stock, and the quantity of a file or sheet that is called so."""

from dataclasses import replace
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.lists_with_counts import is_of_entries
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words import role_scores
from retail_brain.ingest.look.words_of_stock import counts_stock, is_called_stock, is_set_aside

_OTHERS: Final = {"on_hand", "on_order", "receipt", "time", "customer", "guide", "discount"}
"""Roles of files that are of something else, or whose stock has a name."""
_OF_SALES: Final = {"receipt", "time", "customer"}
"""Roles of lines of sales."""
_MONEY: Final = {"amount", "price"}
_OTHER_NAMES: Final = {
    "product",
    "store",
    "receipt",
    "customer",
    "moment",
    "price",
    "amount",
    "unit_cost",
    "list_price",
}
"""Roles whose names are of no count, whatever else they say."""
_ONCE: Final = 0.98
"""Share of the rows whose goods come once in their shop and day. By judgement: some lists name a product twice."""
_FLAGS: Final = 2
"""Values up to which a column may be of flags, such as 0 and 1 for goods that are there or not."""


def with_named_stock(sample: pl.DataFrame, found: Columns, *names: str) -> Columns:
    """The columns with what is there of goods, where a column is called so, or else the file or the sheet.

    Args:
        sample: the rows.
        found: roles of the columns.
        names: of the file and of its sheet.
    """
    return _by_column(sample, _by_file(sample, found, names), names)


def _by_file(sample: pl.DataFrame, found: Columns, names: tuple[str, ...]) -> Columns:
    """The columns with the quantity as what is there, in a file of goods without receipts that is called stock."""
    roles, units = found.roles, found.roles.get("units")
    is_of_goods = bool({"product", "product_name"} & roles.keys())
    if units is None or not is_of_goods or _OTHERS & roles.keys() or len(found.all_of("units")) > 1:
        return found
    if not any(is_called_stock(name) for name in names):
        return found
    if "moment" in roles and (_MONEY & roles.keys() or not _come_once(sample, found)):
        return found
    roles = {("on_hand" if role == "units" else role): name for role, name in roles.items()}
    says = f"{units!r} is what is there, by the name of the file"
    return replace(found, roles=roles, remarks=(*found.remarks, says))


def _by_column(sample: pl.DataFrame, found: Columns, names: tuple[str, ...]) -> Columns:
    """The columns with the only one that is called stock, in a file of goods once in each place and without receipts.

    What was counted as sales is none, such as the value of the stock; nor is the day on which goods were entered. What
    was sold of a day stays, with what was left then.
    """
    roles = found.roles
    sure = {role for role in roles if role not in found.asked}
    if not {"product", "product_name"} & roles.keys() or _OF_SALES & sure:
        return found
    stock = [roles["on_hand"]] if "on_hand" in sure else _columns_of_stock(sample, found)
    if len(stock) != 1:
        return found
    moment = roles.get("moment")
    day = moment or roles.get("joined_on", "")
    others = {role for role in ("units", *_MONEY) if role in roles and roles[role] != stock[0]}
    is_entered = bool(day) and is_of_entries(sample, found, day, is_sold=bool(others))
    if "on_hand" in sure and (moment is None or not is_entered):
        return found
    has_units = "units" in others and not is_set_aside(roles["units"]) and _holds(sample, found, roles["units"])
    is_sold = has_units or ("amount" in others and not _is_value(sample, found, roles["amount"], stock[0]))
    is_of_one_day = moment is not None and sample[moment].n_unique() == 1
    comes_once = _come_once(sample, found)
    if is_sold and not is_entered and not any(map(is_called_stock, names)):
        return _beside(found, stock[0]) if is_of_one_day and comes_once and has_units else found
    if (moment is not None and others and not is_entered and not is_of_one_day) or not comes_once:
        return found
    of_sales = {"units", "amount", "discount", "status", "channel", *({"moment", "joined_on"} if is_entered else set())}
    kept = {role: name for role, name in roles.items() if role not in of_sales | (found.asked - {"store"})}
    says = [] if "on_hand" in sure else [f"{stock[0]!r} is what is there, by its name"]
    says += [f"{day!r} is the day on which goods were entered and not of their stock"] if is_entered else []
    return replace(
        found,
        roles={**kept, "on_hand": stock[0]},
        remarks=(*_of_goods(found, of_sales, stock[0]), *says),
        asked=found.asked & {"store"},
    )


def _beside(found: Columns, stock: str) -> Columns:
    """The columns of what was sold of a day, with what was left then."""
    roles = {role: name for role, name in found.roles.items() if name != stock}
    says = f"{stock!r} is what is there, by its name"
    return replace(
        found,
        roles={**roles, "on_hand": stock},
        remarks=(*_of_goods(found, set(), stock), says),
        asked=found.asked & roles.keys(),
    )


def _holds(sample: pl.DataFrame, found: Columns, name: str) -> bool:
    """Whether a column of numbers holds any but 0."""
    return bool((values(sample, found, name) != 0).any())


def _is_value(sample: pl.DataFrame, found: Columns, amount: str, stock: str) -> bool:
    """Whether money is the value of the stock: it is 0 where nothing is there."""
    none = values(sample, found, stock) == 0
    return bool(none.any()) and bool((values(sample, found, amount).filter(none) == 0).all())


def _of_goods(found: Columns, gone: set[str], stock: str) -> list[str]:
    """The remarks without those on columns that are taken for no sales any more."""
    names = {name for role, name in found.roles.items() if role in gone} | {stock}
    return [said for said in found.remarks if not any(said.startswith(f"{name!r} is taken for") for name in names)]


def _columns_of_stock(sample: pl.DataFrame, found: Columns) -> list[str]:
    """Columns of counts that are called stock."""
    taken = {name for role, name in found.roles.items() if role not in {"units", *found.asked}}
    names = [name for name, seen in found.seen.items() if name not in taken and seen.numbers and not seen.is_clock]
    named = [name for name in names if counts_stock(name) and not _OTHER_NAMES & role_scores(name).keys()]
    return [name for name in named if values(sample, found, name).drop_nulls().n_unique() > _FLAGS]


def _come_once(sample: pl.DataFrame, found: Columns) -> bool:
    """Whether goods come once in each place and day, by any of their codes or names and what tells them apart."""
    beside = [found.roles[role] for role in ("store", "moment") if role in found.roles]
    codes = [*found.all_of("product"), *found.all_of("product_name")]
    parts = [name for name, seen in found.seen.items() if not seen.numbers and name not in (*codes, *beside)]
    keys = [*([name] for name in codes), [*codes, *parts]]
    return any(share(~sample.select(*key, *beside).is_duplicated()) >= _ONCE for key in keys)
