"""What a view shows only after something was pressed, for `page_shots.py --scenes`: dialogs, questions, opened parts.

A scene is a view of a role and what is done in it. Nothing is decided or sent: each ends before what would count.
"""

import base64
import csv
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

Ask = Callable[..., dict[str, Any]]
Steps = Callable[[Page], None]
JOB_SECONDS = 240
"""How long a load of five rows may take; by judgement."""
GOOD_ROWS = 200
"""Of a file whose rows mostly break rules nothing is loaded."""
SET_ASIDE = """transaction_id,sold_at,store_id,product_id,customer_id,units,unit_price
PIC1,2026-02-28T10:00:00,{store},{product},,lots,12.5
PIC2,2026-02-28T10:05:00,,{product},,1,12.5
PIC3,yesterday,{store},{product},,2,12.5
PIC4,2026-02-28T10:15:00,{store},,,1,12.5
"""
"""Receipts that are set aside, each for another reason."""
GOOD = "PICGOOD{number},2026-02-28T11:00:00,{store},{product},,1,12.5\n"


@dataclass(frozen=True)
class Scene:
    """One picture: its name, the address that is opened, what is pressed there, and as whom."""

    name: str
    view: str
    steps: Steps
    role: str = "admin"


def press(*selectors: str) -> Steps:
    """Clicks the first of each, one after another."""

    def steps(page: Page) -> None:
        for selector in selectors:
            page.locator(selector).first.click()

    return steps


def opened(page: Page) -> None:
    """Everything that can be opened in a view."""
    page.evaluate("document.querySelectorAll('main details:not([open])').forEach((one) => { one.open = true; })")
    page.wait_for_timeout(600)


def imported(content: bytes) -> Steps:
    """A file of changes is read back."""

    def steps(page: Page) -> None:
        page.locator("[data-action=import]").wait_for()
        file = {"name": "changes.csv", "mimeType": "text/csv", "buffer": content}
        page.locator("main input[type=file]").first.set_input_files([file])  # type: ignore[list-item]
        page.locator("[data-bulk=apply]").wait_for()

    return steps


def typed(selector: str, text: str) -> Steps:
    """A name is looked for and not yet chosen."""

    def steps(page: Page) -> None:
        page.locator(selector).first.fill(text)
        page.locator("[role=option]").first.wait_for()

    return steps


def changes_of(ask: Ask) -> bytes:
    """The file of a view with two quantities changed, one of them not a number."""
    file = ask("listing_file", table="suggestions", format="csv")
    content = base64.b64decode(file["content"]).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))[:4]
    for row, quantity in zip(rows, ("7", "120", "many"), strict=False):
        row["quantity"] = quantity
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def no_job_runs(ask: Ask) -> None:
    """Waits until the one place of jobs is free."""
    until = time.monotonic() + JOB_SECONDS
    while any(job["state"] in {"waiting", "running"} for job in ask("jobs")["jobs"]) and time.monotonic() < until:
        time.sleep(1)


def set_aside(ask: Ask, ids: dict[str, str]) -> str:
    """Loads receipts that break rules, as a person would from the page; gives the job's id."""
    no_job_runs(ask)
    rows = SET_ASIDE.format(**ids) + "".join(GOOD.format(number=number, **ids) for number in range(GOOD_ROWS))
    content = base64.b64encode(rows.encode()).decode()
    upload = ask("job_upload", file_name="transactions.csv", offset=0, content=content)["upload"]
    job = ask("job_start", kind="ingest", upload=upload, form="tables").get("job", {})
    no_job_runs(ask)
    return str(job.get("job_id", ""))


def scenes_of(ask: Ask, ids: dict[str, str]) -> list[Scene]:
    """The scenes of a home that `fill` has filled."""
    job = set_aside(ask, ids)
    ask("rules", rules=[{"action": "pin", "attribute": "product_id", "values": [ids["product"]], "name": "new year"}])
    line = f"store={ids['store']}&product={ids['product']}"
    picked = "[data-field=pick-all]"
    return [
        Scene("menu", "overview", press(".more > summary")),
        Scene("key", "overview", press(".tools button[aria-label]:not([aria-pressed])")),
        Scene("overview-opened", "overview", opened),
        Scene("orders-approve", "orders?show=plain", press(picked, "[data-bulk=approve]")),
        Scene("orders-reject", "orders?show=plain", press("[data-field=pick]", "[data-bulk=reject]")),
        Scene("orders-change", "orders?show=plain", press(picked, "[data-bulk=change]")),
        Scene("orders-line", "orders", press("[data-field=open]")),
        Scene("orders-group", "orders?group=supplier_id", press("[data-field=group]")),
        Scene("orders-import", "orders", imported(changes_of(ask))),
        Scene("forecast-opened", f"forecast?{line}", opened),
        Scene("forecast-typed", f"forecast?{line}", typed("[role=combobox]", "店")),
        Scene("campaign-draft-opened", "campaigns?id=pictures-draft", opened),
        Scene("campaign-form-opened", "campaigns?new=goods", opened),
        Scene("campaign-stop", "campaigns?id=pictures-approved", press("[data-action=stop]")),
        Scene("campaign-plan", "campaigns?id=pictures-approved&tab=preview", opened),
        Scene("segment", "segments?name=Dear friends", opened),
        Scene("segment-counted", "segments?name=Dear friends", press("[data-action=count]")),
        Scene("guide-opened", "guide", opened),
        Scene("rules", "rules", opened),
        Scene("quarantine", "quarantine", opened),
        Scene("quarantine-mend", "quarantine?table=transactions", opened),
        Scene("job-log", f"jobs?id={job}", opened),
        Scene("guide-task", "guide", press(".task details > summary"), role="guide"),
        Scene("models-promote", "models", opened, role="data_scientist"),
        Scene("handed-over", "campaigns?new=leftovers", opened, role="merchandiser"),
    ]
