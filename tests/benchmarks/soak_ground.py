"""What a soak shakes: a PostgreSQL of its own, a small file system, and the clock of the service."""

import os
import pwd
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

HANG_SECONDS = 30
FULL_SECONDS = 30
CLOCK_SECONDS = 40
DISK_SIZE = "400m"


class PostgreSQL:
    """A server on a port of its own, as the user postgres; ended with the block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self._bin = binaries[-1]
        user = pwd.getpwnam("postgres")
        self._owner: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid} if os.geteuid() == 0 else {}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"postgresql://brain@127.0.0.1:{self.port}/postgres"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "PostgreSQL":
        self.folder.mkdir()
        self.folder.parent.chmod(0o755)
        if self._owner:
            os.chown(self.folder, self._owner["user"], self._owner["group"])
        init = [self._bin / "initdb", "-D", self.folder / "data", "-U", "brain", "-A", "trust", "-E", "UTF8"]
        subprocess.run(init, check=True, capture_output=True, cwd=self.folder, **self._owner)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGQUIT)

    def start(self) -> None:
        call = [self._bin / "postgres", "-D", self.folder / "data", "-p", str(self.port), "-h", "127.0.0.1"]
        self._process = subprocess.Popen(
            [*call, "-k", self.folder],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name != "LD_PRELOAD"},
            **self._owner,
        )
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return

    def stop(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait()

    def restart(self) -> None:
        """Stops at once, as an operator or a crash would, and starts again after five seconds."""
        self.stop(signal.SIGINT)
        time.sleep(5)
        self.start()

    def hang(self) -> None:
        """No process of the server moves for a while; its connections stay open."""
        assert self._process is not None
        pids = [self._process.pid, *_children(self._process.pid)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(HANG_SECONDS)
        for pid in reversed(pids):
            os.kill(pid, signal.SIGCONT)


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system in memory that is soon full."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_SIZE}", "none", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


class Ground:
    """The faults in turn."""

    def __init__(self, disk: Path, server: PostgreSQL | None, clock: Path | None) -> None:
        self._disk, self._server, self._clock = disk, server, clock
        self._turns: list[tuple[str, Callable[[], None]]] = [("disk full", self._fill)]
        if server is not None:
            self._turns = [("PostgreSQL restarts", server.restart), ("PostgreSQL hangs", server.hang), *self._turns]
        if clock is not None:
            self._turns.append(("clock an hour back", self._set_back))
        self._count = 0

    def next(self) -> tuple[str, Callable[[], None]] | None:
        turn = self._turns[self._count % len(self._turns)]
        self._count += 1
        return turn

    def _fill(self) -> None:
        """Writes until nothing fits any more, and frees the space after a while."""
        file = self._disk / "fill"
        with file.open("wb", buffering=0) as out:
            for size in (1 << 20, 1 << 12):
                try:
                    while True:
                        out.write(b"x" * size)
                except OSError:
                    continue
        time.sleep(FULL_SECONDS)
        file.unlink()

    def _set_back(self) -> None:
        assert self._clock is not None
        self._clock.write_text("-3600\n")
        time.sleep(CLOCK_SECONDS)
        self._clock.write_text("0\n")

    def stored_events(self, home: Path) -> set[str]:
        """Ids of all events in the database."""
        statement = "select event_id from events"
        if self._server is not None:
            with psycopg.connect(self._server.url) as connection:
                return {row[0] for row in connection.execute(statement)}
        with closing(sqlite3.connect(f"file:{home}/var/operational.db?mode=ro", uri=True)) as connection:
            return {row[0] for row in connection.execute(statement)}
