"""Files that people share (docs: "File object"): fetched with the bot's token, which needs the scope files:read."""

from collections.abc import Iterator

from channels.base import MAX_MEDIA, MAX_MEDIA_URL, Media
from channels.media import Source
from channels.slack.body import Body, word
from channels.text import keepable

HOST = "files.slack.com"


def media_of(event: Body) -> tuple[Media, ...]:
    """The files of a message, at most `MAX_MEDIA`; one that Slack shows without an address (deleted, or hidden from
    the app) is left out."""
    files = event.get("files")
    return tuple(_addressed(files))[:MAX_MEDIA] if isinstance(files, list) else ()


def _addressed(files: list[object]) -> Iterator[Media]:
    for file in files:
        url = word(file, "url_private") if isinstance(file, dict) else ""
        if isinstance(file, dict) and url and len(url) <= MAX_MEDIA_URL:
            yield Media(keepable(url), keepable(word(file, "mimetype")[:100]))


def source(bot_token: str) -> Source:
    """Where the files may be fetched from that this bot may see."""
    return Source({HOST}, {"Authorization": f"Bearer {bot_token}"})
