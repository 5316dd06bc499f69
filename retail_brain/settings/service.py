"""Settings of the service, of its jobs, of where their parts run, and of personal data."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from retail_brain.settings.section import Section


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


class EngineSettings(Section):
    """Where the parts of long jobs run (features, forecasts, scores of people); the answers are the same."""

    kind: Literal["process", "pool", "ray"] = Field(
        default="process", description="the process itself, workers on this machine, or tasks of Ray (extra `ray`)"
    )
    workers: int | None = Field(
        default=None, ge=1, description="workers of `pool` and of a Ray started here; none: as many as there are cores"
    )
    address: str | None = Field(
        default=None, description="address of a running Ray cluster; none: Ray is started here for each command"
    )


class ServingSettings(Section):
    """The service."""

    host: str = Field(default="127.0.0.1", description="address that the service listens on")
    port: int = Field(default=3000, ge=1, le=65535, description="port that the service listens on")
    workers: int = Field(default=2, ge=1, description="processes that answer")
    max_body_bytes: int = Field(default=1_000_000, ge=1_000, description="bytes of a request's body; more get 413")
    bulk_lines: int = Field(default=20_000, ge=1, description="order lines decided on in one request; more get 422")
    changes_file_bytes: int = Field(
        default=50_000_000, ge=1, description="bytes that a workbook of changed quantities may have unpacked"
    )
    file_seconds: float = Field(default=120, gt=0, description="seconds that a file of lines may take; then 503")
    workbook_lines: int = Field(
        default=100_000, ge=1, description="lines of a view exported as XLSX; more get 422, CSV takes them all"
    )
    threads: int = Field(default=2, ge=1, description="threads of each worker, for routes that compute")
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
    slow_seconds: float = Field(
        default=50,
        gt=0,
        description="the same for what is worked out once and then kept, such as people by month",
    )
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
