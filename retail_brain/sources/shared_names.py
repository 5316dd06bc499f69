"""Closes the channels of people who share a name, where a mapping makes names the ids of people.

A name is no id: two people of a list may have one, in a later export than that for which the mapping was written. Whose
consent it is then nobody knows, so none of theirs opens a channel.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

import polars as pl

from retail_brain.sources.base import RawTable

_SHARED = "several people of the list have this name"
"""What a consent of a shared name says, which is neither yes nor no."""
_SHOWN = 10
"""Names that a sentence has at most."""


def with_shared_names_closed(
    tables: Mapping[str, RawTable], joined: Collection[str], warnings: list[str]
) -> dict[str, RawTable]:
    """The tables, with consents of shared names that cannot be read and so refuse; says how many names are shared.

    Args:
        tables: canonical name -> table.
        joined: the tables whose `customer_id` is joined out of several columns.
        warnings: gets a sentence, in both languages.
    """
    if "customers" not in joined:
        return dict(tables)
    rows = tables["customers"].frame
    others = [name for name in rows.collect_schema().names() if name != "customer_id"]
    is_name = ~pl.col("customer_id").str.contains(r"\d")  # a number says who is meant
    people = rows.filter(is_name).select("customer_id", pl.struct(others or ["customer_id"]).alias("_rest")).unique()
    shared = people.group_by("customer_id").len().filter(pl.col("len") > 1).select("customer_id").collect()
    if not shared.height:
        return dict(tables)
    names = shared["customer_id"].sort()
    shown = ", ".join(names.head(_SHOWN).to_list()) + (", ..." if len(names) > _SHOWN else "")
    warnings.append(
        f"{len(names):,} names of customers are of several people of the list ({shown}), and names are their ids here: "
        "the consents of these names are refusals. Give customers an id of their own in all files. "
        f"{len(names):,} 个顾客姓名在名单中属于多个人，而这里以姓名为编号：这些姓名的同意一律"
        "视为拒绝。请在所有文件中使用顾客编号。"
    )
    if "consents" not in tables:
        return dict(tables)
    consents = tables["consents"]
    is_shared = pl.col("customer_id").cast(pl.String).str.strip_chars().is_in(names.implode())
    unknown = pl.when(is_shared).then(pl.lit(_SHARED)).otherwise(pl.col("granted").cast(pl.String))
    return {**tables, "consents": replace(consents, frame=consents.frame.with_columns(unknown.alias("granted")))}
