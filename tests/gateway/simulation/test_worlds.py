"""A world in memory is a gateway: its parts decide, send, wait and ask, its people and providers act as in life."""

import os
import socket
import subprocess
import urllib.request
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from channels.sandbox import Fault
from gateway.decided import Decided
from gateway.simulation import CannotDo, RulesWrong, StuckWorld, World, world
from gateway.simulation.refusing import NetworkRefused

ADA, CARLA = "+4915112345601", "U00000003"
PEOPLE = {"Ada": {"phone": ADA}, "Carla": {"slack": CARLA, "phone": "+4915112345603"}}
ASK = b"""
campaign: visit
fields: {name: {type: string, level: customer}, comes: {type: boolean}, on: {type: enumeration, values: [sms, slack]}}
agents:
  clerk:
    kind: form
    questions: [{result: comes, ask: "Will you come?", type: boolean}]
    closing: "Noted."
    reply_within: 2d
flows:
  invite:
    joined: {when: participant_created, next: which}
    which: {switch: on, cases: {slack: on_slack}, else: ask}
    ask: {do: communicate, channel: sms, agent: clerk}
    on_slack: {do: communicate, channel: slack, agent: clerk}
    answered: {when: communication_ended, status: completed, next: note}
    note: {do: update_field, set: {comes: {expr: results.comes}}}
    lost: {when: communication_ended, status: [failed, no_response], next: tell}
    tell: {do: notify, channel: slack, to: "#desk", text: "{{ communication.status }}: {{ communication.reason }}"}
    wrote: {when: incoming_session, next: answer}
    answer: {do: reply, text: "You wrote {{ message.text }}"}
"""
LOOP = b"""
campaign: visit
fields: {n: {type: integer, default: 0}}
flows:
  round:
    changed: {when: participant_updated, field: n, next: count}
    count: {do: update_field, set: {n: {expr: n + 1}}}
"""


@pytest.fixture
async def visit() -> AsyncIterator[World]:
    async with world({"visit.yaml": ASK}, PEOPLE) as w:
        await w.start("visit")
        yield w


def said(w: World, place: str) -> list[str]:
    return [line.text for line in w.heard(place)]


async def test_a_talk_goes_from_the_first_message_to_the_field_it_fills(visit: World) -> None:
    await visit.give("Ada", "visit", {"name": "Ada"})
    asked = said(visit, "Ada")
    await visit.say("Ada", "yes")

    standing = await visit.standing("Ada", "visit")
    assert (asked, said(visit, "Ada")) == (["Will you come?"], ["Noted."])
    assert (
        standing.as_text() | {"name": "Ada", "comes": "true", "ask": "completed", "outcome": ""} == standing.as_text()
    )


async def test_a_message_is_delivered_before_it_is_answered(visit: World) -> None:
    await visit.give("Ada", "visit")

    assert (await visit.standing("Ada", "visit")).talks == {"ask": "delivered"}


async def test_what_was_heard_is_not_new_any_more(visit: World) -> None:
    await visit.give("Ada", "visit")

    assert [line.place for line in visit.unheard()] == ["Ada"]
    assert (said(visit, "Ada"), said(visit, "Ada"), visit.unheard()) == (["Will you come?"], [], [])


async def test_time_stops_wherever_something_is_due(visit: World) -> None:
    moments: list[datetime] = []

    def note(batch: list[Decided]) -> None:
        moments.extend(visit.now for one in batch if one.event.kind == "timer")

    visit.on_decided = note  # type: ignore[assignment]
    await visit.give("Ada", "visit")
    begun = visit.now
    await visit.passes(30 * 86_400)

    assert begun + timedelta(days=2) in moments
    assert visit.now == begun + timedelta(days=30)
    assert [text.partition(":")[0] for text in said(visit, "#desk")] == ["no_response"]


async def test_time_does_not_go_back(visit: World) -> None:
    with pytest.raises(CannotDo, match="already"):
        await visit.go_to(datetime(2026, 1, 1, tzinfo=UTC))


async def test_on_slack_buttons_are_pressed(visit: World) -> None:
    await visit.give("Carla", "visit", {"on": "slack"})
    (asked,) = visit.heard("Carla")
    await visit.press("Carla", "No")

    assert (asked.kind, asked.choices) == ("slack", ("Yes", "No"))
    assert (await visit.standing("Carla", "visit")).fields["comes"] is False


async def test_a_mention_opens_a_thread_in_which_we_answer(visit: World) -> None:
    await visit.give("Carla", "visit", {"on": "slack"})
    await visit.say("Carla", "no", kind="slack")
    await visit.say("Carla", "hello", room="desk", mention=True)
    await visit.say("Carla", "again", room="desk", in_thread=True)

    answers = visit.heard("#desk")
    assert [line.text for line in answers] == ["You wrote hello", "You wrote again"]
    assert {line.thread for line in answers} == {visit.threads["desk"]}


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (lambda w: w.end("Ada", "undelivered", 30005), "failed"),
        (lambda w: w.providers.behaviour("sms").add(Fault("fail", status=400, code="21211")), "failed"),
    ],
    ids=["not delivered", "refused"],
)
async def test_who_cannot_be_reached_hears_nothing(visit: World, break_it: Callable[[World], None], told: str) -> None:
    break_it(visit)
    await visit.give("Ada", "visit")
    await visit.passes(11)

    assert said(visit, "Ada") == []
    assert [text.partition(":")[0] for text in said(visit, "#desk")] == [told]


