"""Says how many there are of something, in English: the one place that knows when a noun stands in the plural."""


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
