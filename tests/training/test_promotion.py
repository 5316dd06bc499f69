import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from retail_brain.checkpoints import Work
from retail_brain.dataset import Dataset
from retail_brain.errors import ImpossibleError, ModelError, NotFoundError
from retail_brain.progress import Progress
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from training.bundle import champion, champion_version, read_manifest
from training.jobs import Trained
from training.promotion import Challenge, promote
from training.registration import train
from training.tracking import Tracking

DAY = date(2026, 1, 31)


@dataclass
class Constant:
    value: float

    def save(self, folder: Path) -> None:
        (folder / "value.json").write_text(json.dumps(self.value), encoding="utf-8")


def trained(loss: float, windows: Sequence[date] = (date(2026, 1, 1),)) -> Trained:
    return Trained(
        Constant(loss),
        {"value": loss, "nested": {"rounds": 3}},
        {"pinball": loss, "undefined": float("nan")},
        list(windows),
        ("pinball", "lower"),
        tables={"per_window": pl.DataFrame({"pinball": [loss]})},
    )


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tracking store whose tables are made once for all tests of this file."""
    home = tmp_path_factory.mktemp("migrated")
    Tracking(Workspace(home))
    return home / "mlruns" / "main" / "mlflow.db"


@pytest.fixture
def workspace(tmp_path: Path, migrated: Path) -> Workspace:
    home = Workspace(tmp_path)
    home.mlruns.mkdir(parents=True)
    (home.mlruns / "mlflow.db").write_bytes(migrated.read_bytes())
    return home


def lake(versions: Mapping[str, int]) -> Dataset:
    return Dataset({}, versions)


def log(workspace: Workspace, result: Trained, versions: Mapping[str, int] | None = None) -> int:
    return Tracking(workspace).log("demand", result, versions or {"transactions": 0}, DAY, {"preset": "fast"})


def no_backtest(*_: object) -> Mapping[str, float]:
    raise AssertionError("the same windows and data were recorded already")


@pytest.fixture
def backtests_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., Mapping[str, float]]], None]:
    """Puts a function in the place of the kind's backtest."""

    def replace(evaluate: Callable[..., Mapping[str, float]]) -> None:
        monkeypatch.setattr("training.promotion.jobs", lambda _: SimpleNamespace(evaluate_config=evaluate))

    return replace


def test_first_model_becomes_champion_with_a_checked_bundle(workspace: Workspace) -> None:
    version = log(workspace, trained(2.0))
    result = promote(workspace, "demand", Settings(), lake)
    assert (result.promoted, result.champion, result.version) == (True, None, version)
    folder = champion(workspace, "demand")
    assert json.loads((folder / "value.json").read_text(encoding="utf-8")) == 2.0
    manifest = read_manifest(folder)
    assert manifest.facts["data_versions"] == {"transactions": 0}
    assert manifest.facts["as_of"] == "2026-01-31"
    assert datetime.now(UTC) - datetime.fromisoformat(manifest.facts["trained_at"]) < timedelta(hours=1)


def test_worse_challenger_is_refused_and_force_overrules(
    workspace: Workspace, backtests_with: Callable[[Callable[..., Mapping[str, float]]], None]
) -> None:
    log(workspace, trained(2.0))
    promote(workspace, "demand", Settings(), lake)
    log(workspace, trained(2.5))
    backtests_with(no_backtest)
    refused = promote(workspace, "demand", Settings(), lake)
    assert not refused.promoted
    assert "2.5 is above champion 1's 2" in refused.reason
    assert champion_version(workspace, "demand") == 1
    assert promote(workspace, "demand", Settings(), lake, Challenge(force=True)).promoted
    assert champion_version(workspace, "demand") == 2


def test_champion_is_backtested_again_on_other_windows_and_data(
    workspace: Workspace, backtests_with: Callable[[Callable[..., Mapping[str, float]]], None]
) -> None:
    log(workspace, trained(2.0))
    promote(workspace, "demand", Settings(), lake)
    later = [date(2026, 1, 3)]
    log(workspace, trained(2.2, later), {"transactions": 7})
    seen: list[object] = []

    def evaluate(
        data: Dataset,
        _: Settings,
        config: Mapping[str, Any],
        windows: Sequence[date],
        __: Progress,
        work: Work | None,
    ) -> Mapping[str, float]:
        assert work is not None
        assert work.folder == workspace.work("promote-demand")
        assert work.folder.is_dir()
        seen.extend([data.versions, data.as_of, config["value"], list(windows)])
        return {"pinball": 2.4}

    backtests_with(evaluate)
    result = promote(workspace, "demand", Settings(), lake)
    assert result.promoted
    assert seen == [{"transactions": 7}, DAY, 2.0, later]
    assert not workspace.work("promote-demand").exists()


