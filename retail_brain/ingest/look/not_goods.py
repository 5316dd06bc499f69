"""Rows that are no goods, such as tips and carriage, and customers that stand for nobody, such as `Walk-in`."""

import re
from collections.abc import Sequence

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_states import BESIDE_GOODS, NOBODY, NOT_GOODS

_MOST = 0.3
"""Share of the lines from which such names are goods after all: a shop of vouchers. By judgement."""
_TELLS_PEOPLE = (
    r"mail|(?:^|_)(?:tel|phone|mobile|telefono?|telephone)|手机|电话|邮箱|メール|電話|이메일|휴대폰|телефон|почта"
)
"""A word in the name of a column that tells people apart."""
_SEVERAL_PEOPLE, _LEAST_OTHERS = 3, 4
"""Addresses beside one number from which it is of nobody, and other numbers that have one each. By judgement."""
_GLUED = (
    r"(?:(?:client|kunde|cli)?(?:passage|passant|comptoir|divers|diverse|walk[-_]?in|mostrador|balcao|occasionale|perakende|detal"
    r"|laufkunde?|laufkundschaft|barverkauf|barkunde|kassenkunde|kontantkunde?|kontantsalg)|散客|零售客户)[-_]?"
)
"""Words for nobody in codes of customers, which the number of a shop stands before or behind, as in `010PASSAGE`."""
_NAMES = 0.8
"""Names for each number from which a column names people: some have a namesake. By judgement."""
_NO_NAME = r"(?i)^(?:none|null|unknown|cash|n/?a|-+)$"
"""What stands beside a number whose name is not known, or of a way to pay: it does not make the number nobody's."""
_NAMED = 20
"""Names of rows that are written into a condition at most."""
_NUMBER = r"(?:[a-z]{0,4}[-_ ]?\d{1,10})"
"""The number of a customer beside the name, as in `C1000 Walk-In Customer`."""


def says_no_goods(kind: str) -> bool:
    """Whether a kind of rows says that they are no goods, such as a payment, carriage or a voucher.

    >>> says_no_goods("GiftCardLine"), says_no_goods("Shipping"), says_no_goods("Multipack")
    (True, True, False)
    """
    said = rf"{BESIDE_GOODS}|(?:\b|^){NOT_GOODS}(?:\b|$)"
    return re.search(said, bare_name(kind).replace("_", " ")) is not None


def says_nothing_but_no_goods(kind: str) -> bool:
    """Whether a kind of rows has no word but those of payments, carriage, vouchers, discounts or fees.

    >>> says_nothing_but_no_goods("discount-coupon"), says_nothing_but_no_goods("送料")
    (True, True)
    >>> says_nothing_but_no_goods("Shipping supplies"), says_nothing_but_no_goods("product")
    (False, False)
    """
    said = re.sub(r"[-_\s]+", " ", bare_name(kind).replace("_", " "))
    return re.fullmatch(rf"(?:(?:{BESIDE_GOODS}|{NOT_GOODS}|billing)\s?)+", said) is not None


def leave_out_what_is_not_goods(made: Proposal, sample: pl.DataFrame, found: Columns) -> list[str]:
    """Conditions that leave out rows whose name of goods is a tip, carriage, a voucher, a deposit or rounding."""
    name = found.roles.get("product_name")
    if name is None:
        return []
    # a code in brackets may stand before the name, and the worth of a voucher behind it
    said = rf"^(?:\[[^\]]*\]\s*)?{NOT_GOODS}(?:\s+[€$£]?\s?\d+(?:[.,]\d+)?\s?\D{{0,3}})?$"
    names = sample[name].cast(pl.String)
    texts = names.str.strip_chars().str.to_lowercase()
    code = found.roles.get("product")
    lacks = sample[code].is_null() if code is not None else pl.repeat(False, sample.height, eager=True)
    # a row without a code, beside others that have one, says more in its name: `Freight - courier`
    begins = texts.str.contains(rf"^{NOT_GOODS}\b") & lacks
    rows = names.filter((texts.str.contains(said) | begins).fill_null(value=False))
    kinds = rows.unique(maintain_order=True).to_list()
    if not kinds or len(kinds) > _NAMED or len(rows) > _MOST * sample.height:
        return []
    made.remarks.append(f"{len(rows):,} rows whose {name!r} is one of {kinds} are no goods and are left out")
    column = '"' + name.replace('"', '""') + '"'
    return [f"{column} IS NULL OR {column} NOT IN ({', '.join(_text(kind) for kind in kinds)})"]


