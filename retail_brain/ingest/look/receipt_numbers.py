"""Decides what names a receipt: its number, or the number with shop, till and day where tills begin anew."""

import re

import polars as pl

from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.words import bare_name

TILL = (
    r"(?:pos_)?(?:register|till|terminal|pos|kassen?|kasse|caisse|caja|lane|cash_?desk|workstation|term)"
    r"(?:_?(?:id|no|nr|num|number|code|name))?|(?:收银机|收银台|收款机|款台|pos机?)(?:编?号|编码)?|レジ(?:番号|no|id)?|端末.*|касса"
)
"""Names of columns that say at which till a receipt was printed."""
_ANEW = 0.2
"""Share of the numbers on several days, in several shops or at several tills from which numbers begin anew. A refund
under the number of its sale is rarer. By judgement."""


_EVERY = 0.9
"""Share of the receipts of several lines in which a number is another on every line: it numbers lines. By judgement."""


def name_receipts(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Joins the number of a receipt with shop, till and day where one number alone stands for several receipts.

    Args:
        made: the proposal, with `transaction_id` from the column of the number.
        sample: the rows.
        found: roles of the columns.
    """
    number, moment = found.roles["receipt"], found.roles.get("moment")
    if moment is None or not found.seen[moment].dates or "fill_down" in made.keys:
        return
    places = [found.roles["store"]] if "store" in found.roles else []
    tills = (name for name in found.seen if name not in found.roles.values() and re.fullmatch(TILL, bare_name(name)))
    places += [name for name in tills if not _numbers_lines(sample, [number, moment, *places], name)]
    rows = sample.select(pl.col(number), *places).with_columns(_day=days_of(sample[moment], found.seen[moment]))
    kinds = rows.group_by(number).agg(pl.col([*places, "_day"]).n_unique())
    anew = [name for name in (*places, "_day") if _share_above_one(kinds[name]) > _ANEW]
    if not anew:
        return
    parts = [moment if name == "_day" else name for name in anew]
    made.columns["transaction_id"] = f"{{ columns = [{', '.join(map(quoted, [*parts, number]))}] }}"
    made.remarks.append(f"{number!r} begins anew: with {parts} it names one receipt")
    if "_day" in anew and found.seen[moment].has_time:
        moments = sample.select(pl.col(number), pl.col(moment), *places).with_columns(rows["_day"])
        if _share_above_one(moments.group_by(number, *places, "_day").agg(pl.col(moment).n_unique())[moment]) > _ANEW:
            made.questions.append(
                f"{number!r} begins anew every day, and lines of one number have several times in {moment!r}: have the "
                "day in a column of its own, so that the lines of a receipt stay together"
            )


def _numbers_lines(sample: pl.DataFrame, receipt: list[str], name: str) -> bool:
    """Whether a column such as `Pos` is another one on every line of a receipt; lines of one till share theirs."""
    groups = sample.group_by(receipt).agg(pl.len().alias("_lines"), pl.col(name).n_unique().alias("_kinds"))
    several = groups.filter(pl.col("_lines") > 1)
    share = (several["_kinds"] == several["_lines"]).mean()
    return isinstance(share, float) and share > _EVERY


def _share_above_one(counts: pl.Series) -> float:
    share = (counts > 1).mean()
    return share if isinstance(share, float) else 0.0
