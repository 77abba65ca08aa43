"""What the page and the fault tests may ask of the sandbox, as JSON."""

from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from channels.sandbox.behaviour import Ending, Fault, Webhooks
from channels.sandbox.sandbox import Sandbox

MAX_CONTROL_BYTES = 65_536

Name = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(min_length=1, max_length=40_000)]


class ControlWrong(ValueError):
    """The request is not understood or cannot be done; the text says why."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Say(_Body):
    """``who`` (a phone number or a Slack user id) writes; ``room`` and ``thread`` are Slack's, "" a direct message;
    ``media`` are the types of files that come by SMS."""

    channel: Name
    who: Name
    text: Text
    room: Name = ""
    thread: Name = ""
    media: Annotated[tuple[Name, ...], Field(max_length=10)] = ()


class PressButton(_Body):
    """``who`` presses the button with this value below the post ``message`` (its ts)."""

    channel: Name
    who: Name
    room: Name
    message: Name
    value: Text


class AddPhone(_Body):
    """One more phone."""

    channel: Name
    number: Name


class Control(_Body):
    """Change how a channel behaves; ``clear`` and ``heal`` come first, so one request can begin anew.

    ``heal`` ends the faults told before and leaves the numbers that cannot be reached and how webhooks are sent.
    """

    channel: Name
    clear: bool = False
    heal: bool = False
    webhooks: Webhooks | None = None
    ending: Ending | None = None
    fault: Fault | None = None


def _say(sandbox: Sandbox, body: Say) -> None:
    if sandbox.channel(body.channel).kind == "sms":
        sandbox.twilio(body.channel).say(body.who, body.text, media=body.media)
    else:
        sandbox.slack(body.channel).say(body.who, body.text, body.room, body.thread)


def _press(sandbox: Sandbox, body: PressButton) -> None:
    sandbox.slack(body.channel).press(body.who, body.room, body.message, body.value)


def _add_phone(sandbox: Sandbox, body: AddPhone) -> None:
    sandbox.twilio(body.channel).add_phone(body.number)


def _control(sandbox: Sandbox, body: Control) -> None:
    behaviour = sandbox.channel(body.channel).behaviour
    if body.clear:
        behaviour.clear()
    if body.heal:
        behaviour.faults.clear()
    if body.webhooks:
        behaviour.webhooks = body.webhooks
    if body.ending:
        behaviour.end(body.ending)
    if body.fault:
        behaviour.add(body.fault)


_DEEDS: Mapping[str, Callable[[Sandbox, bytes], None]] = {
    "say": lambda sandbox, body: _say(sandbox, Say.model_validate_json(body)),
    "press": lambda sandbox, body: _press(sandbox, PressButton.model_validate_json(body)),
    "phone": lambda sandbox, body: _add_phone(sandbox, AddPhone.model_validate_json(body)),
    "control": lambda sandbox, body: _control(sandbox, Control.model_validate_json(body)),
}

DEEDS = tuple(_DEEDS)


def perform(sandbox: Sandbox, deed: str, body: bytes) -> None:
    """Do one of `DEEDS` as the JSON body says. Raises `ControlWrong`."""
    if len(body) > MAX_CONTROL_BYTES:
        raise ControlWrong(f"the body has more than {MAX_CONTROL_BYTES} bytes")
    try:
        _DEEDS[deed](sandbox, body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ControlWrong(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except ValueError as error:
        raise ControlWrong(str(error)) from error
