"""What a large campaign leaves behind, row by row, as SQL that PostgreSQL makes the rows by.

Of one ``crowd`` of people: each is a customer with three identifiers and takes part in a campaign (four in five in the
first), has three communications and ten messages; one of them has one message in 200. What belongs to one person lies
scattered over the tables, as it does where many are talked to at once. The rows span `DAYS`, up to `NOW`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha512

from benchmarks.people import BOOK
from storage.packing import pack
from storage.types import EPOCH

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAYS = 90
SPAN = DAYS * 86_400_000_000  # microseconds
BEGUN = (NOW - EPOCH) // timedelta(microseconds=1) - SPAN
BATCH = 50  # rows of one moment, as one batch of the worker leaves them
CAMPAIGNS = 50
WHOSE = f"CASE WHEN {{p}} % 5 < 4 THEN '{BOOK.campaign}' ELSE 'campaign' || ({{p}} / 5 % {CAMPAIGNS - 1}) END"
LOG = pack([{"campaign": BOOK.campaign, "note": sha512(bytes([n])).hexdigest()} for n in range(6)])  # half a kB, packed
PERSON = "'+49151' || lpad({p}::text, 8, '0')"


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many ``people`` there are."""

    people: int

    @property
    def talks(self) -> int:
        return 3 * self.people

    @property
    def messages(self) -> int:
        return 10 * self.people

    def person(self, number: str) -> str:
        """The number of the person whom the communication of this number is with."""
        return f"(1 + {number} * 48271 % {self.people})"

    @property
    def talk(self) -> str:
        """The number of the communication that message ``n`` belongs to."""
        return f"(CASE WHEN n % 200 = 0 THEN 1 ELSE 1 + n * 1000003 % {self.talks} END)"


def id_of(kind: str, number: str = "n") -> str:
    """An id of ours, by number."""
    return f"md5('{kind}' || {number})"


def moment(total: int) -> str:
    """When row ``n`` of so many came to be."""
    return f"{BEGUN} + n / {BATCH} * {BATCH} * ({SPAN} / {total})"


def one_of(*values: str, each: int = 1) -> str:
    """One of these in turn, so many times ``each``."""
    chosen = " ".join(f"WHEN {number} THEN '{value}'" for number, value in enumerate(values))
    return f"CASE n / {each} % {len(values)} {chosen} END"


def text(length: int) -> str:
    """Words of about so many characters."""
    return f"left(repeat(md5('text' || n) || ' ', {length // 33 + 1}), {length})"


def document(length: int) -> str:
    """A JSON document of about so many characters."""
    return f"""'{{"note":"' || {text(length)} || '"}}'"""


def customers(crowd: Crowd) -> dict[str, str]:
    return {
        "id": id_of("customer"),
        "lane": id_of("customer"),
        "fields": document(60),
        "created_at": moment(crowd.people),
    }


def phones(crowd: Crowd) -> dict[str, str]:
    return {"kind": "'phone'", "value": PERSON.format(p="n"), "customer": id_of("customer")}


def emails(crowd: Crowd) -> dict[str, str]:
    return {"kind": "'email'", "value": "'person' || n || '@example.com'", "customer": id_of("customer")}


def numbers(crowd: Crowd) -> dict[str, str]:
    return {"kind": "'external_id'", "value": "'A-' || n", "customer": id_of("customer")}


def participants(crowd: Crowd) -> dict[str, str]:
    return {
        "id": id_of("participant"),
        "campaign": WHOSE.format(p="n"),
        "customer": id_of("customer"),
        "fields": document(120),
        "entered": "n % 1000 <> 0",
        "outcome": "CASE WHEN n % 2000 = 0 THEN 'rare' WHEN n % 4 = 0 THEN 'paid' ELSE '' END",
        "created_at": moment(crowd.people),
        "updated_at": f"{moment(crowd.people)} + 86400000000",
    }


def communications(crowd: Crowd) -> dict[str, str]:
    person = crowd.person("n")
    return {
        "id": id_of("talk"),
        "campaign": WHOSE.format(p=person),
        "participant": id_of("participant", person),
        "seq": "1 + n % 3",
        "customer": id_of("customer", person),
        "flow": one_of("remind", "words", each=3),
        "node": one_of("remind.ask", "remind.again", "words.tell", each=5),
        "agent": "'collector'",
        "channel": one_of("sms", "sms", "slack"),
        "address": PERSON.format(p=person),
        "rules": f"'{BOOK.hash}'",
        "status": f"CASE WHEN n % 5000 = 0 THEN 'failed' WHEN n % 100 = 1 THEN 'started'"
        f" ELSE {one_of('completed', 'no_response', 'canceled', 'completed')} END",
        "is_open": "n % 5000 <> 0 AND n % 100 = 1",
        "talk": document(300),
        "at": moment(crowd.talks),
        "created_at": moment(crowd.talks),
        "updated_at": f"{moment(crowd.talks)} + 3600000000",
    }


