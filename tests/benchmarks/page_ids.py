"""Bare ids in the texts of every view of the page, for keys of each role at headquarters, of a region and of a store.

    python tests/benchmarks/page_ids.py --home COPY_OF_A_HOME

HOME holds published answers and is written to, as by `page_shots.py`. An id is one of a store, product, supplier or
guide that has a name on record; customers have none. An id alone in its element is the hint beside a name. A line per
view that shows some; the last line counts them.
"""

import argparse
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench_http import free_port, running, service_command
from page_shots import TEXTS, Ask, asking, fill, guide_key, keys_of, settle, tab, views_of
from playwright.sync_api import Error, sync_playwright

from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key
from retail_brain.operational.places import Place, place_of
from retail_brain.workspace import Workspace
from tests.chromium import chromium_path

ROLES = ("merchandiser", "marketer", "data_scientist", "admin")
MOST = 10_000


def placed_keys(home: Path, places: dict[str, Place]) -> dict[str, str]:
    """A key of each role in each place, named ROLE of PLACE."""
    database = Database(Workspace(home, "main").database_url)
    now = datetime.now(UTC)
    made = {
        f"{role} of {called}": create_key(
            "main", database, role=role, name=f"ids {role} {called}", now=now, place=place
        )
        for called, place in places.items()
        for role in ROLES
    }
    database.close()
    return made


def named_ids(ask: Ask) -> set[str]:
    """Ids of stores, goods, suppliers and guides whose name is another text."""
    found = {one["id"] for one in ask("overview")["stores"] if one["name"] not in {None, "", one["id"]}}
    found |= {one["id"] for one in ask("search", kind="product", query="", limit=500)["items"] if one["name"]}
    found |= {one["guide_id"] for one in ask("guides").get("guides") or [] if one["name"]}
    return found | grouped(ask, "warehouse_id") | grouped(ask, "supplier_id")


def grouped(ask: Ask, column: str) -> set[str]:
    """Ids of a column of the orders whose name is another text."""
    groups = ask("listing", table="suggestions", group_by=column, limit=0)["groups"]
    return {one["key"] for one in groups if one["key"] and one["name"] != one["key"]}


def supplied_store(ask: Ask) -> tuple[str, str]:
    """A store that a warehouse supplies, or any, and its region."""
    rows: list[dict[str, Any]] = ask("listing", table="suggestions", show="transfers", limit=1)["rows"]
    row = (rows or ask("listing", table="suggestions", limit=1)["rows"])[0]
    return row["store_id"], row["region"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--key", help="only keys whose name has this pattern")
    options = parser.parse_args()
    keys, port = keys_of(options.home, "main"), free_port()
    with running(service_command("serving.service:service", port), options.home, port), sync_playwright() as playwright:
        address = f"http://127.0.0.1:{port}"
        ask = asking(address, keys["admin"])
        ids = fill(ask)
        known, hints = named_ids(ask), grouped(ask, "supplier_id") | {ids["product"]}
        bare = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(known, key=len, reverse=True)))})(?![\w-])")
        store, region = supplied_store(ask)
        keys |= placed_keys(options.home, {"a store": place_of(stores=[store]), "a region": place_of(regions=[region])})
        if guides := ask("guides").get("guides"):
            keys["guide"] = guide_key(options.home, "main", guides[0]["guide_id"])
            of_guide = ask("guide_list", guide_id=guides[0]["guide_id"]).get("tasks") or []
            ids["of_guide"] = of_guide[0]["customer_id"] if of_guide else ""
        ids["store"] = store
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=arguments)
        looked = found = 0
        for name, key in keys.items():
            if options.key and not re.search(options.key, name):
                continue
            views = views_of(ids, "guide" if name == "guide" else "admin")
            with tab(browser, 1440, "light", []) as page:
                for place, view in enumerate([*views, "orders?show=all&group=warehouse_id", "orders?show=transfers"]):
                    joint = "&" if "?" in view else "?"
                    page.goto(f"{address}/ui/#/{view}{joint}lang=en" + (f"&key={key}" if not place else ""))
                    try:
                        settle(page)
                    except Error as error:
                        print(name, view, "did not come:", str(error).splitlines()[0], sep=" | ", flush=True)
                        continue
                    looked += 1
                    if told := sorted(
                        {text for text in page.evaluate(TEXTS) if bare.search(text) and text not in hints}
                    ):
                        found += len(told)
                        print(name, view, *(text[:120] for text in told[:6]), sep=" | ", flush=True)
        browser.close()
        print(
            f"{looked} views looked at with {len(keys)} keys, {len(known)} ids with names: {found} texts with a bare id"
        )


if __name__ == "__main__":
    main()
