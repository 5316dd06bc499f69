"""Proposes consents out of a list of customers that has a yes or no for each channel."""

import re
from collections.abc import Sequence
from typing import Final

from retail_brain.ingest.look.draft import Proposal, date_key, quoted
from retail_brain.ingest.look.looked_at import LookedAt
from retail_brain.ingest.look.stock_of_shops import same_letters
from retail_brain.ingest.look.words import bare_name

_YES: Final = (
    r"opt_?in|opted_?in|subscri|consent|accept|allow|agree|permission|marketing_ok|einwilligung|zustimmung|erlaubt|toestemming"
    r"|consenso|consentimi|consentement|zgoda|samtycke|согласие|同意|订阅|接收|允许|許可|동의"
)
_NO: Final = r"opt_?out|opted_?out|unsubscri|do_?not|no_|refus|declin|block|退订|拒绝|不|отказ|거부"
_CHANNELS: Final = {
    "email": r"e_?mails?|邮件|邮箱|メール|이메일|newsletter",
    "sms": r"sms|text|短信|문자",
    "wechat": r"wechat|weixin|微信",
    "app": r"app|push",
    "phone": r"phone|call|telefon|电话",
    "whatsapp": r"whatsapp",
    "post": r"post|mail|brief",
}
_MOST_ANSWERS = 3
"""Different answers of a permission: yes, no and not asked."""


def consents_of_list(one: LookedAt) -> Proposal | None:
    """The mapping of `consents` from a list of customers; None where no column of it says yes or no to a channel.

    Args:
        one: a file that was looked at.
    """
    person = one.columns.roles.get("customer")
    names = [name for name in one.columns.seen if _is_permission(one, name)]
    channels = {name: _channel(name) for name in names}
    if one.proposal.table != "customers" or person is None or not names or not all(channels.values()):
        return None
    made = Proposal(table="consents")
    made.columns["customer_id"] = quoted(person)
    if len(names) > 1:
        start, end = same_letters(names), same_letters([name[::-1] for name in names])[::-1]
        words = [name.removeprefix(start).removesuffix(end) for name in names]
        if not all(words):
            return None
        pattern = f"^{re.escape(start)}({'|'.join(map(re.escape, words))}){re.escape(end)}$"
        made.keys["wide"] = f'{{ names = "channel", values = "granted", columns = {quoted(pattern)} }}'
    else:
        made.columns["channel"] = f'{{ constant = "{channels[names[0]]}" }}'
        made.columns["granted"] = quoted(names[0])
    day = one.columns.roles.get("joined_on") or one.columns.roles.get("moment")
    if day is not None and one.columns.seen[day].dates:
        made.columns["changed_at"] = date_key(made, one.columns, day)
    else:
        made.columns["changed_at"] = '?{ constant = "YYYY-MM-DD" }'
        made.questions.append(f"since when do the answers in {names} hold? Write a day in the place of YYYY-MM-DD")
    return made


def without_question(questions: Sequence[str], made: Proposal) -> list[str]:
    """The questions without those about permissions that a mapping of consents answers."""
    if made.table != "consents":
        return list(questions)
    return [question for question in questions if "may hold who refuses to be contacted" not in question]


def _is_permission(one: LookedAt, name: str) -> bool:
    plain = bare_name(name)
    answers = one.sample[name].drop_nulls().n_unique()
    return bool(re.search(_YES, plain)) and not re.search(_NO, plain) and 0 < answers <= _MOST_ANSWERS


def _channel(name: str) -> str:
    plain = bare_name(name)
    return next(
        (channel for channel, words in _CHANNELS.items() if re.search(rf"(?:^|_)(?:{words})(?:_|$)", plain)), ""
    )
