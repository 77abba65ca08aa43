"""Scripted people answer once, after their time, on the channel they were spoken to, across restarts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from channels.sandbox import Ending, PeopleWrong, people_from
from tests.channels.sandbox_gateway import ANNA, MAX, House, house
from tests.channels.test_sandbox_slack import BUTTONS, sdk
from tests.channels.test_sandbox_twilio import send

SCRIPT: Mapping[str, Any] = {
    "people": [
        {
            "name": "Anna",
            "phone": ANNA,
            "slack": "U7",
            "answers": [
                {"when": "how old", "say": "old", "after_seconds": 5, "times": 1},
                {"when": "HOW OLD", "say": ["41", "and a half"], "after_seconds": 5},
                {"when": "will you", "press": "yes"},
            ],
        },
        {"name": "Max", "phone": MAX, "says": [{"text": "JOIN", "at_seconds": 2}]},
        {"name": "Ines", "slack": "U1", "says": [{"text": "/start", "at_seconds": 3, "room": "#general"}]},
    ]
}
PEOPLE = people_from(SCRIPT)


def heard(at: House, address: str) -> list[str]:
    """What this person wrote."""
    return [line["text"] for line in at.sandbox.transcript(address) if line["direction"] == "inbound"]


async def test_openings_come_at_their_time() -> None:
    async with house(people=PEOPLE) as at:
        await at.run(until_seconds=2)
        assert (heard(at, MAX), at.door.commands) == (["JOIN"], [])
        await at.run(until_seconds=3)
        assert at.door.commands[0]["command"] == "/start"


async def test_the_first_fitting_answer_is_given_once_per_message() -> None:
    async with house(people=PEOPLE) as at:
        await send(at, text="How old are you?")
        await at.run()
        assert heard(at, ANNA) == ["old"]
        await send(at, text="Sorry, how old?")
        await at.run()
        assert heard(at, ANNA) == ["old", "41", "and a half"]
        assert at.sandbox.owed == 0


async def test_what_never_arrives_is_not_answered() -> None:
    async with house(people=PEOPLE) as at:
        at.sandbox.channel("sms").behaviour.end(Ending(ANNA, "failed"))
        await send(at, text="how old?")
        await at.run()
        assert heard(at, ANNA) == []


async def test_on_slack_a_button_is_pressed_where_it_is_offered() -> None:
    async with house(people=PEOPLE) as at:
        await sdk(at).chat_postMessage(channel="U7", text="Will you pay?")
        await sdk(at).chat_postMessage(channel="U7", text="Will you pay?", blocks=BUTTONS)
        await at.run()
        presses = [event for event in at.door.events if event["type"] == "block_actions"]
        assert [press["actions"][0]["value"] for press in presses] == ["yes"]


async def test_in_a_channel_those_named_answer_in_the_thread() -> None:
    async with house(people=PEOPLE) as at:
        ts = (await sdk(at).chat_postMessage(channel="#billing", text="<@U7> how old?"))["ts"]
        await at.run()
        [answer] = [line for line in at.sandbox.transcript("#billing") if line["direction"] == "inbound"]
        assert (answer["text"], answer["thread"]) == ("old", ts)


async def test_killed_after_any_line_of_the_journal_it_ends_the_same(tmp_path: Path) -> None:
    """A kill -9 leaves a beginning of the journal: from each, all is answered, called back, and said once."""
    async with house(tmp_path / "whole", PEOPLE) as at:
        await send(at, text="how old?", status_callback=at.callback)
        await at.run()
        port = at.port
    lines = (tmp_path / "whole").read_bytes().splitlines(keepends=True)
    sent = next(number for number, line in enumerate(lines, 1) if b"how old?" in line)
    for kept in range(sent, len(lines) + 1):
        journal = tmp_path / f"{kept}"
        journal.write_bytes(b"".join(lines[:kept]) + lines[kept - 1][:5])
        async with house(journal, PEOPLE, port=port) as again:
            await again.run()
            assert (heard(again, ANNA), heard(again, MAX), again.sandbox.owed) == (["old"], ["JOIN"], 0)
            done = [status for status in ("queued", "sent", "delivered") if status in again.door.statuses()]
            told = [name for name in ("queued", "sent", "delivered") if _is_done(name, lines[:kept])]
            assert told + done == ["queued", "sent", "delivered"]


def _is_done(status: str, lines: list[bytes]) -> bool:
    return any(b'"done":"SM' in line and f"/{status}".encode() in line for line in lines)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ({"persons": []}, "unknown key 'persons'"),
        ({"people": [{"phone": ANNA}]}, "people.0.name"),
        ({"people": [{"name": "A", "answers": [{"when": "x", "after": 3}]}]}, r"people.0.answers.0.after"),
        ({"people": [{"name": "A", "answers": [{"when": "x", "after_seconds": -1}]}]}, "after_seconds"),
    ],
)
def test_a_wrong_script_is_refused_with_its_place(script: dict[str, Any], said: str) -> None:
    with pytest.raises(PeopleWrong, match=said):
        people_from(script)


async def test_a_person_who_speaks_on_no_channel_is_refused_at_the_start() -> None:
    people = people_from({"people": [{"name": "A", "phone": ANNA, "says": [{"text": "x", "channel": "fax"}]}]})
    with pytest.raises(PeopleWrong, match="'fax'"):
        async with house(people=people):
            pass
