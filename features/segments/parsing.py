"""Reads the text form of a segment's expression; the grammar is in docs/segments.md."""

import re
from datetime import date
from functools import cache
from threading import Lock
from typing import Any

import pyparsing as pp
from pydantic import ValidationError

from features.segments.expression import (
    COLUMN_PATTERN,
    And,
    Between,
    Compare,
    Expression,
    History,
    InStores,
    Known,
    Not,
    OneOf,
    Or,
    RelativeDay,
    problem_of,
)
from features.segments.keyboard import plain_signs
from features.segments.text import DAY_PATTERN, RESERVED
from retail_brain.errors import ExpressionError

_ONE_AT_A_TIME = Lock()
"""At its first uses a grammar of pyparsing finds out how many arguments its actions take; two threads that do so at
once leave it broken for good."""
_MOST_CHARACTERS = 20_000
"""Characters of an expression: some hundred conditions. Longer ones are lists of people: save those as static."""
_NO_DAY = "no day of the calendar"
_TWICE = "a part stated twice"
_FATAL = {_NO_DAY: "segment_no_day", _TWICE: "segment_part_twice"}
"""What no other reading of a text mends -> name of the problem."""
_MOST_DEPTH = 50
"""Brackets within brackets; deeper ones would exhaust Python's stack before anybody could read them."""


def parse(text: str) -> Expression:
    """The expression that a text states; signs of full width, as Chinese keyboards write them, are read too.

    >>> parse("spend > 100 and not bought(category = tea, last 30 days)").op
    'and'

    Raises:
        ExpressionError: the text is no expression; the message shows the place.
    """
    text = plain_signs(text)
    if len(text) > _MOST_CHARACTERS or _depth(text) > _MOST_DEPTH:
        raise ExpressionError(
            f"the segment has {len(text):,} characters and brackets {_depth(text)} deep; wanted at most "
            f"{_MOST_CHARACTERS:,} and {_MOST_DEPTH}. Split it, or save the people as a static segment.",
            {"problem": "segment_too_long"},
        )
    try:
        with _ONE_AT_A_TIME:
            return _grammar().parse_string(text, parse_all=True)[0]  # type: ignore[no-any-return]
    except RecursionError as error:
        raise ExpressionError(
            "the segment has too many brackets or `not` within each other. Split it.", {"problem": "segment_too_long"}
        ) from error
    except pp.ParseBaseException as error:
        place = min(error.loc, len(text))
        why = f" ({error.msg})" if isinstance(error, pp.ParseFatalException) else ""
        before, after = text[max(0, place - 20) : place], text[place : place + 20]
        where = "" if after else ", its end"
        raise ExpressionError(
            f"the segment cannot be read at character {place + 1}{where}{why}: {before}>>>{after}. Wanted conditions "
            "such as `spend > 100`, `stage in (friend, old_friend)` or `bought(category = tea, last 90 days)`, joined "
            "by and, or, not; text with blanks in quotes. See docs/segments.md.",
            {"problem": _problem(error, after), "position": place + 1, "shown": f"{before}>>>{after}"},
        ) from error
    except ValidationError as error:
        fault = problem_of(error)[1]
        raise ExpressionError(
            f"the segment cannot be used: {fault}. Mend that value.", {"problem": "segment_value", "fault": fault}
        ) from error


def _problem(error: pp.ParseBaseException, after: str) -> str:
    """Name of what is wrong where reading stopped; `after` is what stands there."""
    if isinstance(error, pp.ParseFatalException):
        return _FATAL[error.msg]
    return "unreadable_segment" if after else "segment_ends_early"


def _depth(text: str) -> int:
    depth = most = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        most = max(most, depth)
    return most


@cache
def _grammar() -> pp.ParserElement:
    expression = pp.Forward()
    condition = _history(expression) | _comparison(_column(), _value(), expression)
    # pyparsing's own infix_notation tries every bracket once per level: 2^depth steps
    negation = pp.Forward()
    bracketed = pp.Suppress("(") + expression + pp.Suppress(")")
    denied = (_word("not").suppress() + negation).set_parse_action(lambda tokens: Not(item=tokens[0]))
    negation <<= denied | bracketed | condition
    both = pp.DelimitedList(negation, delim=_word("and")).set_parse_action(lambda tokens: _joined(And, tokens))
    joined = pp.DelimitedList(both, delim=_word("or")).set_parse_action(lambda tokens: _joined(Or, tokens))
    expression <<= joined
    return expression.parse_with_tabs()  # a tab within quotes is part of the text


def _joined(kind: type[And | Or], tokens: pp.ParseResults) -> Expression:
    return tokens[0] if len(tokens) == 1 else kind(items=tuple(tokens))


def _word(word: str) -> pp.ParserElement:
    return pp.CaselessKeyword(word)


