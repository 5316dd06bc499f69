"""Makes once per process of the tests what every home and model gets alike in MLflow; further ones get a copy.

The tables of a database, for which MLflow runs forty migrations (a second of processor), and the zip file with the code
that reads a model (a tenth of a second).
"""

import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

_MODULE = "training.tracking.own_database"
_STORE = "training.tracking.store"


def pack_code_once(template: Path) -> None:
    """Replaces how our tracking packs the code beside a model, where tests that were collected import it.

    Args:
        template: file that the first package is copied to when it has been made.
    """
    module: Any = sys.modules.get(_STORE)
    if module is None:
        return
    write = module.write_code

    def copy(target: Path) -> None:
        if not template.exists():
            write(template)
        shutil.copy(template, target)

    module.write_code = copy


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
