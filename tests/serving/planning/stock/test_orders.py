"""Orders to a CSV file and to a webhook."""

import csv
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from retail_brain.errors import RetailBrainError, UsageError
from retail_brain.operational.database import Database
from retail_brain.operational.decisions import Decision, store_decisions
from retail_brain.operational.exports import pending_exports
from retail_brain.operational.tables import AUDIT, EXPORTS
from retail_brain.operational.upgrade import upgrade
from serving.planning.stock.order_export import COLUMNS, export_orders
from serving.planning.stock.webhook import Delivery

PATIENT = Delivery(timeout_seconds=30, attempts=3)
NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)
APPROVED = Decision("d1", "s1", "西湖店", "牛奶, 1L", date(2025, 2, 28), "approved", 12.0, 12.0, '他说"好"', "小李")


@pytest.fixture
def decided(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'o.db'}")
    upgrade(database)
    store_decisions("main", database, [APPROVED], now=NOW)
    yield database
    database.close()


@dataclass
class Erp:
    """Takes orders, or refuses them."""

    address: str = ""
    status: int = 200
    refusals: list[int] = field(default_factory=list)
    calls: int = 0
    taken: list[tuple[str, Any]] = field(default_factory=list)


@pytest.fixture
def erp() -> Iterator[Erp]:
    system = Erp()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = system.refusals.pop(0) if system.refusals else system.status
            system.calls += 1
            if status == 200:
                system.taken.append((self.headers["Idempotency-Key"], body))
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "/login")
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)  # the page of a login, to which an expired one is redirected
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    system.address = f"http://127.0.0.1:{server.server_port}/orders"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield system
    server.shutdown()
    thread.join()
    server.server_close()


def deliver(database: Database, target: object, *, minutes_later: int = 0) -> int:
    now = NOW + timedelta(minutes=minutes_later)
    done = export_orders("main", database, target=str(target), made_by="erp", now=now, delivery=PATIENT)
    return len(done.exports)


def test_a_csv_file_holds_the_orders(decided: Database, tmp_path: Path) -> None:
    assert deliver(decided, tmp_path / "orders.csv") == 1
    text = (tmp_path / "orders.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert list(rows[0]) == list(COLUMNS)
    assert {name: rows[0][name] for name in ("store_id", "product_id", "order_quantity", "reason", "decided_by")} == {
        "store_id": "西湖店",
        "product_id": "牛奶, 1L",
        "order_quantity": "12.0",
        "reason": '他说"好"',
        "decided_by": "小李",
    }


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json"])
def test_a_second_export_overwrites_no_earlier_file(decided: Database, tmp_path: Path, ending: str) -> None:
    target = tmp_path / f"orders.{ending}"
    deliver(decided, target)
    first = target.read_bytes()
    more = Decision(**(vars(APPROVED) | {"decision_id": "d2", "suggestion_id": "s2"}))
    store_decisions("main", decided, [more], now=NOW)
    assert deliver(decided, target, minutes_later=1) == 1
    assert target.read_bytes() == first
    assert (tmp_path / f"orders_2.{ending}").read_bytes() != first


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json"])
def test_an_export_cut_off_before_its_mark_is_repeated_into_the_same_file(
    decided: Database, tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr("serving.planning.stock.order_export.mark_delivered", killed)
        with pytest.raises(KeyboardInterrupt):
            deliver(decided, tmp_path / f"orders.{ending}")
    assert deliver(decided, tmp_path / f"orders.{ending}", minutes_later=9) == 1
    assert [path.name for path in tmp_path.glob("orders*")] == [f"orders.{ending}"]


def test_nothing_new_writes_nothing(decided: Database, tmp_path: Path) -> None:
    deliver(decided, tmp_path / "a.csv")
    assert deliver(decided, tmp_path / "b.csv") == 0
    assert not (tmp_path / "b.csv").exists()


def test_a_webhook_gets_the_orders_under_their_export_id(decided: Database, erp: Erp) -> None:
    assert deliver(decided, erp.address) == 1
    key, body = erp.taken[0]
    assert key == body["export_id"]
    assert body["orders"][0]["order_quantity"] == 12.0
    assert deliver(decided, erp.address) == 0
    assert len(erp.taken) == 1


def test_what_a_webhook_refused_goes_out_first_the_next_time_under_the_same_id(decided: Database, erp: Erp) -> None:
    erp.status = 503
    with pytest.raises(RetailBrainError, match="goes out first when you export again"):
        deliver(decided, erp.address)
    kept = pending_exports("main", decided)
    assert len(kept) == 1
    store_decisions(
        "main", decided, [Decision(**(vars(APPROVED) | {"decision_id": "d2", "suggestion_id": "s2"}))], now=NOW
    )
    erp.status = 200
    assert deliver(decided, erp.address, minutes_later=1) == 2
    assert erp.taken[0][0] == kept[0].export_id
    assert pending_exports("main", decided) == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 401, 404, 422])
def test_only_success_of_the_call_itself_counts_and_what_will_not_pass_is_not_tried_again(
    decided: Database, erp: Erp, status: int
) -> None:
    erp.status = status
    with pytest.raises(RetailBrainError, match=rf"answered {status} .*tried 1 times"):
        deliver(decided, erp.address)
    assert (erp.calls, len(pending_exports("main", decided))) == (1, 1)


def test_a_fault_that_passes_is_tried_again(decided: Database, erp: Erp) -> None:
    erp.refusals = [503, 429]
    assert deliver(decided, erp.address) == 1
    assert (erp.calls, len(erp.taken)) == (3, 1)


def test_secrets_of_an_address_are_in_no_message_and_not_in_the_audit(
    decided: Database, erp: Erp, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = erp.address.replace("http://", "http://shop:hush@") + "?token=quiet"
    monkeypatch.setenv("ERP_ADDRESS", secret)
    erp.status = 404
    with pytest.raises(RetailBrainError) as raised:
        deliver(decided, "env:ERP_ADDRESS")
    with decided.reading() as connection:
        stored = str(connection.execute(select(EXPORTS)).all()) + str(connection.execute(select(AUDIT)).all())
    assert erp.address in stored
    assert not any(word in stored + str(raised.value) for word in ("hush", "quiet"))
    with pytest.raises(UsageError, match=r"NOT_THERE .*is not set"):
        deliver(decided, "env:NOT_THERE")


def test_a_reason_is_no_formula_in_the_file(decided: Database, tmp_path: Path) -> None:
    change = {"decision_id": "d3", "suggestion_id": "s3", "reason": '=HYPERLINK("http://x")', "decided_by": "@all"}
    store_decisions("main", decided, [Decision(**(vars(APPROVED) | change))], now=NOW)
    deliver(decided, tmp_path / "orders.csv")
    rows = list(csv.DictReader((tmp_path / "orders.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["reason"], row["decided_by"]) for row in rows][1] == ('\'=HYPERLINK("http://x")', "'@all")


def test_a_file_that_cannot_be_written_keeps_the_export(decided: Database, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(OSError, match="taken"):
        deliver(decided, tmp_path / "taken" / "orders.csv")
    assert len(pending_exports("main", decided)) == 1


@pytest.mark.parametrize("target", ["", "ftp://erp/orders", "file:///etc/orders"])
def test_another_kind_of_target_is_refused_before_anything_is_exported(decided: Database, target: str) -> None:
    with pytest.raises(UsageError, match="CSV file or an http"):
        deliver(decided, target)
    assert pending_exports("main", decided) == []