def test_without_time_for_a_backtest_other_windows_are_refused_and_force_overrules(workspace: Workspace) -> None:
    log(workspace, trained(2.0))
    promote(workspace, "demand", Settings(), lake)
    log(workspace, trained(1.0, [date(2026, 1, 3)]))
    with pytest.raises(ImpossibleError, match="other days or data") as refused:
        promote(workspace, "demand", Settings(), lake, Challenge(may_backtest=False))
    assert refused.value.details["problem"] == "other_backtest"
    assert champion_version(workspace, "demand") == 1
    done = promote(
        workspace, "demand", Settings(), lake, Challenge(may_backtest=False, force=True, note="Li: new goods")
    )
    assert (done.promoted, done.outcome, done.values) == (True, "forced", None)
    kept = Tracking(workspace)._client.get_model_version("demand", "2").tags["promoted_because"]
    assert kept == "forced in place of version 1; Li: new goods"


def test_a_promotion_that_is_repeated_keeps_its_reason(workspace: Workspace) -> None:
    log(workspace, trained(2.0))
    promote(workspace, "demand", Settings(), lake, Challenge(note="Li: first model"))
    for note in ("Li: first model", None, "Wang: seen"):
        assert promote(workspace, "demand", Settings(), lake, Challenge(note=note)).outcome == "same"
    kept = Tracking(workspace)._client.get_model_version("demand", "1").tags["promoted_because"]
    assert kept == "there was no champion; Li: first model; Wang: seen"


def test_a_comparison_gives_both_values(workspace: Workspace) -> None:
    log(workspace, trained(2.0))
    assert promote(workspace, "demand", Settings(), lake).outcome == "first"
    log(workspace, trained(2.5))
    refused = promote(workspace, "demand", Settings(), lake, Challenge(may_backtest=False))
    assert (refused.outcome, refused.values, refused.metric) == ("not_better", (2.5, 2.0), "pinball")


def test_equal_challenger_does_not_replace_the_champion(workspace: Workspace) -> None:
    log(workspace, trained(2.0))
    promote(workspace, "demand", Settings(), lake)
    log(workspace, trained(2.0))
    assert not promote(workspace, "demand", Settings(), lake).promoted


def test_promotion_killed_before_the_pointer_moved_is_completed_by_a_rerun(workspace: Workspace) -> None:
    log(workspace, trained(2.0))
    promote(workspace, "demand", Settings(), lake)
    (workspace.bundles / "demand" / "CHAMPION").unlink()
    (workspace.bundles / "demand" / "1" / "value.json").unlink()
    assert promote(workspace, "demand", Settings(), lake).promoted
    assert json.loads((champion(workspace, "demand") / "value.json").read_text(encoding="utf-8")) == 2.0


def test_damaged_bundle_is_refused(workspace: Workspace) -> None:
    log(workspace, trained(2.0))
    promote(workspace, "demand", Settings(), lake)
    (workspace.bundles / "demand" / "1" / "value.json").write_text("3.0", encoding="utf-8")
    with pytest.raises(ModelError, match=r"value\.json"):
        champion(workspace, "demand")


def test_foreign_files_do_not_enter_a_bundle(workspace: Workspace) -> None:
    class Pickled(Constant):
        def save(self, folder: Path) -> None:
            (folder / "model.pkl").write_bytes(b"")

    log(workspace, Trained(Pickled(1.0), {}, {"pinball": 1.0}, [], ("pinball", "lower")))
    with pytest.raises(ModelError, match=r"model\.pkl"):
        promote(workspace, "demand", Settings(), lake)
    assert champion_version(workspace, "demand") is None


def test_unknown_version_and_untrained_kind_are_named(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match="no demand model was trained"):
        promote(workspace, "demand", Settings(), lake)
    log(workspace, trained(1.0))
    with pytest.raises(NotFoundError, match="no demand version 0"):
        promote(workspace, "demand", Settings(), lake, Challenge(version=0))
    with pytest.raises(NotFoundError, match="no demand version 9") as unknown:
        promote(workspace, "demand", Settings(), lake, Challenge(version=9))
    assert unknown.value.details == {"problem": "model_version_unknown", "version": 9}
    with pytest.raises(ModelError, match="no recommender champion"):
        champion(workspace, "recommender")


