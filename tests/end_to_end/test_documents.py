import re
from pathlib import Path

import pytest
from typer.main import get_command

from retail_brain.cli.app import app
from tests.features.test_dictionary import PAGE, render

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
WIDTH = 120
UNWRAPPED = {"contract.md", "benchmarks.md"}  # bodies of routes, and commands that are copied whole


def verbs(text: str) -> set[str]:
    return set(re.findall(r"retail-brain (?:--tenant \S+ )?([a-z][a-z-]*)", text))


def test_every_verb_in_the_documents_exists() -> None:
    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    for page in PAGES:
        assert verbs(page.read_text(encoding="utf-8")) <= known, page.name


def test_contract_verbs_all_exist() -> None:
    section = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8").split("## 3. Commands")[1].split("## 4.")[0]
    promised = set(re.findall(r"^\| `([a-z][a-z-]*)", section, flags=re.MULTILINE))
    assert promised
    assert promised <= set(get_command(app).commands)  # type: ignore[attr-defined]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """What `#...` may lead to in a page: its headings in small letters, words joined by hyphens."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip()) for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        to = page.parent / file if file else page
        assert to.exists(), target
        assert not anchor or anchor in anchors(to), target


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in UNWRAPPED], ids=name_of)
def test_lines_of_documents_are_wrapped_except_tables_and_code(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert [line for line in text.splitlines() if len(line) > WIDTH and not line.startswith("|")] == []


@pytest.mark.parametrize(("name", "least"), [("requirements.lock", 100), ("requirements-ray.lock", 10)])
def test_lock_file_names_no_index_and_pins_by_hash(name: str, least: int) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"https?://|--index|--find-links", text)
    pins = re.findall(r"^[a-z0-9._-]+==", text, flags=re.MULTILINE)
    assert len(pins) > least
    assert text.count("--hash=sha256:") >= len(pins)


def test_the_data_dictionary_explains_every_column_as_the_code_does() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run `python tests/features/test_dictionary.py`"
