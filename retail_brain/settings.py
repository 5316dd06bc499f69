"""Typed settings of a tenant, and the paths of its files.

Defaults are here; `var/TENANT/settings.toml` under the home folder overrides them, and so do environment variables for
the two things an operator sets per machine: `RETAIL_BRAIN_HOME` and `RETAIL_BRAIN_DATABASE_URL`. Units are in the key
names.
"""

import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from retail_brain.errors import UsageError
from retail_brain.extensions import extension_names
from retail_brain.workspace import Workspace

OrderPolicy = Literal["asked", "service_level", "fill_rate", "economic", "newsvendor", "reorder"]
"""Built-in ways to decide how much to order; other packages add more, see `ReplenishmentSettings.policy`."""

SourceName = Literal["own", "neighbours", "user_cf", "item_item", "als", "trending", "new_goods", "spectral"]
"""Built-in candidate sources of the recommender; other packages add more, see `RecommenderSettings.sources`."""

SimpleModel = Literal["weekday_mean", "moving_average", "seasonal_naive", "last_year", "smoothing"]
"""Models that compete with the trees of demand on groups of series, see `training.demand.simple_models`."""


def _installed(kind: str, built_in: tuple[str, ...], name: str) -> str:
    """A name that is built in or declared by an installed package; `ValueError` names both."""
    if name not in built_in and name not in extension_names(kind):
        outside = list(extension_names(kind)) or "none"
        raise ValueError(f"wanted one of {list(built_in)}, or of those that installed packages add: {outside}")
    return name


def _is_policy(name: str) -> str:
    return _installed("order_policies", get_args(OrderPolicy), name)


def _is_source(name: str) -> str:
    return _installed("candidate_sources", get_args(SourceName), name)


def _are_steps(steps: tuple[float, ...]) -> tuple[float, ...]:
    """Shares off a price: each between 0 and 1, rising; `ValueError` says so."""
    if not all(0 < step < 1 for step in steps) or list(steps) != sorted(set(steps)):
        raise ValueError("wanted shares off the price, each above 0 and below 1, rising, such as [0.1, 0.3, 0.5]")
    return steps