def test_run_left_by_a_killed_process_is_closed_by_the_next(workspace: Workspace) -> None:
    tracking = Tracking(workspace)
    log(workspace, trained(1.0))
    client = tracking._client
    experiment = client.get_experiment_by_name("demand").experiment_id
    orphan = client.create_run(experiment).info.run_id
    log(workspace, trained(1.0))
    assert client.get_run(orphan).info.status == "KILLED"


def test_a_model_that_a_killed_run_registered_is_taken_by_its_rerun_alone(workspace: Workspace) -> None:
    def attempt(error: float, name: str | None) -> int:
        return Tracking(workspace).log("demand", trained(error), {}, DAY, {}, attempt=name)

    assert attempt(1.0, "one") == 1
    client = Tracking(workspace)._client
    [run] = client.search_runs([client.get_experiment_by_name("demand").experiment_id])
    client.update_run(run.info.run_id, "RUNNING")  # as a kill after the registration leaves it
    assert attempt(1.0, "one") == 1
    assert client.get_run(run.info.run_id).info.status == "FINISHED"
    # other data or settings, another try and none at all make a model of their own
    assert [attempt(1.5, "one"), attempt(1.0, "two"), attempt(1.0, None)] == [2, 3, 4]


def test_damaged_database_is_explained(workspace: Workspace) -> None:
    Tracking(workspace)
    (workspace.mlruns / "mlflow.db").write_bytes(b"not a database at all")
    with pytest.raises(ModelError, match="is not an SQLite database"):
        Tracking(workspace)


def test_tenants_do_not_see_each_other(workspace: Workspace, migrated: Path) -> None:
    log(workspace, trained(1.0))
    other = Workspace(workspace.home, "second")
    other.mlruns.mkdir(parents=True)
    (other.mlruns / "mlflow.db").write_bytes(migrated.read_bytes())
    assert [item.version for item in Tracking(workspace).versions("demand")] == [1]
    assert Tracking(other).versions("demand") == []


UNTESTED = float("nan")


def promoted(workspace: Workspace) -> tuple[bool, str, bool]:
    done = promote(workspace, "demand", Settings(), lake)
    return done.promoted, done.outcome, done.tested


@pytest.mark.parametrize("metrics", [{"pinball": UNTESTED}, {}], ids=["not a number", "none"])
def test_a_version_that_no_window_tested_takes_the_place_of_one_like_it_with_newer_data_alone(
    workspace: Workspace, metrics: Mapping[str, float]
) -> None:
    young = replace(trained(1.0, []), metrics=metrics)
    log(workspace, young)
    assert promoted(workspace) == (True, "first", False)
    log(workspace, young)
    assert promoted(workspace) == (False, "untested", False)
    log(workspace, young, {"transactions": 1})
    assert promoted(workspace) == (True, "newer", False)
    log(workspace, young, {"transactions": 0})
    earlier = Tracking(workspace).log("demand", young, {"transactions": 2}, DAY - timedelta(days=1), {"preset": "fast"})
    assert promote(workspace, "demand", Settings(), lake, Challenge(earlier)).outcome == "untested"


def test_a_version_that_no_window_tested_does_not_take_the_place_of_a_tested_one(workspace: Workspace) -> None:
    log(workspace, trained(2.0))
    promote(workspace, "demand", Settings(), lake)
    log(workspace, trained(UNTESTED, []), {"transactions": 1})
    done = promote(workspace, "demand", Settings(), lake)
    assert (done.promoted, done.outcome) == (False, "untested")
    assert done.reason == "champion 1 was tested; no window tested it, for the history is too short for one"


def test_training_says_that_no_window_tested_its_model(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for loss, is_said in ((UNTESTED, True), (2.0, False)):
        done = trained(loss)
        monkeypatch.setattr(
            "training.registration.jobs",
            lambda _, done=done: SimpleNamespace(check=lambda *_: None, train=lambda *_: done),
        )
        monkeypatch.setattr("training.registration.table_snapshots", lambda *_: {})
        train(workspace, "demand", Settings(), Dataset({}, {"transactions": 0}, as_of=DAY), progress=Progress())
        said = capsys.readouterr()
        assert ("no window tested this demand model: the history until 2026-01-31" in said.out + said.err) is is_said
        assert ("未经回测" in said.out + said.err) is is_said


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", "²".encode()])
def test_a_champion_pointer_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    pointer = Workspace(tmp_path).bundles / "demand" / "CHAMPION"
    pointer.parent.mkdir(parents=True)
    pointer.write_bytes(content)
    with pytest.raises(ModelError, match=r"CHAMPION holds .*wanted a version number"):
        champion_version(Workspace(tmp_path), "demand")