async def test_an_answer_that_is_lost_leads_to_one_message(visit: World) -> None:
    visit.providers.behaviour("sms").add(Fault("drop", accept=True))
    visit.providers.behaviour("slack").add(Fault("drop", accept=True))
    await visit.give("Ada", "visit")
    await visit.give("Carla", "visit", {"on": "slack"})
    await visit.passes(3_600)

    assert (said(visit, "Ada"), said(visit, "Carla")) == (["Will you come?"], ["Will you come?"])
    assert (await visit.standing("Ada", "visit")).talks == {"ask": "delivered"}


async def test_a_throttled_message_comes_later(visit: World) -> None:
    visit.providers.behaviour("sms").add(Fault("throttle", retry_after=30))
    await visit.give("Ada", "visit")
    at_once = said(visit, "Ada")
    await visit.passes(60)

    assert (at_once, said(visit, "Ada")) == ([], ["Will you come?"])


async def test_a_status_is_told_of_the_last_message(visit: World) -> None:
    await visit.give("Ada", "visit")
    await visit.status("Ada", "read")

    assert (await visit.standing("Ada", "visit")).talks == {"ask": "read"}


async def test_who_says_stop_is_left_alone(visit: World) -> None:
    await visit.say("Ada", "STOP")
    await visit.give("Ada", "visit")

    assert [text.split(".")[0] for text in said(visit, "Ada")] == ["You have successfully been unsubscribed"]


async def test_the_gateway_goes_on_after_a_restart(visit: World) -> None:
    await visit.give("Ada", "visit")
    await visit.restart()
    await visit.say("Ada", "yes")

    assert said(visit, "Ada") == ["Will you come?", "Noted."]


async def test_an_edited_file_comes_into_force_and_a_broken_one_does_not(visit: World) -> None:
    good = await visit.edit("visit.yaml", ASK.replace(b"Will you come?", b"Coming?"))
    bad = await visit.edit("visit.yaml", b"campaign: visit\nflows: {")
    await visit.give("Ada", "visit")

    assert [found.level for found in good] == []
    assert [found.level for found in bad] == ["error"]
    assert said(visit, "Ada") == ["Coming?"]


async def test_rules_with_errors_open_no_world() -> None:
    with pytest.raises(RulesWrong, match=r"visit.yaml:1:1: error\[E"):
        async with world({"visit.yaml": b"campaign: visit"}, PEOPLE):
            raise AssertionError


async def test_rules_that_go_in_a_circle_put_the_event_aside() -> None:
    async with world({"visit.yaml": LOOP}, PEOPLE) as w:
        await w.start("visit")
        await w.give("Ada", "visit")
        await w.give("Ada", "visit", {"n": 5})

        assert ["round" in reason for reason in await w.parked()] == [True]


async def test_a_world_in_which_something_goes_on_and_on_is_stopped(
    visit: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.simulation.ground.MOST_ROUNDS", 1)
    with pytest.raises(StuckWorld, match="on and on at 2027-03-01 08:00"):
        await visit.give("Ada", "visit")


@pytest.mark.parametrize(
    "reach",
    [
        lambda: socket.create_connection(("127.0.0.1", 9)),
        lambda: socket.getaddrinfo("example.com", 80),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)),
        lambda: urllib.request.urlopen("http://127.0.0.1:9"),
        lambda: socket.getnameinfo(("127.0.0.1", 9), 0),
        lambda: subprocess.run(["/bin/true"], check=False),
        os.fork,
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_nothing_reaches_a_network(visit: World, reach: Callable[[], object]) -> None:
    with pytest.raises(NetworkRefused):
        reach()


async def test_after_a_simulation_the_network_is_there_again() -> None:
    async with world({}, {}):
        pass
    with pytest.raises(OSError, match=r"refused|unreachable|denied"):
        socket.create_connection(("127.0.0.1", 9), timeout=1)


async def test_a_function_of_the_operator_finds_no_network(tmp_path: Path) -> None:
    (tmp_path / "reaching.py").write_text(
        "import socket\ndef out(call):\n    socket.create_connection(('127.0.0.1', 9))\n"
        "def fine(call):\n    return {'fields': {'name': 'found'}}\n"
    )
    rules = b"""
campaign: visit
fields: {name: {type: string, level: customer}}
flows:
  run:
    joined: {when: participant_created, next: first}
    first: {do: run_python, function: reaching.fine, sets: [name], next: second}
    second: {do: run_python, function: reaching.out, next: done, failed: failed}
    done: {do: finish, outcome: done}
    failed: {do: finish, outcome: refused}
"""
    functions = ("reaching.fine", "reaching.out")
    async with world({"visit.yaml": rules}, PEOPLE, actions=tmp_path, allowed=functions) as w:
        await w.start("visit")
        await w.give("Ada", "visit")

        assert (await w.standing("Ada", "visit")).outcome == "refused"
        assert (await w.standing("Ada", "visit")).fields == {"name": "found"}


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        (lambda w: w.start("vist"), "vist cannot run"),
        (lambda w: w.give("Ada", "vist"), "no rule file"),
        (lambda w: w.give("Ada", "visit", {"nam": "x"}), "no such field"),
        (lambda w: w.say("Bob", "hi"), "nobody called Bob"),
        (lambda w: w.say("Ada", "hi", kind="slack"), "no Slack user id"),
        (lambda w: w.say("Carla", "hi", room="nowhere"), "no such user or room"),
        (lambda w: w.press("Ada", "Yes"), "no buttons"),
        (lambda w: w.status("Ada", "read"), "nothing was sent"),
    ],
)
async def test_what_cannot_be_done_is_told(visit: World, deed: Callable[[World], object], reason: str) -> None:
    with pytest.raises(CannotDo, match=reason):
        await deed(visit)  # type: ignore[misc]