class Section(BaseModel):
    """A frozen group of settings or of a model's parameters; it refuses unknown keys.

    Every field has a description with its unit, and a range where it is a number: docs/settings.md is made from them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


class DataSettings(Section):
    """How the lake reads a dataset."""

    period: Literal["day", "week", "month"] = Field(
        default="day", description="length of one period of the demand panel, and so of a forecast"
    )
    country: str = Field(
        default="CN", description="ISO 3166 code whose holidays count; not set: by stores or currency, or training asks"
    )
    currency: str = Field(
        default="¥", description="sign shown before money; not set: that of the country, where it is known"
    )
    max_quarantine_share: float = Field(
        default=0.05, ge=0, le=1, description="share of a table's rows that may be bad; more stop the ingest"
    )
    quarantine_grace_rows: int = Field(
        default=10, ge=0, description="rows; so few bad ones of a table stop nothing unless they are half of it"
    )
    shared_card_receipts: int = Field(
        default=10, ge=2, description="receipts of one card on one day; more days like it mean a card of tills or staff"
    )
    shared_card_stores: int = Field(
        default=4, ge=2, description="shops of one card on one day; more days like it mean a card of tills or staff"
    )
    shared_card_days: int = Field(
        default=3, ge=1, description="such days from which a card is nobody's: left out of learning and lists"
    )
    ghost_most_lines: int = Field(
        default=2, ge=0, description="lines of sales up to which a shop or product that no table knows is left out"
    )
    min_matched_share: float = Field(
        default=0.05, ge=0, le=1, description="share of a column's ids that its table must hold; fewer stop the ingest"
    )
    till_columns: tuple[str, ...] = Field(
        default=(
            *("till", "till_id", "pos", "pos_id", "register", "register_id", "terminal", "terminal_id", "source"),
            *("收银台", "款台", "机号", "收银机", "来源"),
        ),
        description="columns over which rows of `daily_sales` or `category_sales` of one key are added up",
    )
    hashed_identifiers: tuple[str, ...] = Field(
        default=(), description="types of identifiers (phone, email, ...) of which only SHA-256 digests are kept"
    )
    corrected_receipts: Literal["replace", "keep"] = Field(
        default="replace", description="a receipt that comes again with other lines: take the new ones, or keep both"
    )


class DemandSettings(Section):
    """The demand panel and its models."""

    horizon_periods: int = Field(default=28, ge=1, le=366, description="periods ahead that are forecast")
    history_days: int = Field(default=730, ge=1, description="days that the panel reaches back")
    quantiles: tuple[float, ...] = Field(
        default=(0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95), description="probabilities, each between 0 and 1, rising"
    )
    override_most_days: int = Field(
        default=366, ge=1, description="days that an override of forecasts lasts at most unless it is confirmed"
    )
    sample_paths: int = Field(default=200, ge=20, description="simulated futures of each series")
    min_sale_days: int = Field(
        default=1, ge=1, description="days; series with fewer days of sale are forecast by shrunk rates"
    )
    panel_series: int = Field(
        default=60_000, ge=1, description="series in the panel at most: those with most days of sale"
    )
    accident_times: float = Field(
        default=10.0, ge=0, description="times a series' high day beyond which a single sale is an accident; 0 = none"
    )
    reversal_days: int = Field(
        default=14, ge=0, description="days within which an unusual return takes back the sale of an earlier day"
    )
    launch_days: int = Field(default=28, ge=0, description="days that a listing without sales counts as new")
    backtest_windows: int = Field(
        default=3, ge=1, description="past windows of one horizon each that a model is measured on"
    )
    totals_least_units: float = Field(
        default=200.0, ge=0, description="units a day that a total of categories must sell to be forecast by itself"
    )
    anomaly_periods: int = Field(
        default=14, ge=0, le=366, description="last periods that are searched for anomalies at publishing; 0 = none"
    )
    anomalies_listed: int = Field(default=1000, ge=1, description="anomalies published at most, most money first")
    most_drivers: int = Field(
        default=20, ge=0, description="drivers of the table `drivers` that are features at most: those with most rows"
    )
    simple_models: tuple[SimpleModel, ...] = Field(
        default=get_args(SimpleModel),
        description="models that compete with the trees on groups of series in backtests; none = trees alone",
    )
    totals_years: int = Field(default=5, ge=1, le=20, description="years of daily totals that are read at most")
    stored_origins: int = Field(default=60, ge=1, description="days whose forecasts are stored to be measured later")
    stored_series: int = Field(
        default=20_000, ge=1, description="series stored of each such day: those with the largest forecasts"
    )
    feature_sets: tuple[str, ...] = Field(
        default=(),
        description="sets (goods, series, place) or columns (goods.units_trend) of feature tables for the trees too",
    )
    model: str = Field(
        default="lightgbm",
        description="what `train` fits: lightgbm, exponential_smoothing, weekday_level, or another package's model",
    )
    model_options: Mapping[str, bool | float | str] = Field(
        default_factory=dict, description="options of a model from another package, by name; ours have none"
    )


class RecommenderSettings(Section):
    """The recommender and its evaluation."""

    label_days: int = Field(
        default=28, ge=1, description="days; a pair's probability is that of a purchase within them"
    )
    candidates_per_customer: int = Field(
        default=200, ge=10, description="products proposed for each customer at least, popular ones last"
    )
    tuning_seconds: float = Field(
        default=120,
        ge=0,
        description="seconds after which no further trial of the sources' parameters begins; 0 = no tuning",
    )
    feature_sets: tuple[str, ...] = Field(
        default=(),
        description="sets (goods, person) or columns (person.regularity) of feature tables for the ranker too",
    )
    keep_fitted: bool = Field(
        default=True, description="keep sources fitted on everybody for the next command; costs disk space"
    )
    sources: tuple[Annotated[SourceName | str, AfterValidator(_is_source)], ...] = Field(
        default=get_args(SourceName),
        description="candidate sources in use, `own` and `trending` among them; installed ones by name",
    )


class ReplenishmentSettings(Section):
    """How orders are decided, and supply terms for goods that the `supply` table does not name."""

    policy: Annotated[OrderPolicy | str, AfterValidator(_is_policy)] = Field(
        default="asked",
        description="asked: targets of `supply`, else economics, else service level; or another, or an installed one",
    )
    orders_placed: Literal["before_opening", "after_closing"] = Field(
        default="before_opening", description="after_closing: on order days, with that day's sales known"
    )
    withdrawal: Literal["fifo", "lifo"] = Field(
        default="fifo", description="whether customers take the oldest or the newest goods first"
    )
    spread_factor: float = Field(
        default=1.0,
        ge=0,
        description="what the forecast's uncertainty is multiplied by; `simulate` finds one by replay",
    )
    fresh_spread_factor: float | None = Field(
        default=None, ge=0, description="the same for goods with a shelf life; none: as for the others"
    )
    lost_unit_cost: float = Field(
        default=0,
        ge=0,
        description="money that a unit wanted and not there costs beyond its margin and `stockout_cost`",
    )
    lead_time_days: float = Field(default=2, ge=0, description="days from order to arrival")
    review_period_days: float = Field(default=7, gt=0, description="days from one order to the next")
    service_level: float = Field(default=0.95, gt=0, lt=1, description="probability of no stockout in an order cycle")
    fill_rate: float = Field(default=0.98, gt=0, lt=1, description="share of demand that is served from the shelf")
    service_levels: Literal["together", "each"] = Field(
        default="together",
        description="whether asked levels are met as a whole where it costs least, or product by product",
    )
    order_cost: float = Field(default=0, ge=0, description="money per order line; only the policy `reorder` weighs it")
    holding_cost_share_per_year: float = Field(
        default=0.25, ge=0, description="share of the unit cost that holding a unit for a year costs"
    )
    fresh_days: float = Field(default=90, ge=0, description="days of shelf life up to which goods are called fresh")
    large_order_cycles: float = Field(
        default=3.0, gt=0, description="cycles of demand; an order beyond them is an exception (`large_order`)"
    )
    unusual_factor: float = Field(
        default=2.0, ge=1, description="times the last four weeks' sales, or a part of them, that make demand `unusual`"
    )
    exception_least_units: float = Field(
        default=3.0, ge=0, description="units; smaller orders and differences are no exception"
    )
    exceptions_listed: int = Field(default=1000, ge=1, description="exceptions listed at most, most money first")
    stock_most_age_days: int = Field(
        default=14, ge=0, description="days; the stock of an older count is unknown if any of it was sold since"
    )
    open_order_most_late_days: int = Field(
        default=28, ge=0, description="days after its due day from which an open order counts as lost (`overdue_order`)"
    )
    receipt_most_times_order: float = Field(
        default=3.0, ge=1, description="times the quantity ordered; more units received of an order must be confirmed"
    )
    receipt_days_ahead: int = Field(
        default=31, ge=0, description="days after today on which receipts may be dated; later days must be confirmed"
    )
    export_attempts: int = Field(
        default=3, ge=1, description="times an address is tried that does not answer, is busy or has a fault of its own"
    )
    export_retry_seconds: float = Field(
        default=2, ge=0, description="seconds before an address is tried again; twice as long before each further try"
    )
    export_timeout_seconds: float = Field(
        default=30, gt=0, description="seconds that another system has to take an export of orders"
    )
    assumed_margin_share: float = Field(
        default=0.3, ge=0, lt=1, description="share of the price that is margin where the unit cost is unknown"
    )


class NetworkSettings(Section):
    """Stock of several shops as one: moving it, sending it, counting it, selling it off."""

    transfer_days: float = Field(default=1, ge=0, description="days until goods that are moved can be sold")
    transfer_cost_per_unit: float = Field(default=0.5, ge=0, description="money for moving one unit")
    transfer_line_cost: float = Field(default=5, ge=0, description="money for picking and booking one line")
    parcel_cost: float = Field(default=8, ge=0, description="money for one parcel to a customer")
    parcel_cost_far: float = Field(default=12, ge=0, description="money for one parcel from a shop of another region")
    orders_within_source_stock: bool = Field(
        default=True, description="whether the stock of a warehouse limits what the shops it supplies may order"
    )
    leftover_days: int = Field(default=120, ge=1, description="days of sales; stock beyond them is excess")
    markdown_steps: Annotated[tuple[float, ...], AfterValidator(_are_steps)] = Field(
        default=(0.1, 0.2, 0.3, 0.5), description="shares off the price that a markdown may take; empty: no markdown"
    )
    markdown_changes: int = Field(default=2, ge=0, le=4, description="price changes of a markdown until the last day")
    markdown_change_cost: float = Field(
        default=1.0, ge=0, description="money that changing the price of a product in a shop costs once"
    )
    pickup_km: float = Field(
        default=30.0, ge=0, description="km; a shop this near, or in the same region if unknown, holds for pick-up"
    )
    usual_order_units: float = Field(
        default=3.0, gt=0, description="units of a customer's order where a shop has not picked any yet"
    )
    phantom_least_probability: float = Field(
        default=0.5, ge=0, le=1, description="probability of phantom stock from which a count is asked for"
    )
    phantom_prior: float = Field(
        default=0.004, gt=0, lt=1, description="share of stock records that are wrong before anything is seen"
    )


class AudienceSettings(Section):
    """Who may be contacted, and how often."""

    holdout_share: float = Field(default=0.1, ge=0, lt=1, description="share of an audience that is not contacted")
    max_contacts: int = Field(default=4, ge=0, description="contacts a customer may get within `contact_window_days`")
    contact_window_days: int = Field(default=30, ge=1, description="days over which contacts are counted")
    max_contacts_by_channel: Mapping[str, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict, description="contacts within `contact_window_days` by channel, such as sms = 2"
    )
    control_share: float = Field(
        default=0.0, ge=0, lt=1, description="share of all customers that no campaign ever contacts (global control)"
    )
    phone_country_code: str = Field(
        default="86", pattern=r"^[1-9]\d{0,2}$", description="code of phone numbers that are written without one"
    )
    value_days: int = Field(default=91, ge=1, description="days whose prices say what a unit brings")
    adult_age: int = Field(default=18, ge=0, le=120, description="years from which goods for adults may be offered")
    similar_products: int = Field(
        default=5, ge=0, description="similar products whose people stand in where a product has none of its own"
    )
    similar_share: float = Field(
        default=0.5, ge=0, le=1, description="share of a similar product's probability that is taken over then"
    )
    just_bought_days: int = Field(default=7, ge=0, description="days; nobody is offered what they bought within them")


class CampaignSettings(Section):
    """Campaigns: quiet hours, what is assumed and how long an effect is counted."""

    quiet_from: int = Field(default=21, ge=0, le=24, description="hour from which nobody is contacted, on any day")
    quiet_until: int = Field(default=9, ge=0, le=24, description="hour before which nobody is contacted, on any day")
    assumed_caused_share: float = Field(
        default=0.1, gt=0, lt=1, description="share of purchases that contacts cause, where no campaign measured it yet"
    )
    effect_days: int = Field(
        default=14, ge=1, description="days from a contact in which purchases count for its effect"
    )
    second_person: bool = Field(
        default=False, description="whether a campaign is approved by somebody else than who changed it last"
    )
    push_targets: Mapping[str, str] = Field(
        default_factory=dict,
        description="where /campaign_push may hand contacts to: name -> address or env:NAME",
    )
    push_secret_env: str | None = Field(
        default=None, description="environment variable with the key that calls of /campaign_push are signed with"
    )


class TriggerSettings(Section):
    """Triggers: how far back causes are looked for, and how much is done at once."""

    look_back_days: int = Field(
        default=7, ge=1, le=90, description="days back in which stock, prices, stages and launches are causes still"
    )
    at_once: int = Field(
        default=2000, ge=1, le=100_000, description="messages that are decided and handed over at once"
    )
    lease_seconds: float = Field(
        default=300,
        gt=0,
        description="seconds after which another worker takes over what one that ended had in hand",
    )


class GuideSettings(Section):
    """Guides (shop assistants): their daily lists and their credit."""

    capacity_per_day: int = Field(default=20, ge=0, description="people on a guide's daily list, unless set for one")
    contact_cost: float = Field(default=0, ge=0, description="money that one contact by a guide costs")
    due_within_days: int = Field(
        default=3, ge=0, description="days before goods are due from which a guide's list names their buyer"
    )
    holdout_share: float = Field(
        default=0.1, ge=0, lt=1, description="share of those worth a contact whom no list names, to measure the effect"
    )
    credit_days: int = Field(
        default=14, ge=1, description="days from a guide's contact in which purchases count for their credit"
    )
    referral_days: int = Field(
        default=91, ge=1, description="days in which purchases of a new customer count for who brought them"
    )


class PrivacySettings(Section):
    """What is shown of people."""

    hidden_from_guides: tuple[str, ...] = Field(
        default=(
            *("spend", "spend_28d", "spend_91d", "spend_365d", "spend_trend", "basket_value"),
            *("expected_basket_value", "expected_spend_365d"),
        ),
        description="person features and attributes that the key of a guide neither sees nor selects by",
    )


class RetentionSettings(Section):
    """How long personal data are kept; `privacy retention --yes` removes what is older. None: for good."""

    events_days: int | None = Field(default=None, ge=1, description="days that events are kept, in lake and database")
    contacts_days: int | None = Field(
        default=None, ge=1, description="days that contacts, responses, firings, guides' lists and receipts are kept"
    )
    quarantine_days: int | None = Field(
        default=None, ge=1, description="days that rows set aside by an ingest are kept"
    )
    answers_days: int | None = Field(
        default=None, ge=1, description="days that former published answers and features of notebooks are kept"
    )
    exports_days: int | None = Field(
        default=None, ge=1, description="days that the audit keeps which lists of people went to other systems"
    )
    logs_days: int | None = Field(default=None, ge=1, description="days that other entries of the audit are kept")


class JobSettings(Section):
    """Jobs that are started from the page or by `jobs start`: what may be loaded, and what they may take."""

    may_start: bool = Field(default=True, description="whether jobs may be started over HTTP; the command always may")
    runner: Literal["service", "worker"] = Field(
        default="service", description="who runs a job: a process that the service starts, or `jobs work` elsewhere"
    )
    sources: Mapping[str, str] = Field(
        default_factory=dict,
        description="what may be loaded over HTTP: name -> folder, URI, mapping TOML or NAME://ADDRESS",
    )
    upload_bytes: int = Field(
        default=200_000_000, ge=0, description="bytes of files sent for one load; more get 422, 0 = none may be sent"
    )
    upload_days: int = Field(
        default=2, ge=1, description="days that files sent and not loaded are kept; loaded ones go at once"
    )
    threads: int | None = Field(default=None, ge=1, description="threads of a job; none: as many as there are cores")
    niceness: int = Field(
        default=10, ge=0, le=19, description="how much a job gives way to the service: 0 not at all, 19 most"
    )
    cancel_seconds: float = Field(
        default=20, gt=0, description="seconds that a cancelled job has to end by itself before it is killed"
    )
    lines: int = Field(default=2_000, ge=10, description="lines of the log of a job that are kept, the newest")
    kept: int = Field(default=200, ge=1, description="ended jobs that are kept, the newest")


class ServingSettings(Section):
    """The service."""

    host: str = Field(default="127.0.0.1", description="address that the service listens on")
    port: int = Field(default=3000, ge=1, le=65535, description="port that the service listens on")
    workers: int = Field(default=2, ge=1, description="processes that answer")
    max_body_bytes: int = Field(default=1_000_000, ge=1_000, description="bytes of a request's body; more get 413")
    bulk_lines: int = Field(default=20_000, ge=1, description="order lines decided on in one request; more get 422")
    file_seconds: float = Field(default=120, gt=0, description="seconds that a file of lines may take; then 503")
    workbook_lines: int = Field(
        default=100_000, ge=1, description="lines of a view exported as XLSX; more get 422, CSV takes them all"
    )
    threads: int = Field(default=4, ge=1, description="threads of each worker, for routes that compute")
    max_in_flight: int = Field(default=64, ge=1, description="requests that a worker answers at once; more get 429")
    max_in_flight_per_key: int = Field(
        default=48, ge=1, description="requests of one key that a worker answers at once; more get 429"
    )
    max_waiting: int = Field(
        default=600, ge=1, description="requests whose body a worker waits for at once; more get 429"
    )
    max_waiting_per_address: int = Field(
        default=300, ge=1, description="requests of one address whose body a worker waits for at once; more get 429"
    )
    max_waiting_per_key: int = Field(
        default=300, ge=1, description="requests of one key whose body a worker waits for at once; more get 429"
    )
    max_connections: int = Field(default=800, ge=1, description="connections of a worker; more get 429 and are closed")
    max_connections_per_address: int = Field(
        default=400, ge=1, description="connections of one address to a worker; more get 429 and are closed"
    )
    header_seconds: float = Field(
        default=10, gt=0, description="seconds in which a request's headers must arrive; then 408"
    )
    unread_seconds: float = Field(
        default=30, gt=0, description="seconds that an answer may wait for its reader; then the connection is cut"
    )
    timeout_seconds: float = Field(default=10, gt=0, description="seconds; longer work is answered with 503")
    poll_seconds: float = Field(
        default=0.3, gt=0, description="seconds between looks for new answers, events and decisions"
    )
    key_cache_seconds: float = Field(default=5, ge=0, description="seconds that a revoked key may still open")
    key_grace_seconds: float = Field(
        default=600, ge=0, description="seconds that a key seen before still opens while the database does not answer"
    )
    key_look_up_seconds: float = Field(
        default=2, gt=0, description="seconds in which the database must say whose a key is; then it counts as away"
    )
    recent_event_hours: float = Field(default=48, gt=0, description="hours; younger events change recommendations")
    recent_events_per_customer: int = Field(
        default=50, ge=1, description="newest events of a customer that a worker remembers"
    )
    recent_customers: int = Field(
        default=200_000, ge=1, description="customers whose events a worker remembers; the longest unseen go first"
    )
    recent_events: int = Field(
        default=1_000_000, ge=1, description="events that a worker remembers in all, about 300 bytes each"
    )
    customers_per_product: int = Field(
        default=100, ge=1, description="customers published for each product beside everybody's own best goods"
    )
    related_goods: int = Field(
        default=30, ge=1, description="similar and complementary goods published for each product"
    )
    newcomer_goods: int = Field(
        default=100, ge=1, description="goods published in each store for customers who never bought"
    )
    popular_goods: int = Field(
        default=200, ge=1, description="best-selling goods published in each store where there is no recommender"
    )
    popular_days: int = Field(default=56, ge=1, description="days of sales that say what sells best")
    answer_cache_bytes: int = Field(
        default=32_000_000, ge=0, description="bytes of answers that a worker keeps to give again; 0 keeps none"
    )
    access_log: bool = Field(default=True, description="whether every request is logged")
    log_format: Literal["text", "json"] = Field(default="text", description="form of log lines: text, or JSON objects")
    trace_endpoint: str | None = Field(
        default=None, description="OTLP address (HTTP) that gets a span per request; needs the extra `tracing`"
    )
    history_days: int = Field(default=400, ge=1, description="days of sales that are published for the page")


class Settings(Section):
    """All settings of a tenant."""

    data: DataSettings = DataSettings()
    demand: DemandSettings = DemandSettings()
    recommender: RecommenderSettings = RecommenderSettings()
    replenishment: ReplenishmentSettings = ReplenishmentSettings()
    network: NetworkSettings = NetworkSettings()
    audience: AudienceSettings = AudienceSettings()
    campaigns: CampaignSettings = CampaignSettings()
    triggers: TriggerSettings = TriggerSettings()
    guides: GuideSettings = GuideSettings()
    privacy: PrivacySettings = PrivacySettings()
    retention: RetentionSettings = RetentionSettings()
    jobs: JobSettings = JobSettings()
    serving: ServingSettings = ServingSettings()
    lake_uri: str | None = Field(default=None, description="where the lake is, if not under the home folder")
    storage_options: Mapping[str, str] = Field(default_factory=dict, description="credentials of an object store")


def load_settings(workspace: Workspace) -> Settings:
    """Settings of a tenant: the defaults, overridden by its settings file.

    Raises:
        UsageError: the file cannot be read, is not TOML, or has an unknown key or an impossible value.
    """
    path = workspace.settings_file
    try:
        return parse_settings(tomllib.loads(path.read_text(encoding="utf-8")), str(path))
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}. Correct its permissions.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not a TOML file: {error}. Correct it or delete it to use the defaults.") from error


def parse_settings(values: Mapping[str, Any], origin: str) -> Settings:
    """Settings from nested values.

    Raises:
        UsageError: an unknown key or an impossible value; the message names each.
    """
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, problem['loc']))} = {problem['input']!r}: {problem['msg']}"
            for problem in error.errors()
        )
        raise UsageError(f"{origin} holds settings that cannot be used: {wrong}. Correct those keys.") from error
