"""Looks at a dataset before it is loaded: forms, columns, tables, and what the rows say once they are read."""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from retail_brain.errors import DataError, NotFoundError, RetailBrainError
from retail_brain.files import scratch_folder
from retail_brain.ingest.look.by_values import with_roles_by_values
from retail_brain.ingest.look.codes_of_stock import codes_of_stock
from retail_brain.ingest.look.columns import Columns, columns_of
from retail_brain.ingest.look.consents_of_people import ask_for_consents
from retail_brain.ingest.look.contacts_of_shops import without_contacts_of_shops
from retail_brain.ingest.look.day_of_sales import sales_of_a_day, with_one_day
from retail_brain.ingest.look.described_columns import DESCRIBED, lines_of_description
from retail_brain.ingest.look.dimensions import without_roles_of_facts
from retail_brain.ingest.look.documents import tables_of_documents
from retail_brain.ingest.look.documents_about_receipts import with_cancelled_receipts
from retail_brain.ingest.look.draft import FILL_DOWN, ITEMS, WHERE, Proposal, both_conditions, listed, toml_of
from retail_brain.ingest.look.evidence import each_column_once
from retail_brain.ingest.look.files_of_days import with_days_of_files
from retail_brain.ingest.look.files_of_table import files_of
from retail_brain.ingest.look.filled_down import alike_with, columns_to_fill, filled_by, name_receipts_of_groups
from retail_brain.ingest.look.goods_of_lines import goods_of_lines
from retail_brain.ingest.look.groups import ask_about_headings
from retail_brain.ingest.look.heads_among_lines import HEADS, goods_below_heads, heads_among_lines
from retail_brain.ingest.look.ids_of_lists import with_ids_of_sales
from retail_brain.ingest.look.joined_files import join_of
from retail_brain.ingest.look.lines_without_prices import units_of_days
from retail_brain.ingest.look.links import roles_by_links
from retail_brain.ingest.look.lists_in_cells import ask_about_lists, roles_of_items
from retail_brain.ingest.look.lists_with_counts import without_days_of_entries
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.named_stock import with_named_stock
from retail_brain.ingest.look.named_suppliers import with_suppliers_apart, without_suppliers
from retail_brain.ingest.look.namesakes import keyed_by_shared_names
from retail_brain.ingest.look.numbered_days import with_calendar
from retail_brain.ingest.look.offers import without_roles_of_sales
from retail_brain.ingest.look.one_code_of_goods import one_code_of_goods
from retail_brain.ingest.look.opened import SAMPLE_ROWS, Opened, is_of_text, plain_columns, say_unread, shown, tables_of
from retail_brain.ingest.look.own_names import is_of_own_form, of_own_columns, of_own_name
from retail_brain.ingest.look.parts_of_stock import with_parts_of_stock
from retail_brain.ingest.look.payments_beside import with_payments_beside
from retail_brain.ingest.look.proposal import propose
from retail_brain.ingest.look.returns_files import with_files_of_returns
from retail_brain.ingest.look.returns_of_documents import with_returns_of_documents
from retail_brain.ingest.look.rows import describe_readings
from retail_brain.ingest.look.said_twice import are_offers_of_listed, is_said_elsewhere, repeats, sells
from retail_brain.ingest.look.same_columns import unlike_dates, with_common_dates
from retail_brain.ingest.look.shared_forms import Shared, decided, shared_forms, with_remarks
from retail_brain.ingest.look.shared_keys import equal_ids, shared_goods, shared_ids
from retail_brain.ingest.look.shop_of_stock import shops_of_sales, with_shop_of_sales
from retail_brain.ingest.look.shops_of_files import OF_SHOPS, with_shops_of_files
from retail_brain.ingest.look.stock_day import sheet_of, shops_of_stock, with_day_of_file
from retail_brain.ingest.look.sums_of_rows import SUMS, date_their_receipts, sums_of_rows
from retail_brain.ingest.look.suppliers_and_guides import ask_if_others, list_of_others
from retail_brain.ingest.look.tables_beside import counted_alike, tables_beside
from retail_brain.ingest.look.translated_rows import TRANSLATED, translated_rows
from retail_brain.settings import DataSettings
from retail_brain.sources.by_content import tables_by_content
from retail_brain.sources.encoding import usual_encoding
from retail_brain.sources.files import ENDINGS, data_files
from retail_brain.sources.unpacking import unpacked_at_most

