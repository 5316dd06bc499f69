"""Proposes `consents` out of a list of people that has a column per answer, such as `Email opt in` and `SMS opt in`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from retail_brain.ingest.consent_rows import CHANNEL_WORDS
from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.consent_files import which_allows, write_since
from retail_brain.ingest.look.draft import Proposal, called_columns, date_key, quoted
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_consent import (
    ANSWERS,
    NEWSLETTER,
    NO,
    OF_OFFERS,
    OF_OTHER_FIRMS,
    PERMISSION,
    STEMS,
    WIDE,
    YES,
    answer_columns,
    are_answers,
    columns_of_few,
    columns_of_refusals,
    contact_channel,
    is_of_change,
    say_themselves,
    turned,
    what_yes_means,
)

_CHANNELS: Final = r"(?i)(e-?mail|sms|text messages?|wechat|app push|短信|微信|邮件|电子邮件|邮箱|이메일|메일|문자)"
"""Channels as `consents` reads them, in names of columns."""
_FILE_OF_CONSENT: Final = (
    rf"{STEMS}|consent|opt_?(?:in|out|s)?(?:_|$)|permission|subscri|newsletter|einwillig|toestemming|consenso|consentim"
    r"|同意|授权|订阅|退订|免打扰|勿扰"
)
"""Words in the name of a file of consents."""


@dataclass(frozen=True)
class _Answers:
    """A column of answers.

    Attributes:
        name: of the column.
        before, channel, behind: the parts of its name; the channel is blank where it names none.
        reaches: the channel in our words, which a newsletter has without naming it; blank where it is not known.
        yes, no: its values that allow contact, and that refuse it.
        is_clear: whether its name says so beyond doubt.
    """

    name: str
    before: str
    channel: str
    behind: str
    reaches: str
    yes: tuple[str, ...]
    no: tuple[str, ...]
    is_clear: bool


def _permissions(sample: pl.DataFrame, found: Columns) -> list[str]:
    """Columns whose names and few values say that they may be answers."""
    taken = {name for role, name in found.roles.items() if role not in ("status", "channel")}
    names = [name for name in found.seen if name not in taken and re.fullmatch(PERMISSION, bare_name(name))]
    return [name for name in names if 0 < sample[name].drop_nulls().n_unique() <= ANSWERS]


def _answers(sample: pl.DataFrame, found: Columns) -> list[_Answers]:
    """The columns whose values are yes and no beyond doubt."""
    read = []
    for name in _permissions(sample, found):
        values = [str(value) for value in sample[name].drop_nulls().unique().sort().to_list()]
        plain = {value: value.strip().lower() for value in values}
        if not all(word in YES or word in NO for word in plain.values()):
            continue
        yes, no = (tuple(one for one in values if plain[one] in words) for words in (YES, NO))
        means = True if say_themselves(values) else what_yes_means(name)
        yes, no = turned(yes, no) if means is False else (yes, no)
        spoken = name.replace("_", " ")
        said = re.search(_CHANNELS, spoken)
        start, end = said.span() if said else (len(name), len(name))
        channel = name[start:end]
        reaches = _spelled().get(channel.lower(), channel.lower())
        reaches = reaches or ("email" if re.search(NEWSLETTER, bare_name(name)) else "")
        read.append(_Answers(name, name[:start], channel, name[end:], reaches, yes, no, means is not None))
    return read


def _spelled() -> dict[str, str]:
    """Word of a channel -> our word."""
    return {word: ours for ours, words in CHANNEL_WORDS.items() for word in words}


def consents_of_people(people: Proposal, sample: pl.DataFrame, found: Columns) -> Proposal | None:
    """The mapping of `consents` from a list of people; None where it has no answers, or they cannot be read alike.

    A list rarely says when people answered: it asks between the day they joined and the day of the export.

    Args:
        people: the mapping of their list.
        sample: its first rows.
        found: roles of its columns.
    """
    person = people.columns.get("customer_id")
    if people.table != "customers" or person is None:
        return None
    answers = _answers(sample, found)
    reached = {answer.reaches for answer in answers} - {""}
    if not answers or (len(answers) > 1 and len(reached) < len(answers)):
        return None
    made = Proposal(table="consents", columns={"customer_id": person})
    words = _words(answers)
    if words is None or not _are_asked_alike(answers):
        return None
    if len(answers) == 1:
        column = contact_channel(sample, found) if not answers[0].reaches else None
        constant = f'{{ constant = "{answers[0].reaches or "any"}" }}'
        made.columns["channel"] = quoted(column) if column else constant
        made.columns["granted"] = _granted(made, answers, answers[0].name, words)
    elif columns := _columns(answers, list(found.seen)):
        behind = _behind_their_days(found, answers)
        beside = f", beside = {{ changed_at = {quoted('{}' + behind)} }}" if behind else ""
        made.keys["wide"] = f'{{ names = "channel", values = "granted", {columns}{beside} }}'
        made.columns["granted"] = _granted(made, answers, "granted", words)
        if behind:  # each answer has the day it was given
            key = date_key(made, found, answers[0].name + behind)
            made.columns["changed_at"] = key.replace(quoted(answers[0].name + behind), '"changed_at"')
            return made
    else:
        return None
    write_since(made, found, [answer.name for answer in answers])
    return made


def _behind_their_days(found: Columns, answers: Sequence[_Answers]) -> str:
    """What stands behind the name of every answer in the name of its day; blank where answers have no days."""
    first = answers[0].name
    rests = [name.removeprefix(first) for name in found.seen if name.startswith(first) and name != first]
    rests = [rest for rest in rests if is_of_change(rest)]
    days = (rest for rest in rests if all(_is_filled_day(found, answer.name + rest) for answer in answers))
    return next(days, "")


def _is_filled_day(found: Columns, name: str) -> bool:
    seen = found.seen.get(name)
    return seen is not None and seen.filled == 1 and len(seen.dates) == 1 and not seen.numbers


def _are_asked_alike(answers: Sequence[_Answers]) -> bool:
    """Whether one question is enough: what a yes means is clear of all, or one doubt is common to all of them."""
    around = {(answer.before.lower(), answer.behind.lower()) for answer in answers}
    return all(answer.is_clear for answer in answers) or (
        len(around) == 1 and not any(answer.is_clear for answer in answers)
    )


def _granted(made: Proposal, answers: Sequence[_Answers], column: str, words: str) -> str:
    """The key of the answers in a column; asks what a yes means where the names leave room for doubt."""
    straight = f"{{ column = {quoted(column)}{words} }}"
    if all(answer.is_clear for answer in answers):
        return straight
    reverse = [replace(one, yes=allow, no=refuse) for one in answers for allow, refuse in [turned(one.yes, one.no)]]
    names = [answer.name for answer in answers]
    return which_allows(made, names, [straight, f"{{ column = {quoted(column)}{_words(reverse)} }}"])


def _words(answers: Sequence[_Answers]) -> str | None:
    """The keys that say what means yes and no; None where a value means yes in one column and no in another."""
    yes = dict.fromkeys(value for answer in answers for value in answer.yes)
    no = dict.fromkeys(value for answer in answers for value in answer.no)
    if yes.keys() & no.keys():
        return None
    listed = [(key, ", ".join(map(quoted, words))) for key, words in (("true", yes), ("false", no))]
    return "".join(f", {key} = [{words}]" for key, words in listed if words)


def _columns(answers: Sequence[_Answers], names: Sequence[str]) -> str:
    """The keys that say which columns are answers and of which channel; blank where they cannot be told."""
    if not all(answer.channel for answer in answers):
        return called_columns({answer.name: answer.reaches for answer in answers})
    pattern = _pattern(answers, names)
    return f"columns = {quoted(pattern)}" if pattern else ""


def _pattern(answers: Sequence[_Answers], names: Sequence[str]) -> str:
    """A regular expression for exactly these columns, whose group is the channel; blank where there is none."""
    before, channel, behind = (
        "|".join(dict.fromkeys(re.escape(getattr(answer, part)).replace("\\ ", " ") for answer in answers))
        for part in ("before", "channel", "behind")
    )
    before, behind = (f"(?:{part})" if "|" in part else part for part in (before, behind))
    pattern = f"^{before}({channel}){behind}$"
    matched = {name for name in names if re.fullmatch(pattern, name)}
    return pattern if matched == {answer.name for answer in answers} else ""


def ask_for_consents(made: Proposal, sample: pl.DataFrame, found: Columns, stem: str = "") -> None:
    """Asks about a permission that cannot be read: without a table `consents` nobody has refused to be contacted.

    Such are columns named as one, and every column of yes and no beside ways to reach people, or in a file of consents.

    Args:
        made: the mapping of the file, which may feed no table.
        sample: its first rows.
        found: roles of its columns.
        stem: name of the file.
    """
    is_read = consents_of_people(made, sample, found) is not None
    read = {answer.name for answer in _answers(sample, found)} if is_read else set()
    names = _permissions(sample, found)
    channel = contact_channel(sample, found)
    if re.search(_FILE_OF_CONSENT, bare_name(stem)) or channel:
        names += [name for name in answer_columns(sample, found) if name not in names]
        # in words that nobody knows answers are answers all the same
        few = columns_of_few(sample, found) if not names and sample.width < WIDE else []
        names += [name for name in few if name != channel]
    if made.table == "customers":
        names += [name for name in columns_of_refusals(sample, found) if name not in names]
    for name in _of_other_firms(sample, found):
        made.remarks.append(
            f"{name!r} says by its name who may get offers of other firms: it opens and closes no channel of yours and "
            "is not read; map it to `consents` by hand if it does"
        )
    for name in names:
        question = (
            f"{name!r} may hold who refuses to be contacted. Without a table `consents` nobody does: map it there "
            f"(customer_id, channel, granted = {quoted(name)}, changed_at), or leave it if it means something else"
        )
        if name not in read and question not in made.questions:
            made.questions.append(question)


def _of_other_firms(sample: pl.DataFrame, found: Columns) -> list[str]:
    """Columns of yes and no to offers of other firms."""
    plain = {name: bare_name(name) for name in found.seen}
    named = [name for name, text in plain.items() if re.search(OF_OTHER_FIRMS, text) and re.search(OF_OFFERS, text)]
    named = [name for name in named if not re.fullmatch(PERMISSION, plain[name])]
    return [name for name in named if are_answers(sample[name].drop_nulls().unique().head(ANSWERS + 1).to_list())]
