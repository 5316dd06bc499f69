"""Reads a campaign's definition from a file."""

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from retail_brain.decisions.campaigns.definition import CampaignDefinition, parse_definition
from retail_brain.errors import UsageError


def read_definition(path: Path) -> CampaignDefinition:
    """A definition from TOML or JSON.

    Raises:
        UsageError: the file is missing, of another kind, damaged, or no campaign.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".toml":
            values: Any = tomllib.loads(text)
        elif path.suffix == ".json":
            values = json.loads(text)
        else:
            raise UsageError(f"{path} has no ending that says how to read it; wanted .toml or .json.")
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as a campaign: {error}. Correct the file or its name.") from error
    if not isinstance(values, dict):
        raise UsageError(f"{path} is no campaign: wanted fields such as name, slots, starts_on. See docs/marketer.md.")
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
    return parse_definition(plain, str(path))
