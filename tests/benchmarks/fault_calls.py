"""Bad calls of every verb, on a tenant that has everything and on damaged copies of it."""

# ruff: noqa: E501  # one case a line reads best

import shutil
from collections.abc import Callable
from pathlib import Path

from fault_tools import print_table, run, shown

Call = tuple[str, tuple[str, ...], tuple[int, ...], str]

GOOD: tuple[Call, ...] = (
    ("no verb that exists", ("forcast",), (2,), ""),
    ("no such option", ("forecast", "--horizont", "7", "--out", "OUT.csv"), (2,), ""),
    ("a tenant's name with slashes", ("--tenant", "../x", "tables"), (2,), "tenant name"),
    ("a tenant without anything", ("--tenant", "nobody", "forecast", "--out", "OUT.csv"), (1,), "retail-brain"),
    ("the same", ("--tenant", "nobody", "tables"), (1,), "ingest"),
    ("the same", ("--tenant", "nobody", "train", "demand"), (1,), "ingest"),
    ("the same", ("--tenant", "nobody", "promote", "demand"), (1,), "train"),
    ("the same", ("--tenant", "nobody", "publish"), (1,), "ingest"),
    ("a day that is none", ("forecast", "--as-of", "2025-02-30", "--out", "OUT.csv"), (2,), "YYYY-MM-DD"),
    ("a day before the data", ("forecast", "--as-of", "1999-01-01", "--out", "OUT.csv"), (1,), ""),
    ("a day after the data", ("forecast", "--as-of", "2099-01-01", "--out", "OUT.csv"), (0, 1), ""),
    ("horizon 0", ("forecast", "--horizon", "0", "--out", "OUT.csv"), (2,), "--"),
    ("horizon 9999", ("forecast", "--horizon", "9999", "--out", "OUT.csv"), (2,), "--"),
    ("horizon many", ("forecast", "--horizon", "many", "--out", "OUT.csv"), (2,), "integer"),
    ("an unknown shop", ("forecast", "--stores", "XX", "--out", "OUT.csv"), (1,), "XX"),
    ("an unknown product", ("forecast", "--products", "XX", "--out", "OUT.csv"), (0, 1), ""),
    ("--out without an ending", ("forecast", "--out", "OUT"), (2,), ".parquet or .csv"),
    ("--out under a file", ("forecast", "--out", "HOME/unknown.csv/x.csv"), (2,), "no folder"),
    ("--out is a folder", ("forecast", "--out", "HOME/folder.csv"), (2,), "is a folder"),
    ("--out where nobody may write", ("forecast", "--out", "/proc/x.csv"), (1, 2), ""),
    ("a lake that is not there", ("forecast", "--lake", "HOME/nowhere", "--out", "OUT.csv"), (1,), "ingest"),
    ("a lake in an unknown store", ("tables", "--lake", "weird://x/y"), (1, 2), ""),
    ("0 windows", ("backtest", "demand", "--windows", "0", "--out", "OUT"), (2,), "--windows"),
    ("more windows than days", ("backtest", "demand", "--windows", "52", "--horizon", "300", "--out", "OUT"), (1,), "too short"),
    ("a negative budget", ("replenish", "--budget", "-5", "--out", "OUT.csv"), (1, 2), "budget"),
    ("a budget of NaN", ("replenish", "--budget", "nan", "--out", "OUT.csv"), (1, 2), "budget"),
    ("an unknown shop", ("replenish", "--stores", "XX", "--out", "OUT.csv"), (1,), "XX"),
    ("an unknown product", ("replenish", "--products", "XX", "--out", "OUT.csv"), (0, 1), ""),
    ("a day before the data", ("replenish", "--as-of", "1999-01-01", "--out", "OUT.csv"), (1,), ""),
    ("k 0", ("recommend", "--k", "0", "--out", "OUT.csv"), (2,), "--"),
    ("more goods than there are", ("recommend", "--k", "1000", "--out", "OUT.csv"), (0,), ""),
    ("customers from a file that is not there", ("recommend", "--customers", "HOME/none.csv", "--out", "OUT.csv"), (2,), "not a file"),
    ("only unknown customers", ("recommend", "--customers", "HOME/unknown.csv", "--out", "OUT.csv"), (0, 1), "none of the 1 customers"),
    ("customers from a binary file", ("recommend", "--customers", "HOME/var/operational.db", "--out", "OUT.csv"), (2,), ""),
    ("a kind that is none", ("recommend", "--kind", "best", "--out", "OUT.csv"), (2,), "repeat"),
    ("a day before the data", ("recommend", "--as-of", "1999-01-01", "--out", "OUT.csv"), (1,), ""),
    ("neither product nor campaign", ("audience", "--out", "OUT.csv"), (2,), "product"),
    ("both", ("audience", "--product", "P001", "--campaign", "K01", "--out", "OUT.csv"), (1, 2), ""),
    ("an unknown product", ("audience", "--product", "XX", "--out", "OUT.csv"), (1,), "XX"),
    ("an unknown campaign", ("audience", "--campaign", "XX", "--out", "OUT.csv"), (1,), "XX"),
    ("size 0", ("audience", "--product", "PRODUCT", "--size", "0", "--out", "OUT.csv"), (2,), "size"),
    ("size -1", ("audience", "--product", "PRODUCT", "--size", "-1", "--out", "OUT.csv"), (2,), "size"),
    ("a channel that is none", ("audience", "--product", "PRODUCT", "--channel", "pigeon", "--out", "OUT.csv"), (1, 2), "pigeon"),
    ("holdout share 2", ("audience", "--product", "PRODUCT", "--holdout-share", "2", "--out", "OUT.csv"), (2,), "holdout"),
    ("a kind that is none", ("audience", "--product", "PRODUCT", "--kind", "x", "--out", "OUT.csv"), (2,), "repeat"),
    ("campaigns without the columns", ("assign", "--campaigns", "HOME/unknown.csv", "--out", "OUT.csv"), (1, 2), "campaign_id"),
    ("no campaigns", ("assign", "--campaigns", "HOME/none.csv", "--out", "OUT.csv"), (2,), "not a file"),
    ("until before from", ("simulate", "--from", "2025-03-01", "--until", "2025-02-01", "--out", "OUT"), (1, 2), ""),
    ("a policy that is none", ("simulate", "--policy", "luck", "--out", "OUT"), (1, 2), "luck"),
    ("from before the data", ("simulate", "--from", "1999-01-01", "--forecast", "moving", "--out", "OUT"), (1, 2), ""),
    ("a model that is none", ("train", "weather"), (2,), "demand"),
    ("a day before the data", ("train", "demand", "--as-of", "1999-01-01"), (1,), ""),
    ("the second day of the data", ("train", "recommender", "--as-of", "2024-12-02"), (0, 1), ""),
    ("version 99", ("promote", "demand", "99"), (1,), "99"),
    ("version -1", ("promote", "demand", "--", "-1"), (1, 2), "-1"),
    ("version 0", ("promote", "demand", "0"), (1, 2), "0"),
    ("a day before the data", ("features", "--as-of", "1999-01-01"), (1,), ""),
    ("a day before the data", ("publish", "--as-of", "1999-01-01"), (1,), ""),
    ("no subject", ("evaluate", "weather", "--out", "OUT"), (2,), "recommender"),
    ("more windows than days", ("evaluate", "recommender", "--windows", "24", "--out", "OUT"), (0, 1), ""),
    ("an unknown role", ("keys", "create", "--role", "king"), (2,), "merchandiser"),
    ("an unknown key", ("keys", "revoke", "rb_0000000000000000"), (1,), "rb_0000000000000000"),
    ("port 0", ("serve", "--port", "0"), (2,), "--port"),
    ("an address that is not ours", ("serve", "--host", "192.0.2.1", "--port", "3999"), (1,), ""),
    ("a dataset that is none", ("demo", "--data", "mars"), (2,), "sample"),
)  # fmt: skip