def _text(kind: str) -> str:
    return "'" + kind.replace("'", "''") + "'"


def nobody_of(values: pl.Series) -> Sequence[str]:
    """The values of a column of customers that stand for people whom nobody knows, with or without a number."""
    kinds = values.drop_nulls().cast(pl.String).unique(maintain_order=True)
    plain = kinds.str.strip_chars().str.to_lowercase().str.replace_all("\u0307", "")  # a capital İ of Turkish
    return kinds.filter(
        plain.str.contains(rf"^\d{{1,6}}[-_]?{_GLUED}$|^{_GLUED}\d{{1,6}}$")
        | plain.str.contains(rf"^(?:{_NUMBER}[\s:.,/|-]+)?(?:{NOBODY})(?:[\s:,/|-]*[(\[]?{_NUMBER}[)\]]?)?$")
    ).to_list()


def _named_nobody(sample: pl.DataFrame, name: str) -> list[str]:
    """Numbers of people whose name beside them always stands for nobody: `agent_name` of `agent_id`, or `CardName`."""
    told = re.sub(r"(?:_id|_?code|_?no)$", "_name", bare_name(name))
    named = next((one for one in sample.columns if one != name and bare_name(one) == told), None)
    if named is None or told == bare_name(name):
        return []
    names = (
        sample.select(pl.col(name).cast(pl.String).alias("id"), pl.col(named).cast(pl.String).alias("name"))
        .drop_nulls()
        .unique()
    )
    nobody = names["name"].is_in(nobody_of(names["name"]))
    others = names.filter(~nobody)["id"]
    return names.filter(nobody & ~names["id"].is_in(others.implode()))["id"].unique(maintain_order=True).to_list()


def _named_nobody_by_any(sample: pl.DataFrame, name: str) -> list[str]:
    """The numbers of nobody by any column that names the people of these numbers, such as a title beside an account.

    Such a column has a name for each number and, nearly, a number for each name: `Cash sale` among ways to pay has not.
    """
    people = sample[name].cast(pl.String)
    if people.n_unique() < _LEAST_OTHERS:
        return []
    for other in sample.columns:
        if other == name or sample[other].dtype != pl.String:
            continue
        pairs = pl.DataFrame({"id": people, "name": sample[other].str.strip_chars()}).drop_nulls().unique()
        nobody = pairs["name"].is_in(nobody_of(pairs["name"])) & ~pairs["name"].str.contains(_NO_NAME)
        others = pairs.filter(~nobody)
        is_name = others.height >= _LEAST_OTHERS - 1 and not pairs["id"].is_duplicated().any()
        if nobody.any() and is_name and others["name"].n_unique() >= _NAMES * others.height:
            return pairs.filter(nobody)["id"].to_list()
    return []


def _shared_by_many(sample: pl.DataFrame, name: str) -> list[str]:
    """The one value of a column of customers that stands beside several addresses or names, as others never do.

    Web shops number all guests 0, or give them the account of a till.
    """
    people = sample[name].cast(pl.String)
    for other in sample.columns:
        if other == name or not re.search(_TELLS_PEOPLE, bare_name(other)):
            continue
        pairs = pl.DataFrame({"id": people, "told": sample[other].cast(pl.String)}).drop_nulls().unique()
        counts = pairs.group_by("id").len().sort("len", descending=True)
        rest = counts["len"].slice(1)
        if len(rest) >= _LEAST_OTHERS and counts["len"][0] >= _SEVERAL_PEOPLE and (rest == 1).all():
            return [str(counts["id"][0])]
    return []


def customer_key(made: Proposal, sample: pl.DataFrame, name: str, beside: str = "") -> str:
    """The column of customers, without the values that stand for nobody.

    Args:
        made: the proposal, which gets a remark.
        sample: the rows; of orders, where addresses stand there and not beside the lines.
        name: of the column.
        beside: its name beside the lines of these orders; blank for the same.
    """
    nobody = list(
        dict.fromkeys(
            [
                *nobody_of(sample[name]),
                *_named_nobody(sample, name),
                *_named_nobody_by_any(sample, name),
                *_shared_by_many(sample, name),
            ]
        )
    )
    if not nobody or len(nobody) > _NAMED:
        return quoted(beside or name)
    rows = sample[name].cast(pl.String).is_in(nobody).sum()
    made.remarks.append(f"{rows:,} rows have {nobody} in {name!r}: they are of no known person")
    return f"{{ column = {quoted(beside or name)}, blank = [{', '.join(map(quoted, nobody))}] }}"
