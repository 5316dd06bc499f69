"""Fuzzes the service as /docs.json describes it, and generates clients from that and asks with them.

    python -m venv FUZZ && FUZZ/bin/pip install schemathesis==4.32.5 openapi-python-client==0.29.1
    npm install --prefix FUZZ openapi-typescript@7 typescript@5 @types/node@22      # for the client in TypeScript
    python tests/benchmarks/bench_fuzz.py --home HOME --tools FUZZ [--cases 4400]

HOME is a copy of a home with published answers of the sample chain: the fuzzer writes events, decisions and rules into
it. The tools are no dependencies: openapi-python-client wants an older typer than the command line does.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.operational.upgrade import upgrade
from retail_brain.workspace import Workspace
from serving.http.launch import environment, wait_until_ready

PORT = 3918
ADDRESS = f"http://127.0.0.1:{PORT}"
RULES = """
[checks.positive_data_acceptance]
# 404: an id that is not known; 422: what the state of orders or the calendar forbids
expected-statuses = ["2xx", 404, 422]
[[operations]]
# keeps the good events of a batch and names the others
include-path = "/events"
[operations.checks.negative_data_rejection]
enabled = false
[[operations]]
# ends_at before starts_at, which JSON schema cannot state
include-path = "/rules"
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 404, 422]
"""
PYTHON_CLIENT = """
import sys
from retail_brain_client import AuthenticatedClient
from retail_brain_client.api.demand import forecast
from retail_brain_client.api.people import recommend
from retail_brain_client.api.stock import replenish
from retail_brain_client.models import ErrorResponse, ForecastRequest, RecommendRequest, ReplenishRequest
client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])
rows = forecast.sync(client=client, body=ForecastRequest(store_id="S01", product_ids=["P001"], horizon=14)).forecasts
assert len(rows) == 14 and rows[0].additional_properties["forecast_p50"] >= 0
assert replenish.sync(client=client, body=ReplenishRequest(store_id="S01")).suggestions
goods = recommend.sync(client=client, body=RecommendRequest(customer_id="C00001", k=5)).recommendations
assert [one.rank for one in goods] == [1, 2, 3, 4, 5]
error = forecast.sync(client=client, body=ForecastRequest(store_id="nowhere", product_ids=["P001"]))
assert isinstance(error, ErrorResponse) and error.error.code == "not_found"
"""
TYPESCRIPT_CLIENT = """
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
  const rows = (await ask("/forecast", { store_id: "S01", product_ids: ["P001"], horizon: 14 })).forecasts;
  const orders = (await ask("/replenish", { store_id: "S01" })).suggestions;
  const goods = (await ask("/recommend", { customer_id: "C00001", k: 5 })).recommendations;
  const unknown = ask("/forecast", { store_id: "nowhere", product_ids: ["P001"] });
  const error = await unknown.catch((one: Error) => one.message);
  if (rows.length !== 14 || !orders.length || goods[4]?.rank !== 5 || error !== "404") throw new Error("wrong answer");
}
main().catch((error) => { console.error(error); process.exit(1); });
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="a copy: the fuzzer writes into it")
    parser.add_argument("--tools", type=Path, required=True, help="folder of the virtual environment with the tools")
    parser.add_argument("--cases", type=int, default=4400, help="made up per route; 0 generates the clients only")
    parser.add_argument("--seed", type=int, default=14)
    options = parser.parse_args()
    database = Database(Workspace(options.home).database_url)
    upgrade(database)
    key = create_key("main", database, role="admin", name="fuzz", now=datetime.now(UTC))
    database.close()
    command = [sys.executable, "-m", "bentoml", "serve", "serving.service:service", "--port", str(PORT)]
    quiet = environment(options.home.resolve(), 1)
    service = subprocess.Popen([*command, "--host", "127.0.0.1"], env=quiet, stdout=subprocess.DEVNULL)
    try:
        wait_until_ready(service, f"{ADDRESS}/readyz", print)
        with tempfile.TemporaryDirectory() as folder:
            ask_from_python(options.tools.resolve(), key, Path(folder))
            ask_from_typescript(options.tools.resolve(), key, Path(folder))
            found = fuzz(options, key, Path(folder)) if options.cases else 0
    finally:
        service.terminate()
        service.wait()
    sys.exit(found)


def ask_from_python(tools: Path, key: str, folder: Path) -> None:
    """Generates a client and makes a round trip; a warning of the generator is a fault."""
    path = os.pathsep.join([str(tools / "bin"), os.environ["PATH"]])  # the generator formats its code with ruff
    program = [str(tools / "bin" / "openapi-python-client"), "generate", "--output-path", str(folder / "client")]
    made = subprocess.run(
        [*program, "--url", f"{ADDRESS}/docs.json", "--fail-on-warning"],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    asked = [str(tools / "bin" / "python"), "-c", PYTHON_CLIENT, ADDRESS, key]
    subprocess.run(asked, env=os.environ | {"PYTHONPATH": str(folder / "client")}, check=True)
    print("openapi-python-client: generated without a warning, round trip well")


def ask_from_typescript(tools: Path, key: str, folder: Path) -> None:
    """Generates types, compiles a round trip against them in strict mode and runs it."""
    programs = tools / "node_modules" / ".bin"
    node = shutil.which("node")
    if node is None or not (programs / "openapi-typescript").exists():
        print("openapi-typescript: not there, left out")
        return
    subprocess.run([programs / "openapi-typescript", f"{ADDRESS}/docs.json", "-o", folder / "api.ts"], check=True)
    (folder / "ask.ts").write_text(TYPESCRIPT_CLIENT)
    (folder / "node_modules").symlink_to(tools / "node_modules")
    flags = ["--strict", "--target", "es2022", "--module", "commonjs", "--types", "node", "--outDir", folder / "made"]
    subprocess.run([programs / "tsc", *flags, folder / "ask.ts"], check=True, cwd=folder)
    subprocess.run([node, folder / "made" / "ask.js", ADDRESS, key], check=True)
    print("openapi-typescript: generated, compiled in strict mode, round trip well")


def fuzz(options: argparse.Namespace, key: str, folder: Path) -> int:
    """Runs every phase of schemathesis that applies; prints its report."""
    (folder / "schemathesis.toml").write_text(RULES)
    program = [options.tools.resolve() / "bin" / "schemathesis", "run", f"{ADDRESS}/docs.json", "--continue-on-failure"]
    settings = ["-n", str(options.cases), "--seed", str(options.seed), "-w", "2", "--request-timeout", "60"]
    return subprocess.run(
        [*program, *settings, "-H", f"Authorization: Bearer {key}", "--no-color"], cwd=folder, check=False
    ).returncode


if __name__ == "__main__":
    main()
