"""Says what is in requirements.lock, and which of it known advisories name. Needs no network.

    python deploy/supply_chain.py sbom [--out FILE]      # CycloneDX 1.6, with a purl and the hashes of every package
    python deploy/supply_chain.py check ADVISORIES       # 1 where an advisory names a version of the lock, 2 where it
                                                         # could not be checked

ADVISORIES is a stored list: a folder or zip of OSV entries (the `all.zip` that OSV offers for PyPI), or the file
`insecure_full.json` of the package safety-db. The check says how old the list is: it cannot know of anything newer.
"""

import argparse
import json
import re
import sys
import uuid
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_STALE_DAYS = 30
"""Days after which a list is called old: advisories come every day. Chosen by judgement, not measured."""


@dataclass(frozen=True)
class Pin:
    """One package of the lock: its normalized name, version and the SHA-256 of each of its files."""

    name: str
    version: str
    hashes: tuple[str, ...]


@dataclass(frozen=True)
class Advisory:
    """One entry of a list.

    Attributes:
        ranges: version ranges that are affected, as PEP 440 specifiers.
        versions: single versions that are affected.
    """

    advisory_id: str
    package: str
    ranges: tuple[str, ...]
    versions: frozenset[str]
    modified: date | None

    def affects(self, pin: Pin) -> bool:
        """Whether it names the version of the lock."""
        if pin.version in self.versions:
            return True
        return any(_within(pin.version, text) for text in self.ranges)


def read_lock(text: str) -> list[Pin]:
    """The pins of a lock file, in its order.

    >>> read_lock("a-b==1.0" + chr(10) + "    --hash=sha256:" + "0" * 64)[0].name
    'a-b'
    """
    pins: list[Pin] = []
    for line in text.splitlines():
        pinned = _PIN.match(line)
        if pinned:
            pins.append(Pin(canonicalize_name(pinned[1]), pinned[2], ()))
        hashed = _HASH.search(line)
        if hashed and pins:
            last = pins.pop()
            pins.append(Pin(last.name, last.version, (*last.hashes, hashed[1])))
    return pins


def sbom(pins: Iterable[Pin], version: str, made_at: datetime) -> dict[str, Any]:
    """A CycloneDX 1.6 document of the packages."""
    components = [
        {
            "type": "library",
            "bom-ref": f"pkg:pypi/{pin.name}@{pin.version}",
            "name": pin.name,
            "version": pin.version,
            "purl": f"pkg:pypi/{pin.name}@{pin.version}",
            # a file each, wheels of several platforms and the source, so no hash is that of the component
            "properties": [{"name": "file:sha256", "value": one} for one in pin.hashes],
        }
        for pin in pins
    ]
    content = json.dumps(components, sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        # the same lock has the same serial number
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}",
        "version": 1,
        "metadata": {
            "timestamp": made_at.isoformat(timespec="seconds"),
            "component": {"type": "application", "name": "retail-brain", "version": version},
        },
        "components": components,
    }


def read_advisories(path: Path) -> list[Advisory]:
    """All entries of a stored list.

    Raises:
        ValueError: it cannot be read, or holds no entry.
    """
    try:
        found = [advisory for entry in _entries(path) for advisory in _advisories(entry)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read as a list of advisories ({type(error).__name__}: {error})") from error
    if not found:
        raise ValueError(
            f"{path} holds no advisory; wanted OSV entries (folder or zip) or safety-db's insecure_full.json"
        )
    return found


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_dir():
        for file in sorted(path.rglob("*.json")):
            yield json.loads(file.read_text(encoding="utf-8"))
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".json"):
                    yield json.loads(archive.read(name))
    else:
        yield json.loads(path.read_text(encoding="utf-8"))