def spoil_settings(home: Path) -> None:
    (home / "var" / "main" / "settings.toml").write_text("[data\nperiod = day", encoding="utf-8")


def unknown_setting(home: Path) -> None:
    (home / "var" / "main" / "settings.toml").write_text('[data]\nperiod = "hour"\ncolour = 1\n', encoding="utf-8")


def flip_bundle(home: Path) -> None:
    model = min((home / "var" / "main" / "bundles" / "demand").glob("*/*.txt"))
    raw = bytearray(model.read_bytes())
    raw[len(raw) // 2] ^= 1
    model.write_bytes(raw)


def cut_manifest(home: Path) -> None:
    manifest = min((home / "var" / "main" / "bundles" / "demand").glob("*/manifest.json"))
    manifest.write_bytes(manifest.read_bytes()[:50])


def empty_manifest(home: Path) -> None:
    min((home / "var" / "main" / "bundles" / "demand").glob("*/manifest.json")).write_text("[]")


def lose_bundle(home: Path) -> None:
    shutil.rmtree(min((home / "var" / "main" / "bundles" / "demand").glob("[0-9]*")))


def no_champion(home: Path) -> None:
    (home / "var" / "main" / "bundles" / "demand" / "CHAMPION").unlink()


def odd_champion(home: Path) -> None:
    (home / "var" / "main" / "bundles" / "demand" / "CHAMPION").write_text("../../x")


def cut_lake(home: Path) -> None:
    for part in (home / "var" / "main" / "lake" / "transactions").glob("*.parquet"):
        part.write_bytes(part.read_bytes()[:100])


def cut_log(home: Path) -> None:
    (home / "var" / "main" / "lake" / "transactions" / "_delta_log" / f"{0:020}.json").write_text("{half")


def spoil_database(home: Path) -> None:
    (home / "var" / "operational.db").write_bytes(b"not a database at all" * 99)


def spoil_tracking(home: Path) -> None:
    (home / "mlruns" / "main" / "mlflow.db").write_bytes(b"not a database at all" * 99)


DAMAGED: tuple[tuple[str, Callable[[Path], None], tuple[str, ...], tuple[int, ...], str], ...] = (
    ("settings.toml is no TOML", spoil_settings, ("tables",), (2,), "settings.toml"),
    ("settings.toml with an unknown key and value", unknown_setting, ("tables",), (2,), "data.colour"),
    ("one bit of the champion flipped", flip_bundle, ("forecast", "--out", "OUT.csv"), (1,), "damaged"),
    ("the same", flip_bundle, ("publish",), (1,), "damaged"),
    ("the same", flip_bundle, ("promote", "demand", "--no-publish"), (0,), "champion now"),
    ("its manifest cut", cut_manifest, ("forecast", "--out", "OUT.csv"), (1,), "Promote"),
    ("its manifest a list", empty_manifest, ("forecast", "--out", "OUT.csv"), (1,), "romote"),
    ("the champion's folder gone", lose_bundle, ("replenish", "--out", "OUT.csv"), (1,), "Promote"),
    ("no champion", no_champion, ("replenish", "--out", "OUT.csv"), (1,), "train demand"),
    ("the pointer holds a path", odd_champion, ("forecast", "--out", "OUT.csv"), (1,), "version number"),
    ("data files of the lake cut", cut_lake, ("forecast", "--out", "OUT.csv"), (1,), ""),
    ("the same", cut_lake, ("train", "demand"), (1,), ""),
    ("the lake's log cut", cut_log, ("tables",), (1,), ""),
    ("the same", cut_log, ("ingest", "CHAIN"), (1,), ""),
    ("the operational database is no database", spoil_database, ("keys", "list"), (1,), ""),
    ("MLflow's database is no database", spoil_tracking, ("models", "demand"), (1,), ""),
)


def report(home: Path, chain: Path, work: Path) -> list[str]:
    """Prints both tables; returns what was wrong."""
    import polars as pl

    product = pl.read_parquet(chain / "products.parquet")["product_id"][0]
    rows, wrong = [], []
    own = work / "calls"
    shutil.copytree(home, own)
    (own / "folder.csv").mkdir()
    (own / "unknown.csv").write_text("customer_id\nnobody\n")
    run(own, "keys", "create", "--role", "admin")
    for what, arguments, codes, says in GOOD:
        rows.append(_try(own, chain, product, what, arguments, codes, says, wrong))
    print_table("Calls", ("call", "verb", "exit", "first words"), rows)
    rows = []
    for what, spoil, arguments, codes, says in DAMAGED:
        shutil.rmtree(own)
        shutil.copytree(home, own)
        spoil(own)
        rows.append(_try(own, chain, product, what, arguments, codes, says, wrong))
    print_table("Damaged files", ("damage", "verb", "exit", "first words"), rows)
    return wrong


def _try(
    home: Path, chain: Path, product: str, what: str, arguments: tuple[str, ...], codes: tuple[int, ...], says: str,
    wrong: list[str],
) -> tuple[str, str, int, str]:  # fmt: skip
    stands = {"OUT": str(home / "out"), "HOME": str(home), "CHAIN": str(chain), "PRODUCT": product}
    words = [*arguments]
    for name, value in stands.items():
        words = [word.replace(name, value) for word in words]
    done = run(home, *words, timeout=120)
    if done.crashed:
        wrong.append(f"{what} ({' '.join(arguments)}): traceback: {done.said[-1500:]}")
    if done.code not in codes:
        wrong.append(f"{what} ({' '.join(arguments)}): exit {done.code}, wanted {codes}: {done.message}")
    if says and says not in done.said:
        wrong.append(f"{what} ({' '.join(arguments)}): does not say {says!r}: {done.message}")
    verb = next(word for word in arguments if not word.startswith("-") and word not in {"../x", "nobody"})
    return what, f"`{verb}`", done.code, shown(done.message, [home])
