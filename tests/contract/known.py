"""Names and ids of what there is, for requests that are to reach it: by chance alone nobody meets an id."""

import json
from collections.abc import Iterator, Mapping, Sequence

from tests.clients.served import CAMPAIGN, HOOK, Served

SHARE = 0.7  # of the requests that name something real; the others name what chance gives
LISTS: Mapping[str, tuple[str, str, str]] = {  # by parameter: where it is listed, under which key, and its own
    "participant": (f"/campaigns/{CAMPAIGN}/participants", "participants", "participant"),
    "customer": ("/customers", "customers", "customer"),
    "communication": ("/communications", "communications", "communication"),
    "message": ("/messages", "messages", "message"),
    "event": ("/events", "events", "event"),
    "upload": (f"/campaigns/{CAMPAIGN}/uploads", "uploads", "upload"),
    "delivery": (f"/hooks/{HOOK}/deliveries", "deliveries", "id"),
    "flow": (f"/campaigns/{CAMPAIGN}/flows", "flows", "flow"),
}
NAMES: Mapping[str, Sequence[str]] = {
    "campaign": (CAMPAIGN,),
    "hook": (HOOK,),
    "channel": ("sms", "slack"),
    "address": ("+4915112345604", "+4915112345699"),
}


def configuration(gateway: Served) -> str:
    """The settings of schemathesis."""
    known = {**NAMES, **{name: ids(gateway, *place) for name, place in LISTS.items()}}
    return "\n".join([*sections(known), "[parameters]", *bindings(known)])


def ids(gateway: Served, path: str, noun: str, key: str) -> Sequence[str]:
    """Those on the first page of a list."""
    return [str(one[key]) for one in gateway.get(path)[noun]]


def sections(known: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for name, values in known.items():
        yield f"[dictionaries.{name}]\nvalues = {json.dumps(list(values))}"


def bindings(known: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for name in known:
        yield f'"path.{name}" = {{dictionary = "{name}", probability = {SHARE}}}'
