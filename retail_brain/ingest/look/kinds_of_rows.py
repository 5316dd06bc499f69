"""Kinds of rows among the lines of receipts: goods, and heads, payments, sums, carriage or vouchers beside them."""

from functools import reduce
from operator import and_

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.legends import legend_of
from retail_brain.ingest.look.not_goods import says_no_goods, says_nothing_but_no_goods
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.state_columns import MOST_KINDS, column_of, kinds_of, listed
from retail_brain.ingest.look.words import bare_name
from retail_brain.sources.rows_left_out import TOTAL_WORDS

_UNITS_AND_MONEY = 2
"""Columns that must say that a row counts nothing: its units and its money."""
_PACKING = (
    r"(?i)box(?:es)?\b|carton|karton|envelope|umschlag|bubble|packaging|\btape\b|\bbags?\b|t[uü]te|beutel|caja|sobre\b|scatol"
    r"|doos|dozen|krabic|pude[lł]|короб|конверт|пакет|箱|盒|袋|テープ|封筒|ケース|상자|봉투|kardus|kotak|h[oộ]p\b|กล่อง"
)
"""Words of goods to send things in, which shops sell as well."""
_SOLD = {"units", "amount", "receipt", "customer"}
"""Roles of lines of sales, which stock has none of."""
_ALL, _NONE = 0.98, 0.02
"""Shares of the rows of a kind that do, or do not, name goods."""
_COUNTED = 0.9
"""Share of the rows of a kind with units from which it counts, beside kinds that never do. By judgement: money that is
given back has none in some reports."""
_MOST_FEES = 3
"""Codes that a kind of fees may have: one for each carrier or way to pay. By judgement."""
_LEAST_LINES = 0.3
"""Share of the rows that must be of goods: small orders have a line, carriage and a fee each. By judgement."""
Lines = tuple[pl.DataFrame, str, str]
"""Rows of goods, the condition that keeps them, and a remark."""


def lines_of_goods(sample: pl.DataFrame, found: Columns) -> Lines:
    """The rows of kinds that name goods, where others are heads of receipts, payments, sums or carriage.

    Kinds that never have a code of goods, beside others that always have one, are no goods where their rows have no
    units, or where the kind says so: goods that are keyed in by hand have no code either.

    Returns:
        These rows, the condition that keeps them, and a remark; all rows and blank texts where there are no others.
    """
    roles = found.roles
    goods = [roles[role] for role in ("product", "product_name") if role in roles]
    named = sample.select(pl.any_horizontal(pl.col(goods).is_not_null())).to_series() if goods else pl.Series([True])
    counted = named & ~_counts_nothing(sample, found)
    if not counted.all() and (kept := _counted(sample, found, counted) or _kept(sample, found, counted)):
        return _with_heads(sample, kept, found)
    if not named.all():
        kept = _counted(sample, found, named) or _kept(sample, found, named) or _without_unnamed(sample, found, named)
        return kept or _without_heads(sample, found, named) or (sample, "", "")
    coded = sample[roles["product"]].is_not_null() if "product" in roles else named
    kept = None if coded.all() else _kept(sample, found, coded, are_named=True)
    return kept or _without_fees(sample, found) or _counted(sample, found, named) or (sample, "", "")


def _counts_nothing(sample: pl.DataFrame, found: Columns) -> pl.Series:
    """Whether rows have 0 units and no money, as carriage of goods beside their sales has."""
    nothing = [values(sample, found, found.roles[role]) for role in ("units", "price", "amount") if role in found.roles]
    if "units" not in found.roles or len(nothing) < _UNITS_AND_MONEY:
        return pl.repeat(value=False, n=sample.height, eager=True)
    is_nothing = [one == 0 if place == 0 else one.fill_null(0) == 0 for place, one in enumerate(nothing)]
    return reduce(and_, is_nothing).fill_null(value=False)


def _counted(sample: pl.DataFrame, found: Columns, named: pl.Series) -> Lines | None:
    """The lines without kinds that never count units, such as taxes and fees beside the price in a settlement."""
    are_goods = bool({"product", "product_name"} & found.roles.keys())
    counts = sample[found.roles["units"]].is_not_null() if are_goods and "units" in found.roles else named
    kept = _kept(sample, found, named & counts, are_counted=True) if share(counts) < _ALL else None
    return kept and _with_heads(sample, kept, found)


