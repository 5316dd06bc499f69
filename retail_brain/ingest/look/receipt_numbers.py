"""Decides what names a receipt: its number, or the number with shop, till and day where tills begin anew."""

import re

import polars as pl

from retail_brain.ingest.look.columns import Columns, days_of
from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.numbers_of_kinds import kind_of_numbers
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words import bare_name

TILL = (
    r"(?:pos_)?(?:register|till|terminal|pos|kassen?|kasse|caisse|caja|lane|cash_?desk|workstation|term)"
    r"(?:_?(?:id|no|nr|num|number|code|name))?|(?:收银机|收银台|收款机|款台|pos机?)(?:编?号|编码)?|レジ(?:番号|no|id)?|端末.*|касса"
    r"|(?:nr_|numer_)?stanowisk[oa]|arbeitsplatz(?:nr)?|poste_de_caisse|puesto_de_caja|postazione|포스(?:번호)?"
    r"|(?:מספר_|מס_)?קופה"
)
"""Names of columns that say at which till a receipt was printed."""
_ANEW = 0.2
"""Share of the numbers on several days, in several shops or at several tills from which numbers begin anew. A refund
under the number of its sale is rarer. By judgement."""


_MOST_DIGITS = 6
"""Digits at the end of a number that may count lines at most. By judgement."""
_EVERY = 0.9
"""Share of the receipts of several lines in which a number is another on every line: it numbers lines. By judgement."""

_TELLING = 0.2
"""Different times or customers for each receipt of several lines from which they tell receipts apart. By judgement: the
best customers of a small shop come five times."""


