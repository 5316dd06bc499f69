"""Finds lines that belong to another line of the same file, such as the size that stands below the model it is of.

A column whose values are numbers of other rows says which line each child belongs to. A child without money, with the
units of its parent, is the same line once more. A price of the list is no money; where children have one it is that of
their parents, or they have its code: a gift beside goods has its own. So is a child that repeats the money as well,
where the sum of the receipt counts it once.
"""

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal
from retail_brain.ingest.look.money_of_rows import money_of_rows
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.state_columns import column_of

_LEAST = 5
"""Children below which a column may name other rows by chance."""
_TRIED = 20
"""Children that are looked up first, half of which must be known."""
_HOLDS = 0.97
"""Share of the children that must have what makes them a line once more. By judgement."""
_CENT = 0.011
"""Money by which equal sums may differ: a cent, with room for binary fractions."""
_NAMED = 0.98
"""Share of the values of a parent that must be numbers of other rows: samples are first rows. By judgement."""


def children_of_lines(made: Proposal, sample: pl.DataFrame, found: Columns) -> tuple[list[str], list[list[str]]]:
    """Conditions that count a parent and its children once.

    Args:
        made: the proposal; gets remarks and questions.
        sample: the rows.
        found: roles of the columns.

    Returns:
        Conditions that are certain, and for each question those of which a person chooses one or none.
    """
    told = _parent_column(sample, found)
    money = [name for role in ("amount", "price") for name in found.all_of(role) if found.seen[name].numbers]
    if told is None or not money:
        return [], []
    number, parent = told
    family = _families(sample, found, (number, parent), _money(made, sample, found, money))
    without = f"{column_of(parent)} IS NULL OR {column_of(parent)} = ''"
    if share(family["_units"] < 0) > 0:
        return [], []  # rows that take others back
    has_money = share(family["_money"] == 0) < _HOLDS
    is_alone = not family["_of"].is_duplicated().any()  # several children are parts of a set, and goods of their own
    has_units = share(family["_units"] == family["_parent_units"]) >= _HOLDS
    is_repeated = has_money and share((family["_money"] - family["_parent_money"]).abs() < _CENT) >= _HOLDS
    is_repeated = is_repeated and "returns" not in made.keys and _sums_count_once(made, sample, found, parent)
    if (
        is_alone
        and has_units
        and (is_repeated or (not has_money and _are_alike(sample, found, (number, parent), money)))
    ):
        what = (
            "its units and its money, which the sum of the receipt has once" if has_money else "its units and no money"
        )
        made.remarks.append(
            f"{family.height:,} rows have in {parent!r} the {number!r} of another row, {what}: they "
            "are the same lines once more, and are left out"
        )
        return [without], []
    if has_money and share(family["_parent_money"] != 0) < 1 - _HOLDS:
        return [], []  # a set without money of its own, whose parts have it: its row is a line of nothing paid
    made.questions.append(
        f"{family.height:,} rows have in {parent!r} the {number!r} of another row: are they parts of it, and counted "
        "with it already (leave them out), or goods of their own (keep them)?"
    )
    return [], [[without]]


def _parent_column(sample: pl.DataFrame, found: Columns) -> tuple[str, str] | None:
    """The column that numbers the rows, and the one that holds numbers of other rows of the same receipt."""
    receipt = found.roles.get("receipt")
    keys = [name for name, seen in found.seen.items() if seen.distinct == seen.filled == 1 and not seen.dates]
    for parent, seen in found.seen.items():
        if parent in (receipt, *keys) or not 0 < seen.filled < 1 or seen.dates:
            continue
        for number in keys:
            rows = sample.select(
                pl.col(number).cast(pl.String).alias("_id"), pl.col(parent).cast(pl.String).alias("_parent"),
                (pl.col(receipt) if receipt else pl.lit(0)).alias("_receipt"),
            )  # fmt: skip
            children = rows.drop_nulls("_parent")
            few = children["_parent"].head(_TRIED)
            if children.height < _LEAST or share(few.is_in(rows["_id"].implode())) < 1 / 2:
                continue
            if (children["_id"] == children["_parent"]).any():
                continue
            owners = children.join(rows, left_on="_parent", right_on="_id", how="inner", suffix="_of_parent")
            if owners.height < _NAMED * children.height:
                continue
            if (owners["_receipt"] == owners["_receipt_of_parent"]).all():
                return number, parent
    return None


