"""A manifest that is not one is an error that says what to do."""

from pathlib import Path

import pytest

from retail_brain.errors import ModelError
from training.bundle import read_manifest


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"format": 1, "files": []}'])
def test_odd_manifest_is_no_bundle(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"is not a bundle: .* Promote the model again"):
        read_manifest(tmp_path)
