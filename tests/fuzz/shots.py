"""Requests of all kinds: signed and not, whole and spoilt, each as the bytes that are sent."""

import base64
import hmac
import json
import re
import time
from dataclasses import dataclass, replace
from hashlib import sha1, sha256
from random import Random
from typing import Any

from yarl import query_to_pairs

from gateway.ingress import BODY_LIMIT
from tests.channels.signing import ACCOUNT_SID, FORM_TYPE, PUBLIC_URL, SIGNING_SECRET, TOKEN, payload
from tests.fuzz.grammar import encoded, spoilt, torn, value, word

INBOUND, STATUS = payload("twilio_inbound"), payload("twilio_status")
EVENT, ACTION, COMMAND = payload("slack_event"), payload("slack_action"), payload("slack_command")
FORGED_SHARE = 0.7
ADDRESSES = 20_000  # from which the requests claim to come, through the proxy that is trusted
METHODS = ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW")
PATHS = ("/", "/wp-login.php", "/webhooks", "/webhooks/fax/inbound", "/webhooks/sms/voice", "/api/v1/campaigns", "/%00")
WHOLE, SPOILT, FORGED = "w", "s", "x"  # the letter in each key: whole and signed, spoilt and signed, not signed

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True)
class Shot:
    """A request. ``owed``: it is whole and signed, so it must be answered 200, and kept."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    owed: bool = False
    chunked: bool = False

    @property
    def is_http(self) -> bool:
        """Whether a parser of HTTP can make sense of it."""
        return self.method != "BREW" and not any(_CONTROL.search(value) for value in self.headers.values())

    def wire(self) -> bytes:
        """As it is sent."""
        length = {"Transfer-Encoding": "chunked"} if self.chunked else {"Content-Length": str(len(self.body))}
        lines = [f"{name}: {given}" for name, given in ({"Host": "gw"} | length | self.headers).items()]
        head = "\r\n".join([f"{self.method} {self.target} HTTP/1.1", *lines, "", ""]).encode("latin-1", "replace")
        return head + (b"%x\r\n%s\r\n0\r\n\r\n" % (len(self.body), self.body) if self.chunked else self.body)


class Shooter:
    """An endless, repeatable stream of requests. Those numbered apart (``name``) never share a key."""

    def __init__(self, name: int, seed: int) -> None:
        self._random = Random(f"{seed}/{name}")  # noqa: S311 - it has to be repeatable
        self._name, self._number = name, 0

    def next(self) -> Shot:
        """One more request."""
        self._number += 1
        shot = self._random.choice((self._sms, self._sms, self._status, self._event, self._event, self._form))()
        if self._random.random() < 0.05:
            shot = replace(shot, **self._other_place())
        return replace(shot, headers={"X-Forwarded-For": self._address()} | shot.headers)

    def _kind(self, whole: float) -> str:
        """Most are forged; of the rest, this share is whole."""
        if self._random.random() < FORGED_SHARE:
            return FORGED
        return WHOLE if self._random.random() < whole else SPOILT

    def _id(self, kind: str, width: int) -> str:
        return f"{kind}{self._name:03d}{self._number:0{width - 4}d}"

    def _address(self) -> str:
        number = self._random.randrange(ADDRESSES)
        return f"192.{number >> 16}.{(number >> 8) & 255}.{number & 255}"

    def _other_place(self) -> dict[str, Any]:
        where = {"target": self._random.choice(PATHS)} if self._random.random() < 0.6 else {}
        return {"owed": False, **(where or {"method": self._random.choice(METHODS)})}

    def _sms(self) -> Shot:
        kind = self._kind(0.3)
        return self._twilio("inbound", INBOUND | {"MessageSid": f"SM{self._id(kind, 32)}"}, kind)

    def _status(self) -> Shot:
        kind, status = self._kind(0.3), self._random.choice(("sent", "delivered", "read", "failed"))
        form = STATUS | {"MessageSid": f"SM{self._id(kind, 32)}", "MessageStatus": status}
        return self._twilio("status", form, kind)

    def _twilio(self, route: str, form: dict[str, str], kind: str) -> Shot:
        pairs = list((form | {"AccountSid": ACCOUNT_SID}).items())
        spoil = kind == SPOILT or (kind == FORGED and self._random.random() < 0.7)
        if spoil:
            pairs, route = self._spoilt_pairs(pairs), self._random.choice((route, route, "inbound", "status"))
        body = "&".join(f"{encoded(name)}={encoded(given)}" for name, given in pairs).encode()
        if spoil and self._random.random() < 0.1:
            body = torn(self._random, body)
        target = f"/webhooks/sms/{route}" + self._random.choice(("", "", "?m=" + "0" * 32, "?m=%31&n="))
        wrong = self._random.choice(("", "forged", "A" * 27 + "=", "é"))
        signature = wrong if kind == FORGED else twilio_signature(target, body)
        shot = Shot("POST", target, {"Content-Type": FORM_TYPE, "X-Twilio-Signature": signature}, body)
        return self._dressed(shot, kind == WHOLE)

    def _spoilt_pairs(self, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        for _ in range(self._random.randrange(1, 4)):
            at = self._random.randrange(len(pairs))
            name = pairs[at][0]
            new = self._random.choice(
                (
                    [],
                    [pairs[at]] * 2,
                    [(name, word(self._random))],
                    [(word(self._random), "x")],
                    [("NumMedia", "2"), ("MediaUrl0", word(self._random)), ("MediaUrl1", "https://api.twilio.com/x")],
                )
            )
            pairs = [*pairs[:at], *new, *pairs[at + 1 :]] or [("Body", "")]
        return pairs

    def _event(self) -> Shot:
        kind = self._kind(0.3)
        event, way = EVENT | {"event_id": f"Ev{self._id(kind, 12)}"}, self._random.random()
        if kind == WHOLE or (kind == FORGED and way < 0.3):
            return self._slack("events", "application/json", json.dumps(event).encode(), kind)
        body = json.dumps(value(self._random) if way < 0.4 else spoilt(self._random, event)).encode()
        return self._slack("events", "application/json", torn(self._random, body) if way > 0.9 else body, kind)

    def _form(self) -> Shot:
        """A press of a button, or a command."""
        kind = self._kind(0)
        id = f"{self._id(kind, 12)}.1"
        if self._random.random() < 0.5:
            action = ACTION | {"trigger_id": id}
            body = json.dumps(action if self._random.random() < 0.3 else spoilt(self._random, action))
            return self._slack("actions", FORM_TYPE, f"payload={encoded(body)}".encode(), kind)
        pairs = self._spoilt_pairs(list((COMMAND | {"trigger_id": id}).items()))
        form = "&".join(f"{encoded(name)}={encoded(given)}" for name, given in pairs).encode()
        return self._slack("commands", FORM_TYPE, form, kind)

    def _slack(self, route: str, content_type: str, body: bytes, kind: str) -> Shot:
        moment = str(int(time.time()))
        if kind == FORGED:
            moment = self._random.choice((moment, "0", "soon", "9" * 30))
        mac = "v0=" + hmac.new(SIGNING_SECRET.encode(), b"v0:" + moment.encode() + b":" + body, sha256).hexdigest()
        signature = self._random.choice(("", "v0=", "v0=" + "0" * 64, mac[:-1] + "g")) if kind == FORGED else mac
        headers = {"X-Slack-Request-Timestamp": moment, "X-Slack-Signature": signature, "Content-Type": content_type}
        return self._dressed(Shot("POST", f"/webhooks/team/{route}", headers, body), kind == WHOLE)

    def _dressed(self, shot: Shot, owed: bool) -> Shot:
        """With headers and a framing that clients may choose; some of them spoil it."""
        kind = self._random.randrange(200)
        if kind < 10:
            return replace(shot, chunked=True, owed=owed)
        if kind < 12:
            return replace(shot, headers=shot.headers | {"Expect": "100-continue"}, owed=owed)
        if kind < 16:
            steering = {"X-Slack-Bolt-Lazy-Only": "1", "X-Slack-Retry-Num": "3"}
            return replace(shot, headers=shot.headers | steering, owed=owed)
        if kind < 18:
            return replace(shot, headers=shot.headers | {"Content-Encoding": "gzip"})
        if kind < 20:
            return replace(shot, headers=shot.headers | {"Content-Type": word(self._random)[:50].replace("\r\n", "")})
        if kind == 20:
            return replace(shot, body=shot.body + b"a" * BODY_LIMIT)
        return replace(shot, owed=owed)


def twilio_signature(target: str, body: bytes) -> str:
    """As Twilio would sign these bytes; "" where they are no form."""
    try:
        pairs = sorted(set(query_to_pairs(body.decode())))
    except ValueError:
        return ""
    text = (PUBLIC_URL + target + "".join(name + given for name, given in pairs)).encode("utf-8", "surrogateescape")
    return base64.b64encode(hmac.new(TOKEN.encode(), text, sha1).digest()).decode()
