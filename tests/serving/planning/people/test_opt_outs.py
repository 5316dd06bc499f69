"""Opt-outs beside consents: stored in UTC, compared with the local time of a shop."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from retail_brain.decisions.consents import keep_open, with_opt_outs
from retail_brain.operational.database import Database
from retail_brain.operational.upgrade import upgrade
from serving.planning.people import opt_outs
from serving.planning.people.opt_outs import read_opt_outs

PAIRS = pl.DataFrame({"customer_id": ["C1"], "channel": ["sms"]})


def _consents(given: datetime) -> pl.DataFrame:
    return pl.DataFrame(
        {"customer_id": ["C1"], "channel": ["sms"], "granted": [True], "changed_at": [given]},
        schema_overrides={"changed_at": pl.Datetime("us")},
    ).with_columns(problem=pl.lit(None, dtype=pl.String))


@pytest.mark.parametrize(
    ("given", "is_open"),
    [
        # opted out at 10:00 in Shanghai, which is 02:00 UTC: a consent of 09:00 there came before it
        (datetime(2026, 3, 2, 9), False),
        (datetime(2026, 3, 2, 15), False),
        (datetime(2026, 3, 2, 17), True),
    ],
)
def test_a_consent_reopens_a_channel_only_where_it_is_the_later_in_every_zone(
    given: datetime, is_open: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = [("C1", "sms", datetime(2026, 3, 2, 2, tzinfo=UTC))]
    monkeypatch.setattr(opt_outs, "opt_outs", lambda *_: refused)
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    upgrade(database)
    read = read_opt_outs("main", database)
    kept = keep_open(PAIRS, with_opt_outs(_consents(given), read), read.select("customer_id", "channel"))
    assert (kept.height == 1) is is_open
