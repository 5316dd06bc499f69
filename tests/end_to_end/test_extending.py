"""The package of docs/extending.md: one of each extension, installed beside ours and used."""

import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from features.conformance import FeatureConformance
from features.protocol import Feature
from retail_brain.cli import extensions_verb
from retail_brain.decisions.conformance import OrderPolicyConformance
from retail_brain.decisions.order_policies import policy_names
from retail_brain.extensions import GROUPS, extension_names
from retail_brain.settings import Settings, parse_settings
from retail_brain.sources import open_source
from retail_brain.sources.conformance import ConnectorConformance
from serving.http.conformance import RouteConformance
from serving.http.outside_routes import all_routes
from tests.outside_package import Install
from training.demand.conformance import DemandModelConformance
from training.demand.model_registry import series_model
from training.demand.protocol import SeriesForecaster
from training.recommender.candidates.conformance import CandidateSourceConformance
from training.recommender.jobs import preset_config

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "extending.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture(autouse=True)
def mychain(install: Install) -> None:
    groups = tomllib.loads(blocks("toml")[0])["project"]["entry-points"]
    kinds = {group: kind for kind, group in GROUPS.items()}
    install("mychain", "\n".join(blocks("python")), {kinds[group]: names for group, names in groups.items()})


class TestWeekend(FeatureConformance):
    @property
    def feature(self) -> Feature:  # type: ignore[override]
        return import_module("mychain").weekend


class TestSeason(CandidateSourceConformance):
    name = "season"


class TestRecentMedian(DemandModelConformance):
    @property
    def model(self) -> type[SeriesForecaster]:
        return series_model("recent_median")


class TestTwoCycles(OrderPolicyConformance):
    name = "two_cycles"


class TestTill(ConnectorConformance):
    address, broken_address = "store-7", "store-8"

    def connector(self) -> Any:
        return import_module("mychain").open_till


class TestSigns(RouteConformance):
    name = "signs"

    def route(self) -> Any:
        return import_module("mychain").signs


def test_each_kind_of_the_page_is_found_and_used(tmp_path: Path) -> None:
    recommender = {"sources": ["own", "trending", "als", "season"]}
    settings: Settings = parse_settings(
        {"recommender": recommender, "replenishment": {"policy": "two_cycles"}}, "docs/extending.md"
    )
    assert preset_config(settings, "fast").sources == ("own", "als", "trending", "season")
    assert settings.replenishment.policy in policy_names()
    assert "daily_sales" in open_source("mytill://store-7", tmp_path).tables
    assert all_routes()[-1].path == "/x/signs"
    assert extension_names("routes") == ("signs",)


def test_verb_lists_them_with_package_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    extensions_verb.extensions()
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["connectors", "mytill", "mychain:open_till", "mychain", "1.2"] in lines
    assert ["demand_models", "recent_median", "mychain:RecentMedian", "mychain", "1.2"] in lines
    assert ["features", "weekend", "mychain:weekend", "mychain", "1.2"] in lines
    assert len(lines) == 6
