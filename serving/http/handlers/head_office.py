"""How the chain, its regions and stores do, and what changed since the answers before."""

from typing import Any

import polars as pl

from retail_brain.errors import ModelError
from serving.http.handlers.call import Call
from serving.http.handlers.stock_network import plain_rows
from serving.http.messages.head_office_messages import HeadOfficeRequest
from serving.planning.listing.tables import SEARCHED
from serving.store.head_office import head_office
from serving.store.listing.names import with_names


def head_office_of(request: HeadOfficeRequest, call: Call) -> dict[str, Any]:
    """Figures of four weeks against a year ago in all, by region and store, and the dearest changes of exceptions.

    Raises:
        ModelError: the present answers have no such figures.
    """
    figures = head_office(call.answers)
    if figures is None:
        raise ModelError(
            "the present answers have no figures of the stores: they were published before there was a demand model, "
            "for a chain counted by months, or by an older version. Run `retail-brain publish`.",
            {"problem": "no_store_figures", "part": "performance"},
        )
    return figures | {"as_of": call.answers.manifest.as_of, "changes": _changes(request.changes, call)}


def _changes(most: int, call: Call) -> dict[str, Any] | None:
    """Exceptions that are new or gone since the answers before; None where those had none to compare with."""
    rows = call.answers.rows
    table = rows.get("changes")
    # answers of older versions know the day from the changes alone
    days = [answers["before"] for name in ("changes_since", "changes") if (answers := rows.get(name)) is not None]
    since = next((str(day[0]) for day in days if day.len()), None)
    if table is None or since is None:
        return None
    counted = table.group_by("change").agg(lines=pl.len(), money=pl.col("money").sum().round(2))
    sums = {row["change"]: {"lines": row["lines"], "money": row["money"]} for row in counted.to_dicts()}
    nothing = {"lines": 0, "money": 0.0}
    listed = {}
    for change in ("new", "gone"):
        dearest = table.filter(change=change).sort("money", descending=True, maintain_order=True).head(most)
        named = with_names(dearest.drop("change", "before"), call.answers, ("store_id", "other_store_id"))
        listed[change] = plain_rows(named.drop(SEARCHED), call.language)
    return {
        "since": since,
        **{name: sums.get(name, nothing) | {"rows": listed[name]} for name in listed},
    }
