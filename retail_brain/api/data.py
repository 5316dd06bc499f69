"""What a notebook reads of a tenant: canonical tables, feature tables, segments, customer assets."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from retail_brain.api.results import Assets
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace

if TYPE_CHECKING:
    import polars as pl

    from retail_brain.dataset import Dataset
    from retail_brain.ingest import IngestReport

_FeatureTable = Literal["identity", "person", "goods", "series", "place"]


@dataclass(frozen=True)
class TenantData:
    """A tenant's tables, features and people as of a day.

    Attributes:
        workspace: folders of the tenant's files.
        settings: settings of the tenant.
        as_of: last visible day; None = the last day with a sale.
        progress: reporter of long work; silent by default.
    """

    workspace: Workspace
    settings: Settings
    as_of: date | None = None
    progress: Progress = field(default=SILENT, repr=False)

    def at(self, as_of: date) -> Self:
        """The same tenant as of another day: nothing later is visible."""
        return type(self)(self.workspace, self.settings, as_of, self.progress)

    @property
    def dataset(self) -> "Dataset":
        """The canonical tables: `dataset.scan(name)` gives a lazy frame.

        Raises:
            NotFoundError: nothing was ingested yet.
        """
        from features.demand.periods import last_visible_day
        from retail_brain.lake.whole import open_whole_lake

        uri = self.settings.lake_uri or str(self.workspace.lake)
        lake = open_whole_lake(uri, self.settings.storage_options)
        return lake.at(self.as_of or last_visible_day(lake, self.settings.data.period))

    def ingest(self, dataset: str | Path) -> "IngestReport":
        """Ingests a dataset (folder, mapping TOML or built-in name) into the lake; safe to run again.

        A running service knows of the refusals among its consents at once.

        Raises:
            NotFoundError: there is no such dataset.
            DataError: the dataset cannot be read, or too many of its rows are bad.
            UsageError: the dataset's name or its mapping cannot be used.
        """
        from retail_brain.ingest import ingest
        from serving.store.refusals import tell_refusals

        uri = self.settings.lake_uri or str(self.workspace.lake)
        report = ingest(str(dataset), uri, self.settings, self.progress)
        told = tell_refusals(self.workspace, uri, self.settings, by="python", now=datetime.now(UTC))
        for line in told.lines:
            self.progress.say(f"  {line}")
        return report

    def table(self, name: str) -> "pl.DataFrame":
        """A canonical table of the contract, such as `transactions`.

        Raises:
            MissingTableError: the lake has no such table.
        """
        return self.dataset.scan(name).collect()

    def features(self, table: _FeatureTable) -> "pl.DataFrame":
        """A feature table as of the tenant's day: one row per person, product, store x product, store or identifier.

        Features that the same code built from the same rows are read, not built again.

        Raises:
            MissingTableError: there are no sales.
        """
        from features.jobs import build_features, feature_options, scan_features
        from retail_brain.engine import open_executor

        dataset = self.dataset
        assert dataset.as_of is not None
        # not the folder of `retail-brain features`: a notebook as of another day must not replace its tables
        folder = self.workspace.root / "notebook_features" / str(dataset.as_of)
        options = feature_options(self.settings)
        with open_executor(self.settings.engine) as executor:
            build_features(dataset, folder, dataset.as_of, self.progress, options=options, executor=executor)
        return scan_features(folder, table).collect()

    def segment(self, expression: str) -> "pl.DataFrame":
        """The people of a segment: person_id, customer_ids, is_contactable, granted_channels.

        Args:
            expression: its text, such as `stage = friend and not bought(last 60 days)`; see docs/segments.md.

        Raises:
            UsageError: the expression cannot be used.
            MissingTableError: there are no sales.
        """
        from features.segments.parsing import parse
        from features.segments.selection import select_people
        from features.segments.sources import SegmentSources

        sources = SegmentSources(
            self.features("person").lazy(), self.features("identity").lazy(), self.dataset, self._day()
        )
        return select_people(parse(expression), sources)

    def assets(self, months: int = 6) -> Assets:
        """The people of the chain by month: known, reachable, active, gained and lost; see docs/segments.md.

        Args:
            months: months to go back.

        Raises:
            MissingTableError: there are no sales.
            UnavailableError: the database that knows of guides does not answer.
        """
        from serving.planning.people.assets import GuideBook, tenant_assets

        found = tenant_assets(self.dataset, self.settings, months, GuideBook.of(self.workspace))
        return Assets(found.rows(), found.departed())

    def _day(self) -> date:
        day = self.dataset.as_of
        assert day is not None
        return day
