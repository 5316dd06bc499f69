"""Recognises lists of suppliers and of shop assistants, and their names beside their codes in lists of others."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.purchases import SUPPLIER
from retail_brain.ingest.look.state_columns import column_of
from retail_brain.ingest.look.words import bare_name, role_scores
from retail_brain.ingest.look.words_of_consent import PERMISSION

_GUIDE: Final = (
    r"guide|salesperson|sales_?(?:person|people|associate|assistant|(?:rep(?:resentative)?s?|m[ae]n)(?![a-z]))|associate"
    r"|employee|staff|cashier|(?<!best)(?<!best_)seller|mitarbeiter"
    r"|verkaufer|personal(?!_)|medewerker|verkoper|vendeu(?:r|se)|employe|empleado|vendedor|funcionario|dipendent|commess[oi]"
    r"|pracowni|sprzedawc|opiekun|doradc|berater|conseill|consulen|asesor|радник|консультант|zamestnan|prodavac|сотрудник|продав[ец]|кассир|співробітник|angajat|alkalmazott|calisan|personel"
    r"|anstalld|medarbetare|medarbejder|ansatt|tyontekija|myyja|nhan_vien|karyawan|pegawai|พนักงาน|موظف|עובד|导购|营业员|店员"
    r"|员工|店長|店长|スタッフ|従業員|担当者|직원|판매원"
)
"""A word in the names of files and columns of people who sell."""
_CODE: Final = (
    r"(?:^|_)(?:id|no|nr|num|number|code|kod|codigo|codice|cod|kode|ma|symbol|account|nummer|key|badge)(?:_|$)|(?:nummer|nr|code)$"
    r"|код|номер|табель|编号|编码|代码|工号|コード|番号|코드|번호|사번|รหัส|رقم|מספר"
)
"""A word in the name of a column of codes."""
_NAME: Final = (
    r"name|nazwisk|jmeno|priezvisk|naam|nom(?:bre|e)?(?:_|$)|nazwa|nazev|naziv|navn|namn|nimi|nev(?:_|$)|denumire|ragione_sociale|razon_social"
    r"|razao_social|raison_sociale|firma|company|unvan|(?:^|_)ad[iı]?(?:_|$)|(?:^|_)ten(?:_|$)|nama|наименование|название|назва|фио|имя|名称|姓名|氏名|名前|名$"
    r"|이름|명$|ชื่อ|اسم|שם"
)
"""A word in the name of a column of names."""
_CUSTOMER: Final = (
    r"customer|client|(?<!staff_)(?<!team_)member|buyer|shopper|kunde|klant|cliente|klient|zakazni|клиент|покупател|клієнт"
    r"|musteri|kund(?:er|nr|nummer)|asiakas|khach|pelanggan|ลูกค้า|عميل|לקוח|会员|客户|顾客|會員|会員|顧客|お客|회원|고객"
)
"""A word in the names of files and columns of customers."""
_MAIL: Final = r"mail|邮箱|郵箱|メール|메일|почт|пошт"
"""A word in the names of columns of addresses that people are written to."""
_ANY_LIST: Final = (
    r"[\W\d_]+|list[ae]?|export|all|data|table|master|stamm(?:daten)?|file|info|names?"
    r"|名单|名簿|列表|信息|一覧|清单|表|목록"
)
"""What stands in the name of a list of anything."""
_GOODS: Final = {"product": 0.5, "unit_cost": 0.5, "price": 0.5}
"""Role -> least score of the name of a column that lists of goods have; the highest is 1. By judgement."""
_RECEIPT: Final = 0.5
"""Score of the name of a column from which it numbers receipts here; that of `Name` is below. By judgement."""
_OF_SALES: Final = {"units", "amount", "receipt", "on_hand", "product", "price"}
"""Roles that a list of suppliers or people has not."""


@dataclass(frozen=True)
class _Kind:
    table: str
    key: str
    word: str


_KINDS: Final = (_Kind("suppliers", "supplier_id", SUPPLIER), _Kind("guides", "guide_id", _GUIDE))


def list_of_others(one: LookedAt) -> Proposal | None:
    """The mapping of `suppliers` or `guides` from a file with a row for each of them; None for any other file.

    A file of goods, or that may be of customers, is none: see `ask_if_others`.

    Args:
        one: a file that was looked at.
    """
    made = _list_of_kind(one)
    return made if made is not None and not _perhaps_customers(one, made) else None


def ask_if_others(made: Proposal, one: LookedAt) -> None:
    """Asks whether a file that is named after shop assistants or suppliers lists them, or customers.

    Args:
        made: what the file feeds else; gets the question.
        one: the file.
    """
    others = _list_of_kind(one)
    if others is None or not _perhaps_customers(one, others) or made.table not in ("", "customers"):
        return
    columns = ", ".join(f"{ours} = {theirs}" for ours, theirs in others.columns.items())
    made.questions.append(
        f"{one.path.name} may list {others.table} or customers, and is no list of {others.table} here: are its rows "
        f"{others.table}? Then write [tables.{others.table}] with {columns}, and no [tables.customers]"
    )


def _list_of_kind(one: LookedAt) -> Proposal | None:
    if _has_roles_of_sales(one) or _has_goods(one):
        return None
    stem = bare_name(one.path.name.partition(".")[0])
    names = _names_of(one)
    for kind in _KINDS:
        of_kind = {name: bare for name, bare in names.items() if re.search(kind.word, bare)}
        is_named = re.search(kind.word, stem) is not None
        key, called = _code_and_name(names if is_named else of_kind)
        key = key or called
        is_list = key is not None and one.columns.seen[key].distinct == 1 and one.columns.seen[key].filled == 1
        if key is None or called is None or not is_list or not (is_named or len(of_kind) > 1):
            continue
        if re.search(_CUSTOMER, stem) or (not is_named and not _is_all_of_kind(one, kind, names, key)):
            continue
        made = Proposal(kind.table, columns={kind.key: quoted(key), "name": quoted(called)})
        made.remarks.append(f"a row for each of the {kind.table}, who are no customers: {key!r} and {called!r}")
        return made
    return None


def _names_of(one: LookedAt) -> dict[str, str]:
    return {name: bare_name(name) for name, seen in one.columns.seen.items() if seen.filled and not seen.dates}


def _has_roles_of_sales(one: LookedAt) -> bool:
    """Whether a column is of sales or stock; a weak name such as `Name` makes no receipt."""
    roles = _OF_SALES - one.columns.asked - {"product", "price"}
    theirs = {role: one.columns.roles[role] for role in roles if role in one.columns.roles}
    return any(role != "receipt" or role_scores(name).get(role, 0) >= _RECEIPT for role, name in theirs.items())


def _has_goods(one: LookedAt) -> bool:
    """Whether a column is of goods, costs or prices by its name: a supplier's list of prices lists no suppliers."""
    scores = {name: role_scores(name) for name, seen in one.columns.seen.items() if seen.filled}
    return any(
        score.get(role, 0) >= least and (role == "product" or bool(one.columns.seen[name].numbers))
        for name, score in scores.items()
        for role, least in _GOODS.items()
    )


