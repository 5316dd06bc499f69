"""Publishing: with both models, with one, with none, and interrupted."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.errors import MissingTableError, ModelError
from retail_brain.files import write_json
from retail_brain.progress import SILENT, Progress
from retail_brain.settings import DemandSettings, Settings
from retail_brain.workspace import Workspace
from serving.store.answer_set import open_answers
from serving.store.current_answers import current_id
from serving.store.publishing.run import publish
from training.bundle import point_champion, write_bundle
from training.demand.config import preset_config
from training.demand.model import DemandModel
from training.demand.what_if import ask

LAST = date(2025, 2, 28)
TRAINED = "2026-03-01T00:58:12+00:00"
SETTINGS = Settings(demand=DemandSettings(horizon_periods=7, sample_paths=20, backtest_windows=1))


@pytest.fixture(scope="module")
def chain() -> Dataset:
    """Two shops, three products, 120 days; only dates, units and prices are known."""
    days = [LAST - timedelta(days=age) for age in range(120)]
    rows = [
        (day, store, product, float((day.toordinal() * (number + 2)) % 5), 3.5)
        for day in days
        for store in ("城东店", "城西店")
        for number, product in enumerate(("牛奶", "面包", "苹果"))
    ]
    names = {
        "date": pl.Date,
        "store_id": pl.String,
        "product_id": pl.String,
        "units": pl.Float64,
        "unit_price": pl.Float64,
    }
    return Dataset.from_frames({"daily_sales": pl.DataFrame(rows, schema=names, orient="row")})


@pytest.fixture(scope="module")
def model(chain: Dataset) -> DemandModel:
    quick = {"rounds": 25, "min_rows": 1_000, "threads": 1}
    return DemandModel.fit(chain.at(LAST), preset_config(SETTINGS, "fast").model_copy(update=quick))


def test_without_any_model_there_is_history_and_nothing_else(chain: Dataset, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    answers = open_answers(workspace.answers / publish(workspace, chain, SETTINGS, SILENT))
    assert all(path.stat().st_mode & 0o222 == 0 for path in workspace.answers.glob("*-*/**/*") if path.is_file())
    assert answers.manifest.parts == []
    assert answers.manifest.as_of == LAST.isoformat()
    assert (answers.forecasts, answers.pairs, len(answers.customers)) == (None, None, 0)
    store, product = answers.stores.find("城东店"), answers.products.find("牛奶")
    days = answers.history.get(store, product, 0)
    assert days is not None
    assert days["units"][-1] == (LAST.toordinal() * 2) % 5
    assert len(answers.popular.get(store)[0]) == 3


def test_a_file_system_that_refuses_the_seal_stops_no_publish(
    chain: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, heard = Workspace(tmp_path), Heard()
    monkeypatch.setattr(Path, "chmod", _refuse)
    answers_id = publish(workspace, chain, SETTINGS, Progress(quiet=True, listener=heard))
    assert current_id(workspace.answers) == answers_id
    assert any("stay writable" in line for line in heard.lines)


class Heard:
    """Keeps the lines that were said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def timed(self, *_: object) -> None:
        """Steps are no lines."""

    def said(self, text: str) -> None:
        self.lines.append(text)


def _refuse(path: Path, _mode: int) -> None:
    raise PermissionError(1, "Operation not permitted", str(path))


