"""The command's root: what is registered, and what asking for help costs."""

import inspect
import subprocess
import sys

import grimp
import pytest
from typer.testing import CliRunner

import retail_brain
from retail_brain.cli.app import app

_HEAVY = (
    "dataframely",
    "duckdb",
    "rich",
    "lightgbm",
    "mlflow",
    "numpy",
    "polars",
    "retail_brain.settings",
    "retail_brain.tables",
)


def _modules_after(statement: str, *arguments: str) -> set[str]:
    """Names of the modules that a new interpreter holds once the statement has run."""
    program = (
        "import atexit, sys; atexit.register(lambda: sys.stderr.write(' '.join(sys.modules))); "
        f"sys.argv = ['retail-brain', *{list(arguments)!r}]; {statement}"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["train", "--help"], ["overrides", "add", "--help"]])
def test_asking_for_help_imports_no_heavy_library(words: list[str]) -> None:
    modules = _modules_after("from retail_brain.cli import main; main()", *words)
    assert "typer" in modules
    assert modules.isdisjoint(_HEAVY)


def test_importing_the_package_imports_no_library() -> None:
    modules = _modules_after("import retail_brain")
    assert modules.isdisjoint({*_HEAVY, "typer"})


def test_version_is_the_packages() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.output == f"retail-brain {retail_brain.__version__}\n"


def test_each_verb_is_listed_with_the_first_words_of_its_docstring() -> None:
    shown = " ".join(CliRunner().invoke(app, ["--help"]).output.split())
    verbs = {command.name: command.callback for command in app.registered_commands}
    assert len(verbs) > 20
    for name, verb in verbs.items():
        first = inspect.cleandoc(str(verb.__doc__)).splitlines()[0]  # type: ignore[union-attr]
        assert f" {name} {first}" in shown


def test_verbs_stand_under_their_subject_and_sub_commands_with_their_whole_line() -> None:
    shown = CliRunner().invoke(app, ["--help"]).output
    places = [shown.index(words) for words in ("Data 数据:", " ingest ", "Stock 库存:", " replenish ", "Service 服务:")]
    assert places == sorted(places)
    listed = " ".join(CliRunner().invoke(app, ["rules", "--help"]).output.split())
    assert "check Look at a file of rules without storing it: what cannot be used, and what is probably not meant." in (
        listed
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed_and_complete_verbs_and_choices(shell: str) -> None:
    script = CliRunner(env={"_RETAIL_BRAIN_COMPLETE": f"source_{shell}"}).invoke(app, prog_name="retail-brain")
    assert "_RETAIL_BRAIN_COMPLETE" in script.output
    asked = {"_RETAIL_BRAIN_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": "retail-brain train d"}
    if shell == "bash":
        asked |= {"COMP_WORDS": "retail-brain train d", "COMP_CWORD": "2"}
    if shell == "fish":
        asked["_TYPER_COMPLETE_FISH_ACTION"] = "get-args"
    answer = CliRunner(env=asked).invoke(app, prog_name="retail-brain")
    assert "demand" in answer.output
    assert "recommender" not in answer.output


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = grimp.build_graph("retail_brain", "features", "training", "serving", cache_dir=None)
    left = {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}
    while leaves := {module for module, imported in left.items() if not imported & left.keys()}:
        left = {module: imported for module, imported in left.items() if module not in leaves}
    assert sorted(left) == []
