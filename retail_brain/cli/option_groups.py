"""Options that belong together as one argument of a verb: a frozen dataclass whose fields are options of Typer."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from retail_brain.cli.context import current
from retail_brain.cli.options import AsOfOption, LakeOption, ProductsOption, StoresOption

if TYPE_CHECKING:
    from retail_brain.dataset import Dataset
    from retail_brain.outputs import SeriesFilter


@dataclass(frozen=True)
class DataOptions:
    """The lake and the last visible day of it."""

    lake: LakeOption = None
    as_of: AsOfOption = None

    def dataset(self) -> "Dataset":
        """The tables as known on that day; see `Context.dataset`.

        Raises:
            UsageError: the day is no date, or has not come yet.
            DataError: there is no readable lake, or it holds no sales.
        """
        return current().dataset(self.lake, self.as_of)


@dataclass(frozen=True)
class SeriesOptions:
    """Stores and products that a verb is limited to; None = all."""

    stores: StoresOption = None
    products: ProductsOption = None

    def filter(self) -> "SeriesFilter":
        """The same for the models."""
        from retail_brain.outputs import SeriesFilter

        return SeriesFilter(self.stores, self.products)


def with_fields(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb as Typer reads it: in the place of an argument whose type is a dataclass stand the fields of it.

    >>> def verb(out: str, data: DataOptions = DataOptions()) -> None: ...
    >>> list(inspect.signature(with_fields(verb)).parameters)
    ['out', 'lake', 'as_of']
    """
    given = inspect.signature(verb).parameters.values()
    groups: dict[str, Any] = {one.name: one.annotation for one in given if is_dataclass(one.annotation)}
    if not groups:
        return verb
    shown: list[inspect.Parameter] = []
    for one in given:
        shown += _parameters(groups[one.name]) if one.name in groups else [one]

    @functools.wraps(verb)
    def run(**options: Any) -> None:
        made = {
            name: group(**{field.name: options.pop(field.name) for field in fields(group)})
            for name, group in groups.items()
        }
        verb(**options, **made)

    # Typer passes every value by its name, so that required options may follow others
    shown = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in shown]
    run.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in shown}
    return run


def _parameters(group: Any) -> list[inspect.Parameter]:
    """The fields of a group as parameters; one without a default is required."""
    types = get_type_hints(group, include_extras=True)
    missing = inspect.Parameter.empty
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default if field.name in vars(group) else missing,
            annotation=types[field.name],
        )
        for field in fields(group)
    ]