def _advisories(entry: dict[str, Any]) -> Iterator[Advisory]:
    if "affected" not in entry:
        yield from _of_safety(entry)
        return
    if entry.get("withdrawn"):
        return
    modified = date.fromisoformat(entry["modified"][:10]) if entry.get("modified") else None
    for affected in entry["affected"]:
        package = affected.get("package", {})
        if package.get("ecosystem") == "PyPI":
            ranges = [
                text for one in affected.get("ranges", []) if one.get("type") == "ECOSYSTEM" for text in _spans(one)
            ]
            name, versions = canonicalize_name(package["name"]), frozenset(affected.get("versions", []))
            yield Advisory(entry["id"], name, tuple(ranges), versions, modified)


def _of_safety(entry: dict[str, Any]) -> Iterator[Advisory]:
    """Entries of safety-db: package -> list of affected specifiers; `$meta` holds the time of the whole list."""
    stamp = entry.get("$meta", {}).get("timestamp")
    made = datetime.fromtimestamp(stamp, UTC).date() if stamp else None
    for name, listed in entry.items():
        for one in listed if isinstance(listed, list) else ():
            specs = tuple(one.get("specs") or ())
            yield Advisory(one.get("cve") or one["id"], canonicalize_name(name), specs, frozenset(), made)


def _spans(found: dict[str, Any]) -> Iterator[str]:
    """The spans of an OSV range as specifiers: from each `introduced` to the `fixed` or `last_affected` after it."""
    since: str | None = None
    for event in found.get("events", []):
        if "introduced" in event:
            since = event["introduced"]
        elif since is not None:
            end = f"<{event['fixed']}" if "fixed" in event else f"<={event['last_affected']}"
            yield end if since == "0" else f">={since},{end}"
            since = None
    if since is not None:
        yield "" if since == "0" else f">={since}"


def _within(version: str, specifier: str) -> bool:
    """Whether a version lies in a range; a range that cannot be read counts as hit, so that somebody looks at it."""
    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return True


def check(pins: Iterable[Pin], advisories: list[Advisory], today: date) -> tuple[list[str], list[str]]:
    """Lines that say what was checked and how old the list is, and one line per finding."""
    pins = list(pins)
    by_name: dict[str, list[Advisory]] = {}
    for advisory in advisories:
        by_name.setdefault(advisory.package, []).append(advisory)
    findings = [
        f"{pin.name} {pin.version}: {advisory.advisory_id}"
        for pin in pins
        for advisory in by_name.get(pin.name, [])
        if advisory.affects(pin)
    ]
    newest = max((advisory.modified for advisory in advisories if advisory.modified), default=None)
    age = None if newest is None else (today - newest).days
    said = [f"{len(pins)} packages against {len(advisories):,} advisories, the newest of {newest or 'an unknown day'}"]
    if age is None or age > _STALE_DAYS:
        days = "unknown" if age is None else f"{age} days"
        said.append(f"The list is old ({days}): it says nothing about advisories since. Get a newer one.")
    return said, sorted(set(findings))


def main() -> int:
    """Runs one of the two commands; returns the exit code: 1 for an advisory, 2 for what cannot be read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lock", type=Path, default=LOCK)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("sbom").add_argument("--out", type=Path)
    commands.add_parser("check").add_argument("advisories", type=Path)
    options = parser.parse_args()
    try:
        return _run(options)
    except (OSError, ValueError) as error:
        print(f"Error: {error}. Nothing was checked.", file=sys.stderr)
        return 2


def _run(options: argparse.Namespace) -> int:
    pins = read_lock(options.lock.read_text(encoding="utf-8"))
    if options.command == "sbom":
        version = re.search(r'__version__ = "([^"]+)"', (ROOT / "retail_brain" / "__init__.py").read_text())
        text = json.dumps(sbom(pins, version[1] if version else "", datetime.now(UTC)), indent=1)
        if options.out is None:
            print(text)
        else:
            options.out.parent.mkdir(parents=True, exist_ok=True)
            options.out.write_text(text + "\n", encoding="utf-8")
        return 0
    said, findings = check(pins, read_advisories(options.advisories), datetime.now(UTC).date())
    print(*said, *findings, f"{len(findings)} findings", sep="\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
