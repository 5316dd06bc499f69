"""Text longer than its column is refused in words by SQLite, which ignores lengths, as by PostgreSQL."""

from datetime import UTC, date, datetime

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import String, func, insert, select

from retail_brain.errors import UsageError
from retail_brain.operational import upgrade as upgrading
from retail_brain.operational.campaigns import Change, save_campaign
from retail_brain.operational.database import Database
from retail_brain.operational.guide_answers import store_answers
from retail_brain.operational.guide_tasks import GuideAnswer
from retail_brain.operational.segments import find_segment
from retail_brain.operational.tables import CAMPAIGNS, METADATA, TRIGGER_FIRINGS
from retail_brain.operational.trigger_firings import firings, message_id
from retail_brain.operational.upgrade import upgrade

NOW = datetime(2025, 3, 1, 10, tzinfo=UTC)


def test_every_text_of_limited_length_checks_it() -> None:
    plain = [
        f"{table.name}.{column.name}"
        for table in METADATA.sorted_tables
        for column in table.columns
        if isinstance(column.type, String) and column.type.length is not None
    ]
    assert plain == [], "use Limited(name, length) in retail_brain/operational/tables"


def test_what_is_too_long_is_named_with_its_limit_and_nothing_is_stored(database: Database) -> None:
    def save(name: str, by: str) -> None:
        save_campaign(database, Change("main", name, None, by, NOW), {})

    save("k" * 100, "L" * 200)
    for name, by, said in (("k" * 101, "Li", "campaign_id has at most 100 characters; got 101"),
                           ("next", "L" * 201, "created_by has at most 200 characters; got 201")):  # fmt: skip
        with pytest.raises(UsageError, match=said) as caught:
            save(name, by)
        assert caught.value.details["problem"] == "too_long"
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(CAMPAIGNS)).scalar_one() == 1


def test_letters_of_any_script_count_as_one(database: Database) -> None:
    save_campaign(database, Change("main", "活" * 100, None, "李", NOW), {})
    with pytest.raises(UsageError, match="got 101"):
        save_campaign(database, Change("main", "活" * 101, None, "李", NOW), {})


def test_what_is_only_looked_for_is_refused_in_the_same_words(database: Database) -> None:
    with pytest.raises(UsageError, match="name has at most 100 characters"):
        find_segment("main", database, "s" * 101)
    answer = GuideAnswer("x", "t" * 41, "done", NOW)
    with pytest.raises(UsageError, match="task_id has at most 40 characters"):
        store_answers("main", database, [answer], guide_id=None, by="phone", now=NOW)


def test_what_triggers_fired_before_has_the_id_that_its_receivers_know(database: Database) -> None:
    def migrate(to: str) -> None:
        with database.writing() as connection:
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", str(upgrading._MIGRATIONS).replace("%", "%%"))
            command.downgrade(config, to)

    row = {"tenant_id": "main", "trigger_id": "bag", "person_id": "p", "cause": "bag:P1", "customer_id": "p",
           "caused_at": datetime(2025, 3, 1), "noted_at": NOW, "due_at": NOW, "state": "sent",
           "day": date(2025, 3, 1)}  # fmt: skip
    with database.writing() as connection:
        database.ensure_tenant("main", connection, now=NOW)
    migrate("0014")
    with database.writing() as connection:
        connection.execute(insert(TRIGGER_FIRINGS).values(**row))
    upgrade(database)
    with database.reading() as connection:
        assert connection.execute(select(TRIGGER_FIRINGS.c.contact_id)).scalar_one() == message_id("bag", "p", "bag:P1")
    (kept,) = firings("main", database)
    assert (kept.sent_on, kept.counted_on) == (None, date(2025, 3, 1))