def test_with_a_demand_model_alone_forecasts_and_suggestions_are_there(
    chain: Dataset, model: DemandModel, tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path)
    write_bundle(workspace, "demand", 3, {"as_of": LAST.isoformat(), "trained_at": TRAINED}, model.save)
    point_champion(workspace, "demand", 3)
    first = publish(workspace, chain, SETTINGS, SILENT)
    second = publish(workspace, chain, SETTINGS, SILENT)
    third = publish(workspace, chain, SETTINGS, SILENT)
    assert current_id(workspace.answers) == third
    assert sorted(path.name for path in workspace.answers.iterdir() if path.is_dir()) == sorted([second, third])
    assert first not in {second, third}
    answers = open_answers(workspace.answers / third)
    assert answers.manifest.bundles["demand"]["version"] == 3
    assert answers.manifest.bundles["demand"]["trained_at"] == TRAINED
    assert answers.forecasts is not None
    assert answers.suggestions is not None
    assert len(answers.suggestions) == answers.manifest.counts["series"] == 6
    store, product = answers.stores.find("城西店"), answers.products.find("苹果")
    units = answers.forecasts.get(store, product, 7)
    assert units is not None
    expected = next(f for f in model.forecast(chain.at(LAST), len(answers.forecasts.days)) if f.store_id == "城西店")
    row = expected.paths.series["product_id"].to_list().index("苹果")
    assert [day[0] for day in units] == pytest.approx(expected.mean[row, :7].tolist(), abs=1e-3)
    for (mean, *_), drivers in zip(units, answers.forecasts.drivers(store, product, 7), strict=True):
        assert sum(drivers) == pytest.approx(mean, abs=1e-2)
    assert all(day[1:] == sorted(day[1:]) for day in units)
    assert answers.what_if is not None
    sheet = answers.what_if.get(store, product)
    assert sheet is not None
    asked = ask(answers.what_if.mean(), sheet, 7, price=None, promotion=None, elasticity=-2.0)
    assert asked.base == pytest.approx(expected.mean[row, :7], rel=1e-5)
    responses = answers.rows["elasticities"]
    assert responses.height == len(answers.products)
    own = responses.filter(pl.col("elasticity").is_not_null())
    assert (own["changed_days"] > 0).all()
    assert responses["category_elasticity"].null_count() < responses.height, "what-if asks for it where there is no own"


def test_a_publishing_that_fails_leaves_the_last_answers_and_nothing_else(
    chain: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(tmp_path)
    good = publish(workspace, chain, SETTINGS, SILENT)

    def fail(*_: object) -> None:
        raise MissingTableError("no")

    monkeypatch.setattr("serving.store.publishing.run.publish_popular", fail)
    with pytest.raises(MissingTableError):
        publish(workspace, chain, SETTINGS, SILENT)
    assert current_id(workspace.answers) == good
    assert sorted(path.name for path in workspace.answers.iterdir()) == sorted(["CURRENT", good])


def test_a_champion_that_cannot_be_read_is_left_out_and_the_other_answers(
    chain: Dataset, model: DemandModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = Workspace(tmp_path)
    write_bundle(workspace, "demand", 1, {}, model.save)
    point_champion(workspace, "demand", 1)
    unreadable = {"format": 99}
    write_bundle(workspace, "recommender", 2, {}, lambda folder: write_json(folder / "recommender.json", unreadable))
    point_champion(workspace, "recommender", 2)
    answers = open_answers(workspace.answers / publish(workspace, chain, SETTINGS, Progress()))
    assert answers.forecasts is not None
    assert answers.pairs is None
    assert list(answers.manifest.bundles) == ["demand"]
    assert "format 99" in answers.manifest.left_out["recommender"]
    said = capsys.readouterr()
    assert "LEFT OUT: answers of the recommender model" in said.out + said.err


def test_where_no_champion_can_be_read_the_last_answers_stay(chain: Dataset, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    good = publish(workspace, chain, SETTINGS, SILENT)
    write_bundle(workspace, "demand", 1, {}, lambda folder: write_json(folder / "model.json", {"format": 99}))
    point_champion(workspace, "demand", 1)
    with pytest.raises(ModelError, match=r"nothing is published.*format 99"):
        publish(workspace, chain, SETTINGS, SILENT)
    assert current_id(workspace.answers) == good


def test_series_without_a_forecast_are_published_with_their_reason(
    chain: Dataset, model: DemandModel, tmp_path: Path
) -> None:
    sales = chain.at(LAST).scan("daily_sales").collect()
    shut = LAST - timedelta(days=60)
    sales = sales.filter((pl.col("store_id") != "城西店") | (pl.col("date") < shut))
    listed = sales.select("store_id", "product_id").unique().with_columns(
        listed_from=LAST - timedelta(days=200), listed_until=pl.when(pl.col("store_id") == "城西店").then(shut)
    )  # fmt: skip
    workspace = Workspace(tmp_path)
    write_bundle(workspace, "demand", 1, {}, model.save)
    point_champion(workspace, "demand", 1)
    known = Dataset.from_frames({"daily_sales": sales, "assortment": listed})
    answers = open_answers(workspace.answers / publish(workspace, known, SETTINGS, SILENT))
    found = answers.rows["left_out"].select("store_id", "product_id", "reason").rows()
    assert sorted(found) == sorted(("城西店", product, "delisted") for product in ("牛奶", "面包", "苹果"))
