"""The digest of code changes with every module that is reached by imports, and with no other."""

import ast
import shutil
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import retail_brain.code_digest
from retail_brain.code_digest import OWN_PACKAGES, SourceTree, code_digest, tree_digest
from retail_brain.extensions import forget
from tests.outside_package import Install

ROOT = Path(retail_brain.code_digest.__file__).parents[1]
BACKTEST = "training.demand.backtest"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of our own sources."""
    folder = tmp_path_factory.mktemp("sources")
    for name in OWN_PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=lambda _, names: [n for n in names if n.count(".pyc")])
    return folder


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty package `theirs` that can be found but was never imported."""
    folder = tmp_path / "site" / "theirs"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(folder.parent))
    yield folder
    assert "theirs" not in sys.modules


def _digest(copy: Path, module: str) -> str:
    return tree_digest(SourceTree({name: copy / name for name in OWN_PACKAGES}), module)


def test_a_digest_stays_the_same_in_a_process_until_it_is_told_that_code_has_changed(install: Install) -> None:
    code = "from retail_brain.decisions.order_policies import OrderPolicy\n"
    place = install("theirs", code, {"order_policies": {"mine": "theirs:mine"}})
    module = "retail_brain.decisions.order_policies"
    before = code_digest(module)
    place.write_text(code + "changed = True\n", encoding="utf-8")
    assert code_digest(module) == before
    forget()
    assert code_digest(module) != before


@cache
def _unchanged(copy: Path, module: str) -> str:
    """The digest before the line is added: every test takes its line out again."""
    return _digest(copy, module)


def _changed(copy: Path, edited: str, module: str) -> bool:
    """Whether a line added to a source changes the digest of a module."""
    before, path = _unchanged(copy, module), copy / edited
    source = path.read_text(encoding="utf-8")
    path.write_text(f"{source}\nCHANGED = True\n", encoding="utf-8")
    try:
        return _digest(copy, module) != before
    finally:
        path.write_text(source, encoding="utf-8")


@pytest.mark.parametrize(
    ("edited", "module"),
    [
        ("training/demand/backtest.py", BACKTEST),
        ("training/metrics.py", BACKTEST),
        ("training/splits.py", BACKTEST),
        ("training/__init__.py", BACKTEST),
        ("retail_brain/dataset.py", BACKTEST),
        ("retail_brain/tables.py", BACKTEST),
        ("features/demand/peer_groups.py", BACKTEST),
        ("features/person/lifecycle.py", "features.jobs"),
        ("features/identity/links.py", "features.jobs"),
        ("retail_brain/lake/reading.py", "retail_brain.lake"),
        ("training/demand/paths.py", "serving.planning.demand.forecast_table"),
    ],
)
def test_a_line_changed_in_what_is_imported_changes_the_digest(copy: Path, edited: str, module: str) -> None:
    assert _changed(copy, edited, module)


@pytest.mark.parametrize(
    ("edited", "module"),
    [
        ("serving/page/app.py", BACKTEST),
        ("serving/http/app.py", "serving.planning.demand.forecast_table"),
        ("retail_brain/cli/train_verbs.py", BACKTEST),
        ("retail_brain/cli/features_verb.py", "features.jobs"),
        ("training/recommender/metrics.py", BACKTEST),
        ("training/demand/booster.py", "features.jobs"),
    ],
)
def test_a_line_changed_elsewhere_does_not(copy: Path, edited: str, module: str) -> None:
    assert not _changed(copy, edited, module)


def test_the_digest_is_that_of_the_installed_sources(copy: Path) -> None:
    assert code_digest(BACKTEST) == _digest(copy, BACKTEST)
    assert code_digest(BACKTEST) != code_digest("features.jobs")


