"""Airflow: the nightly chain as a DAG. Every task runs one verb and pushes its JSON result to XCom.

A task fails with the verb's exit code, so that retries and alerts work as usual; `ingest` is safe to run again.
"""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

HOME = "/var/lib/retail-brain"


def verb(task_id: str, words: str) -> BashOperator:
    """A task that runs `retail-brain WORDS --json`; the last line of stdout is what XCom keeps."""
    command = f"retail-brain --home {HOME} --quiet {words} --json"
    return BashOperator(task_id=task_id, bash_command=command, do_xcom_push=True)


with DAG(
    dag_id="retail_brain_nightly",
    schedule="30 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=10)},
) as dag:
    ingest = verb("ingest", "ingest /srv/exports/till.toml")
    features = verb("features", "features")
    publish = verb("publish", "publish")
    orders = verb("orders", "orders export --to /srv/orders/{{ ds }}.csv")
    ingest >> features >> publish >> orders
