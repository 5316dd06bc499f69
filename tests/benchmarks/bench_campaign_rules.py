"""Counts contacts that must not be: of holdouts, control group, opted-out, capped, in quiet hours, or beyond stock.

Each case is a small chain of its own (`tests/serving/planning/campaigns/worlds.py`): people with one to several cards,
campaigns approved one by one or at once, triggers looked at and guides' lists made beside them, opt-outs and cards that
join in between. A broken rule ends the run with the smallest case that breaks it.

    python tests/benchmarks/bench_campaign_rules.py --cases 10000 [--url postgresql://...] [--seed 1]
"""

import argparse
import tempfile
import time
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from retail_brain.operational.campaign_contacts import campaign_contacts
from retail_brain.operational.database import Database
from retail_brain.operational.guide_tasks import list_tasks
from retail_brain.operational.trigger_firings import firings
from retail_brain.operational.upgrade import upgrade
from tests.serving.planning.campaigns.conftest import FakeSource
from tests.serving.planning.campaigns.worlds import run, worlds

_SHOWN = 500
"""Cases after which the counts so far are printed."""


def main() -> None:
    """Runs the cases and prints what was in them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", default=None, help="of an empty database; else SQLite in a temporary folder")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        database = Database(asked.url or f"sqlite:///{folder}/operational.db")
        upgrade(database)
        counted = _run(database, asked.cases, asked.seed)
        database.close()
    print(f"done: {_told(counted)}; no rule was broken")


def _run(database: Database, cases: int, number: int) -> Counter[str]:
    counted: Counter[str] = Counter()
    tenants, began = count(), time.perf_counter()

    @seed(number)
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(world=worlds())
    def each(world: dict[str, Any]) -> None:
        tenant = f"w{next(tenants)}"
        run(world, database, tenant, FakeSource)
        rows, fired = campaign_contacts(tenant, database), firings(tenant, database)
        lines = list_tasks(tenant, database)
        counted.update(
            cases=1,
            campaigns=len(world["definitions"]),
            contacts=sum(one.contact.group == "contact" for one in rows),
            holdout=sum(one.contact.group == "holdout" for one in rows),
            opted_out=sum(one.state == "opted_out" for one in rows),
            messages=sum(one.state == "taken" for one in fired),
            lines=sum(not one.held for one in lines),
            lines_held=sum(one.held for one in lines),
            messages_held=sum(one.state == "held" for one in fired),
            people_with_cards=len(set(world["owner"].values())) < world["cards"],
        )
        if counted["cases"] % _SHOWN == 0:
            print(f"{_told(counted)}; {time.perf_counter() - began:,.0f} s", flush=True)

    each()
    return counted


def _told(counted: Counter[str]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in counted.items())


if __name__ == "__main__":
    main()
