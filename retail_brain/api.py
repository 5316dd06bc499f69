"""Python API for notebooks: `open_tenant` returns a `Tenant` with data, features, models and decisions.

Everything that is not named here or in docs/extending.md is private.

>>> from retail_brain.api import open_tenant
>>> tenant = open_tenant("main")            # doctest: +SKIP
>>> tenant.features("goods").head()         # doctest: +SKIP

Heavy libraries are imported by the methods that need them, so that `import retail_brain.api` stays quick.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from retail_brain.progress import SILENT, Progress
from retail_brain.settings import Settings, load_settings
from retail_brain.workspace import Workspace, default_home

if TYPE_CHECKING:
    import polars as pl

    from retail_brain.dataset import Dataset
    from retail_brain.ingest import IngestReport
    from training.promotion import Promotion

__all__ = ["Assets", "Audience", "Backtest", "Tenant", "open_tenant"]

Kind = Literal["demand", "recommender"]
FeatureTable = Literal["identity", "person", "goods", "series", "place"]


@dataclass(frozen=True)
class Assets:
    """Customer assets by month.

    Attributes:
        rows: one row per month's end x level (`all`, `region`, `store`, `guide`) x region, shop or guide: people known,
            reachable, active, gained and lost.
        departures: one row per guide who left within the months: their people, and what became of them.
    """

    rows: "pl.DataFrame"
    departures: "pl.DataFrame"


@dataclass(frozen=True)
class Audience:
    """Customers to contact for products on offer.

    Attributes:
        people: one row per customer, the columns of the contract's `audience`.
        exclusions: one row per reason: number of customers left out.
    """

    people: "pl.DataFrame"
    exclusions: "pl.DataFrame"


@dataclass(frozen=True)
class Backtest:
    """Backtest of demand forecasts on rolling origins.

    Attributes:
        windows: cutoff (last visible day) of each window.
        forecasts: one row per window x method x store x product x date.
        scores: one row per window x method: WAPE, bias, RMSSE, pinball loss, coverage of the prediction intervals.
    """

    windows: tuple[date, ...]
    forecasts: "pl.DataFrame"
    scores: "pl.DataFrame"


@dataclass(frozen=True)
class Tenant:
    """A tenant's data, models and decisions as of a day.

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

    def at(self, as_of: date) -> "Tenant":
        """The same tenant as of another day: nothing later is visible."""
        return Tenant(self.workspace, self.settings, as_of, self.progress)

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

    def features(self, table: FeatureTable) -> "pl.DataFrame":
        """A feature table as of the tenant's day: one row per person, product, store x product, store or identifier.

        Features that the same code built from the same rows are read, not built again.

        Raises:
            MissingTableError: there are no sales.
        """
        from features.jobs import build_features, feature_options, scan_features

        dataset = self.dataset
        assert dataset.as_of is not None
        # not the folder of `retail-brain features`: a notebook as of another day must not replace its tables
        folder = self.workspace.root / "notebook_features" / str(dataset.as_of)
        build_features(dataset, folder, dataset.as_of, self.progress, options=feature_options(self.settings))
        return scan_features(folder, table).collect()

    def training_frame(self, kind: Kind, preset: Literal["fast", "full"] = "fast") -> "pl.DataFrame":
        """Training frame of a model: keys, the label, and one column per feature.

        Demand: one row per series x origin x period ahead (`training.demand.training_frame`). Recommender: one row per
        cutoff x customer x product (`training.recommender.examples`).

        Raises:
            MissingTableError: a table that the model needs is not there.
        """
        if kind == "demand":
            from training.demand.config import preset_config
            from training.demand.training_frame import training_frame

            return training_frame(self.dataset, preset_config(self.settings, preset))
        from training.recommender.examples import training_frame as pair_frame
        from training.recommender.jobs import preset_config as recommender_preset

        return pair_frame(self.dataset, recommender_preset(self.settings, preset), self.progress)

    def train(self, kind: Kind, preset: Literal["fast", "full"] = "fast") -> int:
        """Fits, backtests, logs to MLflow and registers a model; returns its version.

        Raises:
            MissingTableError: a table that the model needs is not there.
        """
        from training.registration import train

        return train(self.workspace, kind, self.settings, self.dataset, preset=preset, progress=self.progress)

    def promote(
        self, kind: Kind, version: int | None = None, *, force: bool = False, reason: str | None = None
    ) -> "Promotion":
        """Makes a version the champion if it beats the present one on the same windows of the same data.

        A promotion is on record in the audit, as one of the command line or the service is.

        Args:
            kind: demand or recommender.
            version: number in the registry; the newest where not given.
            force: promote without comparing.
            reason: kept in the registry behind the comparison.

        Raises:
            NotFoundError: there is no such version.
            ModelError: a model cannot be read.
            UnavailableError: the operational database does not answer.
        """
        from retail_brain.lake.whole import open_whole_lake
        from retail_brain.operational.database import Database
        from retail_brain.operational.upgrade import upgrade
        from training.promotion import Challenge, promote, record_promotion

        uri, tenant = self.settings.lake_uri or str(self.workspace.lake), self.workspace.tenant
        with closing(Database(self.workspace.database_url)) as database:
            upgrade(database)  # before anything is changed: it may not answer
            done = promote(
                self.workspace,
                kind,
                self.settings,
                lambda versions: open_whole_lake(uri, self.settings.storage_options, versions),
                Challenge(version, force=force, note=reason),
                progress=self.progress,
            )
            now = datetime.now(UTC)
            record_promotion(tenant, database, kind, done, by="Python API", now=now, reason=reason or "")
        return done

    def backtest(self, *, horizon: int = 28, windows: int = 3, preset: Literal["fast", "full"] = "fast") -> Backtest:
        """Backtests demand forecasts beside naive, seasonal naive, moving average, SBA, TSB and ETS.

        Args:
            horizon: periods ahead.
            windows: rolling origins, a horizon apart.
            preset: effort of each fit.

        Raises:
            ImpossibleError: the history is too short for so many windows.
        """
        from training.demand.backtest import backtest, backtest_windows
        from training.demand.config import preset_config

        dataset = self.dataset
        config = preset_config(self.settings, preset).model_copy(update={"horizon": horizon})
        cutoffs = backtest_windows(dataset, config, windows)
        result = backtest(dataset, config, cutoffs, progress=self.progress)
        return Backtest(tuple(cutoffs), result.forecasts, result.scores)

    def forecast(
        self,
        horizon: int = 28,
        *,
        stores: Sequence[str] | None = None,
        products: Sequence[str] | None = None,
        quantiles: Sequence[float] | None = None,
        explain: bool = False,
        seed: int = 0,
    ) -> "pl.DataFrame":
        """Forecasts of the champion: one row per store x product x date, mean and quantiles in units per period.

        Raises:
            ModelError: there is no champion.
            NotFoundError: a store is not in the data.
        """
        from retail_brain.outputs import SeriesFilter
        from serving.planning.demand.forecast_table import empty_forecast_table, forecast_table

        model = self._champion("demand")
        levels = tuple(quantiles or model.config.demand.quantiles)
        only = SeriesFilter(stores, products)
        forecasts = model.forecast(self.dataset, horizon, only, explain=explain, seed=seed, progress=self.progress)
        tables = (forecast_table(forecast, levels) for forecast in forecasts)
        return _concat([empty_forecast_table(levels, explain=explain), *tables])

    def suggest(
        self,
        *,
        stores: Sequence[str] | None = None,
        products: Sequence[str] | None = None,
        budget: float | None = None,
        seed: int = 0,
    ) -> "pl.DataFrame":
        """Order suggestions: one row per store x product, the columns of the contract's `suggestions`.

        Raises:
            ModelError: there is no champion.
            NotFoundError: none of the named stores and products has a forecast.
            UsageError: the budget is negative.
        """
        from retail_brain.outputs import SeriesFilter
        from serving.planning.stock.order_suggestions import suggest
        from serving.planning.stock.plan_request import PlanRequest

        only = SeriesFilter(stores, products)
        model = self._champion("demand")
        return suggest(PlanRequest(self.dataset, model, self.settings, only, seed, self.progress), budget=budget)

    def recommend(
        self,
        customers: Sequence[str] | None = None,
        *,
        k: int = 10,
        kind: Literal["repeat", "explore", "mixed"] = "mixed",
        language: Literal["zh", "en"] = "en",
    ) -> "pl.DataFrame":
        """Recommendations: one row per customer x rank, the columns of the contract's `recommendations`.

        The operators' offer rules are not applied: they are for what customers see, not for an analysis.

        Raises:
            ModelError: there is no champion.
            NotFoundError: none of the customers is known.
        """
        from serving.planning.people.offering import RecommendationRequest
        from serving.planning.people.recommendations import recommend

        wish = RecommendationRequest(k=k, kind=kind, settings=self.settings)
        model = self._champion_recommender()
        blocks = recommend(self.dataset, model, wish, customers=customers, language=language, progress=self.progress)
        return _concat(list(blocks))

    def audience(self, product_ids: Sequence[str] = (), *, size: int = 500, **options: Any) -> Audience:
        """Selects customers to contact for products, within consent, contact limits, budget and stock.

        Refusals that came back, and what approved campaigns, triggers and guides take of caps and stock, count.

        Args:
            product_ids: products on offer; may be empty with `campaign_id`.
            size: most customers listed, the holdout included.
            **options: `campaign_id`, `kind`, `channel`, `holdout_share`, `budget`, `contact_cost`, `at_home_only`,
                `home_store_id`, as in `retail-brain audience`.

        Raises:
            ModelError: there is no champion.
            NotFoundError: a product, the campaign or the store is unknown.
            UsageError: neither goods nor a campaign.
            UnavailableError: the operational database does not answer.
        """
        from retail_brain.decisions.audience_request import AudienceRequest
        from serving.planning.campaigns.other_plans import tenant_plans
        from serving.planning.people.audiences import Among, audience

        at_home_only, home_store_id = options.pop("at_home_only", False), options.pop("home_store_id", None)
        usual = {"holdout_share": self.settings.audience.holdout_share}
        named = {name: value for name, value in options.items() if value is not None}
        request = AudienceRequest(product_ids=tuple(product_ids), size=size, **usual | named)
        today = self._day() + timedelta(days=1)
        plans = tenant_plans(self.workspace, today, self.settings)
        people, exclusions = audience(
            self.dataset,
            self._champion_recommender(),
            self.settings,
            request,
            among=Among(store_id=home_store_id, plans=plans),
            at_home_only=at_home_only,
            progress=self.progress,
        )
        return Audience(people, exclusions)

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

    def _champion_recommender(self) -> Any:
        from training.recommender.champion import champion_recommender

        return champion_recommender(self.workspace, self.settings)

    def _champion(self, kind: Kind) -> Any:
        from training.bundle import champion
        from training.jobs import load_model

        return load_model(kind, champion(self.workspace, kind))


def open_tenant(
    tenant: str = "main",
    home: str | Path | None = None,
    *,
    as_of: date | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: Progress = SILENT,
) -> Tenant:
    """Opens a tenant of a home folder, as `retail-brain --tenant NAME --home FOLDER` does.

    Args:
        tenant: name of the tenant.
        home: folder with `var/` and `mlruns/`; by default `RETAIL_BRAIN_HOME` or the current folder.
        as_of: last visible day; None = the last day with a sale.
        settings: settings in place of those of the tenant's file, as nested mappings such as `{"demand": {...}}`.
        progress: reporter of long work, such as `Progress()`.

    Raises:
        UsageError: the name or a setting cannot be used.
    """
    from retail_brain.settings import parse_settings

    workspace = Workspace(Path(home).resolve() if home is not None else default_home(), tenant)
    chosen = load_settings(workspace) if settings is None else parse_settings(dict(settings), "open_tenant(settings=)")
    return Tenant(workspace, chosen, as_of, progress)


def _concat(frames: Sequence["pl.DataFrame"]) -> "pl.DataFrame":
    import polars as pl

    return pl.concat(frames) if frames else pl.DataFrame()
