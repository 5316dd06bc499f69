"""One tenant as a request sees it: published answers, with the rules, decisions, plans and refusals of now.

A view is replaced as a whole and never changed, so a request works on one state of the tenant to its end. Only the
recent events are shared between views: new ones are added in place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import polars as pl

from retail_brain.decisions.frame_memo import FrameMemo
from retail_brain.operational.model_tests import ModelTest
from retail_brain.operational.places import HEADQUARTERS, Place
from retail_brain.operational.suggestion_status import StatusesMark, SuggestionStatus
from retail_brain.settings import Settings
from serving.planning.campaigns.demand import CampaignBook
from serving.planning.campaigns.inputs import OtherPlans
from serving.planning.demand.override_book import OverrideBook
from serving.planning.people.opt_outs import OptOutBook
from serving.planning.people.recent_events import RecentEvents
from serving.planning.people.rule_files import RuleBook
from serving.store.answer_set import Answers
from serving.store.arrays import Array
from serving.store.exceptions import open_exceptions
from serving.store.listing.order_lines import decided_rows, order_lines, with_comments, with_decisions
from serving.store.listing.source_book import SourceBook


@dataclass(frozen=True)
class TenantView:
    """One tenant as a request sees it from its start to its end.

    Attributes:
        tenant: name of the tenant.
        settings: the newest that could be read.
        answers: the published answers.
        recent: events of the last hours by person; grows while the view is in use.
        decisions: status of each decided suggestion of the present answers, by suggestion id.
        statuses_mark: state of the database in which `decisions` was read.
        rules: the operators' rules, resolved for the goods of the answers.
        overrides: what people put in the place of forecasts.
        campaigns: units that approved campaigns are expected to cause, and what they plan and promise.
        opt_outs: refusals that came back of contacts.
        moved: customer -> guide of people who were moved from one guide to another.
        moved_mark: state of the database in which `moved` was read.
        model_test: test of two recommenders that runs.
        comments: store and product -> comments that people left on that line.
        comments_mark: state of the database in which `comments` was read.
        place: of the key that the view was narrowed for (`serving.http.places`); headquarters' is whole.
        all_sources: `sources` of the whole view, in a narrowed one: shops share the stock of their warehouse.
    """

    tenant: str
    settings: Settings
    answers: Answers
    recent: RecentEvents
    decisions: dict[str, SuggestionStatus]
    statuses_mark: StatusesMark
    rules: RuleBook
    overrides: OverrideBook = field(default_factory=OverrideBook)
    campaigns: CampaignBook = field(default_factory=CampaignBook)
    opt_outs: OptOutBook = field(default_factory=OptOutBook)
    moved: Mapping[str, str | None] = field(default_factory=dict)
    moved_mark: int = 0
    model_test: ModelTest | None = None
    comments: Mapping[tuple[str, str], int] = field(default_factory=dict)
    comments_mark: int = 0
    place: Place = HEADQUARTERS
    all_sources: SourceBook | None = None

    @cached_property
    def plans(self) -> OtherPlans:
        """What approved campaigns plan, with the newest opt-outs: the same object for every request on this view."""
        return replace(self.campaigns.plans, opt_outs=self.opt_outs.refused)

    @cached_property
    def served_test(self) -> ModelTest | None:
        """The test of two recommenders that runs, where the answers hold the scores of its version."""
        test, published = self.model_test, self.answers.manifest.model_test
        is_served = test is not None and published == {"name": test.name, "version": test.version}
        return test if is_served and self.answers.challenger is not None else None

    @cached_property
    def waiting(self) -> Array:
        """Whether each suggestion of the answers waits: it asks for a decision and none counts for it.

        Worked out once per view: a decision makes a new one.
        """
        suggestions, answers = self.answers.suggestions, self.answers
        if suggestions is None:
            return np.zeros(0, dtype=np.bool_)
        waiting: Array = suggestions.flags(self.settings.replenishment)["waits"].copy()
        waiting[decided_rows(answers, suggestions, self.decisions.values())["row"].to_numpy()] = False
        return waiting

    @cached_property
    def open_by_store(self) -> Mapping[str, int]:
        """Number of suggestions that wait for a decision, by store id; once per view."""
        suggestions, stores = self.answers.suggestions, self.answers.stores
        if suggestions is None:
            return {}
        counts = [int(self.waiting[suggestions.of_store(store)].sum()) for store in range(len(stores))]
        return dict(zip(stores.ids.take(np.arange(len(stores))), counts, strict=True))

    @cached_property
    def sources(self) -> SourceBook:
        """What warehouses can send of all decided orders; that of all shops also in the view of a place."""
        if self.all_sources is not None:
            return self.all_sources
        suggestions = self.answers.suggestions
        return (
            SourceBook({}, {})
            if suggestions is None
            else SourceBook.of(self.answers, suggestions, self.decisions.values())
        )

    @cached_property
    def memo(self) -> FrameMemo:
        """Remembers what is worked out from frames of this view, and goes with it."""
        return FrameMemo()

    @cached_property
    def exceptions(self) -> pl.DataFrame | None:
        """Exceptions of all stores that no decision settled; None where none were published. Once per view."""
        lines = self.answers.rows.get("attention")
        if lines is None:
            return None
        decided = (status.stored.decision for status in self.decisions.values())
        return open_exceptions(lines, ((one.store_id, one.product_id) for one in decided))

    @cached_property
    def order_lines(self) -> pl.DataFrame | None:
        """All suggestions with names and the decisions that count; None without suggestions. Once per view."""
        suggestions = self.answers.suggestions
        if suggestions is None:
            return None
        lines = order_lines(self.answers, suggestions, self.settings.replenishment)
        whole = self.place.is_headquarters
        decided = self.decisions.values()
        sent = self.sources.sent
        counted = with_decisions(lines, self.answers, suggestions, decided, self.waiting, sent=sent, is_whole=whole)
        return with_comments(counted, self.comments)
