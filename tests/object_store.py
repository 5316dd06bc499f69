"""An S3 server (moto), for tests of lakes in an object store."""

import json
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from retail_brain.workspace import Workspace

START_SECONDS = 60
"""Within which the server listens; on a busy machine it takes ten."""


@dataclass(frozen=True)
class ObjectStore:
    """A bucket of its own.

    Attributes:
        uri: of the bucket.
        options: `storage_options` that reach it.
        client: boto3's, to look at the bucket without our code.
    """

    uri: str
    options: dict[str, str]
    client: Any

    def keys(self, prefix: str = "") -> list[str]:
        """Keys of the bucket's objects that begin with a prefix, ascending."""
        answer = self.client.list_objects_v2(Bucket=self.uri.removeprefix("s3://"), Prefix=prefix)
        return [one["Key"] for one in answer.get("Contents", [])]


@contextmanager
def running_server() -> Iterator[str]:
    """Address of a server: a process of its own, because the Delta library holds this one's lock while it waits."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + START_SECONDS
        while not _answers(port):
            assert server.poll() is None, "the S3 server ended"
            assert time.monotonic() < until, "the S3 server did not start"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _answers(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def empty_bucket(address: str) -> ObjectStore:
    """A new bucket of a server."""
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    client = boto3.client("s3", endpoint_url=address, region_name="us-east-1", **keys)
    bucket = f"b{uuid.uuid4().hex}"
    client.create_bucket(Bucket=bucket)
    options = {"endpoint_url": address, "region": "us-east-1", "allow_http": "true"}
    options |= {name.removeprefix("aws_"): value for name, value in keys.items()}
    return ObjectStore(f"s3://{bucket}", {f"AWS_{name.upper()}": value for name, value in options.items()}, client)


def keep_lake_in(home: Path, uri: str, options: dict[str, str]) -> None:
    """Settings of a home whose lake is in an object store."""
    settings = Workspace(home, "main").settings_file
    settings.parent.mkdir(parents=True)
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in options.items())
    settings.write_text(f"lake_uri = {json.dumps(uri)}\n[storage_options]\n{lines}")


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Address of the session's server."""
    with running_server() as address:
        yield address


@pytest.fixture
def object_store(s3_server: str) -> ObjectStore:
    """An empty bucket."""
    return empty_bucket(s3_server)
