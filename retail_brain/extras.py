"""Checks for optional dependencies, which are installed with an extra of this package."""

from importlib.util import find_spec

from retail_brain.errors import UsageError


def check_installed(module: str, extra: str, purpose: str) -> None:
    """Checks that a package of an extra is installed.

    Args:
        module: name that the package is imported by.
        extra: extra of retail-brain that brings it.
        purpose: what needs it, as the subject of a sentence.

    Raises:
        UsageError: the package is not installed; the message names the extra.
    """
    if find_spec(module) is None:
        raise UsageError(
            f"{purpose} needs the Python package {module}, which is not installed; wanted the extra {extra!r}. "
            f"Run `pip install 'retail-brain[{extra}]'` and try again."
        )
