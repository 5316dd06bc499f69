"""What progress prints where nobody watches."""

import pytest

from retail_brain.progress import Progress


def test_a_bar_prints_nothing_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    assert list(progress.track([1, 2], "stores")) == [1, 2]
    progress.say("done")
    assert capsys.readouterr().err == "done\n"
