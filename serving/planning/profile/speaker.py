"""Converts one row of features to the parts of a profile in one language."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from serving.planning.profile.facts import Fact
from serving.planning.profile.words import MONEY, PERCENT, Language, Words

JSON = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]
Row = Mapping[str, object]
Profile = dict[str, JSON]


class ProfileWriter:
    """Values of one row of features, formatted in one language."""

    def __init__(self, row: Row, language: Language, currency: str, names: Mapping[str, str]) -> None:
        self.row, self.currency, self.names = row, currency, names
        self._index = 0 if language == "zh" else 1

    def pick(self, pair: Words) -> str:
        return pair[self._index]

    def number(self, key: str) -> float | None:
        value = self.row.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return None
        return float(value)

    def text(self, key: str) -> str | None:
        value = self.row.get(key)
        return None if value is None else str(value)

    def items(self, key: str) -> list[object]:
        value = self.row.get(key)
        return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else []

    def name(self, key: str) -> str:
        value = str(self.row.get(key) or "")
        return self.names.get(value, value)

    def tags(self, rules: Iterable[tuple[str, Callable[[float], bool], Words]]) -> list[str]:
        """The words of those rules whose number is known and passes."""
        labels = []
        for key, passes, pair in rules:
            value = self.number(key)
            if value is not None and passes(value):
                labels.append(self.pick(pair))
        return labels

    def join(self, items: Iterable[object]) -> str:
        return self.pick(("、", ", ")).join(str(item) for item in items)

    def percent(self, value: float) -> str:
        return f"{value * 100:.0f}%"

    def fact(self, key: str, label: Words, unit: Words) -> JSON:
        """A fact with its value rounded for reading, or None where it is unknown."""
        value = self.row.get(key)
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return None
        shown: JSON = plain(value)
        if isinstance(value, float):
            shown = round(value * 100, 1) if unit is PERCENT else round(value, 2)
        if key.endswith("_id"):
            shown = self.name(key)
        return {
            "key": key,
            "label": self.pick(label),
            "value": shown,
            "unit": self.currency if unit is MONEY else self.pick(unit),
        }

    def profile(
        self,
        key: str,
        title: str,
        stage: tuple[str, str],
        tags: Sequence[str],
        sentences: Sequence[str | None],
        facts: Sequence[Fact],
    ) -> Profile:
        listed = [self.fact(*fact) for fact in facts]
        return {
            "id": self.text(key),
            "title": title,
            "stage": {"code": stage[0], "label": stage[1]},
            "tags": list(dict.fromkeys(tags)),
            "sentences": [sentence for sentence in sentences if sentence],
            "facts": [fact for fact in listed if fact is not None],
            "features": {name: plain(value) for name, value in self.row.items()},
        }


def plain(value: object) -> JSON:
    """A feature as a JSON value: dates as text, not-a-number as null."""
    # most kinds first, and no unions, which are made anew at each call: a profile asks a hundred times
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):  # a flag is a whole number too
        return value
    if isinstance(value, date):  # a moment is a day too
        return value.isoformat()
    if not isinstance(value, list) and isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, Iterable)):
        return [plain(item) for item in value]
    return str(value)
