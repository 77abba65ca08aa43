"""Which lists the API has, by what they can be filtered, and where in one a page may begin."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import md5
from random import Random

from benchmarks.crowd import BEGUN, DAYS, NOW, SPAN, Crowd
from benchmarks.people import BOOK
from gateway.api.paging import PageQuery
from gateway.api.site import ENDPOINTS

PAGING = frozenset(PageQuery.model_fields) | {"after"}
FIRST, AMID, LAST = PLACES = ("first", "amid", "last")
BACKWARDS = ("/communications", "/messages", "/sessions", "/events", "/audit", "deliveries", "uploads")
BY_TIME = ("/communications", "/messages", "/sessions", "uploads")
NUMBERED = ("/events", "/audit")
NEVER_LISTED = ("/campaigns", f"/campaigns/{BOOK.campaign}", f"/campaigns/{BOOK.campaign}/flows", "/channels", "/hooks")
COUNTED_DAYS = ("1", "30", "92")
HEX = 32


def id_of(kind: str, number: int) -> str:
    """The same id as `benchmarks.crowd.id_of` says."""
    return md5(f"{kind}{number}".encode(), usedforsecurity=False).hexdigest()


IN_PATH = {"{campaign}": BOOK.campaign, "{hook}": "crm", "{upload}": id_of("upload", 1)}


def lists() -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """Each list: its path, how many rows a page may have, and the names of its filters. What is explained of one
    person is none: it is decided again."""
    for endpoint in ENDPOINTS:
        path = _filled_in(endpoint.path)
        if endpoint.method == "GET" and issubclass(endpoint.query, PageQuery) and "{" not in path:
            names = tuple(name for name in endpoint.query.model_fields if name not in PAGING)
            most = next(one.le for one in endpoint.query.model_fields["limit"].metadata if hasattr(one, "le"))
            yield path, most, names


def others() -> Iterator[tuple[str, Mapping[str, str]]]:
    """What is no list, and counts."""
    yield from ((path, {}) for path in NEVER_LISTED)
    yield from ((f"/campaigns/{BOOK.campaign}/analytics", {"days": days}) for days in COUNTED_DAYS)


def _filled_in(path: str) -> str:
    for name, value in IN_PATH.items():
        path = path.replace(name, value)
    return path


def values(path: str, crowd: Crowd) -> dict[str, str]:
    """By each filter somebody or something that is there; by a status something rare."""
    talkative = 1 + 48271 % crowd.people  # whom the first communication is with, who has most of the messages
    return {
        "campaign": BOOK.campaign,
        "customer": id_of("customer", talkative),
        "participant": id_of("participant", talkative),
        "communication": id_of("talk", 1),
        "external_id": f"A-{talkative}",
        "phone": f"+49151{talkative:08}",
        "email": f"person{talkative}@example.com",
        "slack": "U00000003",
        "outcome": "rare",
        "entered": "false",
        "updated_since": (NOW - timedelta(days=DAYS // 2)).isoformat(),
        "since": (NOW - timedelta(days=DAYS * 9 // 10)).isoformat(),
        "until": (NOW - timedelta(days=DAYS // 10)).isoformat(),
        "status": "failed",
        "state": "failed" if path.endswith("deliveries") else "parked",
        "direction": "in",
        "channel": "slack",
        "flow": "words",
        "node": "words.tell",
        "kind": "timer",
        "type": "participant.updated",
        "subject": f"participant/{id_of('participant', talkative)}",
    }


@dataclass(frozen=True, slots=True)
class Place:
    """Where pages begin in lists of this ``crowd``; those amid them anywhere."""

    crowd: Crowd
    chosen: Random

    def cursor(self, path: str, place: str, filters: Mapping[str, str]) -> str:
        """The cursor of such a place; "" at the beginning."""
        if place == FIRST:
            return ""
        part = 0.9999 if place == LAST else self.chosen.uniform(0.2, 0.8)
        place_in_order = 1 - part if path.endswith(BACKWARDS) else part
        return self._cursor(path, place_in_order, filters)

    def _cursor(self, path: str, part: float, filters: Mapping[str, str]) -> str:
        if path.endswith(BY_TIME):
            return f"{self._moment(part)}-{self._id(part)}"
        if path.endswith("errors"):
            return f"{int(self.crowd.people * part)}-1"
        if path == "/tokens":
            return f"token{int(1000 * part):04}\0".encode().hex()
        if path.endswith("deliveries"):
            return f"{self._moment(part)}-{1 + int(self.crowd.people * part)}"
        if path.endswith(NUMBERED):
            return str(1 + int((self.crowd.talks if path == "/events" else self.crowd.people) * part))
        if path == "/opt-outs":
            return f"sms\0+49151{int(part * self.crowd.people / 5):08}".encode().hex()
        return f"{self._moment(part)}-{self._id(part)}" if "updated_since" in filters else self._id(part)

    def _moment(self, part: float) -> int:
        return BEGUN + int(SPAN * part)

    def _id(self, part: float) -> str:
        return f"{int(part * 16**HEX):032x}"
