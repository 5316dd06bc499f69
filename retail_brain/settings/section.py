"""What every group of settings is, and names of what installed packages add."""

from pydantic import BaseModel, ConfigDict

from retail_brain.extensions import extension_names


def installed_name(kind: str, built_in: tuple[str, ...], name: str) -> str:
    """A name that is built in or declared by an installed package; `ValueError` names both."""
    if name not in built_in and name not in extension_names(kind):
        outside = list(extension_names(kind)) or "none"
        raise ValueError(f"wanted one of {list(built_in)}, or of those that installed packages add: {outside}")
    return name


class Section(BaseModel):
    """A frozen group of settings or of a model's parameters; it refuses unknown keys.

    Every field has a description with its unit, and a range where it is a number: docs/settings.md is made from them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
