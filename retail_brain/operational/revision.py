"""The revision of the operational tables that this version has, and what to say of a later one."""

HEAD = "0023"


def is_later(revision: str | None) -> bool:
    """Whether a newer version than this one made the tables; revisions are numbers of one length.

    >>> is_later("0001"), is_later(HEAD), is_later("9999"), is_later(None)
    (False, False, True, False)
    """
    return revision is not None and revision > HEAD


def told_later(revision: str | None) -> str:
    """What is wrong with tables of a later revision, and what mends it."""
    return (
        f"the operational database has tables of revision {revision}, which a newer retail-brain made; this one has "
        f"{HEAD}. Install that version here and start the service again."
    )
