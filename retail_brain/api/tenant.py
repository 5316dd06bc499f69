"""A tenant as a notebook works with it: trains, compares and promotes models, and asks them for decisions.

Heavy libraries are imported by the methods that need them, so that `import retail_brain.api` stays quick.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from retail_brain.api.data import TenantData
from retail_brain.api.results import Audience, Backtest
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import load_settings
from retail_brain.workspace import Workspace, default_home

if TYPE_CHECKING:
    import polars as pl

    from training.promotion import Promotion

_Kind = Literal["demand", "recommender"]


@dataclass(frozen=True)
class Tenant(TenantData):
    """A tenant's data, models and decisions as of a day.

    Attributes:
        workspace: folders of the tenant's files.
        settings: settings of the tenant.
        as_of: last visible day; None = the last day with a sale.
        progress: reporter of long work; silent by default.
    """

    def training_frame(self, kind: _Kind, preset: Literal["fast", "full"] = "fast") -> "pl.DataFrame":
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

    def train(self, kind: _Kind, preset: Literal["fast", "full"] = "fast") -> int:
        """Fits, backtests, logs to MLflow and registers a model; returns its version.

        Raises:
            MissingTableError: a table that the model needs is not there.
        """
        from training.registration import train

        return train(self.workspace, kind, self.settings, self.dataset, preset=preset, progress=self.progress)

    def promote(
        self, kind: _Kind, version: int | None = None, *, force: bool = False, reason: str | None = None
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

    def _champion_recommender(self) -> Any:
        from training.recommender.champion import champion_recommender

        return champion_recommender(self.workspace, self.settings)

    def _champion(self, kind: _Kind) -> Any:
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