def _money(made: Proposal, sample: pl.DataFrame, found: Columns, names: list[str]) -> pl.Series:
    """What was paid for each row as the proposal reads it; where that is open the most of any column of money."""
    paid = None if made.columns.get("unit_price", "?").startswith("?") else money_of_rows(made, sample, found)
    if paid is not None:
        return paid.abs().fill_null(0)
    sums = pl.DataFrame([values(sample, found, name).abs().fill_null(0).alias(name) for name in names])
    return sums.max_horizontal()


def _are_alike(sample: pl.DataFrame, found: Columns, told: tuple[str, str], money: list[str]) -> bool:
    """Whether other columns of money are 0 on the children or repeat their parents', or a code of goods does."""
    number, parent = told
    codes = [name for role in ("product", "product_name") for name in found.all_of(role) if name in sample.columns]
    rows = sample.select(
        pl.col(number).cast(pl.String).alias("_id"), pl.col(parent).cast(pl.String).alias("_of"),
        *(values(sample, found, name).abs().fill_null(0).alias(f"_{place}") for place, name in enumerate(money)),
        *(pl.col(name).cast(pl.String).alias(f"_code_{place}") for place, name in enumerate(codes)),
    )  # fmt: skip
    both = rows.drop_nulls("_of").join(rows, left_on="_of", right_on="_id", how="inner", suffix="_of_parent")
    if any(share(both[f"_code_{place}"] == both[f"_code_{place}_of_parent"]) >= _HOLDS for place in range(len(codes))):
        return True
    pairs = [(both[f"_{place}"], both[f"_{place}_of_parent"]) for place in range(len(money))]
    return all(  # what parents never have is said of them on the rows of their children
        share(own == 0) >= _HOLDS or share(theirs == 0) >= _HOLDS or share((own - theirs).abs() < _CENT) >= _HOLDS
        for own, theirs in pairs
    )


def _sums_count_once(made: Proposal, sample: pl.DataFrame, found: Columns, parent: str) -> bool:
    """Whether a column has the money of each receipt without its children, on receipts that have some."""
    receipt, paid = found.roles.get("receipt"), money_of_rows(made, sample, found)
    if receipt is None or paid is None:
        return False
    is_child = pl.col(parent).is_not_null()
    sums = [name for name, seen in found.seen.items() if seen.numbers and name not in (receipt, parent, paid.name)]
    rows = sample.select(receipt, parent, *(values(sample, found, name).alias(name) for name in sums))
    groups = rows.with_columns(paid.fill_null(0).alias("_paid")).group_by(receipt).agg(
        pl.col("_paid").filter(~is_child).sum().alias("_once"), is_child.any().alias("_has"), pl.col(sums).first(),
        *(pl.col(name).n_unique().alias(f"_kinds_{place}") for place, name in enumerate(sums)),
    ).filter("_has")  # fmt: skip
    return groups.height >= _LEAST and any(
        (groups[f"_kinds_{place}"] == 1).all() and share((groups[name] - groups["_once"]).abs() < _CENT) >= _HOLDS
        for place, name in enumerate(sums)
    )


def _families(sample: pl.DataFrame, found: Columns, told: tuple[str, str], money: pl.Series) -> pl.DataFrame:
    """Units and money of each child and of its parent."""
    number, parent = told
    units = found.roles.get("units")
    rows = pl.DataFrame(
        {
            "_id": sample[number].cast(pl.String),
            "_of": sample[parent].cast(pl.String),
            "_money": money,
            "_units": values(sample, found, units) if units else pl.repeat(1.0, sample.height, eager=True),
        }
    )
    owners = rows.select("_id", pl.col("_money").alias("_parent_money"), pl.col("_units").alias("_parent_units"))
    return rows.drop_nulls("_of").join(owners, left_on="_of", right_on="_id", how="inner")
