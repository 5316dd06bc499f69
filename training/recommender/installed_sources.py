"""Declares and looks up candidate sources that other packages add through entry points.

docs/extending.md has an example; `training.recommender.candidates.conformance` has the tests that every source must
pass.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, get_args

from retail_brain.errors import UsageError
from retail_brain.extensions import extension_names, load_extension, unusable
from retail_brain.settings import SourceName

if TYPE_CHECKING:  # the service reads the reasons and needs no model
    from training.recommender.candidates.base import Source
    from training.recommender.config import RecommenderConfig
    from training.recommender.history import History

SOURCE_NAMES: Final[tuple[str, ...]] = get_args(SourceName)
"""Built-in sources, in the order of their columns."""

_NEEDED: Final = ("own", "trending")
"""Sources that every recommender needs: repeat purchases, and popularity for anonymous customers."""

REASON_CODES: Final = (
    "every_days",
    "bought_before",
    "looked_at",
    "goes_with",
    "people_like_you",
    "category",
    "popular",
    "new",
    "same_subcategory",
    "same_category",
    "same_brand",
    "same_department",
    "pinned",
)
"""Codes of built-in reasons; a source's name is the code of its reason, so it may be none of them."""


@dataclass(frozen=True)
class CandidateSource:
    """A candidate source of another package, as its entry point in `retail_brain.candidate_sources` declares it.

    The entry point's name is the source's name: it names the ranker's columns `NAME_score` and `NAME_relative`, the
    source's recall in reports, and the code of its reason.

    Attributes:
        fit: the source fitted on a history, with the parameters' values by name; the same arguments give the same
            scores.
        reason_en: why a customer is shown what this source proposes, as they read it.
        reason_zh: the same in Chinese.
        parameters: name -> values to try in tuning, the default first; empty = not tuned.
    """

    fit: "Callable[[History, RecommenderConfig, Mapping[str, float]], Source]"
    reason_en: str
    reason_zh: str
    parameters: Mapping[str, Sequence[float]] = field(default_factory=dict)


def declared_source(name: str) -> CandidateSource:
    """The declaration of another package's source, checked.

    Raises:
        NotFoundError: no installed package declares it.
        ExtensionError: it cannot be imported, is no `CandidateSource`, its name is taken or no column name, or it has
            no reason in one of the languages.
    """
    source = load_extension("candidate_sources", name)
    if not isinstance(source, CandidateSource) or not callable(source.fit):
        raise unusable(
            "candidate_sources",
            name,
            f"is a {type(source).__name__}; wanted a training.recommender.installed_sources.CandidateSource with a "
            "function `fit`",
        )
    if name in SOURCE_NAMES or name in REASON_CODES or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise unusable(
            "candidate_sources",
            name,
            "cannot have this name; wanted lower-case letters, digits and '_', and none of "
            f"{sorted({*SOURCE_NAMES, *REASON_CODES})}",
        )
    for language, text in (("reason_en", source.reason_en), ("reason_zh", source.reason_zh)):
        if not text.strip():
            raise unusable(
                "candidate_sources",
                name,
                f"has no {language}; wanted the words that a customer reads beside what it proposes",
            )
    if any(not values for values in source.parameters.values()):
        raise unusable(
            "candidate_sources",
            name,
            f"has a parameter without values: {dict(source.parameters)}; wanted at least one for each, the usual one "
            "first",
        )
    return source


def ordered_sources(names: Sequence[str]) -> tuple[str, ...]:
    """The sources in the order of their columns: built-in ones, then those of other packages by name.

    Raises:
        UsageError: one is not installed, or one of _NEEDED is missing.
        ExtensionError: one of another package is unusable.
    """
    # sorted, because the order is that of the ranker's columns and must not follow the order in the settings
    outside = sorted(set(names) - set(SOURCE_NAMES))
    missing = missing_sources(names)
    if missing:
        raise UsageError(
            f"the candidate sources {missing} are not installed; wanted some of {list(SOURCE_NAMES)} or of "
            f"{list(extension_names('candidate_sources')) or 'none'} that packages add. Install the package or correct "
            "recommender.sources."
        )
    absent = [name for name in _NEEDED if name not in names]
    if absent:
        raise UsageError(f"recommender.sources lacks {absent}, which every recommender needs. Add them.")
    for name in outside:
        declared_source(name)
    return (*(name for name in SOURCE_NAMES if name in names), *outside)


def missing_sources(names: Sequence[str]) -> list[str]:
    """Names that are neither built in nor declared by an installed package, sorted."""
    return sorted(set(names) - set(SOURCE_NAMES) - set(extension_names("candidate_sources")))


def installed_reason(name: str) -> tuple[str, str] | None:
    """Reason of an installed source in Chinese and English; None where no package declares it.

    Raises:
        ExtensionError: the source is unusable.
    """
    if name not in extension_names("candidate_sources"):
        return None
    source = declared_source(name)
    return source.reason_zh, source.reason_en
