"""Facts that audiences and campaigns are drawn from, as the answers hold them."""

from types import SimpleNamespace
from typing import Any

import pytest

from retail_brain.errors import ModelError
from serving.store.audience_facts import facts_of


def test_answers_without_a_recommender_say_that_they_know_nobody() -> None:
    """A shop without customers has a demand model alone; its campaigns and guides must be refused in words."""
    answers: Any = SimpleNamespace(rows={})
    with pytest.raises(ModelError, match=r"know nobody.*train recommender"):
        facts_of(answers, [0])
