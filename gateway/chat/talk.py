"""One chat: what the person writes is said in the world, and what is heard there is told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from gateway.chat.outside import Outside
from gateway.chat.someone import NAME
from gateway.chat.stage import Stage
from gateway.recording.story import Story
from gateway.simulation import Line, World
from rules.diagnostics import Diagnostic
from rules.loader import report

PROMPT = "you> "


@dataclass
class Talk:
    """One person in one world. ``story`` keeps what was done and heard, ``outside`` what services answer; ``first`` is
    the rule file as it was at the beginning, ``seen`` as it was last read; ``before`` is the last event before the last
    thing that was done, ``shown`` the moment last told, ``parked`` how many events were put aside, ``saved`` the files
    that this chat was kept in.

    Each method returns the lines that tell what came of it.
    """

    world: World
    stage: Stage
    story: Story
    outside: Outside
    first: str
    seen: bytes
    shown: datetime | None = None
    before: int = 0
    parked: int = 0
    ended: bool = False
    saved: set[Path] = field(default_factory=set)

    async def says(self, text: str, kind: str = "") -> list[str]:
        """The person writes."""
        await self.mark()
        kind = kind or self.kind
        await self.world.say(NAME, text, kind=kind)
        self.story.add(f"{NAME} says{' on Slack' if kind == 'slack' and self._reached_by('sms') else ''}", text)
        return self.heard()

    @property
    def kind(self) -> str:
        """The kind of channel on which the person was last spoken to; before that, the first where they can write."""
        direct = [line for line in self.world.lines if line.place == NAME and line.arrives]
        return direct[-1].kind if direct else self.world.first_kind(NAME)

    def _reached_by(self, kind: str) -> bool:
        return bool(self.world.person(NAME).address(kind))

    async def mark(self) -> None:
        """What comes from here on is what the next thing done has led to."""
        new = await self.world.decisions(self.before)
        self.before = new[-1]["event"] if new else self.before

    def heard(self) -> list[str]:
        """Everything new that anybody was told, and the time where it has moved on."""
        lines = self.world.unheard()
        for place in dict.fromkeys(line.place for line in lines):
            self._keep(place, self.world.heard(place))
        return [told for line in sorted(lines, key=lambda one: one.at) for told in self._told(line)]

    def _keep(self, place: str, lines: Sequence[Line]) -> None:
        for kind in dict.fromkeys(line.kind for line in lines):
            both = place == NAME and self._reached_by("sms") and self._reached_by("slack")
            where = {"sms": " by SMS", "slack": " on Slack"}[kind] if both else ""
            self.story.hears(place.removeprefix("#"), [line.text for line in lines if line.kind == kind], where)

    def _told(self, line: Line) -> Iterator[str]:
        yield from self.moved(line.at)
        who = line.kind if line.place == NAME else line.place
        first, *more = line.text.splitlines() or [""]
        yield f"{who}> {first}"
        yield from (f"{' ' * len(who)}  {text}" for text in more)
        if line.choices:
            yield f"{' ' * len(who)}  [{'] ['.join(line.choices)}]"

    def moved(self, moment: datetime) -> Iterator[str]:
        """The time, where it is another minute than was last told."""
        minute = moment.replace(second=0, microsecond=0)
        if minute != self.shown:
            self.shown = minute
            yield f"-- {moment.astimezone(self.world.zone):%a %Y-%m-%d %H:%M} --"

    async def put_aside(self) -> list[str]:
        """What has come that could not be decided, such as rules that go round and round."""
        reasons = await self.world.parked()
        new, self.parked = reasons[self.parked :], len(reasons)
        return [f"! this could not be decided, and is parked: {reason}" for reason in new]

    async def reload(self) -> list[str]:
        """Read the rule file again, if it has changed: a sound one is in force from now on, of any other it is told
        what is wrong, and the last good one stays."""
        try:
            text = self.stage.read()
        except OSError:  # an editor may be just replacing it
            return []
        if text == self.seen:
            return []
        self.seen = text
        found = await self.world.edit(self.stage.file.name, text)
        if any(one.level == "error" for one in found):
            return [*self.faults(found), f"-- {self.stage.file.name} is not taken: the last good one stays --"]
        self.story.add("rule file 1 becomes", text.decode())
        return [*self.faults(found), f"-- {self.stage.file.name} is in force --", *self.heard()]

    def faults(self, found: Sequence[Diagnostic]) -> list[str]:
        """What is to be said of the rule file, as `pointsman check` says it."""
        return report(found, {self.stage.file.name: self.seen}).splitlines() if found else []
