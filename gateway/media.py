"""`pointsman media`: the files that came with a message, looked up and fetched."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from channels.base import Media
from channels.media import Source, fetch
from channels.slack.media import source as slack_source
from channels.twilio.media import source as twilio_source
from gateway.private_files import new_file, sync
from gateway.settings import Settings
from gateway.settings_file import TwilioSettings
from storage.transaction import Transaction
from storage.values import Row


class NoSuchFile(Exception):
    """There is nothing to fetch; the words say why."""


def message_named(t: Transaction, name: str, channels: Sequence[str]) -> Row:
    """The message with this id, ours or the provider's. Raises `NoSuchFile`."""
    found = list(t.messages.by_ids([name]).values())
    for channel in channels:
        found += t.messages.by_provider(channel, [name]).values()
    if not found:
        raise NoSuchFile(f'there is no message "{name[:60]}"')
    return found[0]


def file_of(message: Row, number: int) -> Media:
    """One of the message's files, counted from 1. Raises `NoSuchFile`."""
    files = message["media"]
    if not 1 <= number <= len(files):
        raise NoSuchFile(f"message {message['id']} has {len(files) or 'no'} files: there is no number {number}")
    return Media(files[number - 1]["url"], files[number - 1]["type"])


def source_of(settings: Settings, channel: str) -> Source:
    """Where the files of a channel may be fetched from; in the sandbox, from the sandbox alone. Raises `NoSuchFile`."""
    known = settings.channels.get(channel)
    if known is None:
        raise NoSuchFile(f"channel {channel} is no longer in the settings")
    if isinstance(known, TwilioSettings):
        source = twilio_source(known.account_sid, known.auth_token.get_secret_value())
    else:
        source = slack_source(known.bot_token.get_secret_value())
    if settings.sandbox:
        return Source((), source.credentials, local=urlsplit(settings.public_url).netloc)
    return source


async def save(file: Media, source: Source, path: Path) -> int:
    """Fetch the file into a new one, for its owner's eyes only; its size in bytes. Raises
    `channels.media.FetchRefused`, FileExistsError or another OSError; nothing is left then."""
    with new_file(path) as opened:
        size = await fetch(file.url, source, opened)
        sync(opened)
    return size
