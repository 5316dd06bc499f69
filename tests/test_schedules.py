"""The files under deploy/schedules/ call verbs and options that exist, and the dbt models make canonical tables."""

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import polars as pl
import pytest
import typer
import yaml

from retail_brain.cli.app import app
from retail_brain.ingest import ingest
from retail_brain.lake import open_lake
from retail_brain.progress import SILENT
from retail_brain.settings import Settings

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
FOLDER = DEPLOY / "schedules"
DBT = FOLDER / "dbt"


def check_call(words: list[str]) -> None:
    """Checks that `retail-brain WORDS` is a call that the command understands."""
    command: Any = typer.main.get_command(app)
    while words[0] in ("--quiet", "--home"):
        words = words[1:] if words[0] == "--quiet" else words[2:]
    while hasattr(command, "commands"):
        command, words = command.commands[words[0]], words[1:]
    command.make_context("verb", list(words))


def calls_of(path: Path) -> list[list[str]]:
    """The words of every call of a verb in a Python file: arguments of `verb(...)` and `run(...)`."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("verb", "run"):
            texts = [str(word.value) for word in node.args if isinstance(word, ast.Constant)]
            found.append(shlex.split(texts[-1].replace("{{ ds }}", "day")) if node.func.id == "verb" else texts)
    return found


@pytest.mark.parametrize(("name", "calls"), [("airflow_dag.py", 4), ("dagster_definitions.py", 3)])
def test_python_examples_call_verbs_that_exist(name: str, calls: int) -> None:
    found = calls_of(FOLDER / name)
    assert len(found) == calls
    for words in found:
        check_call([*words, "--json"])


def test_crontab_calls_verbs_that_exist() -> None:
    lines = (FOLDER / "crontab").read_text(encoding="utf-8").splitlines()
    jobs = [line for line in lines if re.match(r"[\d*]", line)]
    assert len(jobs) == 4
    for job in jobs:
        for command in job.split(None, 6)[6].split("&&"):
            words = shlex.split(command.partition(">>")[0])
            assert words[0] == "retail-brain"
            check_call(words[1:])


def settings_of(name: str) -> dict[str, str]:
    """NAME=value of a unit of systemd or of a crontab, `%S` as systemd has it for a service of the system."""
    text = (DEPLOY / name).read_text(encoding="utf-8").replace("%S", "/var/lib")
    return dict(re.findall(r"^([A-Z]\w*)=(.*)$", text.replace("Environment=RETAIL", "RETAIL"), re.MULTILINE))


def test_schedules_work_where_the_units_serve_and_as_their_user() -> None:
    cron, unit = settings_of("schedules/crontab"), settings_of("retail-brain.service")
    jobs_unit = settings_of("retail-brain-jobs.service")
    lines = (FOLDER / "crontab").read_text(encoding="utf-8").splitlines()
    users = {line.split()[5] for line in lines if re.match(r"[\d*]", line)}
    image = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    assert (
        users
        == {unit["User"], unit["Group"], jobs_unit["User"]}
        == set(re.findall(r"^USER (.+)$", image, re.MULTILINE))
    )
    homes = {
        re.search(r'^HOME = "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)[1] for path in FOLDER.glob("*.py")
    }
    homes |= {one["RETAIL_BRAIN_HOME"] for one in (cron, unit, jobs_unit)}
    assert homes == {f"/var/lib/{unit['StateDirectory']}"}
    commands = {Path(one["ExecStart"].split()[0]) for one in (unit, jobs_unit)}
    assert {str(command.parent) for command in commands} == {cron["PATH"].split(":")[0]}
    assert cron["LOG"].startswith(f"/var/log/{unit['LogsDirectory']}/")


def test_the_operators_page_names_what_the_files_of_deploy_name() -> None:
    page = (DEPLOY.parent / "docs" / "operator.md").read_text(encoding="utf-8")
    unit, cron = settings_of("retail-brain.service"), settings_of("schedules/crontab")
    told = (unit["User"], unit["ExecStart"].split()[0], unit["RETAIL_BRAIN_HOME"], cron["LOG"])
    assert all(f"`{name}`" in page for name in (*told, unit["EnvironmentFile"].removeprefix("-")))
    homes = set(re.findall(r"RETAIL_BRAIN_HOME=(\S+)", page)) | set(
        re.findall(r"/(?:srv|opt|var/lib)/[\w-]*brain", page)
    )
    assert homes == {unit["RETAIL_BRAIN_HOME"], "/opt/retail-brain"}


def test_crontab_writes_orders_to_a_file_per_day() -> None:
    job = next(
        line for line in (FOLDER / "crontab").read_text(encoding="utf-8").splitlines() if "orders export" in line
    )
    command = job.partition("orders export")[2]
    assert r"$(date +\%F).csv" in command
    assert not re.search(r"(?<!\\)%", command), "cron ends the line at a plain %"


def test_dbt_files_agree_with_each_other() -> None:
    project = yaml.safe_load((DBT / "dbt_project.yml").read_text(encoding="utf-8"))
    profiles = yaml.safe_load((DBT / "profiles.yml").read_text(encoding="utf-8"))
    schema = yaml.safe_load((DBT / "models" / "schema.yml").read_text(encoding="utf-8"))
    assert project["profile"] in profiles
    assert {model["name"] for model in schema["models"]} == {path.stem for path in (DBT / "models").glob("*.sql")}
    assert project["name"] in project["models"]


def test_dbt_models_make_tables_that_ingest_takes(tmp_path: Path) -> None:
    database = duckdb.connect()
    database.execute("""
        CREATE SCHEMA till;
        CREATE TABLE till.receipts AS SELECT * FROM (VALUES
            (1, TIMESTAMP '2026-01-02 09:00:00', 7, ' ', false, false),
            (2, TIMESTAMP '2026-01-02 10:00:00', 7, 'C1', true, false),
            (3, TIMESTAMP '2026-01-03 10:00:00', 7, 'C1', false, true)
        ) t(receipt_no, closed_at, shop_no, card_no, is_refund, is_void);
        CREATE TABLE till.receipt_lines AS SELECT * FROM (VALUES (1, 55, 2, 5.0), (2, 55, 1, 2.5), (3, 55, 9, 9.0))
            t(receipt_no, article_no, quantity, amount);
        CREATE TABLE till.articles AS SELECT 55 AS article_no, 'Tea' AS title, 'Drinks' AS group_name, 'B' AS brand,
            1.0 AS cost, 2.5 AS price;
    """)
    (tmp_path / "canonical").mkdir()
    for model in (DBT / "models").glob("*.sql"):
        text = jinja2.Template(model.read_text(encoding="utf-8")).render(
            source=lambda schema, table: f"{schema}.{table}"
        )
        database.sql(text).write_parquet(str(tmp_path / "canonical" / f"{model.stem}.parquet"))
    ingest(str(tmp_path / "canonical"), str(tmp_path / "lake"), Settings(), SILENT)
    lake = open_lake(str(tmp_path / "lake"))
    sold = lake.scan("transactions").sort("transaction_id").select("customer_id", "units", "unit_price").collect()
    assert sold.rows() == [(None, 2.0, 2.5), ("C1", -1.0, 2.5)]
    assert lake.scan("products").select(pl.col("name")).collect().item() == "Tea"
