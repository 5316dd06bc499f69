"""People for goods."""

from typing import Any

from serving.api.requests import AudienceRequest
from serving.queries.call import Call, no_champion


def audience(_request: AudienceRequest, call: Call) -> dict[str, Any]:
    """The most probable buyers among those who may be reached, and why others were left out."""
    if call.answers.pairs is None:
        raise no_champion("recommender")
    raise no_champion("recommender")
