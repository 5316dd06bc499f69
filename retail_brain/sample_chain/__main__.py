"""Command line of the generator: `python -m retail_brain.sample_chain --out data/sample --seed 20260221`."""

import argparse
import sys
from pathlib import Path

from retail_brain.sample_chain.chain import SIZES
from retail_brain.sample_chain.write import write


def main() -> int:
    """Generates and writes the chain; prints the number of rows of each table."""
    parser = argparse.ArgumentParser(prog="python -m retail_brain.sample_chain", description="Make the sample chain.")
    parser.add_argument("--out", type=Path, default=Path("data/sample"), help="folder to write to")
    parser.add_argument("--seed", type=int, default=20260221)
    parser.add_argument("--size", choices=sorted(SIZES), default="full")
    options = parser.parse_args()
    chain = write(options.out, options.seed, options.size)
    for name, frame in chain.tables.items():
        sys.stdout.write(f"{name:<16}{frame.height:>10,}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
