"""The sandbox of one project: its look-alikes are the channels of the settings, its people stand in `sandbox.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from channels.base import Clock
from channels.sandbox import Ending, PeopleWrong, Person, Sandbox, SandboxSlack, SandboxTwilio, people_from
from gateway.settings import Settings, SettingsError
from gateway.settings_file import SlackSettings, TwilioSettings

FILE = "sandbox.toml"
JOURNAL = "sandbox.jsonl"
DEFAULT_NUMBER = "+15005550006"  # for a project that sends through a messaging service


class Play(BaseModel):
    """What `run --sandbox` does once, so that a conversation goes on: start a campaign and import a contact list."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    campaign: str
    contacts: str


class SandboxFile(BaseModel):
    """The form of `sandbox.toml`. ``rooms`` are Slack channels that the app is in; ``endings`` are bad numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    rooms: tuple[str, ...] = ("general",)
    endings: tuple[Ending, ...] = ()
    people: Annotated[list[dict[str, Any]], Field(default_factory=list)]
    play: Play | None = None


@dataclass(frozen=True)
class Script:
    """A project's sandbox script, read and checked."""

    people: tuple[Person, ...] = ()
    rooms: tuple[str, ...] = ("general",)
    endings: tuple[Ending, ...] = ()
    play: Play | None = None


def read_script(folder: Path) -> Script:
    """The project's script; an empty one where there is no `sandbox.toml`. Raises `SettingsError`."""
    path = folder / FILE
    if not path.exists():
        return Script()
    try:
        file = SandboxFile.model_validate(tomllib.loads(path.read_text("utf-8")))
        return Script(people_from({"people": file.people}), file.rooms, file.endings, file.play)
    except (ValidationError, PeopleWrong, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError((f"{path} is not understood: {error}",)) from None


def sandbox_addresses(settings: Settings) -> Mapping[str, str]:
    """Where each channel's look-alike answers, by channel."""
    base = settings.public_url
    return {
        name: f"{base}/sandbox/twilio/{name}"
        if isinstance(channel, TwilioSettings)
        else f"{base}/sandbox/slack/{name}/api/"
        for name, channel in settings.channels.items()
    }


def build_sandbox(settings: Settings, clock: Clock, script: Script) -> Sandbox:
    """Look-alikes with the very secrets that the adapters use; what happened is kept in the project's journal."""
    channels = tuple(look_alike(name, channel, script) for name, channel in settings.channels.items())
    journal = settings.folder / JOURNAL
    return Sandbox(settings.public_url, channels, journal, clock, people=script.people)


def look_alike(name: str, channel: TwilioSettings | SlackSettings, script: Script) -> SandboxTwilio | SandboxSlack:
    if isinstance(channel, SlackSettings):
        return SandboxSlack(
            name,
            channel.bot_token.get_secret_value(),
            channel.signing_secret.get_secret_value(),
            team=channel.team,
            app_id=channel.app_id,
            rooms=script.rooms,
        )
    number = channel.sender or DEFAULT_NUMBER
    token, service = channel.auth_token.get_secret_value(), channel.messaging_service_sid
    twilio = SandboxTwilio(name, channel.account_sid, token, number, service)
    for ending in script.endings:
        twilio.behaviour.end(ending)
    return twilio