_Lines = tuple[str | list[str], LookedAt]
"""Files of lines, and the one that they are read like."""
_LINKS = 2
"""Times that links between files are followed."""


@dataclass(frozen=True)
class Look:
    """What a look at a dataset found.

    Attributes:
        lines: the report, a sentence or row each.
        mapping: TOML to paste and edit; blank where nothing was recognised.
        questions: what a person must decide before the mapping can be used.
    """

    lines: tuple[str, ...]
    mapping: str
    questions: tuple[str, ...]


def look(dataset: str, data: DataSettings = DataSettings()) -> Look:  # noqa: B008  # frozen
    """Looks at a file or a folder of files; writes nothing.

    Args:
        dataset: path of a file or folder.
        data: settings of the tenant: the period of its sales, and what packed files may unpack to.

    Raises:
        NotFoundError: there is no such file or folder.
        DataError: no file in it holds a table, or its files are too large once they are unpacked.
    """
    place = Path(dataset)
    if not place.exists():
        raise NotFoundError(f"there is no file or folder {dataset}. Check the path.")
    paths = [place] if place.is_file() else sorted([*data_files(place), *tables_by_content(place)])
    root = place.parent if place.is_file() else place
    lines: list[str] = []
    with (
        each_column_once(),
        scratch_folder("look") as scratch,
        unpacked_at_most(data.unpacked_bytes, data.workbook_bytes),
    ):
        usual = usual_encoding([path for path in paths if is_of_text(path)])
        opened, documents = tables_of_documents(paths, scratch, lines)
        others = [path for path in paths if path not in documents]
        opened += [one for path in others for one in tables_of(path, scratch, lines, usual)]
        looked = [one for table in opened for one in _looked_at(table, lines)]
        known, given = {**shared_goods(looked), **shared_ids(looked)}, equal_ids(looked)
        if known or given:
            looked = [_with_roles(one, {**known, **given.get(place, {})}) for place, one in enumerate(looked)]
        looked = _with_one_code(_with_links(looked, known, given), known, given)
        looked = [_with_roles(one, {}) for one in with_common_dates(looked)]
        shared = shared_forms(looked)
        looked = [_with_forms(one, shared) for one in looked]
        looked = with_ids_of_sales([with_calendar(one, looked) for one in looked])
        looked = with_days_of_files(looked, lambda sample, stem: _roles(sample, stem, {}))
        for number, columns in keyed_by_shared_names(looked).items():
            by_name = replace(looked[number], columns=columns)
            looked[number] = replace(by_name, proposal=_proposal(by_name))
        if not looked:
            found = " ".join(lines) or f"no data file is there, such as {', '.join(ENDINGS[:4])}"
            raise DataError(f"{dataset} holds no file that can be read: {found.rstrip('.')}.")
        looked = with_payments_beside(with_cancelled_receipts(looked, root), root)
        for one in looked:
            lines += _file_lines(one, root)
        mapping, questions = _mapping(looked, root, lines)
        if mapping:
            lines += describe_readings(mapping, root, scratch, SAMPLE_ROWS, data)
    return Look(tuple(lines), mapping, tuple(questions))


def _with_links(looked: list[LookedAt], known: Mapping[str, str], given: dict[int, dict[str, str]]) -> list[LookedAt]:
    """The files with the roles that their ids say beside those of other files, and what they feed then."""
    for _ in range(_LINKS):  # lines that a head makes known say in turn what a list is of
        for place, linked in roles_by_links(looked).items():
            given[place] = {**given.get(place, {}), **linked}
            looked[place] = _with_roles(looked[place], {**known, **given[place]})
    return looked


def _with_one_code(
    looked: list[LookedAt], known: Mapping[str, str], given: Mapping[int, Mapping[str, str]]
) -> list[LookedAt]:
    """The files with the code of goods that all of them have, and stock with that of the sales."""
    for file, code in one_code_of_goods(looked).items():
        others = {name: role for name, role in {**known, **given.get(file, {})}.items() if role != "product"}
        looked[file] = _with_roles(looked[file], {**others, **code})
    for file, code in codes_of_stock(looked).items():
        others = {name: role for name, role in {**known, **given.get(file, {})}.items() if role != "product"}
        looked[file] = _with_roles(looked[file], {**others, **code})
    return looked


