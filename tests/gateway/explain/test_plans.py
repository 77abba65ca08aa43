"""Explaining one person's decisions takes no longer for all that there is of others."""

import pytest

from gateway.explain.explaining import explain_participant
from gateway.explain.finding import NotFound, meant
from gateway.explain.target import target_named
from gateway.explain.why_not import why_not
from rules.book import Rulebook
from rules.loader import load_rulebook
from storage.database import Storage
from tests.gateway.api.test_list_plans import costly, heard
from tests.gateway.explain.test_explaining import RULES
from tests.journeys.test_cookbook import PROJECT
from tests.storage.listing.large import fill

CAMPAIGN = "due"
EMPTY = "FROM run "  # a table without rows, which PostgreSQL reads whole; it has an index of customers
SOMEBODY = {"id": "p5", "customer": "c5", "campaign": CAMPAIGN, "entered": True, "held": [], "fields": {}}


def nowhere(hash: str) -> Rulebook | None:
    """Versions of which there are none."""
    return None


async def test_no_explanation_asks_for_what_takes_longer_the_more_there_is(storage: Storage) -> None:
    with storage._writing.begin() as connection:
        fill(connection, CAMPAIGN)
    book = load_rulebook(RULES, "due.yaml", PROJECT).rulebook
    assert book is not None
    target = target_named(book, "remind.ask")
    with heard(storage) as asked:
        await storage.read(lambda t: explain_participant(t, nowhere, SOMEBODY, None, 5), patiently=False)
        await storage.read(lambda t: why_not(t, nowhere, target, SOMEBODY), patiently=False)
        with pytest.raises(NotFound):
            await storage.read(lambda t: meant(t, "f" * 32), patiently=False)

    assert len(asked) > 5
    found = costly(storage, asked).items()
    assert {name: steps for name, steps in found if steps and EMPTY not in name} == {}
