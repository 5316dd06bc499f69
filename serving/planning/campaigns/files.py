"""Reads the definition of a campaign, or of something like it, from a file."""

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from retail_brain.decisions.campaigns.definition import CampaignDefinition, parse_definition
from retail_brain.errors import UsageError


def read_definition(path: Path) -> CampaignDefinition:
    """A campaign's definition from TOML or JSON.

    Raises:
        UsageError: the file is missing, of another kind, damaged, or no campaign.
    """
    return parse_definition(read_values(path, "campaign", "name, slots, starts_on"), str(path))


def read_values(path: Path, what: str, fields: str) -> dict[str, Any]:
    """The fields of a definition from TOML or JSON, days as text.

    Args:
        path: the file.
        what: it is, such as `campaign`.
        fields: that it should have, for the error.

    Raises:
        UsageError: the file is missing, of another kind or damaged, or holds no fields.
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
        raise UsageError(f"{path} cannot be read as a {what}: {error}. Correct the file or its name.") from error
    if not isinstance(values, dict):
        raise UsageError(f"{path} is no {what}: wanted fields such as {fields}. See docs/marketer.md.")
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