def with_mapping(error: DataError, dataset: str, data: DataSettings) -> DataError:
    """The refusal of a dataset whose columns were not recognised, with a mapping to paste where one can be proposed."""
    if "missing" not in error.details or dataset.endswith(".toml") or not Path(dataset).exists():
        return error
    try:
        seen = look(dataset, data)
    except RetailBrainError:  # the refusal itself says what is wrong
        return error
    if not seen.mapping:
        return error
    asked = "".join(f"\n? {question}" for question in seen.questions)
    says = f"{error}\nA mapping for these files, to save beside them and ingest:\n\n{seen.mapping}{asked}"
    return DataError(says, error.details)


def _looked_at(opened: Opened, lines: list[str]) -> list[LookedAt]:
    """The table as it was looked at; none where its rows cannot be read, which is said."""
    try:
        return [_table_looked_at(opened)]
    except (RetailBrainError, pl.exceptions.PolarsError, OSError) as error:
        say_unread(opened.path, error, lines)
        return []


def _table_looked_at(opened: Opened) -> LookedAt:
    path, table, keys = opened.path, opened.table, opened.keys
    sample = plain_columns(table.frame.head(SAMPLE_ROWS).collect())
    texts = [name for name, kind in sample.schema.items() if kind == pl.String]
    blanks = sample.with_columns(pl.when(pl.col(texts).str.strip_chars() != "").then(pl.col(texts)))
    whole, is_sum = blanks, pl.repeat(value=False, n=blanks.height, eager=True)
    is_own = any(is_of_own_form(stem, sample.columns) for stem in (path.stem, path.parent.name))
    if (described := lines_of_description(blanks)) is not None:
        condition, is_line = described
        note = f"{path.name}: {is_line.sum():,} {DESCRIBED}"
        table, keys = replace(table, notes=(*table.notes, note)), {**keys, WHERE: f"'''{condition}'''"}
        blanks = blanks.filter(~is_line)
        whole, is_sum = blanks, pl.repeat(value=False, n=blanks.height, eager=True)
    if (translated := translated_rows(blanks)) is not None:
        condition, is_other = translated
        table = replace(table, notes=(*table.notes, f"{path.name}: {is_other.sum():,} rows {TRANSLATED}"))
        keys = {**keys, WHERE: both_conditions(keys.get(WHERE, ""), f"'''{condition}'''")}
        blanks = blanks.filter(~is_other)
        whole, is_sum = blanks, pl.repeat(value=False, n=blanks.height, eager=True)
    heads = None if is_own else heads_among_lines(blanks, columns_of(blanks, path.stem), f"{path.stem} {opened.title}")
    if heads is not None:
        table = replace(table, notes=(*table.notes, f"{path.name}: {heads.remark}"))
        keys, blanks, is_own = {**keys, HEADS: heads.key, FILL_DOWN: listed(heads.names)}, heads.lines, True
    sums = None if is_own else sums_of_rows(blanks)
    if sums is not None and not date_their_receipts(blanks, sums[1], columns_of(blanks, path.stem)):
        condition, is_sum = sums
        note = f"{path.name}: {is_sum.sum():,} {SUMS}"
        table = replace(table, notes=(*table.notes, note))
        keys = {**keys, WHERE: both_conditions(keys.get(WHERE, ""), f"'''{condition}'''")}
        blanks = blanks.filter(~is_sum)
    named = columns_of(blanks, path.stem)
    readings = [] if is_own else columns_to_fill(blanks, named)
    readings = [names for one in readings if (names := alike_with(whole, is_sum, one))]
    if readings:
        perhaps = "and are filled down" if len(readings) == 1 else "or on their own receipt (see the question)"
        note = f"{path.name}: {readings[0]} stand on the first row of a group alone, {perhaps}"
        written = ("?" if len(readings) > 1 else "") + "\n".join(map(listed, readings))
        table, keys = replace(table, notes=(*table.notes, note)), {**keys, FILL_DOWN: written}
        blanks = filled_by(blanks, readings, named.roles.get("receipt"))
    roles = _roles(blanks, path.stem, _said_by_keys(keys, blanks), sheet_of(keys))
    return _with_roles(LookedAt(path, table, keys, blanks, roles, Proposal(), opened.title), {})


def _roles(sample: pl.DataFrame, stem: str, known: Mapping[str, str], sheet: str = "") -> Columns:
    """The roles of columns, and what is called stock, or is the quantity of a file or sheet of that name, as such."""
    return with_named_stock(sample, _roles_of_columns(sample, stem, known), sheet or stem)


