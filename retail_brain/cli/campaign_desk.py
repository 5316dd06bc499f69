"""Opens what the verbs of campaigns work on, and holds the options that they share."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from retail_brain.cli.context import current, open_database

if TYPE_CHECKING:
    from serving.planning.campaigns.life import Desk

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The campaign's id.")]
ByOption = Annotated[str, typer.Option("--by", help="Who does it; kept with the campaign.")]


@contextmanager
def campaign_desk() -> "Iterator[Desk]":
    """Where campaigns are worked on: the database, the published answers with segments of the lake, the settings."""
    from retail_brain.cli.audience_verbs import segment_customers
    from serving.planning.campaigns.life import Desk
    from serving.store.campaigns import PublishedSource
    from serving.store.current_answers import open_current

    chosen = current()
    with closing(open_database()) as database:
        answers = open_current(chosen.workspace.answers)
        source = PublishedSource(
            answers, lambda name: segment_customers(name, chosen.dataset(None, answers.manifest.as_of), None)
        )
        yield Desk(database, source, chosen.settings)