def name_receipts(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Joins the number of a receipt with shop, till and day where one number alone stands for several receipts.

    Args:
        made: the proposal, with `transaction_id` from the column of the number.
        sample: the rows.
        found: roles of the columns.
    """
    number, moment = found.roles["receipt"], found.roles.get("moment")
    if digits := digits_of_lines(sample, found, number):
        pattern = _head(digits)
        without = f"{{ column = {quoted(number)}, pattern = '{pattern}' }}"
        if not _lines_are_of_one(sample, found, number, digits):
            made.questions.append(
                f"the last {digits} digits of {number!r} run from 1 on: do they count receipts, so that each number is "
                f"one, as written below, or the lines of one? Then write transaction_id = {without}"
            )
            return
        made.columns["transaction_id"] = without
        made.remarks.append(
            f"the last {digits} digits of {number!r} count the lines of a receipt: what is before them is it"
        )
        return
    if moment is None or not found.seen[moment].dates or "fill_down" in made.keys:
        return
    places = [found.roles["store"]] if "store" in found.roles else []
    tills = (name for name in found.seen if name not in found.roles.values() and re.fullmatch(TILL, bare_name(name)))
    places += [name for name in tills if not _numbers_lines(sample, [number, moment, *places], name)]
    clock = [found.roles["time"]] if "time" in found.roles else []
    if found.seen[moment].has_time or clock:
        places = [name for name in places if not _is_of_lines(sample, number, [moment, *clock], name)]
    rows = sample.select(pl.col(number), *places).with_columns(_day=days_of(sample[moment], found.seen[moment]))
    kinds = rows.group_by(number).agg(pl.col([*places, "_day"]).n_unique())
    anew = [name for name in (*places, "_day") if share(kinds[name] > 1) > _ANEW]
    parts = [moment if name == "_day" else name for name in anew]
    kind = kind_of_numbers(sample.with_columns(rows["_day"]), found, [number, *anew])
    parts += [kind] if kind is not None else []
    if not parts:
        return
    made.columns["transaction_id"] = f"{{ columns = [{', '.join(map(quoted, [*parts, number]))}] }}"
    made.remarks.append(f"{number!r} begins anew: with {parts} it names one receipt")
    if "_day" in anew and found.seen[moment].has_time:
        moments = sample.select(pl.col(number), pl.col(moment), *places).with_columns(rows["_day"])
        times = moments.group_by(number, *places, "_day").agg(pl.col(moment).n_unique())[moment]
        if share(times > 1) > _ANEW:
            made.questions.append(
                f"{number!r} begins anew every day, and lines of one number have several times in {moment!r}: have the "
                "day in a column of its own, so that the lines of a receipt stay together"
            )


def digits_of_lines(sample: pl.DataFrame, found: Columns, number: str) -> int:
    """Digits at the end of the number of every line that count the lines of its receipt from 1 on; 0 for none."""
    if found.seen[number].distinct < 1 or found.seen[number].filled < 1:
        return 0
    shared = [found.roles[role] for role in ("moment", "store", "customer") if role in found.roles]
    text = sample[number].cast(pl.String)
    for digits in range(_MOST_DIGITS, 0, -1):
        parts = sample.select(
            text.str.extract(_head(digits), 1).alias("_head"),
            text.str.extract(rf"(\d{{{digits}}})$", 1).cast(pl.Int64, strict=False).alias("_line"),
            *shared,
        )
        if parts["_head"].null_count() or parts["_line"].null_count():
            continue
        heads = parts.group_by("_head").agg(
            pl.len().alias("_lines"), pl.col("_line").max().alias("_last"), pl.col("_line").min().alias("_first"),
            pl.col(shared).n_unique(),
        )  # fmt: skip
        counted = (heads["_first"] == 1) & (heads["_last"] == heads["_lines"])
        same = all((heads[name] == 1).all() for name in shared)
        if heads["_lines"].max() > 1 and same and share(counted) > _EVERY:  # type: ignore[operator]
            return digits
    return 0


def _head(digits: int) -> str:
    """Pattern of what stands before so many digits at the end of a number, and the mark between them."""
    return rf"^(.+?)\D?\d{{{digits}}}$"


def _lines_are_of_one(sample: pl.DataFrame, found: Columns, number: str, digits: int) -> bool:
    """Whether the lines with one number but for its last digits share a time or a customer that few others have.

    Numbers that run from 1 on every day share day and shop as well, and are of other people at other times.

    Args:
        sample: the rows.
        found: roles of the columns.
        number: the column of the number.
        digits: its last digits that count something from 1 on.
    """
    moment = found.roles.get("moment")
    timed = [moment] if moment is not None and found.seen[moment].has_time else []
    telling = timed + [found.roles[role] for role in ("time", "customer") if role in found.roles]
    head = sample[number].cast(pl.String).str.extract(_head(digits), 1).alias("_head")
    rows = sample.select(head, *(name for name in telling if name != number))
    several = rows.filter(pl.len().over("_head") > 1)
    for name in several.columns[1:]:
        known = several.select("_head", name).drop_nulls()
        heads = known["_head"].n_unique()
        is_shared = known.unique().height == heads == several["_head"].n_unique()
        if is_shared and heads > 1 and known[name].n_unique() > _TELLING * heads:
            return True
    return False


def _numbers_lines(sample: pl.DataFrame, receipt: list[str], name: str) -> bool:
    """Whether a column such as `Pos` is another one on every line of a receipt; lines of one till share theirs."""
    groups = sample.group_by(receipt).agg(pl.len().alias("_lines"), pl.col(name).n_unique().alias("_kinds"))
    several = groups.filter(pl.col("_lines") > 1)
    return share(several["_kinds"] == several["_lines"]) > _EVERY


def _is_of_lines(sample: pl.DataFrame, number: str, moment: list[str], name: str) -> bool:
    """Whether lines of one number and one moment have several tills: receipts of several tills are of several times."""
    groups = sample.group_by(number).agg(pl.struct(moment).n_unique().alias("_times"), pl.col(name).n_unique())
    several = groups.filter(pl.col(name) > 1)
    return share(several["_times"] == 1) > _EVERY
