"""A campaign for excess stock over HTTP, from the proposal to its measured effect; needs nothing but Python.

    python campaign_by_api.py http://127.0.0.1:8080 KEY start      # propose, look, approve, list the people
    python campaign_by_api.py http://127.0.0.1:8080 KEY measure ID # once newer sales are ingested and published

The key has the role `marketer` or `admin`.
"""

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Ask = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Asks a route: its address and body, to its answer."""
PAGE = 10_000


def asking(address: str, key: str, language: str = "en") -> Ask:
    """Asks a service by POST; what it refuses ends the program with the service's words."""

    def ask(route: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {key}", "accept-language": language, "content-type": "application/json"}
        request = urllib.request.Request(address.rstrip("/") + route, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return dict(json.load(response))
        except urllib.error.HTTPError as refusal:
            sys.exit(f"{route}: {json.load(refusal)['error']['message']}")

    return ask


def start(ask: Ask, campaign_id: str) -> list[dict[str, Any]]:
    """Proposes a campaign for all excess stock, says what it would bring, approves it and gives its people."""
    proposed = ask("/campaign_propose", {"campaign_id": campaign_id})["campaign"]
    preview = proposed["preview"]
    print(f"{campaign_id}: {preview['contacts']} to contact, {preview['holdout']} held out")
    for step in preview["steps"]:
        print(f"  {step['customers']:>6} left out: {step['reason']}")
    print(f"  {preview['expected_buyers']:.1f} expected buyers, {preview['caused_purchases']:.1f} purchases caused")
    seen = {"campaign_id": campaign_id, "version": proposed["version"], "act": "approve"}
    approved = ask("/campaign_act", seen)["campaign"]
    print(f"{campaign_id}: {approved['state']}, approved by {approved['approved_by']}")
    people: list[dict[str, Any]] = []
    while True:
        asked = {"campaign_id": campaign_id, "group": "contact", "limit": PAGE, "offset": len(people)}
        answer = ask("/campaign_contacts", asked)
        people += answer["contacts"]
        if len(people) >= answer["total"]:
            return people


def measure(ask: Ask, campaign_id: str) -> dict[str, Any]:
    """Measures it as of the last day of the data and says what it brought."""
    effect: dict[str, Any] = ask("/campaign_measure", {"campaign_id": campaign_id})["effect"]
    found = effect["outcomes"]["purchases"]
    if found is None:
        print(f"{campaign_id} as of {effect['as_of']}: too few people, or their days are not over, for an interval")
    else:
        ends = f"{100 * found['low']:+.1f} to {100 * found['high']:+.1f}"
        print(f"{campaign_id} as of {effect['as_of']}: {100 * found['difference']:+.1f} purchases per hundred ({ends})")
    if effect["net"] is not None:
        net = effect["net"]
        print(f"  net of cost {net['value']:.2f} ({net['low']:.2f} to {net['high']:.2f})")
    return effect


def main(arguments: list[str]) -> None:
    """Runs one of the two parts."""
    if (
        len(arguments) < 3
        or arguments[2] not in {"start", "measure"}
        or (arguments[2] == "measure") != (len(arguments) == 4)
    ):
        sys.exit(__doc__)
    ask = asking(arguments[0], arguments[1])
    if arguments[2] == "measure":
        measure(ask, arguments[3])
        return
    people = start(ask, f"api-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    for person in people[:5]:
        print(f"  {person['customer_id']} by {person['channel']} on {person['day']} about {person['product_id']}")


if __name__ == "__main__":
    main(sys.argv[1:])
