"""Clients that others generate from /docs.json compile with default options and make a round trip.

The generators are no dependencies; `make clients` installs them into a folder of their own, which `CLIENT_TOOLS` names,
and runs these tests.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.operational.upgrade import upgrade
from retail_brain.workspace import Workspace
from serving.http.launch import environment, wait_until_ready

FOLDER = os.environ.get("CLIENT_TOOLS", "")
TOOLS = Path(FOLDER).resolve()
MODULES = TOOLS / "node_modules"
has_python = pytest.mark.skipif(
    not FOLDER or not (TOOLS / "bin" / "openapi-python-client").exists(),
    reason="openapi-python-client is not there: run `make clients`",
)
has_typescript = pytest.mark.skipif(
    not FOLDER or shutil.which("node") is None or not (MODULES / "openapi-typescript").exists(),
    reason="node or openapi-typescript is not there: run `make clients`",
)
PYTHON = """
import json
import sys
from retail_brain_client import AuthenticatedClient
from retail_brain_client.api.demand import forecast
from retail_brain_client.api.people import recommend, recommend_batch
from retail_brain_client.api.stock import replenish
from retail_brain_client.models import ErrorResponse, ForecastRequest, RecommendBatchRequest, RecommendRequest
from retail_brain_client.models import ReplenishRequest
client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])
rows = forecast.sync(client=client, body=ForecastRequest(store_id="S001", product_ids=["P0001"], horizon=7)).forecasts
assert len(rows) == 7 and rows[0].additional_properties["forecast_p50"] >= 0
assert replenish.sync(client=client, body=ReplenishRequest(store_id="S001")).suggestions
goods = recommend.sync(client=client, body=RecommendRequest(customer_id="C00001", k=3)).recommendations
assert [one.rank for one in goods] == [1, 2, 3]
lines = recommend_batch.sync_detailed(client=client, body=RecommendBatchRequest(customer_ids=["C00001"], k=3)).content
assert [json.loads(line)["customer_id"] for line in lines.splitlines()] == ["C00001"]
error = forecast.sync(client=client, body=ForecastRequest(store_id="nowhere", product_ids=["P0001"]))
assert isinstance(error, ErrorResponse) and error.error.code == "not_found"
"""
TYPESCRIPT = """
import type { paths } from "./api";
type Asked = "/forecast" | "/replenish" | "/recommend";
type Body<P extends Asked> = paths[P]["post"]["requestBody"]["content"]["application/json"];
type Answer<P extends Asked> = paths[P]["post"]["responses"][200]["content"]["application/json"];
const [, , address, key] = process.argv;
async function ask<P extends Asked>(path: P, body: Body<P>): Promise<Answer<P>> {
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(address + path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(String(response.status));
  return (await response.json()) as Answer<P>;
}
async function main(): Promise<void> {
  const rows = (await ask("/forecast", { store_id: "S001", product_ids: ["P0001"], horizon: 7 })).forecasts;
  const orders = (await ask("/replenish", { store_id: "S001" })).suggestions;
  const goods = (await ask("/recommend", { customer_id: "C00001", k: 3 })).recommendations;
  const unknown = ask("/forecast", { store_id: "nowhere", product_ids: ["P0001"] });
  const error = await unknown.catch((one: Error) => one.message);
  if (rows.length !== 7 || !orders.length || goods[2]?.rank !== 3 || error !== "404") throw new Error("wrong answer");
}
main().catch((error) => { console.error(error); process.exit(1); });
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, synthetic: ModuleType) -> Iterator[tuple[str, str]]:
    """Address and key of a service of its own process."""
    home = tmp_path_factory.mktemp("clients")
    synthetic.publish_synthetic(Workspace(home), "first", factor=1.0)
    database = Database(Workspace(home).database_url)
    upgrade(database)
    key = create_key("main", database, role="admin", name="client", now=datetime.now(UTC))
    database.close()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "bentoml", "serve", "serving.service:service", "--host", "127.0.0.1"]
    given = environment(home, 1) | {"TMPDIR": str(home)}  # the service leaves its metrics there
    process = subprocess.Popen(
        [*command, "--port", str(port)], env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until_ready(process, f"http://127.0.0.1:{port}/readyz", print)
        yield f"http://127.0.0.1:{port}", key
    finally:
        process.terminate()
        process.wait()


def run(*command: object, **options: object) -> str:
    """Runs a program and gives what it says; that is also the failure."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@has_python
def test_a_python_client_is_generated_and_asks(service: tuple[str, str], tmp_path: Path) -> None:
    address, key = service
    program = TOOLS / "bin" / "openapi-python-client"
    found = os.pathsep.join([str(TOOLS / "bin"), os.environ["PATH"]])  # the generator formats its code with ruff
    made = tmp_path / "client"
    url = f"{address}/docs.json"
    said = run(program, "generate", "--url", url, "--output-path", made, env=os.environ | {"PATH": found})
    # the generator knows no lines of JSON: such an answer is given as bytes
    assert said.count("WARNING") == said.count("Unsupported content_type application/x-ndjson"), said
    run(TOOLS / "bin" / "python", "-m", "compileall", "-q", made)
    run(TOOLS / "bin" / "python", "-c", PYTHON, address, key, env=os.environ | {"PYTHONPATH": str(made)})


@has_typescript
def test_types_for_typescript_compile_in_strict_mode_and_ask(service: tuple[str, str], tmp_path: Path) -> None:
    address, key = service
    programs = MODULES / ".bin"
    run(programs / "openapi-typescript", f"{address}/docs.json", "-o", tmp_path / "api.ts")
    (tmp_path / "ask.ts").write_text(TYPESCRIPT, encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(MODULES)
    flags = ["--strict", "--target", "es2022", "--module", "commonjs", "--types", "node", "--outDir", tmp_path / "made"]
    run(programs / "tsc", *flags, tmp_path / "ask.ts", cwd=tmp_path)
    run("node", tmp_path / "made" / "ask.js", address, key)
    with urllib.request.urlopen(f"{address}/docs.json") as answer:
        described = json.load(answer)["paths"]
    text = (tmp_path / "api.ts").read_text(encoding="utf-8")
    assert [path for path in described if f'"{path}": {{' not in text] == []
