"""Writes a generated chain as Parquet files, with a manifest of seed, size, digests and notes per file."""

import shutil
from pathlib import Path

import polars as pl

from retail_brain.files import atomic_path, sha256, write_json
from retail_brain.sample_chain.assemble import Chain, generate
from retail_brain.sample_chain.chain import SIZES

VERSION = "3"
"""Raised whenever the same seed gives other data."""

_TABLE_NOTES = {
    "products": "one row per product; spec is a further attribute; perishables have a short shelf_life_days",
    "stores": "shops, the online shop W01, the mini-program M01 and the warehouse D01, which sells nothing",
    "customers": "one row per customer record; some people have two; gender, age_band, member_level are attributes",
    "transactions": "one row per receipt line; discount is money off the whole line; negative units are returns",
    "identities": "hashed identifiers; shared devices, recycled phones and rows without a customer are meant",
    "consents": "one row per change; the last one counts",
    "inventory": "recorded stock at the end of each listed day; the warehouse's too",
    "prices": "shelf prices; a row with a store goes before the chain's row; no valid_to means still valid",
    "promotions": "no store means every store; those of the eight weeks after the last day are planned",
    "calendar": "holidays, festivals, shopping days and local events, 120 days beyond the last day",
    "assortment": "listings per store; seasonal goods are listed for their season only",
    "supply": "order_weekdays as mon,tue,...; a source_store_id means the warehouse delivers",
    "suppliers": "names of the suppliers in supply",
    "guides": "names of the guides in customers",
    "events": "what members looked at, scanned, tried, put in the bag or shared; some only by an identifier",
    "campaigns": "the last one is planned for after the last day and has no contacts yet",
    "contacts": "is_holdout was drawn by lot",
    "responses": "purchases of the campaign's goods within 14 days, of contacted and of withheld customers alike",
}

_TRUTH_NOTES = {
    "demand": "where demand was not simply served: first-choice demand, sold, and sold in place of something else; "
    "elsewhere demand equals sales before returns",
    "movements": "units received, returned, wasted, shipped (warehouse to shops) and adjusted (stocktake), if any",
    "elasticities": "own price elasticity per product and that to the mean price of its subcategory's others",
    "promotion_effects": "multipliers of demand per promotion",
    "pairs": "substitutes and complements with probabilities",
    "persons": "whose record it is, segment, habits and tastes",
    "needs": "which goods a customer comes back for, with the mean cycle",
    "identity_owners": "who uses each identifier",
    "uplift": "true chance per campaign and customer that contact causes one more purchase within the window; "
    "the visit it causes also brings forward a little of what was due anyway",
    "phantom_stock": "series whose recorded stock was too high, and when",
    "weather": "departure of temperature and rain per region and day",
}


def write(out: Path, seed: int, size: str = "full") -> Chain:
    """Generates a chain and writes its tables, `truth/` and `MANIFEST.json` into `out`; other files there stay.

    Args:
        out: folder to write to.
        seed: seed of all random draws.
        size: key of `SIZES`.
    """
    chain = generate(SIZES[size], seed)
    files = [_write(frame, out / f"{name}.parquet") for name, frame in chain.tables.items()]
    # a truth table that this version does not write any more must not stay beside the new ones
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
    notes = _TABLE_NOTES | {f"truth/{name}": note for name, note in _TRUTH_NOTES.items()}
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
