"""Versions that somebody cannot load: asked for, answered, given up; and versions that follow one another."""

from datetime import UTC, datetime, timedelta

from storage.database import Storage
from storage.version_doubts import Doubt

AT = datetime(2027, 3, 1, 8, tzinfo=UTC)
LATER = AT + timedelta(seconds=1)


def test_a_version_is_asked_for_once_and_whoever_can_load_it_ends_the_question(storage: Storage) -> None:
    with storage.transaction() as t:
        doubts = t.version_doubts
        t.progress.put("sweep/sms", at=AT)
        doubts.ask("a1", AT)
        doubts.ask("a1", LATER)
        doubts.ask("b2", LATER)
        assert doubts.all() == {"a1": Doubt(AT, False), "b2": Doubt(LATER, False)}
        assert doubts.given_up(["a1", "b2"]) == frozenset()
        doubts.answer(["a1", "c3"])
        assert doubts.all() == {"b2": Doubt(LATER, False)}
        doubts.answer([])


def test_only_the_question_that_nobody_answered_leads_to_giving_up(storage: Storage) -> None:
    with storage.transaction() as t:
        doubts = t.version_doubts
        doubts.ask("a1", AT)
        doubts.answer(["a1"])
        assert not doubts.give_up("a1", AT)
        doubts.ask("a1", LATER)
        assert not doubts.give_up("a1", AT)
        assert doubts.give_up("a1", LATER)
        assert doubts.all() == {"a1": Doubt(LATER, True)}
        assert doubts.given_up(["a1", "b2"]) == {"a1"}
        assert doubts.given_up([]) == frozenset()
        doubts.answer(["a1"])
        assert doubts.given_up(["a1"]) == frozenset()


def test_a_version_goes_before_the_one_that_was_looked_at_and_no_other(storage: Storage) -> None:
    with storage.transaction() as t:
        campaigns = t.campaigns
        campaigns.ensure("spring")
        assert not campaigns.replace_version("autumn", "", "a1")
        assert campaigns.replace_version("spring", "", "a1")
        assert not campaigns.replace_version("spring", "", "b2")
        assert campaigns.replace_version("spring", "a1", "b2")
        assert [row["rules"] for row in campaigns.all()] == ["b2"]


def test_versions_are_known_by_when_they_were_loaded_first(storage: Storage) -> None:
    with storage.transaction() as t:
        for at in (AT, LATER):
            t.campaigns.keep_version("a1", "spring", "1.yaml", "campaign: spring\n", at)
        assert t.campaigns.known_versions(["a1", "b2"]) == {"a1": AT}
