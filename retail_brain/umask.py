"""The permission mask of new files: they hold personal data, so that only their owner reads them by default."""

import os

from retail_brain.errors import UsageError

_VARIABLE = "RETAIL_BRAIN_UMASK"


def use_umask() -> None:
    """Sets the mask of this process, and so of those that it starts.

    Raises:
        UsageError: RETAIL_BRAIN_UMASK is not an octal number.
    """
    os.umask(_chosen())


def _chosen() -> int:
    text = os.environ.get(_VARIABLE, "077")
    try:
        mask = int(text, 8)
    except ValueError:
        mask = -1
    if not 0 <= mask <= 0o777:
        raise UsageError(
            f"{_VARIABLE} is {text!r}; wanted an octal number such as 077 (only the owner reads) or 027 (the "
            "group reads too). Correct it or leave it out."
        )
    return mask
