"""Decides which column of a file plays which role: by its name, checked by its values."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import polars as pl

from retail_brain.ingest.look.decimal_marks import with_one_decimal_mark
from retail_brain.ingest.look.evidence import Evidence, evidence, once
from retail_brain.ingest.look.key_of_list import key_of_list
from retail_brain.ingest.look.measures import are_measures
from retail_brain.ingest.look.names_of_operations import without_names_of_operations
from retail_brain.ingest.look.prefixed_fields import scores_of_fields
from retail_brain.ingest.look.roles_refused import is_part_of_number, is_refused, numbers_lines
from retail_brain.ingest.look.types_of_records import roles_of_records
from retail_brain.ingest.look.word_parts import paid_rank
from retail_brain.ingest.look.words import bare_name, role_scores
from retail_brain.ingest.look.words_of_expiry import is_of_expiry
from retail_brain.ingest.look.words_of_stock import is_called_stock
from retail_brain.ingest.moments import date_of, parse_uniform
from retail_brain.sources import ColumnFormat


def _counts(seen: Evidence) -> bool:
    """Whether values are units or money; `5 %` is a rate of another column."""
    return bool(seen.numbers) and not seen.is_clock and "%" not in seen.numbers[0].strip


_FITS: Mapping[str, Callable[[Evidence], bool]] = {
    "moment": lambda seen: bool(seen.dates),
    "time": lambda seen: seen.is_clock or bool(seen.clock),
    "joined_on": lambda seen: bool(seen.dates),
    "product_name": lambda seen: not seen.numbers,
    "store": lambda seen: not are_measures(seen.examples),
    **dict.fromkeys(("units", "discount", "on_hand", "on_order", "unit_cost", "list_price"), _counts),
    # money that is 0 on every line was not paid for goods
    **dict.fromkeys(("price", "amount"), lambda seen: _counts(seen) and bool(seen.mean)),
}
"""Role -> what its values must be."""
_FILES = {
    "receipt": "order|sale|receipt|ticket|transaction|invoice|document|bill|cheque|check|beleg|订单|销售|小票|流水",
    "product": "product|item|article|goods|sku|商品|货品",
    "store": "store|shop|branch|outlet|location|warehouse|门店|店铺",
    "customer": "customer|member|client|user|会员|客户|顾客",
}
"""Role -> words in the name of a file whose `id` it is; the first that fits counts."""
_OF_PEOPLE: Final = (
    r"(?:cli(?:ent[a-z]*)?|klient[a-z]*|kund(?:en?|er)|klanten|zakazni[a-z]*|kontrahen[a-z]*|ugyfelek|vevok|musteri(?:ler)?"
    r"|πελατεσ|клиент[а-яіы]*|покупател[а-я]*|контрагент[а-яіы]*|khach_?hang|pelanggan|לקוחות|عملاء)[\W\d_]*"
)
"""A whole name of a file, but for days and numbers, that lists people: its code is theirs and of no goods."""
_OF_OTHERS = "(?:line|detail|position|row|entr(?:y|ie)|type|kind|group|status|state|categor(?:y|ie)|tax|payment)s?"
"""The last word in the name of a file that lists something of what its first words name, or `items` of documents."""
_BY: Final = r"[-_ ](?i:by|per|nach|je|par|por|po|pr|av)[-_ ]|(?<=[a-z])[Bb]y(?=[A-Z])"
"""Words before what a report is divided by, such as places: its rows are of what stands before."""
_BARE = ("id", "code", "编号", "编码")
"""Names of codes that do not say whose they are."""
_CODES = (*_BARE, "symbol", "indeks", "index", "kod", "codigo", "código", "codice", "cod", "cód", "код", "kode", "kodi")
"""Names of codes that may be of goods."""
_REFERENCES = r"ref|referencia|reference"
"""Names of codes of goods in Spanish and French, which elsewhere refer to orders."""
_OF_SALES = {"units", "amount", "receipt", "on_hand"}
"""Roles of tables whose rows have a moment."""
_EVERY_LINE = 0.95
"""Share of distinct values from which a code is another one on every line. By judgement."""
_BLANK_MAY_BE = 0.02
"""A column filled in fewer rows than this is taken for none. By judgement: sales channels and remarks are rarer."""
_PAID_WEIGHT = 0.1
"""What a word such as `net` or `实收` adds to the score of a column of money; less than the step between patterns."""
_SURE = 2.0
"""Score of a role that other files of the dataset decide: above that of any name."""
_OF_ONE_MOMENT = 0.8
"""Share of the receipts whose lines have one moment: refunds of a settlement come later under the number of their sale.
By judgement."""
_CARD = r"card|karte|carte|tarjeta|cartao|carta|карт|卡"
"""A word in the names of columns of cards, which may be of loyalty or of a bank."""
_FEW_PEOPLE, _ROWS_OF_A_KIND = 5, 20
"""Values up to which a column may be of kinds and not of people, and the rows that each has then. By judgement."""
_LEAST_SCORE = 0.3
"""Score below which the name of another column is no rival for the number of a receipt."""


@dataclass(frozen=True)
class Columns:
    """Columns of a file with their roles.

    Attributes:
        roles: role -> column.
        seen: column -> what its values say.
        alternatives: role -> further columns whose names fit it as well, best first.
        remarks: what was decided by the values.
        asked: roles that the values suggest and a person must confirm.
        untaxed: columns of money without the tax that another column has, which is what was paid.
        shared_name: column of names that several people share, where another column became the customer; else blank.
    """

    roles: Mapping[str, str]
    seen: Mapping[str, Evidence]
    alternatives: Mapping[str, tuple[str, ...]]
    remarks: tuple[str, ...] = ()
    asked: frozenset[str] = frozenset()
    untaxed: frozenset[str] = frozenset()
    shared_name: str = ""

    def all_of(self, role: str) -> list[str]:
        """Every column whose name fits a role and that has no other, best first."""
        first = [self.roles[role]] if role in self.roles else []
        others = [name for name in self.alternatives.get(role, ()) if name not in self.roles.values()]
        return [*first, *others]


def columns_of(sample: pl.DataFrame, stem: str = "", known: Mapping[str, str] = MappingProxyType({})) -> Columns:
    """Roles of the columns of a sample; a column has one role at most, and the better pair goes first.

    Args:
        sample: the first rows of a file.
        stem: name of the file, which says whose ids a column called `id` holds.
        known: column -> role that other files of the dataset give it.
    """
    seen = with_one_decimal_mark({name: evidence(sample[name]) for name in sample.columns})
    records = roles_of_records(sample)
    fields = scores_of_fields(sample.columns)
    pairs = [
        (score * seen[name].filled, -place, role, name)
        for place, name in enumerate(sample.columns)
        for role, score in (
            records.get(name) or (name not in known and fields.get(name)) or _roles_of(name, stem, seen[name], known)
        ).items()
        if seen[name].filled > _BLANK_MAY_BE
        and score > 0
        and not (
            role == "customer"
            and name not in known
            and re.search(_CARD, bare_name(name))
            and (_are_few(sample[name]) or _are_amounts(sample[name]))
        )
        and not (role == "customer" and name not in known and is_part_of_number(sample, name))
        and (role not in _FITS or _FITS[role](seen[name]))
        and (name in known or not is_refused(role, name, sample[name]))
    ]
    roles: dict[str, str] = {}
    alternatives: dict[str, list[str]] = {}
    for _, _, role, name in sorted(pairs, reverse=True):
        if role in roles:
            alternatives.setdefault(role, []).append(name)
        elif name not in roles.values():
            roles[role] = name
    _without_number_of_line(sample, roles, alternatives, known)
    _code_of_goods(sample, roles, seen)
    key_of_list(roles, seen, alternatives, [name for name in seen if name not in known and _is_bare(name)])
    roles = _corrected(roles, seen, alternatives, known)
    without_names_of_operations(sample, roles, alternatives)
    _time_of_day(sample, roles, seen, alternatives)
    _number_receipts(sample, roles, seen, alternatives)
    if "receipt" not in roles and "moment" in roles and seen[roles["moment"]].pattern:
        roles["receipt"] = roles["moment"]  # the day and the number of its receipt in one
    if "moment" not in roles and "receipt" in roles and seen[roles["receipt"]].pattern:
        roles["moment"] = roles["receipt"]
    remarks = _finer_code(sample, roles, seen, alternatives, known)
    return Columns(roles, seen, {role: tuple(names) for role, names in alternatives.items()}, remarks)


def _without_number_of_line(
    sample: pl.DataFrame, roles: dict[str, str], alternatives: Mapping[str, list[str]], known: Mapping[str, str]
) -> None:
    """Takes the next column for the code of goods where the first runs from 1 on in each receipt."""
    code, receipt = roles.get("product"), roles.get("receipt")
    if code is None or receipt is None or code in known or not numbers_lines(sample[code], sample[receipt]):
        return
    others = [name for name in alternatives.get("product", ()) if name not in roles.values()]
    roles.pop("product")
    roles |= {"product": others[0]} if others else {}


def _scores(name: str) -> dict[str, float]:
    """Scores of a name; columns of money count for more the nearer they are to what was paid."""
    scores = role_scores(name)
    nearness = _PAID_WEIGHT * paid_rank(bare_name(name).rpartition("/")[2])
    return {role: score + nearness if role in ("price", "amount") else score for role, score in scores.items()}


def _roles_of(name: str, stem: str, seen: Evidence, known: Mapping[str, str]) -> dict[str, float]:
    """Role -> score of a column, by what other files say of it or else by its name."""
    if name in known:
        return {known[name]: _SURE}
    return {**_scores(name), **_named_id(name, stem, seen)}


def _are_few(values: pl.Series) -> bool:
    """Whether a column has so few values, each on so many rows, that they are kinds (brands of cards) and no people."""
    kinds = values.drop_nulls().cast(pl.String).unique()
    is_often = len(kinds) <= _FEW_PEOPLE and len(values) - values.null_count() >= _ROWS_OF_A_KIND * len(kinds)
    return is_often and not kinds.str.contains(r"[\d@]").any()  # ids, phones and addresses have a digit or @


def _are_amounts(values: pl.Series) -> bool:
    """Whether a column called `Card` holds what was paid with cards: plain numbers, many with cents."""
    texts = values.drop_nulls().cast(pl.String).str.strip_chars()
    is_number = texts.str.contains(r"^-?\d{1,7}(?:[.,]\d{1,2}0*)?$").all()
    cents = texts.str.contains(r"[.,]\d*[1-9]").sum()
    return bool(is_number) and cents * _ROWS_OF_A_KIND > len(texts)


def _named_id(name: str, stem: str, seen: Evidence) -> dict[str, float]:
    """Roles of a column called `id`, or `Name` where it numbers orders such as `#1001`, by the name of its file."""
    plain = name.strip().lower()
    # a name of goods has a digit as well, such as the weight of a pack, and blanks
    is_number = plain == "name" and _has_digits(seen)
    score = 0.9 if plain in _BARE else 0.6 if is_number else 0.0
    if plain in _CODES and plain not in _BARE and re.fullmatch(_OF_PEOPLE, bare_name(stem)):
        return {"customer": 0.9}
    if is_number and is_called_stock(re.split(_BY, stem)[0]):
        return {"product": score}  # the goods of a report of stock
    role = next((role for role, pattern in _FILES.items() if re.search(pattern, stem.lower())), "")
    if len(words := bare_name(stem).split("_")) > 1 and re.fullmatch(_OF_OTHERS, words[-1]) and plain in _BARE:
        return {}  # `OrderLine` numbers lines, and `DocumentType` kinds of documents
    if not role and seen.distinct > _EVERY_LINE and not is_number:
        return {}  # it numbers the lines of a file whose name says nothing
    return {role or "receipt": score} if score else {}


def _code_of_goods(sample: pl.DataFrame, roles: dict[str, str], seen: Mapping[str, Evidence]) -> None:
    """Takes `Code` for the code of goods where every value stands beside one name of goods, and goods come again."""
    name, free = roles.get("product_name"), set(seen) - {held for role, held in roles.items() if role != "receipt"}
    for code in seen:
        is_reference = re.fullmatch(_REFERENCES, bare_name(code)) is not None
        if name is None or "product" in roles or code not in free or not (_is_code_of(code, name) or is_reference):
            continue
        pairs = sample.select(code, name).drop_nulls().unique()
        if is_reference and not pairs[code].is_duplicated().any() and seen[code].distinct <= _EVERY_LINE / 2:
            roles["product"] = code
            continue
        is_one_to_one = not (pairs[code].is_duplicated().any() or pairs[name].is_duplicated().any())
        if is_one_to_one and len(pairs) > 1 and seen[code].distinct <= _EVERY_LINE:
            if roles.get("receipt") == code:
                del roles["receipt"]
            roles["product"] = code


def _finer_code(
    sample: pl.DataFrame,
    roles: dict[str, str],
    seen: Mapping[str, Evidence],
    alternatives: Mapping[str, list[str]],
    known: Mapping[str, str],
) -> tuple[str, ...]:
    """Takes the code of goods that tells apart what another names together, such as sizes of a model; says so."""
    coarse = roles.get("product", "")
    if not coarse or coarse in known or not {"moment", "units"} <= roles.keys():
        return ()
    for fine in alternatives.get("product", ()):
        if fine in roles.values() or seen[fine].filled < seen[coarse].filled or seen[fine].distinct > _EVERY_LINE / 2:
            continue
        pairs = sample.select(coarse, fine).drop_nulls().unique()
        if not pairs[fine].is_duplicated().any() and pairs[fine].n_unique() > pairs[coarse].n_unique():
            roles["product"] = fine
            return (
                f"{fine!r} is finer than {coarse!r} ({len(pairs):,} and {pairs[coarse].n_unique():,} codes): taken",
            )
    return ()


def _is_code_of(code: str, name: str) -> bool:
    """Whether a name is that of a code alone, in the file or in the same element or object as the name of goods."""
    inside, mark, bare = code.rpartition("/")
    return _is_bare(code) or bool(mark and name.rpartition("/")[0] == inside and _is_bare(bare))


def _is_bare(name: str) -> bool:
    return bare_name(name).rstrip(".") in _CODES


def _corrected(
    roles: dict[str, str],
    seen: Mapping[str, Evidence],
    alternatives: Mapping[str, list[str]],
    known: Mapping[str, str],
) -> dict[str, str]:
    """Goods without codes are known by their names; a date without a named column is the only column of dates."""
    if {"product", "product_name", "moment"} <= roles.keys() and _numbers_lines(
        seen[roles["product"]], seen[roles["product_name"]]
    ):
        number, name = roles.pop("product"), roles["product_name"]
        others = [other for other in alternatives.get("product", ()) if other not in (number, *roles.values())]
        codes = (other for other in others if not _numbers_lines(seen[other], seen[name]) and seen[other].filled == 1)
        code = next(codes, None)
        if code is not None:
            roles["product"] = code
    if "product" not in roles and "product_name" in roles:
        # two columns that could be names of goods: the one of codes is none
        named = roles["product_name"]
        others = [name for name in alternatives.get("product_name", ()) if name not in roles.values()]
        if _has_digits(seen[named]) and others and not _has_digits(seen[others[0]]):
            roles["product"], roles["product_name"] = named, others[0]
    code = roles.get("product", "")
    if code and code not in known and "product_name" not in roles and not _is_code(seen[code]):
        roles["product_name"] = roles.pop("product")
    if "receipt" not in roles:
        numbers = [one for one in alternatives.get("receipt", ()) if one not in roles.values()]
        roles |= {"receipt": numbers[0]} if numbers else {}
    if "moment" not in roles:
        dated = [name for name, what in seen.items() if what.dates and name not in roles.values() and not what.numbers]
        dated = [name for name in dated if not is_of_expiry(bare_name(name))]
        if len(dated) == 1:
            roles["moment"] = dated[0]
        elif not dated and roles.keys() & _OF_SALES and (name := _unread_moment(roles, seen)):
            roles["moment"] = name
    return roles


def _unread_moment(roles: Mapping[str, str], seen: Mapping[str, Evidence]) -> str:
    """The column that is the moment by its name although no form of dates fits its values; blank where none is."""
    scores = {
        name: role_scores(name).get("moment", 0.0) * what.filled
        for name, what in seen.items()
        if name not in roles.values() and not what.is_clock and not _counts_no_days(roles, seen, what)
    }
    best = max(scores, key=lambda name: scores[name], default="")
    return best if scores.get(best, 0.0) > _LEAST_SCORE else ""


def _counts_no_days(roles: Mapping[str, str], seen: Mapping[str, Evidence], numbers: Evidence) -> bool:
    """Whether whole numbers are no days that are counted: 0 on every row, or beside the stock of goods once each.

    What stands there is how many of them were ordered or sold, such as what customers have still to get.
    """
    goods = [seen[roles[role]] for role in ("product", "product_name") if role in roles]
    is_list = "on_hand" in roles and any(one.distinct == one.filled == 1 for one in goods)
    return numbers.whole is not None and (numbers.whole == (0, 0) or is_list)


def _time_of_day(
    sample: pl.DataFrame, roles: dict[str, str], seen: Mapping[str, Evidence], alternatives: Mapping[str, list[str]]
) -> None:
    """Takes the moment with a time of day where another column is the day of it, or the only column of times."""
    if "moment" not in roles or "time" in roles or seen[roles["moment"]].has_time or not seen[roles["moment"]].dates:
        return
    clocks = [name for name, what in seen.items() if what.is_clock and name not in roles.values()]
    clocks = [name for name in clocks if not is_refused("time", name, sample[name])]
    if len(clocks) == 1:
        roles["time"] = clocks[0]
        return
    for name in alternatives.get("moment", ()):
        if name in roles.values() or not seen[name].has_time or seen[name].filled < seen[roles["moment"]].filled:
            continue
        both = [days_of(sample[one], seen[one]) for one in (name, roles["moment"])]
        same = (both[0] == both[1]).mean()
        if isinstance(same, float) and same > _EVERY_LINE:
            roles["moment"] = name
            return


def days_of(values: pl.Series, seen: Evidence) -> pl.Series:
    """The days of a column of dates or times, in the first of its forms."""
    text = ColumnFormat(date_format=seen.dates[0], years_ahead=seen.years_ahead)

    def read() -> pl.Series:
        parts = values.cast(pl.String).str.strip_chars().str.extract(seen.pattern, 1) if seen.pattern else values
        is_plain = parts.dtype == pl.String and text == ColumnFormat()
        if is_plain and (days := parse_uniform(parts, pl.Date())) is not None:
            return days.alias("v")
        return parts.to_frame("v").select(date_of(pl.col("v"), parts.dtype, text)).to_series()

    return once(values, ("days", text, seen.pattern), read)


def _number_receipts(
    sample: pl.DataFrame, roles: dict[str, str], seen: Mapping[str, Evidence], alternatives: Mapping[str, list[str]]
) -> None:
    """Takes the number of lines for what it is where another column groups them into receipts of one moment."""
    if "receipt" not in roles or "moment" not in roles or seen[roles["receipt"]].distinct <= _EVERY_LINE:
        return
    goods = [roles[role] for role in ("product", "product_name") if role in roles]
    lines = sample.filter(pl.any_horizontal(pl.col(goods).is_not_null())) if goods else sample  # no pay-outs
    for name in alternatives.get("receipt", ()):
        is_on_all = lines[name].null_count() <= lines[roles["receipt"]].null_count()
        if name in roles.values() or seen[name].distinct > _EVERY_LINE or not is_on_all:
            continue
        if role_scores(name).get("receipt", 0) < _LEAST_SCORE:
            continue
        moments = lines.group_by(name).agg(pl.col(roles["moment"]).n_unique())[roles["moment"]]
        share = (moments == 1).mean()
        if isinstance(share, float) and share > _OF_ONE_MOMENT:
            roles["receipt"] = name
            return


def _numbers_lines(code: Evidence, name: Evidence) -> bool:
    """Whether a code is another one on every line although goods come again: it numbers lines."""
    return code.distinct > _EVERY_LINE and name.distinct < _EVERY_LINE / 2


def _has_digits(seen: Evidence) -> bool:
    """Whether all values look like codes: a digit and no blank in each."""
    return _is_code(seen) and all(re.search(r"\d", example) for example in seen.examples)


def _is_code(seen: Evidence) -> bool:
    return not any(" " in example for example in seen.examples)