def _roles_of_columns(sample: pl.DataFrame, stem: str, known: Mapping[str, str]) -> Columns:
    """The roles of columns by what other files give them, by their names, and then by their values."""
    named = without_contacts_of_shops(columns_of(sample, stem, without_suppliers(known)))
    found = with_roles_by_values(sample, named)
    found = without_days_of_entries(sample, without_roles_of_sales(sample, with_suppliers_apart(found)))
    return without_roles_of_facts(sample, found, stem)


def _said_by_keys(keys: Mapping[str, str], sample: pl.DataFrame) -> Mapping[str, str]:
    """The roles of columns by how the file is read: fields of lines in cells, and the goods below heads of receipts."""
    return {**_of_items(keys, sample), **goods_below_heads(keys, sample)}


def _of_items(keys: Mapping[str, str], sample: pl.DataFrame) -> Mapping[str, str]:
    """The roles of the fields of lines that stood in cells."""
    names = [
        name for name in sample.columns if ITEMS in keys and name.startswith(f"{json.loads(keys[ITEMS]).strip('*')}/")
    ]
    return roles_of_items(names)


def _with_roles(one: LookedAt, known: Mapping[str, str]) -> LookedAt:
    """The file with roles that other files give its columns, and what it feeds."""
    known = {**_said_by_keys(one.keys, one.sample), **known} if known else {}
    found = _roles(one.sample, one.path.stem, known, sheet_of(one.keys)) if known else one.columns
    changed = replace(one, columns=found)
    return replace(changed, proposal=_proposal(changed))


def _proposal(one: LookedAt) -> Proposal:
    """What a file feeds, by its own name or else by its columns."""
    found = one.columns
    stems = (one.path.name.partition(".")[0], one.path.parent.name)
    own = next((made for stem in stems if (made := of_own_name(stem, one.sample, found)) is not None), None)
    own = own or of_own_columns(one.sample, found)
    made = own or list_of_others(one) or propose(one.sample, found)
    if own is None:
        ask_if_others(made, one)
        ask_about_lists(made, one.sample, found)
        units_of_days(made)
    name_receipts_of_groups(made, one.keys)
    ask_about_headings(made, one.keys, one.sample, f"{one.path.stem} {one.keys.get('sheet', '')} {one.title}")
    if made.table == "customers" or (not made.table and "receipt" not in found.roles):
        ask_for_consents(made, one.sample, found, one.path.stem)
    of_a_day = sales_of_a_day(one) if made.table in ("", "products") else None
    return of_a_day or with_parts_of_stock(with_day_of_file(made, one), one)


def _with_forms(one: LookedAt, shared: Shared) -> LookedAt:
    """The file read in the ways that others are certain of, and what it feeds then."""
    changed, said = decided(one, shared)
    return replace(changed, proposal=with_remarks(_proposal(changed), said)) if said else one


def _file_lines(one: LookedAt, root: Path) -> Iterable[str]:
    name = shown(one.path.relative_to(root))
    yield f"{name}: feeds {one.proposal.table or 'no table that is recognised'}"
    yield from (f"  {note}" for note in one.table.notes)
    yield from (f"  {key} {value}" for key, value in one.keys.items())
    if _has_no_names(one):
        yield (
            "  ? no line holds names of columns, line 1 was taken for them: write a line of names above the rows, "
            "such as receipt, time, store, product, units and price"
        )
    yield from (f"  left out {rows:,}: {reason}" for reason, rows in one.table.left_out.iter_rows())
    roles = {column: role for role, column in one.columns.roles.items()}
    for column, seen in one.columns.seen.items():
        what = roles.get(column, "-")
        dates = seen.dates if what == "moment" else ()
        forms = [" and ".join(form) if isinstance(form, tuple) else form for form in dates if form]
        detail = f"{seen.filled:.0%} filled, {', '.join(seen.examples)[:60]}" if seen.filled else "blank"
        yield f"  {column:<24} {what:<13} {detail}{'  ' + ' or '.join(forms) if forms else ''}"
    if one.sample.height == SAMPLE_ROWS:
        yield f"  the first {SAMPLE_ROWS:,} rows are looked at: rows below are counted among them"
    yield from (f"  {remark}" for remark in one.proposal.remarks)
    yield from (f"  ? {question}" for question in one.proposal.questions)


