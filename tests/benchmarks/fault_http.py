"""Bad requests against a tenant that is really served."""

# ruff: noqa: E501  # one case a line reads best

import http.client
import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fault_tools import print_table, run, shown, start

Request = tuple[str, str, str, Any, dict[str, str], tuple[int, ...]]
MEGABYTE = 1_000_000


def ask(port: int, path: str, body: bytes | None, headers: dict[str, str], method: str = "POST") -> tuple[int, bytes]:
    """Status and body; status 0 where the connection was closed without an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError as error:
        return 0, str(error).encode()
    finally:
        connection.close()


@contextmanager
def served(home: Path) -> Iterator[int]:
    """A running service; gives its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with (home / "service.log").open("wb") as log:
        process = start(home, "serve", "--port", port, "--workers", 1, log=log)
        try:
            for _ in range(600):
                if ask(port, "/readyz", None, {}, "GET")[0] == 200:
                    break
                time.sleep(0.2)
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()


def make_key(home: Path, role: str) -> str:
    return run(home, "keys", "create", "--role", role).said.split()[-1]


def requests(ids: dict[str, str], keys: dict[str, str]) -> list[Request]:
    """What is sent: in words, method, path, body (bytes as they are, anything else as JSON), headers, right statuses."""
    shop, product, customer = ids["store"], ids["product"], ids["customer"]
    admin = {"Authorization": f"Bearer {keys['admin']}"}
    marketer = {"Authorization": f"Bearer {keys['marketer']}"}
    goods = {"store_id": shop, "product_ids": [product], "horizon": 7}
    person = {"customer_id": customer, "k": 5}
    text = '{"store_id": "%s", "product_ids": ["%s"], "horizon": %s}'
    return [
        ("a good request", "POST", "/forecast", goods, admin, (200,)),
        ("a body of 10 MB", "POST", "/forecast", b"x" * 10 * MEGABYTE, admin, (413,)),
        ("the same without a length", "POST", "/forecast", iter([b"x" * MEGABYTE] * 10), admin, (413,)),
        ("no key", "POST", "/forecast", goods, {}, (401,)),
        ("a wrong key", "POST", "/forecast", goods, {"Authorization": "Bearer rb_0000000000000000_x"}, (401,)),
        ("a key that is no key", "POST", "/forecast", goods, {"Authorization": "Basic 秘".encode().decode("latin-1")}, (401,)),
        ("a marketer asks for orders", "POST", "/replenish", {"store_id": shop}, marketer, (403,)),
        ("no body", "POST", "/forecast", b"", admin, (400,)),
        ("half of a JSON", "POST", "/forecast", b'{"store_id": "', admin, (400,)),
        ("no UTF-8", "POST", "/forecast", b"\xff\xfe\x00", admin, (400,)),
        ("a list", "POST", "/forecast", [], admin, (400,)),
        ("null", "POST", "/forecast", None, admin, (400,)),
        ("100,000 brackets", "POST", "/forecast", b"[" * 100_000, admin, (400,)),
        ("horizon NaN", "POST", "/forecast", (text % (shop, product, "NaN")).encode(), admin, (400,)),
        ("horizon 1e400", "POST", "/forecast", (text % (shop, product, "1e400")).encode(), admin, (400,)),
        ("horizon 0", "POST", "/forecast", goods | {"horizon": 0}, admin, (400,)),
        ("horizon 9999", "POST", "/forecast", goods | {"horizon": 9999}, admin, (400,)),
        ("horizon 366", "POST", "/forecast", goods | {"horizon": 366}, admin, (200, 422)),
        ("quantile 2", "POST", "/forecast", goods | {"quantiles": [2]}, admin, (400,)),
        ("a field that is none", "POST", "/forecast", goods | {"colour": "red"}, admin, (400,)),
        ("an unknown shop", "POST", "/forecast", goods | {"store_id": "XX"}, admin, (404,)),
        ("an unknown product", "POST", "/forecast", goods | {"product_ids": ["XX"]}, admin, (200,)),
        ("501 products", "POST", "/forecast", goods | {"product_ids": [product] * 501}, admin, (400,)),
        ("an id of 10,000 letters", "POST", "/forecast", goods | {"store_id": "x" * 10_000}, admin, (400,)),
        ("an id with a NUL and a quote", "POST", "/forecast", goods | {"store_id": "\0'; DROP TABLE"}, admin, (404,)),
        ("a price of -1", "POST", "/what_if", {"store_id": shop, "product_id": product, "price": -1}, admin, (400, 404)),
        ("a budget of -5", "POST", "/replenish", {"store_id": shop, "budget": -5}, admin, (400,)),
        ("a budget of 0", "POST", "/replenish", {"store_id": shop, "budget": 0}, admin, (200,)),
        ("limit 10^9", "POST", "/replenish", {"store_id": shop, "limit": 10**9}, admin, (400,)),
        ("offset 10^18", "POST", "/replenish", {"store_id": shop, "offset": 10**18}, admin, (200, 400)),
        ("offset 10^30", "POST", "/replenish", {"store_id": shop, "offset": 10**30}, admin, (200, 400)),
        ("k 0", "POST", "/recommend", person | {"k": 0}, marketer, (400,)),
        ("k -1", "POST", "/recommend", person | {"k": -1}, marketer, (400,)),
        ("k 500", "POST", "/recommend", person | {"k": 500}, marketer, (200,)),
        ("an unknown customer", "POST", "/recommend", {"customer_id": "nobody"}, marketer, (200,)),
        ("a customer and an identifier", "POST", "/recommend", person | {"id_type": "phone", "id_value": "1"}, marketer, (400,)),
        ("unknown goods in the basket", "POST", "/recommend", person | {"basket": ["XX"]}, marketer, (200,)),
        ("an unknown shop", "POST", "/recommend", person | {"store_id": "XX"}, marketer, (404,)),
        ("size 10^9", "POST", "/audience", {"product_ids": [product], "size": 10**9}, marketer, (400,)),
        ("size 0", "POST", "/audience", {"product_ids": [product], "size": 0}, marketer, (400,)),
        ("neither goods nor campaign", "POST", "/audience", {}, marketer, (400,)),
        ("an unknown campaign", "POST", "/audience", {"campaign_id": "XX"}, marketer, (404,)),
        ("an unknown product", "POST", "/audience", {"product_ids": ["XX"]}, marketer, (200, 404)),
        ("holdout share NaN", "POST", "/audience", b'{"product_ids": ["x"], "holdout_share": NaN}', marketer, (400,)),
        ("an unknown product", "POST", "/similar", {"product_id": "XX"}, marketer, (200, 404)),
        ("an empty basket", "POST", "/complete_basket", {"product_ids": []}, marketer, (400,)),
        ("an unknown customer", "POST", "/profile", {"customer_id": "nobody"}, marketer, (200, 404)),
        ("an unknown shop", "POST", "/profile", {"store_id": "XX"}, admin, (404,)),
        ("events of an unknown kind", "POST", "/events", {"events": [{"event_type": "dance"}]}, admin, (400,)),
        ("no events", "POST", "/events", {"events": []}, admin, (200, 400)),
        ("an event in the year 9999", "POST", "/events", {"events": [{"occurred_at": "9999-01-01T00:00:00", "event_type": "view", "customer_id": customer, "product_id": product}]}, admin, (200, 400, 422)),
        ("a decision on nothing", "POST", "/decisions", {"decisions": [{"store_id": "XX", "product_id": "XX", "as_of": "2025-01-01", "action": "approve"}]}, admin, (404, 422)),
        ("a negative order", "POST", "/decisions", {"decisions": [{"store_id": shop, "product_id": product, "as_of": "2025-03-10", "action": "change", "order_quantity": -1, "reason": "x"}]}, admin, (400,)),
        ("history of 10^9 days", "POST", "/history", {"store_id": shop, "product_id": product, "days": 10**9}, admin, (200, 400)),
        ("a search for a table", "POST", "/search", {"kind": "secrets", "query": ""}, admin, (400,)),
        ("a search for %_'\\", "POST", "/search", {"kind": "product", "query": "%_'\\\0"}, admin, (200,)),
        ("an unknown route", "POST", "/forecasts", goods, admin, (404,)),
        ("GET", "GET", "/forecast", None, admin, (405,)),
        ("DELETE", "DELETE", "/forecast", None, admin, (405,)),
        ("a file above the page's folder", "GET", "/ui/../../settings.py", None, {}, (404,)),
        ("the same, written otherwise", "GET", "/ui/%2e%2e/%2e%2e/settings.py", None, {}, (404,)),
        ("the page", "GET", "/ui/", None, {}, (200,)),
    ]  # fmt: skip


