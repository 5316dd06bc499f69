"""Rows that were set aside are looked at, mended and brought in; what is still bad stays."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from retail_brain.errors import DataError, NotFoundError
from retail_brain.ingest.retry import quarantine_counts, quarantined, read_mended, retry_quarantine
from retail_brain.progress import SILENT
from retail_brain.settings import Settings


def retry(chain: Any, table: str, mended: pl.DataFrame, file: Path) -> Any:
    mended.write_csv(file)
    return retry_quarantine(table, read_mended(file), chain.lake, Settings(), SILENT).tables[table]


def test_mended_rows_leave_quarantine_and_the_others_stay(chain: Any, tmp_path: Path) -> None:
    chain.sell("1,2025-01-01,A,x,,one,1", "2,2025-01-01,A,x,,two,1", "3,2025-01-01,A,x,,3,-1", "4,2025-01-01,A,x,,4,1")
    chain.ingest()
    counts = quarantine_counts(chain.lake, {}).select("table", "reasons", "rows").rows()
    assert counts == [("transactions", "units: not a number", 2), ("transactions", "unit_price: below 0", 1)]
    rows = quarantined(chain.lake, "transactions", {})
    mended = rows.filter(pl.col("transaction_id") != "3").with_columns(units=pl.col("units").replace({"one": "1"}))
    with pytest.raises(DataError, match="Nothing was written"):
        retry(chain, "transactions", mended.filter(pl.col("units") == "two"), tmp_path / "m.csv")
    done = retry(chain, "transactions", mended.filter(pl.col("units") == "1"), tmp_path / "m.csv")
    assert (done.read, done.new, done.quarantined) == (1, 1, 0)
    assert sorted(row["transaction_id"] for row in chain.rows("transactions")) == ["1", "4"]
    assert sorted(chain.bad("transactions")["transaction_id"]) == ["2", "3"]


def test_a_mended_consent_takes_its_refusal_with_it(chain: Any, tmp_path: Path) -> None:
    chain.sell("1,2025-01-01,A,x,c1,1,1")
    lines = ["c1,sms,true,2025-01-01", "c1,fax,false,", "c2,sms,true,2025-01-01", "c2,sms,?,2025-02-01"]
    chain.write("consents.csv", "customer_id,channel,granted,changed_at\n" + "\n".join(lines) + "\n")
    chain.ingest()
    rows = quarantined(chain.lake, "consents", {}).filter(pl.col("customer_id") == "c1")
    retry(
        chain,
        "consents",
        rows.with_columns(channel=pl.lit("email"), changed_at=pl.lit("2025-01-05")),
        tmp_path / "m.csv",
    )
    problems = {(row["customer_id"], row["channel"]): row["problem"] for row in chain.rows("consents")}
    assert problems["c1", "email"] is None
    assert ("c1", "any") not in problems
    assert {row["problem"] for row in chain.rows("consents") if row["customer_id"] == "c2"} == {
        None,
        "granted: not true or false",
    }


def test_a_consent_that_is_still_bad_goes_on_closing_however_often_it_is_tried(chain: Any, tmp_path: Path) -> None:
    chain.sell("1,2025-01-01,A,x,c1,1,1")
    lines = [*(f"c{n},sms,true,2025-01-01" for n in range(1, 5)), "c1,sms,?,2025-02-01", "c2,sms,?,2025-02-01"]
    chain.write("consents.csv", "customer_id,channel,granted,changed_at\n" + "\n".join(lines) + "\n")
    chain.ingest()
    for _ in range(2):
        rows = quarantined(chain.lake, "consents", {})
        first = rows.filter(pl.col("customer_id") == "c1")
        # beside good rows the bad one is not half of the file, so that the retry is no mistake
        good = first.with_columns(customer_id=pl.lit("c3"), granted=pl.lit("yes"))
        retry(chain, "consents", pl.concat([first, good, good]), tmp_path / "m.csv")
        assert sorted(chain.bad("consents")["customer_id"]) == ["c1", "c2"]
        closed = {row["customer_id"] for row in chain.rows("consents") if row["problem"]}
        assert closed == {"c1", "c2"}


def test_files_that_name_no_such_rows_are_refused(chain: Any, tmp_path: Path) -> None:
    chain.sell("1,2025-01-01,A,x,,one,1", "2,2025-01-01,A,x,,1,1")
    chain.ingest()
    rows = quarantined(chain.lake, "transactions", {})
    with pytest.raises(NotFoundError, match="quarantine_id"):
        retry(chain, "transactions", rows.drop("quarantine_id"), tmp_path / "m.csv")
    with pytest.raises(NotFoundError, match="no row of stores is set aside"):
        quarantined(chain.lake, "stores", {})
    with pytest.raises(NotFoundError, match="is no table"):
        quarantined(chain.lake, "tills", {})