def _mapping(looked: list[LookedAt], root: Path, lines: list[str]) -> tuple[str, list[str]]:
    """The whole mapping, and what must be decided first; `lines` get what was found of files that are joined.

    Files with the same columns are one table.
    """
    parts: list[str] = []
    questions: list[str] = []
    done: set[str | tuple[Path, str]] = set()
    joined = join_of(looked, root)
    if joined is not None:
        parts.append(joined.toml)
        questions += joined.questions
        lines += ["heads and lines, joined: feed transactions", *(f"  {remark}" for remark in joined.remarks)]
        done = {"transactions", *joined.places}
    groups: dict[tuple[str, ...], list[LookedAt]] = {}
    for one in looked:
        groups.setdefault((one.proposal.table, one.place[1], *one.columns.seen), []).append(one)
    sold: _Lines | None = None
    counted = sold
    for (table, *_), members in sorted(groups.items(), key=lambda group: -sum(one.sample.height for one in group[1])):
        if not table and not any(one.place in done for one in members):
            questions += [question for one in members for question in one.proposal.questions]
        if not table or any(one.place in done for one in members) or is_said_elsewhere(members, looked):
            continue
        if table in done and sold is not None and repeats(members, sold[1]):
            continue
        if table in done and not are_offers_of_listed(members, looked):
            names = [one.path.name for one in members]
            questions.append(f"{names} feed {table} as well, with other columns: load them with a mapping of their own")
        if table in done:
            continue
        done.add(table)
        first = max(members, key=lambda one: one.sample.height)
        shops = shops_of_sales(looked) if table in OF_SHOPS else []
        first = with_shops_of_files(first, members, shops)
        told = with_files_of_returns(first, members)
        lines += _lines_of_files(members, first.proposal, told.proposal)
        first = with_one_day(told, members)
        places = {*done, *(one.place for one in members)}
        rest = [one for one in looked if one.proposal.table == table and one.place not in places]
        first, came_back = with_returns_of_documents(first, rest)
        first = replace(first, proposal=with_shop_of_sales(first.proposal, looked, first.path.name))
        done |= {one.place for one in came_back}
        questions += [*first.proposal.questions, *unlike_dates(first, members)]
        files = files_of([*members, *came_back], root)
        parts.append(toml_of(files, first.proposal, first.keys))
        sold = (files, first) if sells(first) else sold
        counted = (
            (files, first) if table == "inventory" or (table in ("prices", "promotions") and not counted) else counted
        )
    for one, alone in tables_beside(looked, {name for name in done if isinstance(name, str)}):
        alike = counted_alike(one, alone, looked)
        beside = with_one_day(with_shops_of_files(replace(one, proposal=alone), alike, shops_of_sales(looked)), alike)
        made = with_shop_of_sales(beside.proposal, looked, one.path.name)
        questions += made.questions
        lines += _lines_beside(one, made, root)
        parts += [toml_of(files_of(alike, root), made, one.keys)] if made.table else []
    parts += _lists_of_lines(sold, counted, done)
    return "\n".join(parts), questions


def _lists_of_lines(sold: _Lines | None, counted: _Lines | None, done: Collection[object]) -> Iterable[str]:
    """The lists that no file is: goods out of lines of sales or else of stock, and shops out of stock alone."""
    if sold is None and counted is not None and "stores" not in done and (shops := shops_of_stock(counted[1])):
        yield toml_of(counted[0], shops, counted[1].keys)
    for lines in filter(None, (sold, counted)) if "products" not in done else ():
        if goods := goods_of_lines(lines[1]):  # stock names the goods where only some lines of sales are of goods
            yield toml_of(lines[0], goods, lines[1].keys)
            return


def _lines_of_files(members: Sequence[LookedAt], before: Proposal, after: Proposal) -> list[str]:
    """What is found of files of one table by comparing them."""
    said = after.remarks[len(before.remarks) :]
    return [f"{len(members)} files together: feed {after.table}", *(f"  {one}" for one in said)] if said else []


def _lines_beside(one: LookedAt, beside: Proposal, root: Path) -> list[str]:
    feeds = f"feeds {beside.table} as well" if beside.table else "has more"
    return [f"{shown(one.path.relative_to(root))}: {feeds}", *(f"  {said}" for said in beside.remarks)]


def _has_no_names(one: LookedAt) -> bool:
    """Whether most names of columns are numbers, as where a file begins with its first row."""
    names = [name for name in one.columns.seen if not re.match(r"column_\d+$", name)]
    values = sum(re.fullmatch(r"[\d\s.,:;/+-]+", re.sub(r" \(\d+\)$", "", name)) is not None for name in names)
    return values >= len(names) / 2 and not one.proposal.table
