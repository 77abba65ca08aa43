"""What waits in vain gets a time anew, by what is known of it; what the operator dropped ends."""

from dataclasses import replace

import pytest

from rules.effects import ClearTimer, DropRun, SetTimer
from rules.events import Stranded
from rules.reaction import Applied, Reaction
from rules.scene import Communication, Message, Scene
from rules.stranding import GONE
from tests.rules.scenes import NOW, decide, due, later, only, raised, sent, someone, status, waiting
from tests.rules.test_attempts import BOOK, talk
from tests.rules.test_attempts import timers as standing


def stranded(subject: str = "c1", reason: str = "") -> Stranded:
    return Stranded(id="stranded-1", at=NOW, subject=subject, reason=reason)


def timers(reaction: Reaction) -> dict[str, object]:
    return standing([reaction])


PLANNED = talk(status="planned", opened=False, at=later(hours=3))
OVERDUE = talk(status="planned", opened=False, at=later(hours=-3))
NEXT, LAST = talk(attempt=2), talk(attempt=4, retried=2)


@pytest.mark.parametrize(
    ("communication", "messages", "timer"),
    [
        (PLANNED, (), {"start": later(hours=3)}),
        (OVERDUE, (), {"start": NOW}),
        (talk(), (sent("sent"),), {"reply": later(hours=2)}),
        (talk(), (sent("canceled"),), {"failed": NOW}),
        (talk(status="replied"), (sent("failed"),), {"reply": later(hours=2)}),
        (talk("tell"), (sent("sent"),), {"settle": NOW}),
        (talk("tell"), (sent("undelivered"),), {"failed": NOW}),
        (NEXT, (sent("failed"),), {"retry": NOW}),
        (LAST, (sent("failed", attempt=3),), {"fallback": NOW}),
    ],
)
def test_a_communication_gets_the_time_that_fits_what_is_known_of_it(
    communication: Communication, messages: tuple[Message, ...], timer: dict[str, object]
) -> None:
    scene = someone(communications=(communication,), messages=messages)
    reaction = decide(BOOK, stranded(), scene)

    assert (reaction.applied, timers(reaction)) == (Applied.APPLIED, timer)
    (name,) = timer
    assert decide(BOOK, due(name), reaction.scene, later(hours=5)).applied is Applied.APPLIED


def test_a_communication_whose_agent_is_gone_fails() -> None:
    scene = someone(communications=(replace(talk(), agent="gone"),), messages=(sent("sent"),))
    reaction = decide(BOOK, stranded(), scene)

    assert status(reaction) == "failed"
    assert raised(reaction) == ["communication_ended failed"]


@pytest.mark.parametrize("hours", [-1, 5])
def test_a_path_goes_on_at_its_time_or_now(hours: int) -> None:
    reaction = decide(BOOK, stranded("r1"), someone(runs=(waiting("talk.tell", due=hours),)))

    assert [effect.due for effect in only(reaction, SetTimer)] == [later(hours=max(hours, 0))]


@pytest.mark.parametrize("active", [True, False])
def test_the_path_that_waited_for_something_dropped_ends(active: bool) -> None:
    scene = someone(runs=(waiting("talk.tell", due=5),), active=active)
    reaction = decide(BOOK, stranded("r1", "dropped"), scene)

    assert (only(reaction, DropRun), only(reaction, ClearTimer)) == ([DropRun("r1")], [ClearTimer("r1", "wait")])
    assert reaction.note == "a path ends at talk.tell: dropped"


@pytest.mark.parametrize("communication", [PLANNED, talk(), NEXT])
def test_the_communication_that_waited_for_something_dropped_fails(communication: Communication) -> None:
    reaction = decide(BOOK, stranded(reason="dropped"), someone(communications=(communication,)))

    assert status(reaction) == "failed"
    assert raised(reaction) == ["communication_ended failed"]
    assert timers(reaction) == {}


@pytest.mark.parametrize("reason", ["", "dropped"])
@pytest.mark.parametrize(
    "scene", [someone(), someone(communications=(talk(status="completed"),)), someone(runs=(waiting("a.b", id="r2"),))]
)
def test_what_waits_no_longer_is_left_alone(scene: Scene, reason: str) -> None:
    reaction = decide(BOOK, stranded(reason=reason), scene)

    assert (reaction.applied, reaction.effects, reaction.note) == (Applied.STALE, (), GONE)


def test_a_path_that_waits_for_a_change_of_data_has_lost_nothing() -> None:
    reaction = decide(BOOK, stranded("r1"), someone(runs=(waiting("talk.tell"),)))

    assert (reaction.applied, reaction.effects) == (Applied.STALE, ())
