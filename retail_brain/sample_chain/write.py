"""Writes a chain as Parquet with a manifest that says how it was made and what each file holds."""

import shutil
from pathlib import Path

import polars as pl

from retail_brain.files import atomic_path, sha256, write_json
from retail_brain.sample_chain.assemble import Chain, generate
from retail_brain.sample_chain.chain import SIZES
from retail_brain.sample_chain.notes import TABLE_NOTES, TRUTH_NOTES

VERSION = "2"
"""Raised whenever the same seed gives other data."""


def write(out: Path, seed: int, size: str = "full") -> Chain:
    """Generates a chain and writes its tables, `truth/` and `MANIFEST.json` into `out`; other files there stay."""
    chain = generate(SIZES[size], seed)
    files = [_write(frame, out / f"{name}.parquet") for name, frame in chain.tables.items()]
    shutil.rmtree(out / "truth", ignore_errors=True)
    hidden = [_write(frame, out / "truth" / f"{name}.parquet") for name, frame in chain.truth.items()]
    write_json(out / "MANIFEST.json", _manifest(chain, seed, size, out, files + hidden))
    return chain


def _write(frame: pl.DataFrame, path: Path) -> Path:
    with atomic_path(path) as aside:
        frame.write_parquet(aside, compression="zstd", compression_level=19)
    return path


def _manifest(chain: Chain, seed: int, size: str, out: Path, files: list[Path]) -> dict[str, object]:
    terms = SIZES[size]
    frames = chain.tables | {f"truth/{name}": frame for name, frame in chain.truth.items()}
    notes = TABLE_NOTES | {f"truth/{name}": note for name, note in TRUTH_NOTES.items()}
    names = {path: path.relative_to(out).with_suffix("").as_posix() for path in files}
    return {
        "generator": "python -m retail_brain.sample_chain",
        "generator_version": VERSION,
        "seed": seed,
        "size": size,
        "first_day": terms.first_day.isoformat(),
        "last_day": terms.last_day.isoformat(),
        "polars": pl.__version__,
        "files": {
            path.relative_to(out).as_posix(): {
                "rows": frames[name].height,
                "bytes": path.stat().st_size,
                "sha256": sha256(path),
                "columns": {column: str(kind) for column, kind in frames[name].schema.items()},
                "note": notes[name],
            }
            for path, name in names.items()
        },
    }
