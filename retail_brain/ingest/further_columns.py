"""Names under which the lake holds further columns: it does not tell small letters from capitals."""

from collections.abc import Collection, Sequence
from itertools import count
from typing import Final

SPELLED: Final = "differs from another column by small letters and capitals alone: it is stored as"
"""What is said of a column with another name in the lake."""


def names_in_lake(names: Sequence[str], columns: Collection[str], stored: Sequence[str]) -> dict[str, str]:
    """Further columns of a source -> their names in the lake; the same whatever the order of the columns.

    A name that the lake has stays. One that the lake has in other letters, and that no other column of the source
    claims, is that column. Any other that comes again gets a number, the same in each later ingest.

    Args:
        names: further columns of the source.
        columns: those of the table.
        stored: those that the lake has.

    >>> names_in_lake(["Brand", "Color", "color"], ["brand"], [])
    {'color': 'color', 'Brand': 'Brand_2', 'Color': 'Color_2'}
    >>> names_in_lake(["COLOR"], [], ["Color"]), names_in_lake(["Color"], [], ["color", "Color_2"])
    ({'COLOR': 'Color'}, {'Color': 'Color_2'})
    >>> names_in_lake(["size"], [], ["size_2"])
    {'size': 'size'}
    """
    canonical = {name.lower() for name in columns}
    held = [name for name in stored if name.lower() not in canonical]
    found = {name: name for name in names if name in held}
    for name in sorted(set(names) - set(found), key=lambda one: (one != one.lower(), one)):
        free = [one for one in held if one not in found.values()]
        alike = [one for one in free if one.lower() == name.lower()]
        is_second = name.lower() in canonical | {one.lower() for one in held}
        numbered = [one for one in free if is_second and _is_numbered(one, name)]
        if numbered or alike:
            found[name] = (*numbered, *alike)[0]
            continue
        taken = canonical | {one.lower() for one in (*held, *found.values())}
        others = taken | {one.lower() for one in names if one != name}
        new = (f"{name}_{number}" for number in count(2))
        found[name] = name if name.lower() not in taken else next(one for one in new if one.lower() not in others)
    return found


def _is_numbered(stored: str, name: str) -> bool:
    return stored.startswith(f"{name}_") and stored.removeprefix(f"{name}_").isdecimal()
