"""Whom and what `pointsman explain` and `pointsman why-not` find: those, too, who left, and those of two campaigns."""

import json
from pathlib import Path

import pytest

from gateway.explain import explaining
from gateway.explain.explaining import EARLIER_GONE, explain_event, explain_participant
from gateway.given import Version
from gateway.recorded import Versions
from tests.gateway.api.reading import answer, read_all
from tests.gateway.example_rules import ADA
from tests.gateway.explain.test_explaining import RULES, a_talk
from tests.gateway.people_data import pointsman, use_database
from tests.gateway.running import World, running

OTHER = """
campaign: other
fields: {n: {type: numeric}}
flows:
  f:
    here: {when: participant_updated, next: end}
    end: {do: finish}
"""


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    use_database(monkeypatch, database_url)


async def removed(world: World) -> tuple[str, str]:
    """Ada was a participant; the ids she had there and has as a customer."""
    await a_talk(world)
    owner = await world.read(lambda t: t.people.by_identifiers([("phone", ADA)]))
    (ada,) = [row["id"] for row in await world.people("due") if row["customer"] == owner["phone", ADA]]
    async with world.api("DELETE", f"campaigns/due/participants/{ada}", b"") as answer:
        assert answer.status == 204
    await world.quiet()
    return ada, owner["phone", ADA]


async def test_the_api_tells_of_somebody_who_left_what_the_command_tells(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, OTHER, database=database_url) as world:
        ids = await removed(world)
        told = [await answer(world, f"campaigns/due/participants/{id}/explanations") for id in ids]
        elsewhere = [await answer(world, f"campaigns/other/participants/{id}/explanations") for id in ids]
        page = await read_all(world, f"campaigns/due/participants/{ids[0]}/explanations", "explanations", limit=1)
        command = await pointsman(tmp_path, "explain", f"due/{ADA}", "--json")
        stranger = await answer(world, f"campaigns/due/participants/{'0' * 32}/explanations")
        async with world.api("DELETE", f"customers/{ids[1]}", b"") as erased:
            assert erased.status == 200
        untold = [await answer(world, f"campaigns/due/participants/{id}/explanations") for id in ids]

    assert told[0] == told[1] == (200, {"explanations": json.loads(command.stdout), "next": None})
    assert page == json.loads(command.stdout)
    assert [status for status, _ in (*elsewhere, stranger, *untold)] == [404] * 5


async def test_what_happened_to_somebody_who_left_is_told(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, OTHER, database=database_url) as world:
        participant, _ = await removed(world)
        told = await pointsman(tmp_path, "explain", f"due/{ADA}")
        by_id = await pointsman(tmp_path, "explain", participant)
        elsewhere = await pointsman(tmp_path, "explain", f"other/{ADA}")
        asked = await pointsman(tmp_path, "why-not", f"due/{ADA}", "remind.done")
        no_text = await pointsman(tmp_path, "explain", f"due\udcff/{ADA}")

    assert "an operator took the participant out of due" in told.output
    assert by_id.output == told.output
    assert 'the API gave name = "Ada"' in told.output
    assert 'takes no part in a campaign "other"\n' in elsewhere.output
    assert f"any more; what happened: pointsman explain due/{ADA}" in asked.output
    assert [one.exit_code for one in (told, elsewhere, asked, no_text)] == [0, 2, 2, 2]


async def test_what_was_decided_in_another_campaign_since_hides_nothing(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, RULES, OTHER, database=database_url) as world:
        await a_talk(world)
        for n in range(30):
            await world.give("other", {"phone": ADA, "n": n})
        told = await pointsman(tmp_path, "explain", f"due/{ADA}", "--limit", "1")

    assert "campaign due: applied" in told.output
    assert "there is more: take a larger --limit than 1" in told.output


async def test_decisions_that_are_all_of_another_campaign_are_not_told_as_none(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explaining, "PAGE", 1)
    monkeypatch.setattr(explaining, "PAGES", 2)
    async with running(tmp_path, RULES, OTHER, database=database_url) as world:
        await a_talk(world)
        await world.passes(seconds=5)
        for n in range(3):
            await world.give("other", {"phone": ADA, "n": n})
        told = await pointsman(tmp_path, "explain", f"due/{ADA}", "--limit", "1")
        (ada,) = [row for row in await world.people("due") if row["fields"].get("amount") == "12.50"]
        page, more = await world.read(lambda t: explain_participant(t, versions_of(world).of(t), ada, None, 1))

    assert "the latest decisions about the person are all of other campaigns" in told.output
    assert (page, more is not None) == ([], True)


async def test_an_earlier_rule_file_that_is_gone_is_not_blamed_on_the_program(
    tmp_path: Path, database_url: str
) -> None:
    async with running(tmp_path, RULES, database=database_url) as world:
        await a_talk(world)
        began = world.gateway.rulebooks.of("due").hash
        await world.edit(1, RULES.replace("for: 2d", "for: 3d").replace("outcome: reminded", "outcome: done"))
        await world.passes(days=3)
        number = (await world.decisions("timer"))[-1]["event"]
        told = await world.read(lambda t: explain_event(t, without(began, versions_of(world).of(t)), number))

    (part,) = told.parts
    assert part.missing == EARLIER_GONE
    assert part.facts != ()


def versions_of(world: World) -> Versions:
    return Versions(world.gateway.rulebooks.project)


def without(gone: str, version: Version) -> Version:
    """As if that version could not be read any more."""
    return lambda hash: None if hash == gone else version(hash)