def test_a_source_is_parsed_again_where_another_thread_parsed_at_the_same_time(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parse, failures = ast.parse, iter([True, True])

    def disturbed(source: bytes) -> ast.Module:
        if next(failures, False):
            raise SystemError("AST constructor recursion depth mismatch (before=183, after=52)")
        return parse(source)

    whole = tree_digest(SourceTree({"theirs": package}), "theirs")
    retail_brain.code_digest._needed.cache_clear()
    monkeypatch.setattr("retail_brain.code_digest.ast.parse", disturbed)
    assert tree_digest(SourceTree({"theirs": package}), "theirs") == whole
    assert next(failures, None) is None, "both failures were met"


def test_the_same_source_is_parsed_once_and_a_changed_one_again(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bytes] = []
    parse = retail_brain.code_digest._parsed

    def counted(source: bytes) -> ast.Module:
        parsed.append(source)
        return parse(source)

    monkeypatch.setattr(retail_brain.code_digest, "_parsed", counted)
    (package / "__init__.py").write_text("import json  # of this test alone\n", encoding="utf-8")
    before = tree_digest(SourceTree({"theirs": package}), "theirs")
    assert tree_digest(SourceTree({"theirs": package}), "theirs") == before
    (package / "__init__.py").write_text("import json  # of this test alone, changed\n", encoding="utf-8")
    assert tree_digest(SourceTree({"theirs": package}), "theirs") != before
    assert len(parsed) == 2


def test_libraries_are_those_that_the_reached_modules_import() -> None:
    _, libraries = SourceTree({name: ROOT / name for name in OWN_PACKAGES}).reached(BACKTEST)
    assert {"lightgbm", "numpy", "polars", "statsmodels"} <= libraries
    assert not {"mlflow", "bentoml", "typer"} & libraries


def test_another_version_of_a_library_is_another_digest(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _digest(copy, BACKTEST)
    real = retail_brain.code_digest._version
    monkeypatch.setattr(retail_brain.code_digest, "_version", lambda name: "0" if name == "lightgbm" else real(name))
    assert _digest(copy, BACKTEST) != before


def test_imports_in_functions_relative_ones_and_packages_above_are_followed(package: Path) -> None:
    (package / "inner").mkdir()
    (package / "inner" / "__init__.py").write_text("from . import beside\n")
    (package / "inner" / "beside.py").write_text("def late():\n    from ..above import thing\n    import theirs.far\n")
    (package / "inner" / "start.py").write_text("import os.path\nfrom nowhere.at import all\n")
    for name in ("above", "far", "unrelated"):
        (package / f"{name}.py").touch()
    sources, libraries = SourceTree({"theirs": package}).reached("theirs.inner.start")
    inner = {"theirs.inner", "theirs.inner.start", "theirs.inner.beside"}
    assert set(sources) == {"theirs", "theirs.above", "theirs.far", *inner}
    assert libraries == {"nowhere"}


def test_a_missing_module_is_an_error_by_name(package: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match=r"theirs\.gone"):
        SourceTree({"theirs": package}).reached("theirs.gone")


def test_packages_with_extensions_of_a_kind_count_where_that_kind_is_loaded(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = tmp_path / "ours.py"
    ours.write_text('from retail_brain.extensions import load_extensions\nload_extensions("demand_models")\n')
    (package / "model.py").write_text("from theirs import maths\n")
    (package / "maths.py").write_text("FACTOR = 1\n")
    declared = EntryPoint("theirs", "theirs.model:Model", "retail_brain.demand_models")
    monkeypatch.setattr(
        retail_brain.code_digest, "entry_points", lambda *, group: [declared] if group == declared.group else []
    )
    before = tree_digest(SourceTree({"ours": ours}), "ours")
    (package / "maths.py").write_text("FACTOR = 2\n")
    assert tree_digest(SourceTree({"ours": ours}), "ours") != before
    ours.write_text('from retail_brain.extensions import load_extensions\nload_extensions("routes")\n')
    assert set(SourceTree({"ours": ours}).reached("ours")[0]) == {"ours"}
