"""Dagster: the chain as assets. Counts and ids of every verb become the metadata of its asset."""

import json
import subprocess
from typing import Any

import dagster as dg

HOME = "/var/lib/retail-brain"


def run(context: dg.AssetExecutionContext, *words: str) -> dg.MaterializeResult:
    """Runs a verb; its exit code decides, its warnings are logged, its counts are shown."""
    done = subprocess.run(
        ["retail-brain", "--home", HOME, "--quiet", *words, "--json"], capture_output=True, text=True, check=False
    )
    result: dict[str, Any] = json.loads(done.stdout)
    for warning in result["warnings"]:
        context.log.warning(warning)
    if not result["ok"]:
        raise dg.Failure(result.get("error", {}).get("message") or " ".join(result["messages"]))
    return dg.MaterializeResult(metadata={name: dg.MetadataValue.json(result[name]) for name in ("counts", "ids")})


@dg.asset
def lake(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The canonical tables."""
    return run(context, "ingest", "/srv/exports/till.toml")


@dg.asset(deps=[lake])
def features(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Feature tables of people, goods, series and places."""
    return run(context, "features")


@dg.asset(deps=[features])
def answers(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """What the service answers."""
    return run(context, "publish")


nightly = dg.ScheduleDefinition(name="nightly", target=dg.AssetSelection.all(), cron_schedule="30 2 * * *")
defs = dg.Definitions(assets=[lake, features, answers], schedules=[nightly])