def _with_heads(sample: pl.DataFrame, kept: Lines, found: Columns) -> Lines:
    """The lines; all rows where their day stands on the rows that are left out alone, to be filled from there."""
    lines, condition, remark = kept
    day, receipt = found.roles.get("moment"), found.roles.get("receipt")
    if day is None or receipt is None or lines.height == sample.height or lines[day].null_count() < _ALL * lines.height:
        return kept
    return (sample, condition, remark) if sample[day].is_not_null().any() else kept


def _kept(
    sample: pl.DataFrame, found: Columns, is_goods: pl.Series, *, are_named: bool = False, are_counted: bool = False
) -> Lines | None:
    """The lines by the one column of kinds that tells goods from other rows; None where there is none."""
    taken = {name for role, name in found.roles.items() if role != "status"}
    for name in sample.columns:
        is_code = name in found.seen and bool(found.seen[name].numbers) and not legend_of(name)
        if name in taken or name not in found.seen or is_code or (sample[name].is_null() & is_goods).any():
            continue
        kinds = kinds_of(sample, name)
        if not 2 <= len(kinds) <= MOST_KINDS:
            continue
        rows = sample.with_columns(is_goods.alias("_goods")).drop_nulls(name)
        shares = rows.group_by(name).agg(pl.col("_goods").mean())
        lines = (
            shares.filter(pl.col("_goods") > (_COUNTED if are_counted else _ALL))[name].cast(pl.String).sort().to_list()
        )
        others = shares.filter(pl.col("_goods") < _NONE)[name].cast(pl.String).sort().to_list()
        if not lines or not others or len(lines) + len(others) < shares.height:
            continue
        if are_named:
            others = [kind for kind in others if _is_beside_goods(sample, found, name, kind)]
        if others:
            kept = [kind for kind in kinds if kind not in others] if are_named else lines
            if are_named and not all(
                _says_so(sample, found, name, kind) or _is_carried(sample, found, name, kind) for kind in others
            ):
                remark = (
                    f"rows whose {name!r} is one of {others} have no code of goods and no other name: are they fees, "
                    "which are left out the first way below, or goods?"
                )
                return sample.filter(pl.col(name).is_in(kept)), f"?{column_of(name)} IN ({listed(kept)})", remark
            what = "have no code of goods" if are_named else "name or count no goods"
            what = "never count units" if are_counted else what
            remark = f"rows whose {name!r} is one of {others} {what} and are left out"
            return sample.filter(pl.col(name).is_in(kept)), f"{column_of(name)} IN ({listed(kept)})", remark
    return None


def _without_unnamed(sample: pl.DataFrame, found: Columns, named: pl.Series) -> Lines | None:
    """The lines without rows that name no goods but carriage and the like, in a column that lines leave blank."""
    goods = [found.roles[role] for role in ("product", "product_name") if role in found.roles]
    others = sample.filter(~named)
    for name in sample.columns:
        if name in found.roles.values() or sample.schema[name] != pl.String or others[name].null_count():
            continue
        if all(map(says_no_goods, kinds_of(others, name))):
            kept = " OR ".join(f"{column_of(one)} <> ''" for one in goods)
            kinds = kinds_of(others, name)[:MOST_KINDS]
            remark = f"{others.height:,} rows name no goods but one of {kinds} in {name!r} and are left out"
            return sample.filter(named), kept, remark
    return None


def _without_heads(sample: pl.DataFrame, found: Columns, named: pl.Series) -> Lines | None:
    """The rows, and the condition without those that name no goods and sum up the lines of their receipt.

    Web shops write such a row above the lines of an order that has several.
    """
    receipt, units = found.roles.get("receipt"), found.roles.get("units")
    if receipt is None or units is None:
        return None
    counts = sample.select(pl.col(receipt).cast(pl.String).alias("receipt"), named.alias("named"))
    counts = counts.with_columns(values(sample, found, units).alias("units"))
    lines = counts.filter("named").group_by("receipt").agg(pl.col("units").sum().alias("sum"))
    heads = counts.filter(~pl.col("named")).join(lines, on="receipt", how="left")
    if heads["receipt"].is_duplicated().any() or share(heads["sum"].is_not_null()) < _ALL:
        return None
    told = heads.drop_nulls("units")
    if told.height and share(told["units"] == told["sum"]) < _ALL:
        return None
    goods = [found.roles[role] for role in ("product", "product_name") if role in found.roles]
    kept = " OR ".join(f"{column_of(one)} <> ''" for one in goods)
    remark = f"{heads.height:,} rows name no goods and stand for all lines of their receipt: they are left out"
    return sample, kept, remark  # whole: what stands on them alone, such as the day, is filled into the lines


