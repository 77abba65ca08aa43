"""Files that came by MMS (docs: "Twilio's request to your application", "Media subresource")."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence

from channels.base import MAX_MEDIA, MAX_MEDIA_URL, Media
from channels.media import Source
from channels.text import keepable

NUMBER = "NumMedia"
PARAMETERS = frozenset({NUMBER, *(f"{name}{n}" for name in ("MediaUrl", "MediaContentType") for n in range(MAX_MEDIA))})
HOST = "api.twilio.com"

# Where the API sends on to: with HTTP authentication enforced on media, and (older accounts) without.
ONWARD = {"mms.twiliocdn.com": "/", "s3-external-1.amazonaws.com": "/media.twiliocdn.com/"}


def media_of(fields: Mapping[str, str]) -> tuple[Media, ...]:
    """The files a webhook names; those past `MAX_MEDIA`, and addresses that are no address, are left out."""
    told = fields.get(NUMBER, "0")
    if told == "0":
        return ()
    number = min(int(told), MAX_MEDIA) if told.isascii() and told.isdecimal() and len(told) < 4 else 0
    return tuple(_named(fields, range(number)))


def _named(fields: Mapping[str, str], numbers: range) -> Iterator[Media]:
    for number in numbers:
        url = fields.get(f"MediaUrl{number}", "")
        if url and len(url) <= MAX_MEDIA_URL:
            yield Media(keepable(url), keepable(fields.get(f"MediaContentType{number}", "")[:100]))


def media_fields(listed: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The parameters in which a webhook names these files: the address of each in the API, and its type."""
    fields = {NUMBER: str(len(listed))}
    for number, (uri, kind) in enumerate(listed):
        fields |= {f"MediaUrl{number}": uri.removesuffix(".json"), f"MediaContentType{number}": kind}
    return fields


def source(account_sid: str, auth_token: str) -> Source:
    """Where an account's files may be fetched from."""
    login = b64encode(f"{account_sid}:{auth_token}".encode()).decode()
    return Source({HOST}, {"Authorization": f"Basic {login}"}, ONWARD)
