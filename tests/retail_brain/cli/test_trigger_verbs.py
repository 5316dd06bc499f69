"""The verbs `trigger` as a marketer types them, and as a machine that dies in the middle runs them."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.exceptions import PanicException
from typer.testing import CliRunner, Result

from retail_brain.cli.app import app
from retail_brain.errors import ConflictError, DataError, ImpossibleError, NotFoundError, RetailBrainError, UsageError
from retail_brain.operational.database import Database
from retail_brain.operational.events import Event, store_events
from retail_brain.operational.trigger_firings import firings
from retail_brain.workspace import Workspace
from serving.planning.triggers.desk import FIRING_COLUMNS, Desk
from tests.serving.synthetic import publish_synthetic

BAG = """
name = "Bag 购物袋"
kind = "bag_add"
delay_minutes = 0
holdout_share = 0.0
first_hour = 0
last_hour = 24

[[slots]]
channel = "sms"
text = "{product} waits for you.[ It goes with {goes_with}.]"
text_zh = "{product}还在袋中。[可搭配{goes_with}。]"
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
    publish_synthetic(Workspace(tmp_path), "first")
    (tmp_path / "bag.toml").write_text(BAG, encoding="utf-8")
    # quiet hours are tested where the clock is set: here it is the machine's, whatever it says
    settings = "[campaigns]\nquiet_from = 24\nquiet_until = 0\n[triggers]\nlease_seconds = 0.1\n"
    (tmp_path / "var" / "main" / "settings.toml").write_text(settings, encoding="utf-8")
    sold = {
        "transaction_id": ["t"],
        "sold_at": [datetime(2025, 2, 28, 9)],
        "store_id": ["S001"],
        "product_id": ["P0001"],
    }
    (tmp_path / "data").mkdir()
    pl.DataFrame(sold | {"customer_id": ["C00001"], "units": [1.0], "unit_price": [2.0]}).write_parquet(
        tmp_path / "data" / "transactions.parquet"
    )
    made = CliRunner().invoke(app, ["--home", str(tmp_path), "--quiet", "ingest", str(tmp_path / "data")])
    assert made.exit_code == 0, made.output
    return tmp_path


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(home), "--quiet", "trigger", *arguments])


def lay(home: Path, *people: str) -> None:
    now = datetime.now(UTC)
    events = [
        Event(now.replace(tzinfo=None, microsecond=0), "bag_add", f"e-{who}", customer_id=who, product_id="P0001")
        for who in people
    ]
    database = Database(f"sqlite:///{home / 'var' / 'operational.db'}")
    store_events("main", database, events, now=now)
    database.close()


def states(home: Path) -> list[str]:
    database = Database(f"sqlite:///{home / 'var' / 'operational.db'}")
    found = [one.state for one in firings("main", database)]
    database.close()
    return found


