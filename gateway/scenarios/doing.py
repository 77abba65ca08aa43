"""What each form of a step does in the world, or expects of it."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gateway.scenarios.checking import FAULTS, files_by_name
from gateway.scenarios.values import Step
from gateway.simulation import World
from gateway.simulation.outside import Answers, holds
from gateway.simulation.people import ADDRESSES
from gateway.simulation.providers import AT_ONCE
from gateway.simulation.standing import as_text
from rules.values import Position

SPAN = re.compile(r"(\d+) ?([smhdw])")
SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
KINDS = {"by SMS": ("sms",), "on Slack": ("slack",), "": tuple(ADDRESSES)}
MORE = "..."  # at the end of a text that is a beginning


@dataclass(frozen=True)
class Missed:
    """Something that is not as expected: where it is told, ``what``, what was ``wanted`` and what there ``was``."""

    position: Position
    what: str
    wanted: Any
    was: Any


Done = Awaitable[Missed | str | None]  # what is not as expected; or what is to be said of it


@dataclass(frozen=True)
class Deed:
    """What a form does; ``expects``: it looks, and changes nothing; ``shown``: that it was taken is told, since
    neither what is said nor the time tells it."""

    do: Callable[[World, Step], Done]
    expects: bool = False
    shown: bool = True


async def starts(w: World, step: Step) -> None:
    await w.start(step.words["CAMPAIGN"])


async def stops(w: World, step: Step) -> None:
    await w.stop(step.words["CAMPAIGN"])


async def given(w: World, step: Step) -> None:
    await w.give(step.words["PERSON"], step.words["CAMPAIGN"], step.value or {})


async def says(w: World, step: Step) -> None:
    (kind, *others) = KINDS[step.words.get("CHOICE", "")]
    await w.say(step.words["PERSON"], step.value, kind="" if others else kind)


async def presses(w: World, step: Step) -> None:
    await w.press(step.words["PERSON"], step.value)


async def mentions(w: World, step: Step) -> None:
    await w.say(step.words["PERSON"], step.value, room=step.words["ROOM"], mention=True)


async def says_in_room(w: World, step: Step) -> None:
    await w.say(step.words["PERSON"], step.value, room=step.words["ROOM"])


async def says_in_thread(w: World, step: Step) -> None:
    await w.say(step.words["PERSON"], step.value, room=step.words["ROOM"], in_thread=True)


async def hears(w: World, step: Step) -> Missed | None:
    wanted = [] if step.value is None else step.value if isinstance(step.value, list) else [step.value]
    place, kinds = step.words["WHO"], KINDS[step.words.get("CHOICE", "")]
    new = [line.text for line in w.heard(place if place in w.people else f"#{place}", kinds)]
    fitting = len(new) == len(wanted) and all(map(fits, new, wanted))
    return None if fitting else Missed(step.position, step.text, wanted or "nothing", new or "nothing")


async def later(w: World, step: Step) -> None:
    spans = SPAN.findall(step.words["SPAN"])
    await w.passes(sum(int(number) * SECONDS[unit] for number, unit in spans))


async def it_is(w: World, step: Step) -> None:
    await w.go_to(datetime.fromisoformat(step.words["MOMENT"]).replace(tzinfo=w.zone))


async def stands(w: World, step: Step) -> Missed | None:
    wanted = {name: value or "" for name, value in (step.value or {}).items()}
    standing = await w.standing(step.words["PERSON"], step.words["CAMPAIGN"])
    if standing.nobody:
        return Missed(step.position, step.text, wanted, f"no participant of {step.words['CAMPAIGN']}")
    text = standing.as_text()
    found = {name: text.get(name, "") for name in wanted}
    return None if found == wanted else Missed(step.position, step.text, wanted, found)


async def is_nobody(w: World, step: Step) -> Missed | None:
    standing = await w.standing(step.words["PERSON"], step.words["CAMPAIGN"])
    return None if standing.nobody else Missed(step.position, step.text, "no participant", standing.as_text())


async def status_is_told(w: World, step: Step) -> None:
    await w.status(step.words["PERSON"], step.words["CHOICE"], step.value or "")


async def ends(w: World, step: Step) -> None:
    w.end(step.words["PERSON"], step.words["CHOICE"], int(step.value or 0))


async def misbehaves(w: World, step: Step) -> None:
    w.providers.behaviour(step.words["CHANNEL"]).add(FAULTS.validate_python(step.value))


async def shuffles(w: World, step: Step) -> None:
    w.providers.behaviour(step.words["CHANNEL"]).webhooks = replace(AT_ONCE, twice=True, shuffled=True)


async def behaves(w: World, step: Step) -> None:
    w.providers.behaviour(step.words["CHANNEL"]).clear()


async def service_was_asked(w: World, step: Step) -> Missed | None:
    return asked(w.services[step.words["SERVICE"]].answers, step)


async def function_was_asked(w: World, step: Step) -> Missed | None:
    return asked(w.functions.answers[step.words["FUNCTION"]], step)


async def rules_become(w: World, step: Step) -> str:
    found = await w.edit(files_by_name(w.texts)[step.words["FILE"]], step.value.encode())
    errors = [one for one in found if one.level == "error"]
    return f"not taken: {'; '.join(map(str, errors))}" if errors else ""


async def restarts(w: World, step: Step) -> None:
    await w.restart()


def asked(answers: Answers, step: Step) -> Missed | None:
    """Whether the calls that are new have the parts that are told."""
    wanted: Sequence[Mapping[str, Any]] = step.value or []
    new = [texts(call) for call in answers.new()]
    fitting = len(new) == len(wanted) and all(map(holds, new, wanted))
    return None if fitting else Missed(step.position, step.text, wanted or "nothing", new or "nothing")


def fits(text: str, wanted: str) -> bool:
    """Whether a text is the one that is wanted, or begins so where that ends in dots."""
    beginning = wanted.removesuffix(MORE)
    return text == wanted if beginning == wanted else text.startswith(beginning)


def texts(value: Any) -> Any:
    """JSON as scenarios hold it: every value is text."""
    if isinstance(value, Mapping):
        return {name: texts(part) for name, part in value.items()}
    return [texts(part) for part in value] if isinstance(value, (list, tuple)) else as_text(value)


DEEDS: Mapping[str, Deed] = {
    "the campaign CAMPAIGN starts": Deed(starts),
    "the campaign CAMPAIGN is stopped": Deed(stops),
    "PERSON is given to CAMPAIGN": Deed(given),
    "PERSON says": Deed(says, shown=False),
    "PERSON says (by SMS|on Slack)": Deed(says, shown=False),
    "PERSON presses": Deed(presses, shown=False),
    "PERSON mentions us in ROOM": Deed(mentions, shown=False),
    "PERSON says in ROOM": Deed(says_in_room, shown=False),
    "PERSON says in the thread in ROOM": Deed(says_in_thread, shown=False),
    "WHO hears": Deed(hears, expects=True, shown=False),
    "WHO hears (by SMS|on Slack)": Deed(hears, expects=True, shown=False),
    "WHO hears nothing": Deed(hears, expects=True, shown=False),
    "SPAN later": Deed(later, shown=False),
    "it is MOMENT": Deed(it_is, shown=False),
    "PERSON now has in CAMPAIGN": Deed(stands, expects=True, shown=False),
    "PERSON is nobody in CAMPAIGN": Deed(is_nobody, expects=True, shown=False),
    "the message to PERSON is (sent|delivered|read|undelivered|failed)": Deed(status_is_told),
    "SMS to PERSON are (sent|delivered|undelivered|failed) from now on": Deed(ends),
    "the provider of CHANNEL misbehaves": Deed(misbehaves),
    "the provider of CHANNEL shuffles and repeats its callbacks": Deed(shuffles),
    "the provider of CHANNEL behaves again": Deed(behaves),
    "the service SERVICE was asked": Deed(service_was_asked, expects=True, shown=False),
    "the function FUNCTION was asked": Deed(function_was_asked, expects=True, shown=False),
    "rule file FILE becomes": Deed(rules_become),
    "the gateway restarts": Deed(restarts),
}
