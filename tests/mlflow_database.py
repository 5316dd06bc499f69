"""Makes the tables of MLflow's database once per process of the tests; every further home gets a copy.

MLflow runs forty migrations for a new file, about a second of processor each time.
"""

import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

_MODULE = "training.tracking.own_database"


def copy_instead_of_making(template: Path) -> None:
    """Replaces how our tracking makes a database, where tests that were collected import it.

    Args:
        template: file that the first database is copied to when it has been made.
    """
    module: Any = sys.modules.get(_MODULE)
    if module is None:
        return
    make = module._create_database

    def create(path: Path) -> None:
        if not template.exists():
            make(path)
            shutil.copy(path, template)
            return
        shutil.copy(template, path)
        with closing(sqlite3.connect(path)) as connection, connection:
            module._place_default_experiment(connection, path.parent)

    module._create_database = create
