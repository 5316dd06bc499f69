"""A file that is no database is an error that says so."""

from pathlib import Path

import pytest

from retail_brain.errors import RetailBrainError
from retail_brain.operational.database import Database
from retail_brain.operational.upgrade import upgrade


def test_file_that_is_no_database_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "operational.db"
    file.write_bytes(b"not a database at all" * 99)
    database = Database(f"sqlite:///{file}")
    with pytest.raises(RetailBrainError, match="does not answer: file is not a database"):
        upgrade(database)
    database.close()
