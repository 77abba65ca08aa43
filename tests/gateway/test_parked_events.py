"""Events that can't be decided are parked, stand in nobody's way, and are told, tried once more, or dropped."""

import json
from pathlib import Path

import pytest

from gateway.parts import MAX_ATTEMPTS
from tests.gateway.example_rules import ADA, BEN, ECHO
from tests.gateway.poison import SECRET, Poison, balanced, parked, pointsman, state, the_parked
from tests.gateway.running import CARLA, World, running
from tests.gateway.test_worker import keep, said

GIVEN = """
campaign: list
fields: {name: {type: string}}
flows:
  greet:
    joined: {when: participant_created, next: hello}
    hello: {do: reply, text: "Hello {{ name }}"}
"""
KINDS = ("timer", "answer", "stranded", "receipt", "settled", "started", "request", "from another version")
LIST = f"phone,name\n{ADA},Ada\n{BEN},Ben\n"


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> Poison:
    return Poison(monkeypatch)


async def talkative(world: World) -> None:
    await world.start("echo")
    await world.give("echo", {"phone": ADA}, {"phone": BEN})


async def parked_count(world: World) -> int:
    async with world.http.get(f"{world.url}/readyz") as answer:
        return int((await answer.json())["parked_events"])


async def test_a_poison_event_among_a_hundred_is_parked_and_all_others_are_decided(
    tmp_path: Path, database_url: str, poison: Poison
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await talkative(world)
        poison.meant = lambda event: event.key == "sms:50"
        people = [said(str(number), ADA if number % 2 == 0 else BEN, f"no {number}") for number in range(100)]
        numbers = await keep(world, *people)
        row = await state(world, numbers[50])

        assert (row["state"], row["attempts"]) == ("parked", MAX_ATTEMPTS - 1)
        assert world.heard(BEN) == [f"You wrote no {number}" for number in range(1, 100, 2)]
        assert world.heard(ADA) == [f"You wrote no {number}" for number in range(0, 100, 2) if number != 50]
        assert await parked_count(world) == 1
        assert await balanced(world)


async def test_a_parked_event_is_told_with_its_reason_and_nothing_personal(
    tmp_path: Path, database_url: str, poison: Poison
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await talkative(world)
        poison.kind("message")
        await world.texts(ADA, SECRET)
        number = await the_parked(world)
        (customer,) = {row["customer"] for row in await world.people("echo")} & {(await parked(world))[0]["customer"]}
        for shown in (await pointsman(world, "parked"), await pointsman(world, "show", number)):
            assert f"failed {MAX_ATTEMPTS} times, last: ValueError at poison.py:" in shown.stdout
            assert customer in shown.stdout
            assert ADA[1:] not in shown.stdout
            assert SECRET not in shown.stdout
        full = json.loads((await pointsman(world, "show", number, "--full")).stdout)

        assert (full["state"], full["payload"]["text"], full["payload"]["address"]) == ("parked", SECRET, ADA)


async def test_a_listing_can_be_narrowed(tmp_path: Path, poison: Poison) -> None:
    async with running(tmp_path, ECHO, GIVEN) as world:
        await talkative(world)
        poison.kind("message", "participant")
        await world.texts(ADA, "hi")
        await world.give("list", {"phone": ADA, "name": "Ada"})

        assert [event["kind"] for event in await parked(world)] == ["message", "participant"]
        assert [event["kind"] for event in await parked(world, "--kind", "message")] == ["message"]
        assert [event["campaign"] for event in await parked(world, "--campaign", "list")] == ["list"]
        assert len(await parked(world, "--since", "2027-03-01T00:00:00+00:00")) == 2
        assert await parked(world, "--since", "2027-03-02T00:00:00+00:00") == []


async def test_a_retried_event_goes_before_what_came_after_it_and_is_decided_once(
    tmp_path: Path, database_url: str, poison: Poison
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await talkative(world)
        poison.kind("message")
        await world.texts(ADA, "one")
        await world.texts(ADA, "two")
        poison.kind()
        first, second = [event["number"] for event in await parked(world)]
        result = await pointsman(world, "retry", second, first)

        assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "2 events are to be tried once more")
        assert world.heard(ADA) == ["You wrote one", "You wrote two"]
        row = await state(world, first)
        assert (row["state"], row["attempts"], row["error"]) == ("decided", 0, "")
        again = await pointsman(world, "retry", first, 999)
        assert again.exit_code == 1
        assert f"event {first} is decided, not parked" in again.stderr
        assert "there is no event 999" in again.stderr
        assert world.heard(ADA) == ["You wrote one", "You wrote two"]
        assert await balanced(world)


async def test_all_parked_events_with_one_reason_are_tried_once_more(tmp_path: Path, poison: Poison) -> None:
    async with running(tmp_path, ECHO) as world:
        await talkative(world)
        poison.kind("message")
        await world.texts(ADA, "one")
        await world.texts(BEN, "two")
        poison.kind()
        none = await pointsman(world, "retry", "--all", "--reason", "KeyError")
        every = await pointsman(world, "retry", "--all", "--reason", "ValueError")

        assert none.stdout.startswith("0 events")
        assert every.stdout.startswith("2 events")
        assert (world.heard(ADA), world.heard(BEN)) == (["You wrote one"], ["You wrote two"])


async def test_a_retried_row_of_a_contact_list_counts_as_failed_no_longer(
    tmp_path: Path, database_url: str, poison: Poison
) -> None:
    async with running(tmp_path, GIVEN, database=database_url) as world:
        await world.start("list")
        poison.meant = lambda event: event.payload.get("fields") == {"name": "Ada"}
        await world.upload("list", LIST)
        number = await the_parked(world)
        row = await state(world, number)
        upload = row["payload"]["upload"]
        before = await world.read(lambda t: t.uploads.get(upload))
        (error,) = await world.read(lambda t: t.lists.upload_failures.first(upload, 9))
        poison.kind()
        await pointsman(world, "retry", number)
        after = await world.read(lambda t: t.uploads.get(upload))
        left = await world.read(lambda t: t.lists.upload_failures.first(upload, 9))

        assert before is not None
        assert after is not None
        counted = ("status", "created", "failed")
        assert [before[name] for name in counted] == ["failed", 1, 1]
        assert [error[name] for name in ("row", "field", "value", "reason")] == [2, "", "", row["error"]]
        assert ([after[name] for name in counted], left) == (["completed", 2, 0], [])
        assert after["finished_at"] is not None


@pytest.mark.parametrize(("word", "other"), [("START", "STOP"), ("STOP", "START")])
async def test_a_retry_never_undoes_what_the_person_has_said_since_of_being_written_to(
    tmp_path: Path, database_url: str, poison: Poison, word: str, other: str
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await talkative(world)
        poison.kind("message")
        await world.texts(ADA, word)
        number = await the_parked(world)
        poison.kind()
        await world.texts(ADA, other)
        held = await world.read(lambda t: t.opt_outs.among([("sms", ADA)]))
        result = await pointsman(world, "retry", number)

        assert result.exit_code == 1
        assert f"the person has said {other} since" in result.stderr
        assert await world.read(lambda t: t.opt_outs.among([("sms", ADA)])) == held
        assert (await pointsman(world, "drop", number, "--yes")).exit_code == 0


@pytest.mark.parametrize("word", ["STOP", "START"])
async def test_a_word_that_nobody_has_taken_back_is_tried_once_more(tmp_path: Path, poison: Poison, word: str) -> None:
    async with running(tmp_path, ECHO) as world:
        await talkative(world)
        poison.kind("message")
        await world.texts(ADA, word)
        number = await the_parked(world)
        poison.kind()

        assert (await pointsman(world, "retry", number)).exit_code == 0
        assert (await state(world, number))["state"] == "decided"


async def test_a_post_that_could_not_be_read_is_read_once_more(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await world.start("echo")
        await world.give("echo", {"slack": CARLA})
        adapter = world.gateway.adapters["slack"]
        read, broken = adapter.read, True

        async def stumbles(request: object) -> object:
            if broken:
                raise ValueError(SECRET)
            return await read(request)  # type: ignore[arg-type]

        monkeypatch.setattr(adapter, "read", stumbles)
        await world.writes(CARLA, "hi")
        (event,) = await parked(world)
        broken = False
        assert event["kind"] == "request"
        assert SECRET not in event["reason"]
        assert SECRET not in (await pointsman(world, "show", event["number"])).stdout
        await pointsman(world, "retry", event["number"])

        assert world.heard(CARLA) == ["You wrote hi"]
        assert await parked_count(world) == 0


async def test_an_event_too_broken_to_be_parked_in_full_stops_nobody(tmp_path: Path, database_url: str) -> None:
    async with running(tmp_path, ECHO, database=database_url) as world:
        await talkative(world)
        bad = said("0", ADA, "none")
        broken = [
            type(bad)("a", "message", bad.about, {"consent": "stop"}, bad.received_at),
            type(bad)("b", "participant", bad.about, {"upload": "there is none"}, bad.received_at),
            *(type(bad)(kind, kind, bad.about, {}, bad.received_at) for kind in KINDS),
        ]
        await keep(world, *broken, said("1", ADA, "one"), said("2", BEN, "two"))

        assert (world.heard(ADA), world.heard(BEN)) == (["You wrote one"], ["You wrote two"])
        assert await parked_count(world) == len(broken)
        assert len((await pointsman(world, "parked")).stdout.splitlines()) == len(broken)
        dropped = await pointsman(world, "drop", "--yes", *[event["number"] for event in await parked(world)])
        assert (dropped.exit_code, await parked_count(world)) == (0, 0)
        assert await balanced(world)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["drop", "1"], "say --yes"),
        (["drop", "--yes"], "name the events"),
        (["retry"], "or say --all"),
        (["retry", "1", "--all"], "or say --all"),
        (["retry", "1", "--kind", "timer"], "or say --all"),
        (["parked", "--since", "yesterday"], "must be such as"),
        (["show", "7"], "there is no event 7"),
    ],
)
async def test_wrong_usage_is_told(tmp_path: Path, words: list[str], complaint: str) -> None:
    async with running(tmp_path, ECHO) as world:
        result = await pointsman(world, *words)

        assert result.exit_code == 2
        assert complaint in result.stderr


async def test_where_nothing_is_parked_that_is_said(tmp_path: Path) -> None:
    async with running(tmp_path, ECHO) as world:
        assert (await pointsman(world, "parked")).stdout == "no event is parked\n"
