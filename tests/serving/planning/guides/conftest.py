"""The small chain, desk and database that the tests of triggers have."""

import runpy
from pathlib import Path

_TRIGGERS = runpy.run_path(str(Path(__file__).parents[1] / "triggers" / "conftest.py"))
database, source, desk = (_TRIGGERS[name] for name in ("database", "source", "desk"))
