"""Packages that serve one door only and are installed by naming an extra of this package."""

from importlib.util import find_spec

from retail_brain.errors import UsageError


def check_installed(module: str, extra: str, purpose: str) -> None:
    """Refuses work that needs a package of an extra that is not installed.

    Args:
        module: name that the package is imported by.
        extra: extra of retail-brain that brings it.
        purpose: what needs it, as the subject of a sentence.

    Raises:
        UsageError: the module is not there; the message names the extra.
    """
    if find_spec(module) is None:
        raise UsageError(
            f"{purpose} needs the Python package {module}, which is not installed; wanted the extra {extra!r}. "
            f"Run `pip install 'retail-brain[{extra}]'` and try again."
        )
