"""What the lock holds, and stored advisories that name it."""

import importlib.util
import json
import sys
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCK = """
a-b==1.5 \\
    --hash=sha256:{0} \\
    --hash=sha256:{1}
C.d==2.0 ; sys_platform != 'win32' \\
    --hash=sha256:{0}
""".format("0" * 64, "1" * 64)
TODAY = date(2026, 11, 27)


@pytest.fixture(scope="module")
def chain() -> ModuleType:
    spec = importlib.util.spec_from_file_location("supply_chain", ROOT / "deploy" / "supply_chain.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["supply_chain"] = module
    spec.loader.exec_module(module)
    return module


def osv(name: str, events: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    affected = {"package": {"ecosystem": "PyPI", "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    return {"id": "PYSEC-1", "modified": "2026-11-20T00:00:00Z", "affected": [affected]} | more


def findings(chain: ModuleType, folder: Path, *entries: Any) -> tuple[list[str], list[str]]:
    for number, entry in enumerate(entries):
        (folder / f"{number}.json").write_text(json.dumps(entry))
    said: tuple[list[str], list[str]] = chain.check(chain.read_lock(LOCK), chain.read_advisories(folder), TODAY)
    return said


@pytest.mark.parametrize(
    ("events", "is_hit"),
    [
        ([{"introduced": "0"}, {"fixed": "1.5"}], False),
        ([{"introduced": "0"}, {"fixed": "1.6"}], True),
        ([{"introduced": "1.5"}], True),
        ([{"introduced": "1.6"}], False),
        ([{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "1.4"}, {"last_affected": "1.5"}], True),
        ([{"introduced": "0"}], True),
    ],
)
def test_a_version_is_named_where_it_lies_in_the_range(
    chain: ModuleType, tmp_path: Path, events: list[dict[str, str]], is_hit: bool
) -> None:
    said, found = findings(chain, tmp_path, osv("A_b", events))
    assert found == (["a-b 1.5: PYSEC-1"] if is_hit else [])
    assert said == ["2 packages against 1 advisories, the newest of 2026-11-20"]


def test_single_versions_other_packages_and_withdrawn_entries(chain: ModuleType, tmp_path: Path) -> None:
    single = {"package": {"ecosystem": "PyPI", "name": "c-d"}, "versions": ["2.0"]}
    entries = [
        osv("other", [{"introduced": "0"}]),
        osv("a-b", [{"introduced": "0"}], withdrawn="2026-01-01T00:00:00Z"),
        {"id": "PYSEC-2", "modified": "2026-11-01T00:00:00Z", "affected": [single]},
    ]
    assert findings(chain, tmp_path, *entries)[1] == ["c-d 2.0: PYSEC-2"]


def test_an_old_list_is_called_old(chain: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "insecure_full.json"
    listed = {"$meta": {"timestamp": 1_626_480_000}, "a-b": [{"id": "pyup.io-1", "specs": ["<1.6", ">=9"]}]}
    file.write_text(json.dumps(listed))
    said, found = chain.check(chain.read_lock(LOCK), chain.read_advisories(file), TODAY)
    assert found == ["a-b 1.5: pyup.io-1"]
    assert said[1].startswith("The list is old (1959 days)")


def test_a_zip_is_read_and_nothing_in_it_is_an_error(chain: ModuleType, tmp_path: Path) -> None:
    full, empty = tmp_path / "all.zip", tmp_path / "empty.zip"
    with zipfile.ZipFile(full, "w") as archive:
        archive.writestr("PYSEC-1.json", json.dumps(osv("a-b", [{"introduced": "0"}])))
    zipfile.ZipFile(empty, "w").close()
    assert len(chain.read_advisories(full)) == 1
    with pytest.raises(ValueError, match="holds no advisory"):
        chain.read_advisories(empty)


def test_the_bill_lists_every_pin_of_the_real_lock_with_its_hashes(chain: ModuleType) -> None:
    text = (ROOT / "requirements.lock").read_text()
    pins = chain.read_lock(text)
    bill = chain.sbom(pins, "1.0", datetime(2026, 11, 27, tzinfo=UTC))
    assert len(bill["components"]) == sum("==" in line for line in text.splitlines() if line[:1].isalnum())
    assert all(
        component["purl"].startswith("pkg:pypi/") and component["properties"] for component in bill["components"]
    )
    assert len({component["bom-ref"] for component in bill["components"]}) == len(bill["components"])
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["serialNumber"] == chain.sbom(pins, "1.0", datetime(2027, 1, 1, tzinfo=UTC))["serialNumber"]


@pytest.mark.parametrize("text", [None, "", "[1]", "{"])
def test_a_list_that_cannot_be_read_is_no_finding(
    chain: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str | None,
) -> None:
    path = tmp_path / "list.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["supply_chain.py", "check", str(path)])
    assert chain.main() == 2
    assert "Nothing was checked" in capsys.readouterr().err