def _without_fees(sample: pl.DataFrame, found: Columns) -> Lines | None:
    """The lines without kinds such as shipping and discount, although their rows have codes of their own.

    A kind is one by nothing but such words, and by rows of one unit with a few codes that no other kind has: a
    department called `Discount` sells many goods, and several at a time.
    """
    code, units = found.roles.get("product"), found.roles.get("units")
    if code is None or units is None or "receipt" not in found.roles:
        return None
    taken = {name for role, name in found.roles.items() if role != "status"}
    for name in sample.columns:
        if name in taken or name not in found.seen or found.seen[name].numbers or sample[name].null_count():
            continue
        kinds = kinds_of(sample, name) if sample[name].n_unique() <= MOST_KINDS else []
        fees = [kind for kind in kinds if says_nothing_but_no_goods(kind) and _are_fees(sample, found, name, kind)]
        lines = sample.filter(~pl.col(name).is_in(fees))
        if fees and lines.height >= _LEAST_LINES * sample.height:
            kept = [kind for kind in kinds if kind not in fees]
            remark = f"rows whose {name!r} is one of {fees} are no goods, whatever their codes, and are left out"
            return lines, f"{column_of(name)} IN ({listed(kept)})", remark
    return None


def _are_fees(sample: pl.DataFrame, found: Columns, name: str, kind: str) -> bool:
    """Whether rows of a kind are of one unit each and have a few codes that rows of other kinds do not have."""
    rows, others = sample.filter(pl.col(name) == kind), sample.filter(pl.col(name) != kind)
    code, named = found.roles["product"], found.roles.get("product_name")
    if named is not None and rows[named].cast(pl.String).str.contains(_PACKING).any():
        return False
    codes = rows[code].drop_nulls().unique()
    counts = values(rows, found, found.roles["units"]).fill_null(1).abs()
    return len(codes) <= _MOST_FEES and bool((counts == 1).all()) and not others[code].is_in(codes.implode()).any()


def _is_beside_goods(sample: pl.DataFrame, found: Columns, name: str, kind: str) -> bool:
    """Whether rows of a kind without codes are no goods: they count nothing, or the kind says what they are.

    A kind says so by a word such as carriage, or by being the one name that stands in the place of goods.
    """
    if "on_hand" in found.roles and not _SOLD & found.roles.keys():
        # what has stock is goods, such as a holder of gift cards
        return bare_name(kind).replace("_", " ") in TOTAL_WORDS
    if _says_so(sample, found, name, kind):
        return True
    named = found.roles.get("product_name")
    return named is not None and kinds_of(sample.filter(pl.col(name) == kind), named) == [kind]


def _is_carried(sample: pl.DataFrame, found: Columns, name: str, kind: str) -> bool:
    """Whether rows of a kind are of one unit, one on a receipt and never without another row, as fees are."""
    receipt, units = found.roles.get("receipt"), found.roles.get("units")
    if receipt is None or units is None:
        return False
    rows, others = sample.filter(pl.col(name) == kind), sample.filter(pl.col(name) != kind)
    is_single = bool((values(rows, found, units).fill_null(1).abs() == 1).all())
    return is_single and rows[receipt].is_unique().all() and rows[receipt].is_in(others[receipt].implode()).all()


def _says_so(sample: pl.DataFrame, found: Columns, name: str, kind: str) -> bool:
    """Whether rows of a kind are no goods by its words, or as they have no units."""
    if bare_name(kind).replace("_", " ") in TOTAL_WORDS or says_no_goods(kind):
        return True
    units = found.roles.get("units")
    return units is not None and bool(sample.filter(pl.col(name) == kind)[units].is_null().all())
