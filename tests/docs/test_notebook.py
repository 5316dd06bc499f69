"""The notebook of the docs runs from its first cell to its last, and shows what it promises."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def executed() -> Any:
    notebook = nbformat.read(ROOT / "docs" / "notebook" / "tour.ipynb", as_version=4)
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()
    return notebook


def _shown(notebook: Any, code: str) -> str:
    """The text that the cell which holds `code` shows."""
    cell = next(cell for cell in notebook.cells if code in cell.source)
    return "".join(output["data"]["text/plain"] for output in cell.outputs if "data" in output)


def test_every_cell_runs_and_answers_are_shown(executed: Any) -> None:
    assert "shape: (5, 11)" in _shown(executed, "forecasts.head()")
    assert "Promotion(version=1, promoted=True" in _shown(executed, 'tenant.promote("demand"')
    assert "pinball" in _shown(executed, "backtest.scores")
    assert "order_quantity" in _shown(executed, "tenant.suggest()")
    assert "customers" in _shown(executed, "audience.exclusions")


def test_the_notebook_is_kept_without_outputs() -> None:
    notebook = nbformat.read(ROOT / "docs" / "notebook" / "tour.ipynb", as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)
