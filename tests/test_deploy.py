"""The files under deploy/ name what exists: paths, options, variables and metrics."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import prometheus_client
import pytest
import typer
import yaml
from typer.testing import CliRunner

from retail_brain.cli.app import app
from serving.http.metrics import PrometheusMeter

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
IMAGE = os.environ.get("RETAIL_BRAIN_IMAGE", "")
BUILDAH = shlex.split(os.environ.get("BUILDAH", "buildah"))
"""The builder with its own options, such as where images lie."""


def instructions() -> list[tuple[str, str]]:
    """(word, rest) of every instruction of the Containerfile, continued lines joined."""
    text = re.sub(r"\\\n", " ", (DEPLOY / "Containerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, rest in (line.split(" ", 1) for line in lines)]


def serve_options(arguments: list[str]) -> None:
    """Checks that `retail-brain ARGUMENTS` is a call that the command understands."""
    command: Any = typer.main.get_command(app)
    verb = command.commands[arguments[0]]
    verb.make_context("serve", arguments[1:])


def test_what_the_image_copies_is_enough_to_start(tmp_path: Path) -> None:
    for word, rest in instructions():
        if word == "COPY":
            *sources, target = rest.split()
            for source in sources:
                place = tmp_path / target if target != "./" else tmp_path / source
                if (ROOT / source).is_dir():
                    shutil.copytree(ROOT / source, place)
                else:
                    shutil.copy(ROOT / source, place)
    code = "import features, training, serving, retail_brain.cli as c; print(c.__file__, serving.__file__); c.main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(str(tmp_path)) == 2


def test_the_image_installs_by_hash_and_runs_as_nobody_special() -> None:
    runs = [rest for word, rest in instructions() if word == "RUN"]
    assert any("--require-hashes -r requirements.lock" in run for run in runs)
    users = [rest for word, rest in instructions() if word == "USER"]
    assert users == ["retail-brain"]
    command = next(json.loads(rest) for word, rest in instructions() if word == "CMD")
    serve_options(command)


@pytest.mark.skipif(not IMAGE, reason="needs a built image, named in RETAIL_BRAIN_IMAGE")
def test_the_built_image_runs_the_command_as_nobody_special() -> None:
    """Run by `buildah` without an engine; nothing is fetched."""

    def buildah(*arguments: str) -> str:
        done = subprocess.run([*BUILDAH, *arguments], capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    container = buildah("from", "--pull-never", IMAGE)
    try:
        run = ("run", "--isolation", "chroot", container, "--")
        assert buildah(*run, "id", "-u") == "10001"
        assert "retail-brain" in buildah(*run, "retail-brain", "--version")
        # the sample is there, and the volume is the user's to write into
        said = buildah(*run, "sh", "-c", "cd /opt/retail-brain && retail-brain ingest data/sample && ls /data/var/main")
        assert "lake" in said
    finally:
        buildah("rm", container)


def test_the_unit_starts_the_command_with_options_that_exist() -> None:
    unit = (DEPLOY / "retail-brain.service").read_text(encoding="utf-8")
    call = shlex.split(re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)[1])  # type: ignore[index]
    assert call[0].endswith("/retail-brain")
    serve_options(call[1:])
    assert "RETAIL_BRAIN_HOME=" in unit


def test_the_unit_of_the_service_ends_without_its_jobs() -> None:
    unit = (DEPLOY / "retail-brain.service").read_text(encoding="utf-8")
    assert re.search(r"^KillMode=process$", unit, re.MULTILINE)
    assert re.search(r"^Environment=TMPDIR=%C/", unit, re.MULTILINE)  # PrivateTmp goes with the unit


def test_the_image_begins_with_what_asks_how_jobs_ended() -> None:
    assert [json.loads(rest) for word, rest in instructions() if word == "ENTRYPOINT"] == [
        ["tini", "--", "retail-brain"]
    ]


def test_the_unit_of_jobs_starts_a_verb_that_exists() -> None:
    unit = (DEPLOY / "retail-brain-jobs.service").read_text(encoding="utf-8")
    call = shlex.split(re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)[1])  # type: ignore[index]
    assert call[1:] == ["jobs", "work"]
    assert CliRunner().invoke(app, [*call[1:], "--help"]).exit_code == 0


def test_compose_takes_every_secret_from_the_environment() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    services = yaml.safe_load(text)["services"]
    assert set(services) == {"brain", "database", "objects"}
    assert (DEPLOY / services["brain"]["build"]["context"] / services["brain"]["build"]["dockerfile"]).is_file()
    secrets = [line for line in text.splitlines() if re.search(r"(PASSWORD|SECRET|ACCESS_KEY|_USER: \$)", line)]
    assert all(":?set it}" in line for line in secrets if ":" in line and not line.startswith("#"))


def test_compose_makes_the_bucket_that_it_tells_to_use() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    bucket = re.search(r'lake_uri = "s3://([^/]+)/', text)[1]  # type: ignore[index]
    objects = yaml.safe_load(text)["services"]["objects"]
    start = objects["entrypoint"][-1]
    disk = objects["volumes"][0].split(":")[1]
    assert objects["entrypoint"][:2] == ["sh", "-c"]
    assert f"mkdir -p {disk}/{bucket} && exec minio server {disk}" == start
    assert "command" not in objects  # it would be handed to the shell


def metric_names(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of every series that the service exposes."""
    registry = prometheus_client.CollectorRegistry()
    monkeypatch.setattr(prometheus_client, "REGISTRY", registry)
    for name in ("Counter", "Gauge", "Histogram"):
        kind = getattr(prometheus_client, name)
        monkeypatch.setattr(prometheus_client, name, lambda *a, kind=kind, **k: kind(*a, registry=registry, **k))
    meter = PrometheusMeter("retail_brain", 1.0)
    meter.begin()
    meter.end("/forecast", 200, 0.01)
    meter.refreshed(1, 0, 1.0)
    return {line.split("{")[0].split(" ")[0] for line in meter.expose().decode().splitlines() if line[0] != "#"}


def test_alerts_and_the_board_ask_for_metrics_that_the_service_has(monkeypatch: pytest.MonkeyPatch) -> None:
    alerts = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text(encoding="utf-8"))
    board = json.loads((DEPLOY / "grafana" / "retail-brain.json").read_text(encoding="utf-8"))
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]
    asked = [rule["expr"] for rule in rules]
    asked += [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    names = {name for text in asked for name in re.findall(r"\b(?:bentoml_service|retail_brain)_\w+", text)}
    assert names <= metric_names(monkeypatch)
    assert len(names) >= 5
    assert all(rule["annotations"]["summary"] and rule["annotations"]["action"] for rule in rules)
