"""Recognises lists of suppliers and of shop assistants, and their names beside their codes in lists of others."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from retail_brain.ingest.look.draft import Proposal, quoted
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.purchases import SUPPLIER
from retail_brain.ingest.look.state_columns import column_of
from retail_brain.ingest.look.words import bare_name

_GUIDE: Final = (
    r"guide|salesperson|sales_?(?:person|rep|man|associate|assistant)|associate|employee|staff|cashier|seller|mitarbeiter"
    r"|verkaufer|personal(?!_)|medewerker|verkoper|vendeu(?:r|se)|employe|empleado|vendedor|funcionario|dipendent|commess[oi]"
    r"|pracowni|sprzedawc|zamestnan|prodavac|сотрудник|продав[ец]|кассир|співробітник|angajat|alkalmazott|calisan|personel"
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
    r"name|naam|nom(?:bre|e)?(?:_|$)|nazwa|nazev|naziv|navn|namn|nimi|nev(?:_|$)|denumire|ragione_sociale|razon_social"
    r"|razao_social|raison_sociale|firma|company|unvan|(?:^|_)ad[iı]?(?:_|$)|(?:^|_)ten(?:_|$)|nama|наименование|название|назва|фио|имя|名称|姓名|氏名|名前|名$"
    r"|이름|명$|ชื่อ|اسم|שם"
)
"""A word in the name of a column of names."""
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

    Args:
        one: a file that was looked at.
    """
    if _OF_SALES & (one.columns.roles.keys() - one.columns.asked) - {"product", "price"}:
        return None
    stem = bare_name(one.path.name.partition(".")[0])
    for kind in _KINDS:
        names = {name: bare_name(name) for name, seen in one.columns.seen.items() if seen.filled and not seen.dates}
        of_kind = {name: bare for name, bare in names.items() if re.search(kind.word, bare)}
        is_named = re.search(kind.word, stem) is not None
        columns = names if is_named else of_kind
        key, called = _code_and_name(columns)
        key = key or called
        is_list = key is not None and one.columns.seen[key].distinct == 1 and one.columns.seen[key].filled == 1
        if key is None or called is None or not is_list or not (is_named or len(of_kind) > 1):
            continue
        if not is_named and _OF_SALES & one.columns.roles.keys():
            continue
        made = Proposal(kind.table, columns={kind.key: quoted(key), "name": quoted(called)})
        made.remarks.append(f"a row for each of the {kind.table}, who are no customers: {key!r} and {called!r}")
        return made
    return None


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
    names = {name: bare_name(name) for name, seen in one.columns.seen.items() if seen.filled and not seen.dates}
    of_kind = {name: bare for name, bare in names.items() if re.search(kind.word, bare)}
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
