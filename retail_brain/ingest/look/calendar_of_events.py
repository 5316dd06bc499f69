"""Recognises a calendar: a row for each day, with festivals and other events on some of them."""

import re
from typing import Final

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, date_key, quoted
from retail_brain.ingest.look.words import bare_name

_EVENT: Final = (
    r"(?:event|holiday|festival|feiertag|fete|ferie|feriado|festivo|fest)(?:_?(?:name|title))?(?:_\d)?"
    r"|(?:节日|节假日|事件|祝日|휴일)(?:名称?)?"
)
_KIND: Final = r"(?:event|holiday|festival)_?(?:type|kind)(?:_\d)?|(?:节日|事件)类型"
_OTHERS: Final = {"product", "customer", "store", "amount", "price"}
"""Roles of files that are no calendar."""


def calendar_of_events(found: Columns) -> Proposal | None:
    """The mapping of `calendar`; None for a file that has another thing on its days, or events on none.

    Args:
        found: the columns of the file.
    """
    day = next((name for name, seen in found.seen.items() if seen.dates and seen.distinct == seen.filled == 1), None)
    events = [name for name in found.seen if re.fullmatch(_EVENT, bare_name(name)) and not found.seen[name].numbers]
    if day is None or not events or _OTHERS & found.roles.keys():
        return None
    event, kind = events[0], next((name for name in found.seen if re.fullmatch(_KIND, bare_name(name))), None)
    made = Proposal(table="calendar")
    made.columns["date"] = date_key(made, found, day)
    made.columns["event_name"] = quoted(event)
    made.columns["event_type"] = quoted(kind) if kind else '{ constant = "event" }'
    if found.seen[event].filled < 1:
        column = '"' + event.replace('"', '""') + '"'
        made.keys["where"] = f"'''length({column}) > 0'''"
    if events[1:]:
        made.remarks.append(f"{events[1:]} hold further events of a day and are not read")
    return made
