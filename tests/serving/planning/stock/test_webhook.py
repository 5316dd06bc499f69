"""What another system answers is told on one line, whatever it sent."""

import http.client
import urllib.request
from typing import Any

import pytest

from serving.planning.stock import webhook


@pytest.mark.parametrize("sent", ["\0\x1b[31mgarbage\r\n", "garbage " * 500])
def test_garbage_for_an_answer_is_told_without_control_characters(sent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(*_: Any, **__: Any) -> Any:
        raise http.client.BadStatusLine(sent)

    request = urllib.request.Request("http://erp.internal/orders", data=b"{}")
    opener = urllib.request.build_opener()
    monkeypatch.setattr(opener, "open", answer)
    problem, may_pass = webhook._try(opener, request, 1.0)
    assert may_pass
    assert problem is not None
    assert problem.isprintable()
    assert "garbage" in problem
    assert len(problem) <= webhook._SAID
