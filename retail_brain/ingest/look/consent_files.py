"""Recognises consents that have a row per person and channel: who may be contacted how, and since when."""

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, date_key, one_of, quoted, whole
from retail_brain.ingest.look.words import bare_name
from retail_brain.ingest.look.words_of_consent import (
    ANSWERS,
    GRANTED,
    NO,
    PERMISSION,
    WIDE,
    YES,
    answer_columns,
    are_plainly_read,
    contact_channel,
    half_known,
    is_of_end,
    named_channel,
    plain_answer,
    turned,
    what_yes_means,
)

_OF_ANSWER: Final = r"(?:consent|opt_?in|accept|permission|marketing|subscri|einwilligung|zustimmung|授权|同意|订阅)"
"""A word in the name of the day of an answer."""


def consents_of_rows(sample: pl.DataFrame, found: Columns) -> Proposal | None:
    """The mapping of `consents` from answers of people, a row each; None for any other file.

    A column of yes and no beside one of ways to reach people (sms, 微信) holds answers whatever it is called; one that
    no word speaks for is asked about, for its yes may refuse.

    Args:
        sample: the first rows.
        found: roles of its columns, with the one of people.
    """
    by_values = contact_channel(sample, found)
    granted = _answer(sample, found, by_values)
    if granted is None or _is_list_of_people(sample, found):
        return None
    if not _dated(found) and by_values is None:
        return None
    days = _days(found)
    made = Proposal(table="consents")
    made.columns["customer_id"] = quoted(found.roles["customer"])
    channel = by_values or next(filter(named_channel, found.seen), None)
    made.columns["channel"] = quoted(channel) if channel else '{ constant = "any" }'
    if not channel:
        made.questions.append("no column names the channel: does the answer hold for all of them, as written below?")
    made.columns["granted"] = _granted(made, sample, granted)
    moment = found.roles.get("moment", next(iter(days), None))
    if moment is None or moment == found.roles.get("joined_on") or is_of_end(moment):
        write_since(made, found, [granted])
    else:
        made.columns["changed_at"] = date_key(made, found, moment)
    return made


def _answer(sample: pl.DataFrame, found: Columns, channel: str | None) -> str | None:
    """The column of answers: by its name, or by its values beside a column of channels; None without a single one."""
    dated = _dated(found)
    named = next((name for name in found.seen if name not in dated and re.fullmatch(GRANTED, bare_name(name))), None)
    if named is not None or channel is None:
        return named if named is not None and sample[named].drop_nulls().n_unique() <= ANSWERS else None
    free = answer_columns(sample, found)
    names = [name for name in free if re.fullmatch(PERMISSION, bare_name(name))]
    names = names or free or [name for name in half_known(sample, found) if name not in (channel, *dated)]
    return names[0] if len(names) == 1 else None


def _granted(made: Proposal, sample: pl.DataFrame, name: str) -> str:
    """The column of answers with the words that allow and refuse; asks where a yes may refuse."""
    values = [str(value) for value in sample[name].drop_nulls().unique().sort().to_list()]
    plain = {value: plain_answer(value) for value in values}
    yes, no = (tuple(value for value in values if plain[value] in words) for words in (YES, NO))
    others = [value for value in values if value not in (*yes, *no)]
    if unknown := [value for value in others if not are_plainly_read([value])]:
        made.remarks.append(
            f"{unknown} in {name!r} are words that nobody knows: each closes its channel to its person. Name those "
            "that allow in `true` of `granted`, and those that refuse in `false`"
        )
    means = what_yes_means(name)
    straight, reverse = _with_words(name, yes, no), _with_words(name, *turned(yes, no))
    if means is False and (yes or no):
        return reverse
    # words such as `unsubscribed` say by themselves what they mean, and what a yes beside them does
    if means or not (yes or no) or len(others) > len(unknown):
        return quoted(name) if others or are_plainly_read(values) else straight
    return which_allows(made, [name], [straight, reverse])


def which_allows(made: Proposal, names: Sequence[str], readings: list[str]) -> str:
    """The answers of columns without a reading, so that nothing is granted before a person has said what a yes means.

    Args:
        made: the mapping of `consents`, which gets the question.
        names: the columns.
        readings: how they are read where a yes allows contact, and where it refuses.
    """
    question = (
        f"{', '.join(map(repr, names))} holds yes or no for each person: does its yes allow contact (the first way "
        "below) or refuse it (the second)? Leave `consents` out if it means something else"
    )
    return one_of(made, readings, question)


def _with_words(name: str, yes: Sequence[str], no: Sequence[str]) -> str:
    listed = [(key, ", ".join(map(quoted, words))) for key, words in (("true", yes), ("false", no))]
    return f"{{ column = {quoted(name)}{''.join(f', {key} = [{words}]' for key, words in listed if words)} }}"


def _is_list_of_people(sample: pl.DataFrame, found: Columns) -> bool:
    """Whether each row is another person, with more said of them than what they answered."""
    customer = found.seen[found.roles["customer"]]
    return customer.distinct == customer.filled == 1 and sample.width >= WIDE


def _dated(found: Columns) -> list[str]:
    """Columns of days other than those of birth."""
    born = found.roles.get("birth_date")
    return [name for name, seen in found.seen.items() if seen.dates and not seen.numbers and name != born]


def _days(found: Columns) -> list[str]:
    """Columns of days that an answer may be of: not those on which it ends."""
    return [name for name in _dated(found) if not is_of_end(name)]


def write_since(made: Proposal, found: Columns, names: Sequence[str]) -> None:
    """Writes the day of the answers, where a column has it; otherwise asks.

    Args:
        made: the mapping of `consents`.
        found: roles of the columns.
        names: the columns of answers.
    """
    dated = _days(found)
    said = [name for name in dated if re.search(_OF_ANSWER, bare_name(name))]
    if len(said) == 1 and found.seen[said[0]].filled == 1:
        made.columns["changed_at"] = date_key(made, found, said[0])
        return
    joined = found.roles.get("joined_on") or found.roles.get("moment") or next(iter(dated), None)
    readings = []
    if joined is not None and found.seen[joined].dates:
        key = date_key(Proposal(), found, joined)
        readings += [whole(one) for one in key.removeprefix("?").split("\n")]
    readings.append('{ constant = "YYYY-MM-DD" }')
    since = f"since {joined!r}" if joined else "since a day that you know"
    made.columns["changed_at"] = "?" + "\n".join(readings)
    made.questions.append(
        f"{names} hold who may be contacted: since when? Choose {since}, or write the day of this export in the place "
        "of YYYY-MM-DD (then they overrule older answers); leave `consents` out if they mean something else"
    )
