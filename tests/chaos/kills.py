"""kill -9, at random moments and at chosen points."""

import random
from dataclasses import dataclass

from tests.chaos.processes import AGAIN, Stuck, until
from tests.chaos.program import NOWHERE
from tests.chaos.project import RULES
from tests.chaos.stage import Stage

RELOAD = "the rules are stored, not committed"
POINTS = (  # the points of `kill_at` that load passes, and at which passing at the latest the kill comes
    ("before a commit", 40),
    ("after a commit", 40),
    ("kept, not answered", 6),
    ("claimed, not committed", 3),
    ("claimed, not sent by SMS", 4),
    ("claimed, not sent on Slack", 3),
    ("sent by SMS, not recorded", 4),
    ("sent on Slack, not recorded", 3),
    ("recorded, not committed", 3),
    ("found again, not recorded", 1),
    ("decided, not committed", 6),
    ("an upload is on disk, not accepted", 1),
    ("an upload is accepted, not answered", 1),
    ("rows are counted, not committed", 1),
    ("rows are kept, not committed", 1),
    ("rows are kept, their list is not over", 1),
    ("timers fire, not committed", 2),
    (RELOAD, 1),
)
AT_RANDOM = 0.4  # of the kills
LONGEST = 4.0  # seconds for a point to be passed, from when the gateway answers
WHILE_IT_STARTS = 0.3  # of the kills at random
EARLIEST, LATEST = 0.2, 2.0  # seconds to a kill at random, from its start or from when it answers


@dataclass(frozen=True)
class Kill:
    """When the process is killed: so many seconds after its start (or once it answers), or at this passing of a
    point."""

    seconds: float = 0.0
    answering: bool = False
    point: str = NOWHERE
    number: int = 1

    def __str__(self) -> str:
        if self.point != NOWHERE:
            return f"a kill: {self.point}"
        return f"a kill {self.seconds:.2f} s after {'its first answer' if self.answering else 'a start'}"


MIGRATION = (
    Kill(point="a table is made", number=1),
    Kill(point="a table is made", number=9),
    Kill(point="before a commit"),
    Kill(point="after a commit"),
)


def drawn(chance: random.Random) -> Kill:
    """One kill."""
    if chance.random() < AT_RANDOM:
        return Kill(chance.uniform(EARLIEST, LATEST), answering=chance.random() >= WHILE_IT_STARTS)
    point, latest = chance.choice(POINTS)
    return Kill(point=point, number=chance.randint(1, latest))


async def kill(stage: Stage, one: Kill) -> None:
    """Start the gateway so that it dies as told; it is dead when this returns."""
    if stage.subject.gateway.runs:
        await stage.subject.gateway.kill()
        stage.kills += 1
    stage.subject.launch(one.point, one.number)
    if one.answering or one.point != NOWHERE:
        await _answering(stage)
    if one.point == NOWHERE:
        await stage.lasts(one.seconds)
    else:
        await _passed(stage, one)
    await finished(stage)


async def _answering(stage: Stage) -> None:
    """It answers, or is dead already."""

    async def lives() -> bool:
        return not stage.subject.gateway.runs or await stage.subject.is_ready()

    await until(lives, "a start")


async def _passed(stage: Stage, one: Kill) -> None:
    gateway = stage.subject.gateway
    if one.point == RELOAD:
        stage.edit(f"{RULES}# {stage.chance.random()}\n")
    try:
        await until(lambda: not gateway.runs, "the point", LONGEST)
        stage.deeds["killed at a chosen point"] += 1
    except Stuck:
        stage.deeds["killed where the point was not passed"] += 1


async def finished(stage: Stage) -> None:
    """It is dead, by our hand; one that ended by itself is told of."""
    gateway = stage.subject.gateway
    await gateway.kill()
    if gateway.code == -9:
        stage.kills += 1
        return
    stage.subject.alone.append(gateway.last_words().strip().rpartition("\n")[2])
    await stage.lasts(AGAIN)
