"""What can be told to a chat besides what the person writes: lines that begin with a slash."""

import json
import re
import shlex
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from os.path import relpath
from pathlib import Path

from gateway.chat.someone import NAME
from gateway.chat.talk import Talk
from gateway.explain.explaining import explain_event
from gateway.explain.telling import lines_of
from gateway.recorded import Versions
from gateway.scenarios.forms import CODE
from gateway.simulation import CannotDo
from rules.diagnostics import did_you_mean

SPAN = re.compile(r"(\d+) ?([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
LEAST_WAIT = timedelta(minutes=1)  # what providers have to tell at once is no news
MAX_EXPLAINED = 10  # events
STATUSES = ("sent", "delivered", "read", "undelivered", "failed")
FAILS, REFUSED = "fails", 400  # the HTTP status of a definite no
MERE_NEWS = "receipt"  # events of this kind are explained only where nothing else happened

Order = Callable[[Talk, str], Awaitable[list[str]]]


async def obey(talk: Talk, line: str) -> list[str]:
    """Do what a line says, ``/wait 2d`` and the like; the lines that tell what came of it. Raises `CannotDo`."""
    name, _, rest = line[1:].partition(" ")
    if name not in ORDERS:
        hint = did_you_mean(name, ORDERS)
        raise CannotDo(f"there is no /{name}; {hint or 'see /help'}")
    return await ORDERS[name](talk, rest.strip())


async def wait(talk: Talk, told: str) -> list[str]:
    """[2d 3h]: so much time passes; alone: until something happens"""
    await talk.mark()
    if not told:
        return await _go_on(talk)
    await talk.world.passes(span_of(told).total_seconds())
    return _arrived(talk)


async def at(talk: Talk, told: str) -> list[str]:
    """2027-03-01 09:00, or 09:00: it is that time"""
    await talk.mark()
    return await _go_to(talk, _moment(talk, told))


async def give(talk: Talk, told: str) -> list[str]:
    """field=value ...: somebody's data is given anew; nothing behind = clears a field"""
    await talk.mark()
    fields = pairs_of(told)
    await talk.world.give(NAME, talk.stage.campaign, fields)
    talk.story.add(f"{NAME} is given to {talk.stage.campaign}", fields)
    return talk.heard()


async def status(talk: Talk, told: str) -> list[str]:
    """delivered, read, failed or undelivered, perhaps a code: how the last message fares"""
    await talk.mark()
    word, _, code = told.partition(" ")
    if word not in STATUSES:
        raise CannotDo(f'"{word}" is no status; there are {", ".join(STATUSES)}')
    if code and not CODE.fullmatch(code):
        raise CannotDo(f'"{code}" is no code of a provider; write one such as 30003')
    await talk.world.status(NAME, word, code)
    talk.story.add(f"the message to {NAME} is {word}", code or None)
    return talk.heard()


async def press(talk: Talk, told: str) -> list[str]:
    """LABEL: presses that button"""
    await talk.mark()
    await talk.world.press(NAME, told)
    talk.story.add(f"{NAME} presses", told)
    return talk.heard()


async def sms(talk: Talk, told: str) -> list[str]:
    """TEXT: writes an SMS"""
    return await talk.says(told, "sms")


async def slack(talk: Talk, told: str) -> list[str]:
    """TEXT: writes on Slack"""
    return await talk.says(told, "slack")


async def answer(talk: Talk, told: str) -> list[str]:
    """NAME {"outcome": "unknown"}, or NAME fails: what a service or function answers from now on"""
    name, _, text = told.partition(" ")
    row: dict[str, object] = {"status": REFUSED} if text.strip() == FAILS else {"answer": _object(text)}
    talk.outside.answers(name, row)
    return []


async def why(talk: Talk, _: str) -> list[str]:
    """why what was done last led to what it did"""
    version, new = Versions(talk.world.rulebooks.project), await talk.world.decisions(talk.before)
    numbers = [row["event"] for row in new if row["kind"] != MERE_NEWS] or [row["event"] for row in new]
    numbers = numbers or ([talk.before] if talk.before else [])
    lines: list[str] = []
    for number in numbers[:MAX_EXPLAINED]:
        explained = await talk.world.read(lambda t, n=number: explain_event(t, version.of(t), n))  # type: ignore[misc]
        lines += lines_of(explained)
    return lines or ["nothing has happened yet"]


async def state(talk: Talk, _: str) -> list[str]:
    """how the person stands: fields, talks, where paths wait"""
    standing = await talk.world.standing(NAME, talk.stage.campaign)
    if standing.nobody:
        return [f"nobody in {talk.stage.campaign}"]
    shown = {name: value for name, value in standing.as_text().items() if value}
    width = max(map(len, shown), default=0)
    return [*talk.moved(talk.world.now), *(f"{name:<{width}}  {value}" for name, value in shown.items())]


async def save(talk: Talk, told: str) -> list[str]:
    """FILE: keeps this chat as a scenario (docs/reference/scenarios.md)"""
    if not told:
        raise CannotDo("name the file to write, such as /save scenarios/ada.yaml")
    talk.outside.tell(talk.story)
    _write(talk, Path(told))
    return [f"{told} is written: pointsman simulate {told}"]


async def leave(talk: Talk, _: str) -> list[str]:
    """ends the chat"""
    talk.ended = True
    return []


async def explain_orders(talk: Talk, _: str) -> list[str]:
    """this"""
    orders = [(f"/{name}", str(order.__doc__).strip()) for name, order in ORDERS.items()]
    return [f"{name:<9} {what}" for name, what in (("TEXT", "the person writes it"), *orders)]


ORDERS: Mapping[str, Order] = {
    "wait": wait,
    "at": at,
    "set": give,
    "status": status,
    "press": press,
    "sms": sms,
    "slack": slack,
    "answer": answer,
    "why": why,
    "state": state,
    "save": save,
    "help": explain_orders,
    "quit": leave,
}


def span_of(told: str) -> timedelta:
    """`2d 3h`; raises `CannotDo`."""
    spans = SPAN.findall(told)
    if not spans or SPAN.sub("", told).strip():
        raise CannotDo(f'"{told}" is no length of time; write 30m, 3h, or 1d 2h')
    try:
        return timedelta(**{UNITS[unit]: float(number) for number, unit in spans})
    except OverflowError:
        raise CannotDo(f'"{told}" is too long') from None


def pairs_of(told: str | Iterable[str]) -> dict[str, str | None]:
    """`name=value` pairs, quoted as in a shell where they hold blanks; nothing behind = is None. Raises `CannotDo`."""
    try:
        parts = shlex.split(told) if isinstance(told, str) else list(told)
    except ValueError:
        raise CannotDo("a quote is not closed") from None
    if not parts or not all("=" in part for part in parts):
        raise CannotDo("write field=value")
    pairs = (part.partition("=") for part in parts)
    return {name.strip(): value or None for name, _, value in pairs}


async def _go_on(talk: Talk) -> list[str]:
    """Until somebody hears something; at least for a minute."""
    begun = talk.world.now
    while (due := await talk.world.quiet()) is not None:
        told = await _go_to(talk, due)
        if told and talk.world.now - begun >= LEAST_WAIT:
            return told
    raise CannotDo("nothing happens by itself any more")


async def _go_to(talk: Talk, moment: datetime) -> list[str]:
    await talk.world.go_to(moment)
    return _arrived(talk)


def _arrived(talk: Talk) -> list[str]:
    talk.story.pass_to(talk.world.now, late=True)
    return [*talk.heard(), *talk.moved(talk.world.now)]


def _moment(talk: Talk, told: str) -> datetime:
    """The moment that clocks of the campaign's zone show as told."""
    today = talk.world.now.astimezone(talk.world.zone)
    full = f"{today:%Y-%m-%d} {told}" if ":" in told and "-" not in told else told
    try:
        moment = datetime.fromisoformat(full)
    except ValueError:
        raise CannotDo(f'"{told}" is no time; write 2027-03-01 09:00, or 09:00') from None
    return moment if moment.tzinfo else moment.replace(tzinfo=talk.world.zone)


def _write(talk: Talk, path: Path) -> None:
    """The scenario names the rule file, or holds it where it was edited meanwhile."""
    if path.exists() and path.resolve() not in talk.saved:
        raise CannotDo(f"{path} is there already; name a new file")
    same = talk.seen == talk.first.encode()
    text = talk.story.text(relpath(talk.stage.file, path.parent) if same else talk.first, named=same)
    try:
        path.write_text(text, "utf-8")
        talk.saved.add(path.resolve())
    except OSError as error:
        raise CannotDo(f"{error.strerror}: {path}") from error


def _object(text: str) -> object:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise CannotDo(f'write the answer as a JSON object, {{"outcome": "unknown"}}, or: {FAILS}')
    return found
