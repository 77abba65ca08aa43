"""The sandbox's look-alikes of the providers without a wire: what they owe is handed over when its time has come."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from pydantic import TypeAdapter

from channels.base import Clock, Incoming
from channels.sandbox import Ending, SandboxSlack, SandboxTwilio, SlackUser
from channels.sandbox.agenda import Agenda
from channels.sandbox.behaviour import Behaviour, Webhooks
from channels.sandbox.desk import Desk, LookAlike
from channels.sandbox.entries import Delivery, Entry, Post, Press, Sms
from channels.sandbox.people import Cast
from channels.sandbox.slack_book import room_id
from channels.sandbox.slack_events import buttons, readable
from channels.slack.body import parse
from channels.slack.heard import from_actions, from_command, from_event
from channels.twilio.webhook import inbound, status
from gateway.simulation.people import Line, SimulatedPerson
from gateway.simulation.refusing import CannotDo

PLACE = "http://simulation.invalid"  # an address that leads nowhere (RFC 2606)
NUMBER, ACCOUNT = "+15005550006", "AC" + "0" * 32
TOKEN = SECRET = "simulated"  # noqa: S105 - it guards nothing
BOT = "U0POINTSMAN"
AT_ONCE = Webhooks(delays=(0.0, 0.0, 0.0))  # a message is delivered before its person answers it
UNSEEN = ("failed", "undelivered")  # ends of a message that nobody sees
SLACK_BODIES = {"events": from_event, "actions": from_actions, "commands": from_command}


@dataclass
class Providers:
    """All channels' look-alikes, by the names of the channels, whose kinds are given (sms, slack). ``lines`` is all
    that was said, in order."""

    clock: Clock
    kinds: Mapping[str, str]
    people: Mapping[str, SimulatedPerson]
    rooms: tuple[str, ...]
    lines: list[Line] = field(default_factory=list)
    channels: dict[str, LookAlike] = field(default_factory=dict)
    _agenda: Agenda = field(default_factory=Agenda)

    def __post_init__(self) -> None:
        self._names = {one: p.name for p in self.people.values() for one in p.identifiers.values()}
        for name, kind in self.kinds.items():
            self.channels[name] = self._sms(name) if kind == "sms" else self._slack(name)
            self.channels[name].behaviour.webhooks = AT_ONCE
            self.channels[name].attach(Desk(self.clock, self.clock.now, PLACE, Cast(()), self._keep))

    def _sms(self, name: str) -> SandboxTwilio:
        return SandboxTwilio(name, ACCOUNT, TOKEN, NUMBER)

    def _slack(self, name: str) -> SandboxSlack:
        users = tuple(SlackUser(p.address("slack"), p.name) for p in self.people.values() if p.address("slack"))
        return SandboxSlack(name, TOKEN, SECRET, bot_user=BOT, users=users, rooms=self.rooms)

    def sms(self, name: str) -> SandboxTwilio:
        """The SMS channel of this name. Raises `CannotDo`."""
        if not isinstance(found := self.channels.get(name), SandboxTwilio):
            raise CannotDo(f"there is no SMS channel {name}")
        return found

    def slack(self, name: str) -> SandboxSlack:
        """The Slack channel of this name. Raises `CannotDo`."""
        if not isinstance(found := self.channels.get(name), SandboxSlack):
            raise CannotDo(f"there is no Slack channel {name}")
        return found

    def add_room(self, name: str) -> None:
        """One more room, in every workspace."""
        self.rooms = (*self.rooms, name)
        for channel in self.channels.values():
            if isinstance(channel, SandboxSlack):
                channel.add_room(name)

    def end(self, address: str, status: str, code: int = 0) -> None:
        """From now on SMS to this number end so (sent, delivered, undelivered, failed), with this code of Twilio's."""
        ending = TypeAdapter(Ending).validate_python({"number": address, "status": status, "code": code})
        for channel in self.channels.values():
            if isinstance(channel, SandboxTwilio):
                channel.behaviour.end(ending)

    def behaviour(self, name: str) -> Behaviour:
        """How this channel's provider behaves: faults and the order of webhooks are told to it. Raises `CannotDo`."""
        if name not in self.channels:
            raise CannotDo(f"there is no channel {name}")
        return self.channels[name].behaviour

    def next_due(self) -> datetime | None:
        """When a provider next has something to tell (UTC)."""
        return self._agenda.next_due()

    def told(self) -> Iterator[tuple[str, Incoming]]:
        """All that the providers have to tell by now, with the names of their channels; each is told once."""
        while owed := self._agenda.take(self.clock.now()):
            self._agenda.finish(owed)
            if isinstance(owed.thing, Delivery):
                yield from ((owed.thing.channel, item) for item in read(owed.thing))

    def _keep(self, entry: Entry) -> None:
        self.channels[entry.channel].apply(entry)
        for delivery in entry.owed:
            self._agenda.add(delivery)
        if entry.sms:
            self.lines.append(self._text(entry.channel, entry.sms))
        if entry.post:
            self.lines.append(self._post(entry.channel, entry.post))
        if entry.press:
            self.lines.append(self._press(entry.channel, entry.press))

    def _text(self, channel: str, sms: Sms) -> Line:
        name = self._names.get(sms.phone, sms.phone)
        by, arrives = name if sms.inbound else "", sms.steps[-1].status not in UNSEEN
        return Line(sms.at, name, channel, "sms", sms.text, by, id=sms.sid, arrives=arrives)

    def _post(self, channel: str, post: Post) -> Line:
        by = "" if post.user == BOT else self._names.get(post.user, post.user)
        choices = tuple(str(button["value"]) for button in buttons(post))
        text = readable(post.text.replace(f"<@{BOT}> ", ""))
        return Line(post.at, self._place(post.room), channel, "slack", text, by, choices, post.thread, post.ts)

    def _press(self, channel: str, press: Press) -> Line:
        by = self._names.get(press.user, press.user)
        return Line(self.clock.now(), self._place(press.room), channel, "slack", press.value, by)

    def _place(self, room: str) -> str:
        """A person for a direct message, else the room's name."""
        if room.startswith("D"):
            return self._names.get(f"U{room[1:]}", room)
        return next((f"#{name}" for name in self.rooms if room_id(name) == room), room)


def read(delivery: Delivery) -> tuple[Incoming, ...]:
    """What a webhook says, read as the channels' adapters read it once its signature is right."""
    address = urlsplit(delivery.url)
    route = address.path.rpartition("/")[2]
    if route in SLACK_BODIES:
        return tuple(SLACK_BODIES[route](parse(route, delivery.body)))
    fields = dict(parse_qsl(delivery.body, keep_blank_values=True))
    return (inbound(fields) if route == "inbound" else status(fields, f"{address.path}?{address.query}")).items
