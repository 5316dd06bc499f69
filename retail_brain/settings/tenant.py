"""All settings of a tenant, read from its file."""

import tomllib
from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from retail_brain.errors import UsageError
from retail_brain.settings.demand import DataSettings, DemandSettings
from retail_brain.settings.people import (
    AudienceSettings,
    CampaignSettings,
    GuideSettings,
    RecommenderSettings,
    TriggerSettings,
)
from retail_brain.settings.section import Section
from retail_brain.settings.service import (
    EngineSettings,
    JobSettings,
    PrivacySettings,
    RetentionSettings,
    ServingSettings,
)
from retail_brain.settings.stock import NetworkSettings, ReplenishmentSettings
from retail_brain.workspace import Workspace


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
    engine: EngineSettings = EngineSettings()
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
    except IsADirectoryError as error:
        raise UsageError(f"{path} is a folder; wanted a TOML file, or none for the defaults. Move it away.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}. Correct its permissions.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not a TOML file: {error}. Correct it or delete it to use the defaults.") from error


def service_settings(workspace: Workspace) -> tuple[Settings, str | None]:
    """What the service itself runs with, and a warning where the file of its tenant cannot be used whole.

    A mistake of one tenant must not stop the service for all: section `[serving]` is used where that alone can be, so
    that the service stays where people expect it; otherwise the defaults are.
    """
    try:
        return load_settings(workspace), None
    except UsageError as error:
        fault = str(error)
    try:
        section = tomllib.loads(workspace.settings_file.read_text(encoding="utf-8")).get("serving", {})
        settings, found = Settings.model_validate({"serving": section}), "its section [serving] alone"
    except (OSError, ValueError):  # no TOML, no text, or the section itself is wrong
        settings, found = Settings(), "the defaults"
    return settings, f"{fault} The service itself runs with {found}: start it again after."


def parse_settings(values: Mapping[str, Any], origin: str) -> Settings:
    """Settings from nested values.

    Raises:
        UsageError: an unknown key or an impossible value; the message names each.
    """
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        wrong = "; ".join(map(_in_words, error.errors()))
        raise UsageError(f"{origin} holds settings that cannot be used: {wrong}. Correct those keys.") from error


def _in_words(problem: ErrorDetails) -> str:
    """Which key is wrong and why; its value only where it can be no secret, since logs and answers repeat this."""
    key, value = ".".join(map(str, problem["loc"])), problem["input"]
    is_plain = isinstance(value, int | float) or (isinstance(value, str) and "://" not in value)
    is_known = problem["type"] != "extra_forbidden" and problem["loc"][:1] != ("storage_options",)
    return f"{key} = {value!r}: {problem['msg']}" if is_plain and is_known else f"{key}: {problem['msg']}"
