"""Names that campaigns for excess stock are proposed under, in the language of whoever reads them."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from retail_brain.spoken_days import spoken_day
from serving.planning.people.reasons import Language

_NAME_CHARACTERS = 60
"""Characters of a product in the campaign's name, of which 200 are allowed: more do not fit in a list of campaigns."""
_PROPOSED = (
    re.compile(r"Excess stock: (?P<first>.+?)(?: and (?P<others>\d+) more)?, (?P<day>[^,]+)"),
    re.compile(r"清货：(?P<first>.+?)(?:等 (?P<all>\d+) 种)?（(?P<day>[^（]+)）"),
)
"""Names as they are proposed, in English and Chinese."""


def proposed_name(first: str, others: int, starts_on: date, language: Language) -> str:
    """What tells a proposed campaign from others of the same day: its first product, and how many more.

    >>> proposed_name("Tea", 38, date(2026, 3, 1), "en")
    'Excess stock: Tea and 38 more, 1 March'
    """
    english, chinese = spoken_day(starts_on, starts_on)
    first = first if len(first) <= _NAME_CHARACTERS else f"{first[: _NAME_CHARACTERS - 1]}…"
    if language == "zh":
        return f"清货：{first}{f'等 {others + 1} 种' if others else ''}（{chinese}）"
    return f"Excess stock: {first}{f' and {others} more' if others else ''}, {english}"


def shown_name(definition: Mapping[str, Any], language: Language) -> str:
    """The name of a campaign in a language: of one that was proposed and that nobody renamed, else as it was written.

    Those proposed before, in either language, are told by their name too.

    Args:
        definition: as it is stored.
        language: of the reader.
    """
    name = str(definition.get("name", ""))
    if not definition.get("left_over"):
        return name
    starts_on = date.fromisoformat(str(definition["starts_on"]))
    for form in _PROPOSED:
        found = form.fullmatch(name)
        if found is None:
            continue
        parts = found.groupdict()
        others = int(parts["others"] or 0) if "others" in parts else max(int(parts["all"] or 1) - 1, 0)
        if parts["day"] in spoken_day(starts_on, starts_on):
            return proposed_name(parts["first"], others, starts_on, language)
    return name