def _column() -> pp.ParserElement:
    # one token, not "no reserved word, then a name": a sequence would come back as a list
    return pp.Regex(rf"(?!(?i:{'|'.join(sorted(RESERVED))})\b)" + COLUMN_PATTERN.strip("^$"))


def _value() -> pp.ParserElement:
    day = pp.Regex(DAY_PATTERN).set_parse_action(_as_day)
    number = pp.Regex(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?").set_parse_action(lambda tokens: _as_number(tokens[0]))
    # single tokens throughout: a sequence among the alternatives would make every value a list
    today = pp.Regex(r"(?i:today)\b(\s*[-+]\s*\d+)?(\s*(?i:days?)\b)?").set_parse_action(_as_relative_day)
    switch = (_word("true") | _word("false")).set_parse_action(lambda tokens: [tokens[0] == "true"])
    quoted = pp.MatchFirst(pp.QuotedString(mark, esc_char="\\", multiline=True) for mark in "\"'")
    return day | number | today | switch | quoted | _column()


def _as_day(text: str, place: int, tokens: pp.ParseResults) -> str:
    try:
        return date.fromisoformat(tokens[0]).isoformat()
    except ValueError as error:
        raise pp.ParseFatalException(text, place, _NO_DAY) from error


def _as_relative_day(tokens: pp.ParseResults) -> RelativeDay:
    shift = re.sub(r"[^-+\d]", "", tokens[0])
    return RelativeDay(today_plus=int(shift or 0))


def _as_number(text: str) -> float | int:
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def _comparison(column: pp.ParserElement, value: pp.ParserElement, expression: pp.Forward) -> pp.ParserElement:
    relation = pp.one_of("<= >= != <> < > =")
    values = pp.Suppress("(") + pp.DelimitedList(value) + pp.Suppress(")")
    stores = _word("stores").suppress() + pp.Suppress("(") + expression + pp.Suppress(")")
    is_not = pp.Optional(_word("not")("negated"))
    compare = (column("column") + relation("relation") + value("value")).set_parse_action(_compare)
    between = column("column") + is_not + _word("between") + value("low") + _word("and") + value("high")
    one_of = column("column") + is_not + (_word("in") | _word("has")) + pp.Group(values | value)("values")
    in_stores = column("column") + is_not + _word("in") + stores("where")
    known = column("column") + _word("is") + (_word("known") | _word("missing"))("state")
    return (
        compare
        | between.set_parse_action(_between)
        | in_stores.set_parse_action(_in_stores)
        | one_of.set_parse_action(_one_of)
        | known.set_parse_action(_known)
    )


def _compare(tokens: pp.ParseResults) -> Expression:
    relation = {"<>": "!="}.get(tokens["relation"], tokens["relation"])
    return Compare(column=tokens["column"], relation=relation, value=tokens["value"])


def _between(tokens: pp.ParseResults) -> Expression:
    return _signed(tokens, Between(column=tokens["column"], low=tokens["low"], high=tokens["high"]))


def _one_of(tokens: pp.ParseResults) -> Expression:
    return _signed(tokens, OneOf(column=tokens["column"], values=tuple(tokens["values"])))


def _in_stores(tokens: pp.ParseResults) -> Expression:
    return _signed(tokens, InStores(column=tokens["column"], where=tokens["where"][0]))


def _known(tokens: pp.ParseResults) -> Expression:
    known = Known(column=tokens["column"])
    return Not(item=known) if tokens["state"] == "missing" else known


def _signed(tokens: pp.ParseResults, part: Expression) -> Expression:
    return Not(item=part) if "negated" in tokens else part


def _history(expression: pp.Forward) -> pp.ParserElement:
    kind = _word("bought") | _word("did") | _word("contacted") | _word("responded")
    whole = pp.Regex(r"\d+").set_parse_action(lambda tokens: int(tokens[0]))
    last = _word("last").suppress() + whole("last_days") + (_word("days") | _word("day")).suppress()
    least = (
        _word("at").suppress()
        + _word("least").suppress()
        + whole("at_least")
        + (_word("times") | _word("time")).suppress()
    )
    where = pp.Group(expression)("where")
    inside = pp.Optional(pp.DelimitedList(last | least | where))
    return (kind("kind") + pp.Suppress("(") + inside + pp.Suppress(")")).set_parse_action(_history_of)


def _history_of(text: str, place: int, tokens: pp.ParseResults) -> Expression:
    fields: dict[str, Any] = {name: tokens[name] for name in ("last_days", "at_least") if name in tokens}
    if "where" in tokens:
        fields["where"] = tokens["where"][0]
    stated = len(tokens) - 1
    if stated != len(fields):
        raise pp.ParseFatalException(text, place, _TWICE)
    return History(kind=tokens["kind"], **fields)
