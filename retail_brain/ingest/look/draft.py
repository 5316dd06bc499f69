"""A proposed mapping while it is being written: keys in TOML, questions and remarks."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.evidence import Evidence

CHOOSE, FILL_IN = "choose one", "fill in and uncomment"
"""What a comment above open readings of a key asks for."""
WHERE = "where"
"""The key of a condition on rows."""
FILL_DOWN = "fill_down"
"""The key of columns whose blanks are filled."""
NO_NUMBER = "no column numbers the receipts: are the lines of the same moment one, as written below?"
"""The question about receipts without numbers."""
NO_PRICE = "no column holds a price or an amount: transactions need one (daily_sales does not)"
"""The question about lines without money."""
_MONEY = ("unit_price", "discount", "coupon_discount", "list_price", "unit_cost")
"""Canonical columns of money."""
_HUNDREDTHS = (
    r"(?:^|[\W_])(?:in_)?(?:euro_?)?(?:cents?|minor(?:_units?)?|centimes?|centimos?|céntimos?|centavos?|centesimi|kurus|kuruş"
    r"|paise|pennies|grosze|groszy|halere|haléře|öre|øre|копе[а-я]+|sen|pfennig)(?:$|[\W_])|[（(]分[）)]|_fen$"
)
"""Words for hundredths of a currency in the names of columns of whole numbers."""
ADD_UP = "add_up"
"""The key of rows that are parts of one."""
JOIN = "join"
"""The key of columns of other rows."""
_OF_FILES = ("encoding", "sheet", "section", "element")
"""Keys of how files are opened, which a join of a table with its own files has as well."""
OWN_FILES = "@files@"
"""What stands in a key for the files of the table, which are known once all files were looked at."""
ITEMS = "items"
"""The key of the column whose cells hold the lines of an order each."""


@dataclass
class Proposal:
    """What a file feeds.

    Attributes:
        table: canonical table; blank where none is recognised.
        keys: further keys of the table in TOML.
        columns: canonical column -> value in TOML.
        questions: what a person must decide; both readings stand in the mapping as comments.
        remarks: what was found and decided.
        is_totals: whether its rows are totals of shops or departments, without goods.
    """

    table: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    is_totals: bool = False

    @property
    def takes_lines_out(self) -> bool:
        """Whether its keys leave rows of goods out: parts of stock are all of goods, whatever their state."""
        parts = {ADD_UP, WHERE} if self.table == "inventory" and ADD_UP in self.keys else set()
        return bool(self.keys.keys() - parts)


def one_of(made: Proposal, readings: list[str], question: str) -> str:
    """The only reading; of several none, so that the mapping cannot be used before a person has chosen."""
    if len(readings) == 1:
        value = readings[0]
        plain = re.fullmatch(r'\{ column = ("(?:[^"\\]|\\.)*") \}', value)
        return plain[1] if plain else value
    made.questions.append(question)
    return "?" + "\n".join(readings)


def number_key(made: Proposal, found: Columns, name: str, ours: str, further: str = "") -> str:
    """A column of numbers with the marks it is written with; asks where two readings fit."""
    readings, seen = [], found.seen[name]
    for form in seen.numbers:
        keys = ', decimal = ","' if form.decimal == "," else ', thousands = ","' if form.thousands else ""
        if ours in _MONEY and seen.whole is not None and re.search(_HUNDREDTHS, name.lower()):
            keys += ", hundredths = true"
        keys += f", strip = [{', '.join(map(quoted, form.strip))}]" if form.strip else ""
        keys += f", blank = {listed(seen.blanks)}" if seen.blanks else ""
        readings.append(f"{{ column = {quoted(name)}{keys}{further} }}")
    return one_of(made, readings, f"{ours}: {name!r} has two readings: {', '.join(seen.examples)}")


def date_key(made: Proposal, found: Columns, name: str) -> str:
    """A column of dates with its form; asks where two readings fit."""
    seen = found.seen[name]
    readings = []
    for form in seen.dates:
        forms = [one for one in (form if isinstance(form, tuple) else (form,)) if one]
        written = quoted(forms[0]) if len(forms) == 1 else f"[{', '.join(map(quoted, forms))}]"
        keys = f", format = {written}" if forms else ""
        keys += f", blank = {listed(seen.blanks)}" if seen.blanks else ""
        readings.append(f"{{ column = {quoted(name)}{pattern_key(seen)}{keys}{calendar_key(seen)} }}")
    return one_of(made, readings, f"{name!r} has two readings, such as {', '.join(seen.examples)}")


def calendar_key(seen: Evidence) -> str:
    """The key for dates of another calendar; blank for common ones."""
    return f", years_ahead = {seen.years_ahead}" if seen.years_ahead else ""


def pattern_key(seen: Evidence) -> str:
    """The key for dates that are parts of the values alone; blank for common ones."""
    return f", pattern = '{seen.pattern}'" if seen.pattern else ""


def called_columns(names: Mapping[str, str]) -> str:
    """The keys of `wide` for some columns and what each of them is called in the canonical table."""
    pattern = "|".join(re.escape(name).replace("\\ ", " ") for name in names)
    called = ", ".join(f"{quoted(name)} = {quoted(ours)}" for name, ours in names.items())
    return f"columns = {quoted(f'^(?:{pattern})$')}, called = {{ {called} }}"


def whole(value: str) -> str:
    """A value of a mapping as a table of keys."""
    return value if value.startswith(("{", "?")) else f"{{ column = {value} }}"


def quoted(text: str) -> str:
    """A string in TOML."""
    return json.dumps(text, ensure_ascii=False)


def listed(texts: Sequence[str]) -> str:
    """A list of strings in TOML."""
    return f"[{', '.join(map(quoted, texts))}]"


def toml_of(files: str | Sequence[str], made: Proposal, keys: Mapping[str, str]) -> str:
    """The table of a mapping; what must be decided stands as comments, both readings below each other."""
    named = quoted(files) if isinstance(files, str) else f"[{', '.join(map(quoted, files))}]"
    head = [f"[tables.{made.table}]", f"files = {named}" if files else ""]
    both = {**keys, **made.keys}
    if WHERE in keys and WHERE in made.keys:
        both[WHERE] = both_conditions(keys[WHERE], made.keys[WHERE])
    if FILL_DOWN in keys and FILL_DOWN in made.keys:
        both[FILL_DOWN] = _both_filled(keys[FILL_DOWN], made.keys[FILL_DOWN])
    opened = "".join(f", {key} = {value}" for key, value in keys.items() if key in _OF_FILES)
    both = {key: value.replace(OWN_FILES, f"{named}{opened}") for key, value in both.items()}
    lines = [*head, *(line for key, value in both.items() for line in _written(key, value))]
    lines += ["", f"[tables.{made.table}.columns]"]
    lines += [line for ours, value in made.columns.items() for line in _written(ours, value)]
    return "\n".join(line for line in lines if line or lines.index(line) > 1) + "\n"


def both_conditions(ours: str, theirs: str) -> str:
    """Two conditions of which every row must meet both; the first may be blank, the second open, a line per reading."""
    if not ours:
        return theirs
    bare = [f"({ours[3:-3]}) AND ({one[3:-3]})" for one in theirs.removeprefix("?").split("\n")]
    return ("?" if theirs.startswith("?") else "") + "\n".join(f"'''{one}'''" for one in bare)


def _both_filled(ours: str, theirs: str) -> str:
    """Two lists of columns as one; the first may be open, with a line per reading."""
    further = json.loads(theirs)
    lists = [[*json.loads(one), *further] for one in ours.removeprefix("?").split("\n")]
    return ("?" if ours.startswith("?") else "") + "\n".join(listed(list(dict.fromkeys(one))) for one in lists)


def _written(key: str, value: str) -> list[str]:
    """Lines of a key; of one that a person must decide all readings, as comments."""
    if not value.startswith("?"):
        return [f"{key} = {value}"]
    readings = value[1:].split("\n")
    do = CHOOSE if len(readings) > 1 else FILL_IN
    return [f"# {do} for {key}:", *(f"# {key} = {one}" for one in readings)]
