"""Rows that are no sales, such as cancelled orders and payments, and rows that are returns without a minus."""

import re
from dataclasses import replace

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.numbers import parse_numbers
from retail_brain.sources import ColumnFormat

_CANCELLED = (
    r".*(?:\bcancel|\banul|\bannul|\bstorn|\bvoid|取消|作废|关闭|キャンセル|취소|отмен|аннулир|h[uủ][yỷ]\b|\biptal|zrušen|sztorn"
    r"|törölt|\bbatal|dibatalkan|avbrut|avlys|kansel|peruttu|peruutett|ακυρ|ملغ|ยกเลิก|בוטל|geannuleerd).*"
)
"""Words in the state of an order that never was a sale."""
_NO_SALE = rf"{_CANCELLED}|failed|expired|pending|unpaid|draft|.*(?:未付款|待付款|未支付|待支付|挂单).*"
_REFUND = (
    r"refund|return|退货|退款|退菜|退单|红字|冲红|retour|credit memo|credit note|gutschrift|avoir|rembours|devoluci|"
    r"devoluç|reembolso|nota de cr[eé]dito|reso\b|返品|возврат|반품|환불|\biade|trả hàng|zwrot|\bretur|palautus"
    r"|vratka|visszáru|επιστροφ|مرتجع|إرجاع|คืนสินค้า|החזר|זיכוי"
)
_REFUNDED = r"refunded|returned|已退款|退款成功|已退货|全额退款|erstattet|rembours[ée]e?"
_STATE = r"(?:^|[_ ])(?:status|state)$|状态$"
"""Names of columns with the state of an order, which is on one line only; a type of receipt is on a line of its own."""
_CURRENCY = r"(?:^|_)(?:currency|wahrung|waehrung|devise|moneda|valuta)(?:_code)?$|币种|货币"
_TRUE = ("true", "t", "1", "yes", "y", "是", "ja", "oui", "si", "sí", "x")
_KIND = r"(?:^|_)(?:way|type|kind|flag|mode|typ|tipo|art)$|方式|类型|标志|标识|种别|区分"
"""Names of columns with a kind of sale in codes."""
_CODE_LETTERS, _MOST_CODES = 2, 6
"""Letters of such a code, and how many of them there are at most. By judgement."""
_USUAL = 0.8
"""Share of the rows that the code of a plain sale has at least. By judgement."""
_MOST_KINDS = 12
"""Kinds of rows in a column from which its values are no kinds. By judgement."""
_ALL, _NONE = 0.98, 0.02
"""Shares of the rows of a kind that do, or do not, name goods."""


def leave_out_and_turn(made: Proposal, sample: pl.DataFrame, found: Columns, kept: str = "") -> None:
    """Writes `where` for rows that are no sales and `returns` for rows that are returns without a minus.

    Args:
        made: the proposal.
        sample: the rows.
        found: roles of the columns.
        kept: a further condition that rows must meet; blank for none.
    """
    found = _with_states(sample, found)
    out = [*_no_sales(made, sample, found), *_voided(made, sample, found)]
    conditions = [*out, *([kept] if kept else [])]
    if conditions:
        joined = conditions[0] if len(conditions) == 1 else " AND ".join(f"({text})" for text in conditions)
        made.keys["where"] = f"'''{joined}'''"
    for name in found.all_of("status"):
        if "returns" not in made.keys:
            _returns(made, sample, found, name, " ".join(out))
    if "returns" not in made.keys:
        _ask_about_kinds(made, sample, found)


