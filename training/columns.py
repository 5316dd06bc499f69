"""Columns that a model was fitted on, checked by name against those that this version computes.

A model keeps the name of each column and the number of its definition. What this version computes besides is no reason
to refuse it: the model asks for its own columns only.
"""

from collections.abc import Iterable, Mapping

from retail_brain.errors import ModelError


def defined(columns: Iterable[str], redefined: Mapping[str, int]) -> dict[str, int]:
    """Number of the definition of each column; 1 where it was never redefined."""
    return {name: redefined.get(name, 1) for name in columns}


def check_columns(fitted: Mapping[str, int], present: Mapping[str, int], model: str) -> None:
    """Refuses a model that needs a column which this version does not compute, or computes differently.

    Args:
        fitted: column -> definition that the model was fitted on.
        present: column -> definition of this version.
        model: names the model in the message.

    Raises:
        ModelError: columns are missing or redefined; the message names them.
    """
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
