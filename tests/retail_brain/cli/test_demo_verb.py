"""What the demo prepares before it ingests."""

from pathlib import Path

from retail_brain.cli.context import Context
from retail_brain.cli.demo_verb import prepare
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace


def test_the_first_run_writes_the_settings_of_its_data_and_later_ones_keep_what_a_user_wrote(tmp_path: Path) -> None:
    context = Context(Workspace(tmp_path), Settings(), SILENT)
    first = prepare(context, "sample")
    assert (first.settings.data.country, first.settings.data.currency) == ("CN", "¥")
    file = first.workspace.settings_file
    file.write_text('[data]\ncountry = "DE"\n', encoding="utf-8")
    assert prepare(context, "sample").settings.data.country == "DE"


def test_other_data_get_a_tenant_of_their_own_unless_one_was_named(tmp_path: Path) -> None:
    assert prepare(Context(Workspace(tmp_path), Settings(), SILENT), "complete-journey").workspace.tenant != "main"
    named = prepare(Context(Workspace(tmp_path, "mine"), Settings(), SILENT), "complete-journey")
    assert named.workspace.tenant == "mine"
