"""Files that come with messages, as Twilio keeps them: named in the webhook, listed and handed out by the API, which
sends on to another address (docs: "Media subresource"). What is in a file can be told from its name."""

import re
from collections.abc import Iterator
from typing import Any

from channels.sandbox.entries import Sms
from channels.sandbox.twilio_api import API_VERSION, refused
from channels.sandbox.twilio_book import TwilioBook
from channels.sandbox.wire import SandboxResponse, json_answer

ROUTE = re.compile(
    r"(?P<base>/sandbox/twilio/[^/]+)/2010-04-01/Accounts/(?P<account>\w+)/Messages/(?P<sid>\w+)"
    r"/Media(?P<list>\.json)?(?:/ME(?P<file>[0-9]{32}))?"
)
FILE = re.compile(r"/sandbox/twilio/[^/]+/files/(?P<sid>\w+)/(?P<file>[0-9]{1,2})")


def media_fields(sms: Sms, account: str, api_url: str) -> dict[str, str]:
    """The parameters of the webhook that name the files."""
    fields = {"NumMedia": str(len(sms.media))}
    for number, kind in enumerate(sms.media):
        fields |= {f"MediaUrl{number}": api_url + _uri(sms, account, number), f"MediaContentType{number}": kind}
    return fields


def media_answer(path: str, account: str, book: TwilioBook) -> SandboxResponse | None:
    """The list of a message's files, or where one is; None where the path asks for neither."""
    route = ROUTE.fullmatch(path)
    if route is None or route["account"] != account or bool(route["list"]) == bool(route["file"]):
        return None
    sms = book.find(route["sid"])
    if sms is None or (route["file"] and int(route["file"]) >= len(sms.media)):
        return refused(404, 20404)
    if route["list"]:
        return json_answer(200, {"media_list": list(_listed(sms, account)), "page": 0, "next_page_uri": None})
    return SandboxResponse(307, {"Location": f"{route['base']}/files/{sms.sid}/{int(route['file'])}"})


def file_answer(path: str, book: TwilioBook) -> SandboxResponse | None:
    """A file itself, which needs no login; None where the path is of none."""
    route = FILE.fullmatch(path)
    sms = book.find(route["sid"]) if route else None
    if route is None or sms is None or int(route["file"]) >= len(sms.media):
        return None
    number = int(route["file"])
    return SandboxResponse(200, {"Content-Type": sms.media[number]}, f"file {number} of {sms.sid}\n".encode())


def _listed(sms: Sms, account: str) -> Iterator[dict[str, Any]]:
    for number, kind in enumerate(sms.media):
        uri = _uri(sms, account, number)
        ids = {"sid": uri.rpartition("/")[2], "account_sid": account, "parent_sid": sms.sid}
        yield {**ids, "content_type": kind, "date_created": None, "date_updated": None, "uri": f"{uri}.json"}


def _uri(sms: Sms, account: str, number: int) -> str:
    return f"/{API_VERSION}/Accounts/{account}/Messages/{sms.sid}/Media/ME{number:032d}"
