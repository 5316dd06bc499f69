"""Names that the scripts of `tests/benchmarks` import from the packages exist: no other test runs most of them."""

import ast
import importlib
from importlib.util import find_spec
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parent / "benchmarks").glob("*.py"))
OURS = {"retail_brain", "features", "training", "serving"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what the server imports
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_names_that_a_script_imports_exist(script: Path) -> None:
    wanted = [
        (node.module, alias.name)
        for node in ast.walk(ast.parse(script.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in OURS
        for alias in node.names
    ]
    assert [name for name in wanted if not exists(*name)] == []


def exists(module: str, name: str) -> bool:
    return hasattr(importlib.import_module(module), name) or find_spec(f"{module}.{name}") is not None