def report(home: Path, chain: Path, work: Path) -> list[str]:
    """Prints the table; returns what was wrong."""
    import polars as pl

    own = work / "http"
    shutil.copytree(home, own)
    sales = pl.read_parquet(chain / "transactions.parquet")
    row = sales.drop_nulls("customer_id").row(0, named=True)
    ids = {"store": row["store_id"], "product": row["product_id"], "customer": row["customer_id"]}
    keys = {role: make_key(own, role) for role in ("admin", "marketer")}
    rows, wrong = [], []
    with served(own) as port:
        for what, method, path, body, headers, statuses in requests(ids, keys):
            raw = body if isinstance(body, bytes) or hasattr(body, "__next__") else json.dumps(body).encode()
            status, answer = ask(port, path, None if method != "POST" else raw, {"Content-Type": "application/json"} | headers, method)  # fmt: skip
            said, shaped = _words(answer)
            rows.append((what, f"`{method} {path}`", status, shown(said, [own])))
            if status not in statuses:
                wrong.append(f"{what} {path}: {status}, wanted {statuses}: {said[:300]}")
            if status >= 400 and not shaped:
                wrong.append(f"{what} {path}: {status} is not in the contract's error shape: {said[:200]}")
        alive = ask(port, "/livez", None, {}, "GET")[0]
    log = (own / "service.log").read_text(encoding="utf-8", errors="replace")
    wrong += [] if alive == 200 else [f"the service was not alive afterwards: {alive}"]
    wrong += (
        [f"the service's log holds a traceback: {log[log.index('Traceback') :][:1500]}"] if "Traceback" in log else []
    )
    wrong += [f"the log holds the id {ids['customer']}"] if ids["customer"] in log else []
    print_table("Requests", ("request", "route", "status", "message or first words"), rows)
    return wrong


def _words(answer: bytes) -> tuple[str, bool]:
    """The error's message (and that it has the contract's shape), or the answer's beginning."""
    try:
        error = json.loads(answer)["error"]
    except (ValueError, KeyError, TypeError):
        return answer[:60].decode("utf-8", "replace"), False
    problems = (error.get("details") or {}).get("problems") or []
    first = f" [{problems[0]['where']}: {problems[0]['problem']}]" if problems else ""
    return f"{error['message']}{first}", set(error) == {"code", "message", "details"}