class Receiver:
    """An address that takes messages; `on_call` runs before it answers."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.on_call: Any = None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.taken += body["contacts"]
                if receiver.on_call is not None:
                    receiver.on_call()
                try:
                    self.send_response(200)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    pass  # who asked is dead

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


def start(home: Path, address: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from retail_brain.cli import main; main()"]
    return subprocess.Popen(
        [*command, "--home", str(home), "--quiet", "trigger", "run", "--to", address],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"POLARS_MAX_THREADS": "1"},
    )


def test_a_trigger_from_file_to_message(home: Path) -> None:
    said = run(home, "save", "bag", str(home / "bag.toml"), "--owner", "Li").stdout
    assert said == "bag: on, version 1, owner Li\n"
    lay(home, "C00001", "C00002")
    behind, noted = run(home, "run").stdout.splitlines()
    assert behind.startswith("the published answers know nothing after 2025-02-28: their day is 2025-03-01, ")
    assert noted == "bag: 2 new of 2 causes; 0 of nobody known, 0 left out, 0 too old"
    out = home / "messages.csv"
    assert f"decided: 2 taken; 2 handed over -> {out}" in run(home, "run", "--to", str(out)).stdout
    rows = pl.read_csv(out)
    # apples stand beside bread, and other goods beside apples: such a tie is too weak to be named
    assert rows["text"].to_list() == ["面包1 waits for you."] * 2
    assert rows["campaign_id"].unique().to_list() == ["trigger:bag"]
    assert "nothing was due; 0 handed over" in run(home, "run", "--to", str(out)).stdout
    assert run(home, "list").stdout == "bag  on   v1  bag_add           Bag 购物袋  (Li): 2 sent\n"
    assert json.loads(run(home, "show", "bag").stdout)["firings"] == {"sent": 2}
    assert run(home, "firings", "bag", "--out", str(home / "f.csv")).stdout.startswith("2 firings")
    assert tuple(pl.read_csv(home / "f.csv").columns) == FIRING_COLUMNS
    assert isinstance(run(home, "effect", "bag").exception, ImpossibleError)
    assert run(home, "switch", "bag", "--off").stdout == "bag: off, version 2, owner Li\n"
    assert isinstance(run(home, "remove", "bag", "--version", "1").exception, ConflictError)
    assert run(home, "remove", "bag").stdout == "bag: removed, version 3, owner Li\n"
    assert run(home, "list").stdout == ""
    assert isinstance(run(home, "switch", "bag", "--on").exception, ImpossibleError)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["save", "bag", "missing.toml"], UsageError),
        (["save", "bag", "bag.toml", "--version", "9"], NotFoundError),
        (["show", "none"], NotFoundError),
        (["run", "none"], NotFoundError),
        (["firings", "none", "--out", "x.csv"], NotFoundError),
        (["effect", "none"], NotFoundError),
        (["run", "--at", "noon"], UsageError),
        (["run", "--at", "2025-03-01T10:00", "--every", "1"], UsageError),
        (["run", "--to", "ftp://x"], UsageError),
        (["run", "--to", "env:NOT_SET_ANYWHERE"], UsageError),
    ],
)
def test_what_cannot_be_done_is_an_error_of_its_kind(home: Path, arguments: list[str], error: type) -> None:
    placed = [str(home / one) if one.endswith((".toml", ".csv")) else one for one in arguments]
    result = run(home, *placed)
    assert result.exit_code != 0
    assert isinstance(result.exception, error)


def test_a_worker_that_is_killed_in_the_middle_is_followed_by_one_that_repeats_the_same(
    home: Path, receiver: Receiver
) -> None:
    run(home, "save", "bag", str(home / "bag.toml"))
    lay(home, "C00001", "C00002")
    first = start(home, receiver.address)
    receiver.on_call = lambda: os.kill(first.pid, signal.SIGKILL)
    first.communicate(timeout=60)
    assert first.returncode == -signal.SIGKILL
    assert states(home) == ["taken"] * 2
    receiver.on_call = None
    assert "2 handed over" in run(home, "run", "--to", receiver.address).stdout
    assert states(home) == ["sent"] * 2
    # the receiver knows the repeats by their ids
    assert len(receiver.taken) == 4
    assert len({one["contact_id"] for one in receiver.taken}) == 2


def test_two_workers_at_the_same_time_hand_each_message_over_once(home: Path, receiver: Receiver) -> None:
    (home / "var" / "main" / "settings.toml").write_text("[campaigns]\nquiet_from = 24\nquiet_until = 0\n")
    run(home, "save", "bag", str(home / "bag.toml"))
    lay(home, *(f"C{number:05d}" for number in range(1, 41)))
    workers = [start(home, receiver.address) for _ in range(2)]
    said = [worker.communicate(timeout=60)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], said
    assert sorted(one["customer_id"] for one in receiver.taken) == [f"C{number:05d}" for number in range(1, 41)]
    assert states(home) == ["sent"] * 40


def test_what_an_address_does_not_take_goes_out_the_next_time(home: Path, receiver: Receiver) -> None:
    settings = (home / "var" / "main" / "settings.toml").read_text() + "[replenishment]\nexport_attempts = 1\n"
    (home / "var" / "main" / "settings.toml").write_text(settings)
    run(home, "save", "bag", str(home / "bag.toml"))
    lay(home, "C00001")
    failed = run(home, "run", "--to", "http://127.0.0.1:9/")
    assert isinstance(failed.exception, RetailBrainError)
    assert states(home) == ["taken"]
    assert "1 handed over" in run(home, "run", "--to", receiver.address).stdout
    assert [one["customer_id"] for one in receiver.taken] == ["C00001"]


def test_what_went_out_is_told_of_where_the_look_fails_then(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from serving.planning.triggers import settle as module

    run(home, "save", "bag", str(home / "bag.toml"))
    lay(home, "C00001")
    settle = module.settle
    calls: list[int] = []

    def once(desk: Desk) -> Counter[str]:
        calls.append(1)
        if len(calls) > 1:
            raise ImpossibleError("an approved campaign cannot be read")
        return settle(desk)

    monkeypatch.setattr(module, "settle", once)
    out = home / "messages.csv"
    looked = run(home, "run", "--to", str(out))
    assert isinstance(looked.exception, ImpossibleError)
    assert f"decided: 1 taken; 1 handed over -> {out}" in looked.stdout
    assert states(home) == ["sent"]
    lay(home, "C00002")
    idle = run(home, "run", "--to", str(out))
    assert isinstance(idle.exception, ImpossibleError)
    assert "handed over" not in idle.stdout, "nothing was"


@pytest.mark.parametrize("fault", [DataError("the lake is away"), OSError(28, "No space left"), PanicException("cut")])
def test_who_watches_goes_on_after_a_look_that_failed_and_who_looks_once_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    looks: list[int] = []

    def look(*_: object) -> None:
        looks.append(1)
        if len(looks) == 3:
            raise KeyboardInterrupt
        raise fault

    monkeypatch.setattr("retail_brain.cli.trigger_verbs._look", look)
    monkeypatch.setattr("retail_brain.cli.trigger_verbs.time.sleep", lambda _: None)
    call = ["--home", str(tmp_path), "trigger", "run"]
    watched = CliRunner().invoke(app, [*call, "--every", "1"])
    assert len(looks) == 3
    assert watched.stderr.count("this look failed, the next one follows: ") == 2
    assert str(fault) in watched.stderr
    looks.clear()
    with pytest.raises(type(fault)):
        CliRunner().invoke(app, call, catch_exceptions=False)
    assert len(looks) == 1
