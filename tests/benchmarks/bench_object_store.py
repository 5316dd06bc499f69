"""The whole chain on a lake in an S3 server, its verbs killed at random: does it end as a local lake does?

    PYTHONPATH=. python tests/benchmarks/bench_object_store.py [--kills 10] [--seed 1]

The smallest sample chain goes through every verb twice: from a local lake, and from a bucket of moto's server on this
machine. Of the second, verbs are killed at random moments and run again. Then rows of the lake, features, bundles,
models and answers of both homes are compared, and what the bucket holds beyond the files of the lake's versions.
"""

import argparse
import json
import random
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from subprocess import TimeoutExpired

from fault_tools import print_table, run, small_chain, start
from home_prints import Print, differences, fingerprint, rows_digest, same_by_nature

from retail_brain.lake import open_lake
from tests.object_store import empty_bucket, keep_lake_in, running_server


def verbs(chain: Path) -> list[tuple[str, ...]]:
    """The chain from files to answers."""
    return [
        ("ingest", str(chain)),
        ("features",),
        ("train", "demand"),
        ("train", "recommender"),
        ("promote", "demand", "--no-publish"),
        ("promote", "recommender", "--no-publish"),
        ("publish",),
    ]


def undisturbed(home: Path, chain: Path) -> dict[str, float]:
    """Runs every verb to its end; returns their seconds."""
    seconds = {}
    for words in verbs(chain):
        done = run(home, *words, timeout=1200)
        assert done.code == 0, f"{words}: {done.said[-2000:]}"
        seconds[" ".join(words[:2])] = done.seconds
    return seconds


def disturbed(home: Path, chain: Path, lengths: dict[str, float], kills: int, chance: random.Random) -> list[str]:
    """Runs every verb, each killed some times before; returns where the kills fell."""
    moments = []
    for place, words in enumerate(verbs(chain)):
        length, has_ended = lengths[" ".join(words[:2])], False
        for _ in range(kills // len(lengths) + (place < kills % len(lengths))):
            second = chance.uniform(0.15 * length, 0.5 * length)
            process = start(home, *words)
            with suppress(TimeoutExpired):
                process.communicate(timeout=second)
            has_ended = process.poll() == 0
            process.send_signal(signal.SIGKILL)
            process.communicate()
            name = " ".join(words[:2] if words[0] in ("train", "promote") else words[:1])
            moments.append(f"{name} at {second:.1f} of {length:.1f} s{' (it had ended)' if has_ended else ''}")
            if has_ended:  # to train once more would make a further version
                break
        done = None if has_ended else run(home, *words, timeout=1200)
        assert done is None or done.code == 0, f"{words}: {done.said[-2000:]}"
    return moments


def compared(local: Path, remote: Path, uri: str, options: dict[str, str], again: Print) -> list[str]:
    """What the two homes and lakes hold differently."""
    wanted = fingerprint(local)
    fixed = same_by_nature(wanted, again)
    lake = open_lake(uri, options)
    found = fingerprint(remote)
    found |= {f"lake/{name}": rows_digest(lake.scan(name).collect()) for name in lake.versions}
    return differences(wanted, found, fixed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10, help="in all, shared out over the verbs")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rb-s3-") as folder, running_server() as address:
        bucket = empty_bucket(address)
        chain, uri = small_chain(Path(folder) / "chain"), f"{bucket.uri}/main"
        local, twin, remote = (Path(folder) / name for name in ("local", "twin", "remote"))
        lengths = undisturbed(local, chain)
        undisturbed(twin, chain)
        keep_lake_in(remote, uri, bucket.options)
        moments = disturbed(remote, chain, lengths, options.kills, random.Random(options.seed))
        problems = compared(local, remote, uri, bucket.options, fingerprint(twin))
    print_table(f"Killed, in {(time.monotonic() - began) / 60:.0f} minutes", ("kill",), [(text,) for text in moments])
    print(json.dumps(problems, indent=1))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
