"""Proposes `consents` out of a list of people that has a column per answer, such as `Email opt in` and `SMS opt in`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, date_key, quoted, whole
from retail_brain.ingest.look.relations import GRANTED
from retail_brain.ingest.look.words import bare_name

_PERMISSION: Final = (
    rf"(?:{GRANTED})|.*(?:werbung|newsletter|marketing|mailing|pubblicita|publicite|publicidad|do_not|accepts|erlaubt"
    r"|allow|opt_?(?:in|out)|subscri|toestemming|nieuwsbrief|consenso|consentimento|consentimiento|boletin|zgoda|samtycke"
    r"|sms|whatsapp|рассылк|соглас).*"
    r"|.*(?:营销|推送|短信|接收|退订|免打扰|拒绝|勿扰).*"
)
"""Columns that may hold whether somebody may be contacted, in whatever words."""
_REFUSAL: Final = (
    r"do_not|don_?t|opt(?:ed)?_?out|unsubscri|no_(?:email|sms|marketing)|block|refus|keine_"
    r"|退订|免打扰|拒绝|勿扰|不接收"
)
"""Words of a column whose yes is a refusal."""
_CHANNELS: Final = r"(?i)(e-?mail|sms|text messages?|wechat|app push|短信|微信|邮件|电子邮件|邮箱)"
"""Channels as `consents` reads them, in names of columns."""
_YES: Final = (
    "true",
    "t",
    "1",
    "yes",
    "y",
    "是",
    "ja",
    "j",
    "oui",
    "si",
    "sí",
    "sim",
    "s",
    "да",
    "tak",
    "evet",
    "はい",
    "예",
)
_NO: Final = (
    "false",
    "f",
    "0",
    "no",
    "n",
    "否",
    "nein",
    "non",
    "não",
    "nao",
    "нет",
    "nie",
    "hayır",
    "いいえ",
    "아니오",
    "nee",
)
"""Answers that are read without doubt."""
_ANSWERS = 6
"""Different answers in a column from which it holds none. By judgement: yes, no and a few spellings of them."""
_OF_ANSWER: Final = r"(?:consent|opt_?in|accept|permission|subscri|marketing|einwilligung|zustimmung|授权|同意|订阅)"
"""A word in the name of the day of an answer."""


@dataclass(frozen=True)
class _Answers:
    """A column of answers.

    Attributes:
        name: of the column.
        before, channel, behind: the parts of its name; the channel is blank where it names none.
        yes, no: its values that allow contact, and that refuse it.
    """

    name: str
    before: str
    channel: str
    behind: str
    yes: tuple[str, ...]
    no: tuple[str, ...]


def _permissions(sample: pl.DataFrame, found: Columns) -> list[str]:
    """Columns whose names and few values say that they may be answers."""
    taken = {name for role, name in found.roles.items() if role not in ("status", "channel")}
    names = [name for name in found.seen if name not in taken and re.fullmatch(_PERMISSION, bare_name(name))]
    return [name for name in names if 0 < sample[name].drop_nulls().n_unique() <= _ANSWERS]


def _answers(sample: pl.DataFrame, found: Columns) -> list[_Answers]:
    """The columns whose values are yes and no beyond doubt."""
    read = []
    for name in _permissions(sample, found):
        values = [str(value) for value in sample[name].drop_nulls().unique().sort().to_list()]
        plain = {value: value.strip().lower() for value in values}
        if not all(word in _YES or word in _NO for word in plain.values()):
            continue
        yes, no = (tuple(one for one in values if plain[one] in words) for words in (_YES, _NO))
        yes, no = (no, yes) if re.search(_REFUSAL, bare_name(name)) else (yes, no)
        spoken = name.replace("_", " ")
        said = re.search(_CHANNELS, spoken)
        start, end = said.span() if said else (len(name), len(name))
        read.append(_Answers(name, name[:start], name[start:end], name[end:], yes, no))
    return read


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
    named = [answer for answer in answers if answer.channel]
    if not answers or (len(answers) > 1 and len({answer.channel.lower() for answer in named}) < len(answers)):
        return None
    made = Proposal(table="consents", columns={"customer_id": person})
    words = _words(answers)
    if words is None:
        return None
    if len(answers) == 1:
        made.columns["channel"] = f'{{ constant = "{answers[0].channel.lower() or "any"}" }}'
        made.columns["granted"] = f"{{ column = {quoted(answers[0].name)}{words} }}"
    elif pattern := _pattern(answers, list(found.seen)):
        made.keys["wide"] = f'{{ names = "channel", values = "granted", columns = {quoted(pattern)} }}'
        made.columns["granted"] = f'{{ column = "granted"{words} }}'
    else:
        return None
    _when(made, found, [answer.name for answer in answers])
    return made


def _words(answers: Sequence[_Answers]) -> str | None:
    """The keys that say what means yes and no; None where a value means yes in one column and no in another."""
    yes = dict.fromkeys(value for answer in answers for value in answer.yes)
    no = dict.fromkeys(value for answer in answers for value in answer.no)
    if yes.keys() & no.keys():
        return None
    listed = [(key, ", ".join(map(quoted, words))) for key, words in (("true", yes), ("false", no))]
    return "".join(f", {key} = [{words}]" for key, words in listed if words)


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


def _when(made: Proposal, found: Columns, names: Sequence[str]) -> None:
    """Writes the day of the answers, where a column has it; otherwise asks."""
    dated = [name for name, seen in found.seen.items() if seen.dates and not seen.numbers]
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


def ask_for_consents(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Asks about a permission that cannot be read: without a table `consents` nobody has refused to be contacted."""
    is_read = consents_of_people(made, sample, found) is not None
    read = {answer.name for answer in _answers(sample, found)} if is_read else set()
    for name in _permissions(sample, found):
        if name not in read:
            made.questions.append(
                f"{name!r} may hold who refuses to be contacted. Without a table `consents` nobody does: map it there "
                f"(customer_id, channel, granted = {quoted(name)}, changed_at), or leave it if it means something else"
            )