def _ask_about_kinds(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Asks about codes such as A and B of a kind of sale, where nothing else tells returns from sales."""
    units = found.roles.get("units")
    if units is None or (parse_numbers(sample[units].cast(pl.String), found.seen[units].numbers[0]) < 0).any():
        return
    for name, seen in found.seen.items():
        if name in found.roles.values() or seen.dates or not re.search(_KIND, bare_name(name)):
            continue
        counts = sample[name].drop_nulls().cast(pl.String).value_counts(sort=True, name="rows")
        is_code = counts.height and counts[name].str.len_chars().max() <= _CODE_LETTERS  # type: ignore[operator]
        if not is_code or not 2 <= counts.height <= _MOST_CODES or counts["rows"][0] < _USUAL * sample.height:
            continue
        others = [str(code) for code in counts[name][1:].to_list()]
        kinds = f"{{ column = {quoted(name)}, values = [{', '.join(map(quoted, others))}] }}"
        made.questions.append(
            f"no row has units below 0, and {name!r} is {counts[name][0]!r} nearly always: does one of {others} mean a "
            f"return (returns = {kinds}) or no sale (a `where`)?"
        )


def _with_states(sample: pl.DataFrame, found: Columns) -> Columns:
    """Takes further columns of a few words for states where one of the words is that of a cancelled order."""
    known = found.all_of("status")
    taken = {*found.roles.values(), *known}
    further = [
        name
        for name, seen in found.seen.items()
        if name not in taken and not seen.numbers and not seen.dates and _names_a_cancelled_order(sample, name)
    ]
    return replace(found, alternatives={**found.alternatives, "status": (*known, *further)}) if further else found


def _names_a_cancelled_order(sample: pl.DataFrame, name: str) -> bool:
    kinds = _kinds(sample, name) if sample[name].n_unique() <= _MOST_KINDS else []
    words = [_plain(kind) for kind in kinds]
    is_cancelled = [re.fullmatch(f"{_CANCELLED}|.*(?:{_REFUND}).*", word) is not None for word in words]
    return any(is_cancelled) and not all(is_cancelled)


def ask_about_currencies(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Asks where a column names several currencies: money of the dataset is in one, and none is converted."""
    for name in found.seen:
        kinds = _kinds(sample, name) if re.search(_CURRENCY, bare_name(name)) else []
        if 1 < len(kinds) <= _MOST_KINDS:
            counts = sample[name].drop_nulls().value_counts(sort=True, name="rows")
            listed = ", ".join(f"{kind} {rows:,}" for kind, rows in counts.iter_rows())
            most = f"{_column(name)} = {_listed([str(counts[name][0])])}"
            made.questions.append(
                f"{name!r} names several currencies (rows: {listed}), and money is not converted: keep one with a "
                f"`where` such as {most}, or convert the prices"
            )


def _plain(kind: str) -> str:
    """A kind for comparing with words; the small letter of the Turkish capital İ has a mark of its own."""
    return kind.strip().lower().replace("\u0307", "")


def _kinds(sample: pl.DataFrame, name: str) -> list[str]:
    return [str(kind) for kind in sample[name].drop_nulls().unique(maintain_order=True).to_list()]


def _column(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _listed(kinds: list[str]) -> str:
    return ", ".join("'" + kind.replace("'", "''") + "'" for kind in kinds)


def _no_sales(made: Proposal, sample: pl.DataFrame, found: Columns) -> list[str]:
    conditions: list[str] = []
    for name in found.all_of("status"):
        kinds = _kinds(sample, name)
        is_state = re.search(_STATE, bare_name(name)) is not None
        no_sale = [kind for kind in kinds if _is_no_sale(_plain(kind), is_state=is_state)]
        if not no_sale or len(kinds) > _MOST_KINDS:
            continue
        # a column that says the same as one before adds nothing
        if not conditions or not _is_told(sample, found, name, no_sale):
            column = _column(name)
            text = f"{column} IS NULL OR {column} NOT IN ({_listed(no_sale)})"
            conditions.append(text)
            made.remarks.append(f"rows whose {name!r} is one of {no_sale} are no sales and are left out")
    return conditions


def _is_no_sale(kind: str, *, is_state: bool) -> bool:
    """Whether rows of a kind are no sales: cancelled, or orders that ended as refunded and have no line of the sale."""
    return bool(re.fullmatch(_NO_SALE, kind)) or (is_state and bool(re.fullmatch(_REFUNDED, kind)))


def _is_told(sample: pl.DataFrame, found: Columns, name: str, kinds: list[str]) -> bool:
    """Whether the rows of these kinds are cancelled by the first column of states already."""
    first = found.all_of("status")[0]
    cancelled = sample.filter(pl.col(name).is_in(kinds))[first]
    return all(re.fullmatch(_NO_SALE, _plain(str(kind))) for kind in cancelled.to_list())


def _voided(made: Proposal, sample: pl.DataFrame, found: Columns) -> list[str]:
    """Rows that a flag of its own calls void."""
    conditions = []
    for name in found.all_of("voided"):
        true = [kind for kind in _kinds(sample, name) if kind.strip().lower() in _TRUE]
        if true and len(_kinds(sample, name)) <= 2:
            conditions.append(f"{_column(name)} IS NULL OR {_column(name)} NOT IN ({_listed(true)})")
            made.remarks.append(f"rows whose {name!r} is {true[0]!r} are no sales and are left out")
    return conditions


def lines_of_goods(sample: pl.DataFrame, found: Columns) -> tuple[pl.DataFrame, str, str]:
    """The rows of kinds that name goods, where others are heads of receipts or payments.

    Returns:
        These rows, the condition that keeps them, and a remark; all rows and blank texts where there are no others.
    """
    goods = found.roles.get("product") or found.roles.get("product_name")
    if goods is None or not sample[goods].null_count():
        return sample, "", ""
    taken = {name for role, name in found.roles.items() if role != "status"}
    for name in sample.columns:
        kinds = _kinds(sample, name)
        if name in taken or found.seen[name].numbers or not 2 <= len(kinds) <= _MOST_KINDS or sample[name].null_count():
            continue
        filled = sample.group_by(name).agg(pl.col(goods).is_not_null().mean().alias("share"))
        lines = filled.filter(pl.col("share") > _ALL)[name].cast(pl.String).sort().to_list()
        others = filled.filter(pl.col("share") < _NONE)[name].cast(pl.String).sort().to_list()
        if lines and others and len(lines) + len(others) == filled.height:
            remark = f"rows whose {name!r} is one of {others} name no goods and are left out"
            return sample.filter(pl.col(name).is_in(lines)), f"{_column(name)} IN ({_listed(lines)})", remark
    return sample, "", ""


def _returns(made: Proposal, sample: pl.DataFrame, found: Columns, name: str, left_out: str) -> None:
    kinds = _kinds(sample, name)
    returned = [kind for kind in kinds if re.search(_REFUND, _plain(kind)) and _listed([kind]) not in left_out]
    if not returned or len(kinds) > _MOST_KINDS or not {"units", "unit_price"} <= set(made.columns):
        return
    if "units" not in found.roles:
        return
    marked = sample.filter(pl.col(name).is_in(returned))
    units = parse_numbers(marked[found.roles["units"]].cast(pl.String), ColumnFormat())
    share = (units > 0).mean()
    if isinstance(share, float) and share > 0.5:
        made.keys["returns"] = f"{{ column = {quoted(name)}, values = [{', '.join(map(quoted, returned))}] }}"
        made.remarks.append(f"rows whose {name!r} is one of {returned} have units without a minus: they are returns")
