"""What bad input gets and what a kill leaves behind, as Markdown: python tests/benchmarks/bench_faults.py [PART ...].

Parts: inputs (datasets through `ingest` and on), calls (bad calls of every verb), http (a served tenant), kills.
Exits with 1 when something got a traceback, a wrong exit code or status, or a message that does not help.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import fault_calls
import fault_http
import fault_inputs
import fault_kills
from fault_tools import as_csv, ready_home, small_chain

PARTS = ("inputs", "calls", "http", "kills")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--ready", type=Path, help="home folder made by an earlier run, to save its minutes")
    options = parser.parse_args()
    wrong = []
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        work = Path(folder)
        chain = small_chain(work / "chain")
        if "inputs" in options.parts:
            wrong += fault_inputs.report(as_csv(chain, work / "csv"), work)
        if set(options.parts) - {"inputs"}:
            home = options.ready or ready_home(chain, work / "home")
            for name, part in (("calls", fault_calls), ("http", fault_http), ("kills", fault_kills)):
                if name in options.parts:
                    wrong += part.report(home, chain, work)
    for problem in wrong:
        print(f"\nWRONG: {problem}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
