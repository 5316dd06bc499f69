"""Names that the scripts of `tests/benchmarks` import from the packages exist: no other test runs most of them."""

import ast
import importlib
from importlib.util import find_spec
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parent / "benchmarks").glob("*.py"))
OURS = {"retail_brain", "features", "training", "serving"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_names_that_a_script_imports_exist(script: Path) -> None:
    missing = []
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in OURS:
            module = importlib.import_module(node.module)
            for alias in node.names:
                if not hasattr(module, alias.name) and find_spec(f"{node.module}.{alias.name}") is None:
                    missing.append(f"{node.module}.{alias.name}")
    assert missing == []