def _is_all_of_kind(one: LookedAt, kind: _Kind, names: Mapping[str, str], key: str) -> bool:
    """Whether the rows of a file without a name are of the kind: their own code and name are the first of the file.

    A list of customers may have a shop assistant each.
    """
    first, called = _code_and_name(names)
    theirs = [name for name, bare in names.items() if re.search(kind.word, bare)]
    if first != key or called not in theirs or _OF_SALES & one.columns.roles.keys() or _tells_customers(names):
        return False
    return kind.table == "suppliers" or not any(re.search(_MAIL, names[name]) for name in names if name not in theirs)


def _tells_customers(names: Mapping[str, str]) -> bool:
    """Whether a column is named after customers, or holds who may be contacted."""
    return any(re.search(_CUSTOMER, bare) or re.fullmatch(PERMISSION, bare) for bare in names.values())


def _perhaps_customers(one: LookedAt, made: Proposal) -> bool:
    """Whether the rows may be customers: by other columns, or by addresses in a file that is named after more."""
    names, stem = _names_of(one), bare_name(one.path.name.partition(".")[0])
    if _tells_customers(names):
        return True
    word = next(kind.word for kind in _KINDS if kind.table == made.table)
    keyed = any(re.search(word, names[name]) for name in names if quoted(name) in made.columns.values())
    is_plain = not re.sub(rf"{word}|{_ANY_LIST}", "", stem).strip("se")
    return made.table == "guides" and not (keyed or is_plain) and any(re.search(_MAIL, bare) for bare in names.values())


def names_beside(one: LookedAt, table: str) -> Proposal | None:
    """The mapping of `suppliers` (or `guides`) from codes and names in a list of goods (or people), each with one name.

    Args:
        one: a file that was looked at.
        table: `suppliers` or `guides`.
    """
    kind = next(kind for kind in _KINDS if kind.table == table)
    wanted = {"suppliers": ("products", "open_orders", "inventory"), "guides": ("customers",)}[table]
    if one.proposal.table not in wanted or {"wide", "where"} & one.proposal.keys.keys():
        return None
    of_kind = {name: bare for name, bare in _names_of(one).items() if re.search(kind.word, bare)}
    key, called = _code_and_name(of_kind)
    if key is None or called is None or key == called:
        return None
    pairs = one.sample.select(key, called).drop_nulls().unique()
    if not pairs.height or pairs[key].is_duplicated().any():
        return None
    made = Proposal(table, columns={kind.key: quoted(key), "name": quoted(called)})
    if one.sample[key].null_count():
        column, blank = column_of(key), "''"
        made.keys["where"] = f"'''{column} IS NOT NULL AND {column} <> {blank}'''"
    made.remarks.append(f"{pairs.height:,} {table}: {key!r} with {called!r}")
    return made


def _code_and_name(columns: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The column of codes and that of names; either may be none."""
    key = next((name for name, bare in columns.items() if re.search(_CODE, bare) and not re.search(_NAME, bare)), None)
    called = next((name for name, bare in columns.items() if re.search(_NAME, bare)), None)
    plain = [name for name in columns if name not in (key, called)]
    if called is None and key is not None and len(plain) == 1:
        called = plain[0]  # `Supplier` beside `Supplier code`
    return key, called
