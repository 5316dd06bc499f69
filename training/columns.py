"""Checks that this version computes the feature columns that a stored model was fitted on, with the same definition.

A model stores the name of each column and the number of its definition. Columns that this version computes besides are
no reason to refuse it: the model selects its own by name.
"""

from collections.abc import Iterable, Mapping

from retail_brain.errors import ModelError


def column_definitions(columns: Iterable[str], redefined: Mapping[str, int]) -> dict[str, int]:
    """Column -> number of its definition; 1 where it was never redefined."""
    return {name: redefined.get(name, 1) for name in columns}


def check_columns(fitted: Mapping[str, int], present: Mapping[str, int], model: str) -> None:
    """Refuses a model that needs a column which this version does not compute, or computes differently.

    Args:
        fitted: column -> number of the definition that the model was fitted on.
        present: column -> number of the definition in this version.
        model: what the message calls the model.

    Raises:
        ModelError: columns are missing or redefined; the message names them.
    """
    # only the model's own columns are looked at, in any order: what this version computes besides never refuses it
    missing = [name for name in fitted if name not in present]
    redefined = [name for name in fitted if name in present and present[name] != fitted[name]]
    if missing:
        raise ModelError(
            f"{model} needs the columns {missing}, which this version of the software does not compute. "
            "Train and promote a new model, or go back to the version that made this one; answers published before "
            "keep being served.",
            {"missing": missing},
        )
    if redefined:
        changes = [f"{name} (definition {fitted[name]}, now {present[name]})" for name in redefined]
        raise ModelError(
            f"{model} was fitted on columns that have another meaning in this version: {', '.join(changes)}. "
            "Train and promote a new model; answers published before keep being served.",
            {"redefined": redefined},
        )
