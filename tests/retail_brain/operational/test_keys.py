"""API keys."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from retail_brain.errors import NotFoundError, UsageError
from retail_brain.operational.audit import list_audit
from retail_brain.operational.database import Database
from retail_brain.operational.keys import create_key, find_key, list_keys, revoke_key, signature

NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)


def test_a_key_opens_and_says_whose_it_is(database: Database) -> None:
    key = create_key("main", database, role="marketer", name="小王", now=NOW)
    found = find_key(database, key, now=NOW)
    assert found is not None
    assert (found.tenant, found.role, found.name, found.created_at) == ("main", "marketer", "小王", NOW)
    assert key.startswith(found.key_id + "_")


def test_the_key_itself_is_nowhere_in_the_database(database: Database) -> None:
    key = create_key("main", database, role="admin", name="a", now=NOW)
    secret = key.split("_", 2)[2]
    with database.reading() as connection:
        stored = [
            str(row) for table in ("api_keys", "audit") for row in connection.execute(text(f"SELECT * FROM {table}"))
        ]
    assert not any(secret in row for row in stored)


@pytest.mark.parametrize(
    "wrong", ["", "rb", "rb_1", "rb_0123456789abcdef01_x", "rb_1_2", "x" * 5000, "rb_ä_ö", "'; DROP TABLE api_keys; --"]
)
def test_a_wrong_key_opens_nothing(database: Database, wrong: str) -> None:
    create_key("main", database, role="admin", name="a", now=NOW)
    assert find_key(database, wrong, now=NOW) is None


def test_a_key_with_another_secret_opens_nothing(database: Database) -> None:
    key = create_key("main", database, role="admin", name="a", now=NOW)
    assert find_key(database, key[:-1] + ("A" if key[-1] != "A" else "B"), now=NOW) is None


def test_a_key_stops_at_its_expiry(database: Database) -> None:
    ends = NOW + timedelta(days=1)
    key = create_key("main", database, role="admin", name="a", now=NOW, expires_at=ends)
    assert find_key(database, key, now=ends - timedelta(seconds=1)) is not None
    assert find_key(database, key, now=ends) is None


def test_a_revoked_key_opens_nothing_and_stays_listed(database: Database) -> None:
    key = create_key("main", database, role="admin", name="a", now=NOW)
    key_id = list_keys("main", database)[0].key_id
    later = NOW + timedelta(hours=1)
    first = revoke_key("main", database, key_id, now=later)
    assert revoke_key("main", database, key_id, now=later + timedelta(hours=1)) == first
    assert find_key(database, key, now=later) is None
    assert [one.revoked_at for one in list_keys("main", database)] == [later]


def test_no_tenant_sees_or_revokes_the_keys_of_another(database: Database) -> None:
    create_key("main", database, role="admin", name="a", now=NOW)
    create_key("other", database, role="admin", name="b", now=NOW)
    theirs = list_keys("other", database)[0].key_id
    assert [key.name for key in list_keys("main", database)] == ["a"]
    with pytest.raises(NotFoundError, match="tenant main has no key"):
        revoke_key("main", database, theirs, now=NOW)
    assert [deed.subject for deed in list_audit("other", database)] == [theirs]


def test_an_unknown_role_is_refused(database: Database) -> None:
    with pytest.raises(UsageError, match="wanted one of merchandiser, marketer, data_scientist, admin"):
        create_key("main", database, role="boss", name="a", now=NOW)
    assert list_keys("main", database) == []


def test_making_and_revoking_is_audited(database: Database) -> None:
    create_key("main", database, role="admin", name="a", now=NOW)
    key_id = list_keys("main", database)[0].key_id
    revoke_key("main", database, key_id, now=NOW)
    assert [(deed.action, deed.subject) for deed in list_audit("main", database)] == [
        ("keys.revoke", key_id),
        ("keys.create", key_id),
    ]


def signatures(database: Database, keys: list[str], now: datetime = NOW) -> list[str]:
    opened = [find_key(database, key, now=now) for key in keys]
    return [signature(database, key, now=now) for key in opened if key is not None]


def test_valid_keys_of_one_name_sign_with_the_start_of_their_id(database: Database) -> None:
    keys = [create_key("main", database, role="admin", name="Li", now=NOW)]
    create_key("other", database, role="admin", name="Li", now=NOW)
    assert signatures(database, keys) == ["Li"]
    keys.append(create_key("main", database, role="marketer", name="Li", now=NOW))
    assert signatures(database, keys) == [f"Li ({key[:9]})" for key in keys]
    revoke_key("main", database, "_".join(keys[0].split("_", 2)[:2]), now=NOW)
    assert signatures(database, keys) == ["Li"]
    keys.append(create_key("main", database, role="admin", name="Li", now=NOW, expires_at=NOW + timedelta(days=1)))
    assert signatures(database, keys[1:2], NOW + timedelta(hours=23)) == [f"Li ({keys[1][:9]})"]
    assert signatures(database, keys[1:2], NOW + timedelta(days=1)) == ["Li"]


def test_a_signature_fits_the_columns_that_record_it(database: Database) -> None:
    keys = [create_key("main", database, role="admin", name="x" * 200, now=NOW) for _ in range(2)]
    assert signatures(database, keys) == ["x" * 188 + f" ({key[:9]})" for key in keys]
