"""Says how many there are of something, in English: the one place that knows when a noun stands in the plural."""

import re

_NOUNS = (
    "rows|lines|goods|files|shops|stores|products|customers|cards|receipts|orders|columns|values|tables|days|weeks|"
    "windows|contacts|contradictions|series|keys|units"
)
_VERBS = {"have": "has", "are": "is", "were": "was", "come": "comes", "name": "names", "differ": "differs"}
_OF_ONE = re.compile(rf"(?<![\d.,])1 ({_NOUNS})\b(?:( that no table knows)? ({'|'.join(_VERBS)})\b)?")
_SINGULAR = {"goods": "product", "series": "series"}


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number with its noun.

    Args:
        count: how many.
        one: the noun of a single one; without `many` its plural ends in s.
        many: the noun of several, where it is another.

    >>> counted(1, "row"), counted(0, "row"), counted(1234, "row"), counted(2, "person", "people")
    ('1 row', '0 rows', '1,234 rows', '2 people')
    """
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def agreeing(text: str) -> str:
    """An English text in which a single one of something stands in the singular, with the verb right after it.

    >>> agreeing("1 rows have no price; 21 rows are good"), agreeing("1 goods that no table knows are in 1 lines")
    ('1 row has no price; 21 rows are good', '1 product that no table knows is in 1 line')
    """

    def of_one(found: re.Match[str]) -> str:
        noun, between, verb = found.groups(default="")
        return f"1 {_SINGULAR.get(noun, noun[:-1])}{between}" + (f" {_VERBS[verb]}" if verb else "")

    return _OF_ONE.sub(of_one, text)
