"""A sweep that the provider cuts off: it asks again when it may, and goes on where it was."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from channels.base import InboundMessage, OpenTalk
from channels.errors import SendThrottled
from channels.sandbox import Fault
from gateway import sweeping
from tests.gateway.example_rules import ADA, BEN, ECHO
from tests.gateway.running import CARLA, DAN, World, running
from tests.gateway.test_sweeping import DESK, lose, sweeping_project

THROTTLED = Fault("throttle", retry_after=600, on="read")


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "PAUSE", 0.0)


async def desk(world: World) -> None:
    await world.start("desk")
    await world.give("desk", {"slack": CARLA}, {"slack": DAN})
    lose(world, "slack")


async def test_after_a_429_twilio_is_asked_again_when_it_said_and_not_before(tmp_path: Path) -> None:
    sweeping_project(tmp_path, ECHO)
    async with running(tmp_path) as world:
        await world.start("echo")
        await world.give("echo", {"phone": ADA}, {"phone": BEN})
        lose(world)
        world.sandbox.twilio("sms").behaviour.add(THROTTLED)
        await world.texts(ADA, "hello")
        await world.passes(minutes=5)
        await world.passes(seconds=599)
        assert world.heard(ADA) == []
        await world.passes(seconds=1)
        assert world.heard(ADA) == ["You wrote hello"]


async def test_after_a_429_slack_is_asked_again_when_it_said_and_not_before(tmp_path: Path) -> None:
    sweeping_project(tmp_path, DESK)
    async with running(tmp_path) as world:
        await desk(world)
        world.sandbox.slack("slack").behaviour.add(THROTTLED)
        await world.writes(CARLA, "Tea")
        await world.passes(minutes=5)
        await world.passes(seconds=599)
        assert world.heard(CARLA) == ["What shall it be?"]
        await world.passes(seconds=1)
        assert world.heard(CARLA) == ["What shall it be?", "Noted."]


class OneTalkAMinute:
    """Slack that lets a talk be read once a minute and no more; what it was asked for, by the person."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self._world, self._adapter = world, world.gateway.adapters["slack"]
        self._missed, self._next = self._adapter.missed, world.clock.now()
        self.read: list[tuple[str, datetime]] = []
        monkeypatch.setattr(self._adapter, "missed", self.missed)

    async def missed(
        self, since: datetime, until: datetime, talks: Sequence[OpenTalk] = ()
    ) -> tuple[InboundMessage, ...]:
        found: list[InboundMessage] = []
        for talk in talks:
            if (now := self._world.clock.now()) < self._next:
                raise SendThrottled((self._next - now).total_seconds())
            self._next = now.replace(minute=now.minute + 1)
            found += await self._missed(since, until, [talk])
            self.read.append((talk.address, until))
        return tuple(found)


async def test_a_sweep_of_more_talks_than_slack_lets_be_read_at_once_comes_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweeping_project(tmp_path, DESK)
    async with running(tmp_path) as world:
        await desk(world)
        slack = OneTalkAMinute(world, monkeypatch)
        for person in (CARLA, DAN):
            await world.writes(person, "Tea")
        await world.passes(minutes=9)
        assert await world.statuses("desk") == ["completed", "completed"]
        first, second, third = slack.read[:3]
        assert first == second != third  # together at first, and that was too much; from then on one by one
        assert {first[0], third[0]} == {CARLA, DAN}
        assert first[1] == third[1]
