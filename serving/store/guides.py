"""Who looks after whom, from published answers and the moves since."""

import polars as pl

from retail_brain.operational.database import Database
from retail_brain.operational.guides import guides_of_customers, moved_customers
from serving.store.answer_set import Answers


def _published_guides(answers: Answers) -> list[tuple[str, str | None]]:
    """Customer and guide as the lake has them; nothing where the answers hold no person features."""
    person = answers.rows.get("person")
    if person is None or "guide_id" not in person.columns:
        return []
    guides = person["guide_id"].cast(pl.String).to_list()
    # ids are withheld from keys of a place
    named = zip(answers.customers.ids.series.to_list(), guides, strict=True)
    return [(customer, guide) for customer, guide in named if customer is not None]


def present_guides(tenant: str, database: Database, answers: Answers) -> dict[str, str]:
    """Customer -> the guide who looks after them now; customers whom nobody looks after are left out.

    Raises:
        UnavailableError: the database does not answer.
    """
    moved = moved_customers(tenant, database)
    places = answers.customers.find_many(list(moved)).tolist()
    seen = {customer: guide for (customer, guide), place in zip(moved.items(), places, strict=True) if place >= 0}
    return guides_of_customers(_published_guides(answers), seen)