def messages(crowd: Crowd) -> dict[str, str]:
    person = crowd.person(crowd.talk)
    return {
        "id": id_of("message"),
        "channel": one_of("sms", "sms", "slack"),
        "direction": one_of("out", "in"),
        "address": PERSON.format(p=person),
        "thread": "CASE WHEN n % 3 = 2 THEN 'C' || n / 10 ELSE '' END",
        "text": text(100),
        "campaign": f"CASE WHEN n % 20 = 1 THEN '' ELSE {WHOSE.format(p=person)} END",
        "customer": id_of("customer", person),
        "communication": f"CASE WHEN n % 20 = 1 THEN '' ELSE {id_of('talk', crowd.talk)} END",
        "status": "CASE WHEN n % 2 = 1 THEN '' WHEN n % 10000 = 0 THEN 'undelivered' WHEN n % 100000 = 2 THEN ''"
        f" ELSE {one_of('delivered', 'read', 'delivered', each=2)} END",
        "rank": "4",
        "provider_id": "'SM' || md5('provider' || n)",
        "created_at": moment(crowd.messages),
        "updated_at": f"{moment(crowd.messages)} + 5000000",
    }


def events(crowd: Crowd) -> dict[str, str]:
    return {
        "id": "n",
        "key": "'sms:SM' || md5('event' || n)",
        "kind": one_of("message", "receipt", "receipt", "timer"),
        "lane": id_of("customer", crowd.person("n")),
        "payload": document(250),
        "state": "CASE WHEN n % 10000 = 0 THEN 'parked' WHEN n % 100000 = 1 THEN 'dropped' ELSE 'decided' END",
        "received_at": moment(crowd.talks),
        "decided_at": moment(crowd.talks),
    }


def decisions(crowd: Crowd) -> dict[str, str]:
    return {
        "event": "n",
        "customer": id_of("customer", crowd.person("n")),
        "applied": "'acted'",
        "log": f"decode('{LOG.hex()}', 'hex')",
        "decided_at": moment(crowd.talks),
    }


def runs(crowd: Crowd) -> dict[str, str]:
    return {
        "id": id_of("run"),
        "campaign": WHOSE.format(p="n"),
        "participant": id_of("participant"),
        "customer": id_of("customer"),
        "node": one_of("remind.answered", "remind.wait"),
        "rules": f"'{BOOK.hash}'",
        "created_at": moment(crowd.people),
    }


def opt_outs(crowd: Crowd) -> dict[str, str]:
    return {
        "channel": one_of("sms", "sms", "slack"),
        "address": PERSON.format(p="n"),
        "word": "'STOP'",
        "at": moment(crowd.people),
    }


def deliveries(crowd: Crowd) -> dict[str, str]:
    return {
        "id": id_of("delivery"),
        "hook": one_of("crm", "crm", "crm", "warehouse"),
        "kind": one_of("participant.created", "participant.updated", "communication.begun", each=4),
        "customer": id_of("customer"),
        "payload": document(300),
        "state": "CASE WHEN n % 10000 = 0 THEN 'failed' ELSE 'delivered' END",
        "created_at": moment(crowd.people),
        "next_at": moment(crowd.people),
        "done_at": moment(crowd.people),
    }


def audited(crowd: Crowd) -> dict[str, str]:
    return {
        "at": moment(crowd.people),
        "who": one_of("crm", "cli:root"),
        "what": "'put_participants'",
        "subject": f"'participant/' || {id_of('participant')}",
        "customer": id_of("customer"),
    }


def uploads(crowd: Crowd) -> dict[str, str]:
    return {
        "id": id_of("upload"),
        "campaign": WHOSE.format(p="n"),
        "file": "'people.csv'",
        "status": "'completed'",
        "started_at": moment(crowd.people),
    }


def failures(crowd: Crowd) -> dict[str, str]:
    return {
        "upload": id_of("upload", "1"),
        "row": "n",
        "field": "'phone'",
        "value": "'0151'",
        "reason": "'is no phone number'",
    }


def tokens(crowd: Crowd) -> dict[str, str]:
    return {
        "id": "'token' || n",
        "name": "'token' || lpad(n::text, 4, '0')",
        "scope": "'read'",
        "hash": "''",
        "created_at": moment(crowd.people),
    }


def campaigns(crowd: Crowd) -> dict[str, str]:
    return {"name": WHOSE.format(p="(n * 5 - 1)"), "status": "'active'"}


def first_campaign(crowd: Crowd) -> dict[str, str]:
    return {"name": WHOSE.format(p="0"), "status": "'active'"}
