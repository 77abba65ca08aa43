"""A look-alike of Twilio: accepts messages, tells how they fare, and hands on what people write."""

import hmac
import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from channels.sandbox.behaviour import Behaviour, answer_under
from channels.sandbox.desk import Desk, SayRefused
from channels.sandbox.entries import Delivery, Entry, Plan, Sms, Step
from channels.sandbox.people import Heard
from channels.sandbox.twilio_account import TwilioAccount
from channels.sandbox.twilio_api import (
    MAX_BODY,
    error_answer,
    is_e164,
    matching,
    page,
    refused,
    resource,
    send_refusal,
)
from channels.sandbox.twilio_book import HELP_WORDS, MAX_PHONES, START_WORDS, STOP_WORDS, TwilioBook, keyword
from channels.sandbox.twilio_media import file_answer, media_answer
from channels.sandbox.twilio_webhooks import (
    headers,
    inbound_delivery,
    inbound_form,
    status_deliveries,
    status_form,
    steps_of,
)
from channels.sandbox.wire import Reply, SandboxRequest, SandboxResponse, basic_login, json_answer, parameters

_ROUTE = re.compile(r"/sandbox/twilio/[^/]+/2010-04-01/Accounts/(?P<account>\w+)/Messages(?:/(?P<sid>\w+))?\.json")

# What Twilio answers by itself on a long code: https://help.twilio.com/articles/223134027
_OWN_ANSWERS = (
    (
        STOP_WORDS,
        "You have successfully been unsubscribed. You will not receive any more messages from this number. "
        "Reply START to resubscribe.",
    ),
    (
        START_WORDS - {"YES"},
        "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
        "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
    ),
    (HELP_WORDS, "Reply STOP to unsubscribe. Msg&Data Rates May Apply."),
)


def own_answer(text: str) -> str:
    """What Twilio itself answers to an SMS; "" for most."""
    word = keyword(text)
    return next((answer for words, answer in _OWN_ANSWERS if word in words), "")


class SandboxTwilio:
    """One Twilio account with one number. Its API is below {public_url}/sandbox/twilio/{name}."""

    kind = "sms"

    def __init__(self, name: str, account_sid: str, auth_token: str, number: str, service: str = "") -> None:
        """``name``: the channel's in the settings; ``number``: E.164, of the messaging ``service`` if it has one."""
        self.name, self.account_sid, self.number, self.service = name, account_sid, number, service
        self.behaviour = Behaviour()
        self._token = auth_token
        self._book = TwilioBook()
        self._desk: Desk

    def attach(self, desk: Desk) -> None:
        """Stand in this sandbox; its people's phones are there from the start."""
        self._desk = desk
        for number, _ in desk.cast.phones():
            self._book.add_phone(number)

    def answer(self, request: SandboxRequest) -> Reply:
        """Answer one request of the Messages API as it was told to behave."""
        if found := file_answer(request.path, self._book):
            return found
        try:
            params = parameters(request)
        except ValueError:
            return error_answer(400, 20001, "The request could not be read")
        fault = self.behaviour.take("send" if request.method == "POST" else "read", str(params.get("To", "")))
        return answer_under(fault, lambda: self._answer(request, params), self)

    def say(self, phone: str, text: str, done: str = "", media: tuple[str, ...] = ()) -> Sms:
        """A person texts our number, with files of these types; ``done`` names the plan this carries out. Raises
        `SayRefused`."""
        if len(text) > MAX_BODY:
            raise SayRefused(f"a text message has at most {MAX_BODY} characters")
        self.add_phone(phone)
        now = self._desk.clock.now()
        sms = Sms(f"SM{uuid4().hex}", phone, True, text, now, (Step("received", now),), self.service, media)
        url = self._desk.webhook(self.name, "inbound")
        api_url = f"{self._desk.public_url}/sandbox/twilio/{self.name}"
        form = inbound_form(sms, self.account_sid, self.number, api_url)
        owed = inbound_delivery(self.name, url, sms, form, self.behaviour.webhooks)
        self._desk.keep(Entry(self.name, sms=sms, owed=owed, done=done))
        self._answer_by_itself(sms)
        return sms

    def add_phone(self, number: str) -> None:
        """One more phone that people can write from. Raises `SayRefused` for what is no E.164 number of a person."""
        if not is_e164(number) or number == self.number:
            raise SayRefused("a phone has a number like +4915112345678 and not our own")
        if number not in self._book.phones:
            if len(self._book.phones) >= MAX_PHONES:
                raise SayRefused(f"more than {MAX_PHONES} phones")
            self._desk.keep(Entry(self.name, phone=number))

    def apply(self, entry: Entry) -> None:
        """Make true what the entry says."""
        if entry.phone:
            self._book.add_phone(entry.phone)
        if entry.sms:
            self._book.add(entry.sms)

    def sign(self, delivery: Delivery, tries: int) -> Mapping[str, str]:
        """The headers of one attempt."""
        return headers(self._token, delivery)

    def act(self, plan: Plan) -> None:
        """A scripted person writes."""
        self.say(plan.address, plan.text, done=plan.id)

    def failure(self, status: int, code: str) -> SandboxResponse:
        """An error answer with this code of Twilio's."""
        return error_answer(status, int(code or 20500), "Told to fail")

    def throttled(self, retry_after: int) -> SandboxResponse:
        """Too many requests."""
        return error_answer(429, 20429, "Too Many Requests", {"Retry-After": str(retry_after)})

    def unauthorized(self) -> SandboxResponse:
        """Wrong account or token."""
        return refused(401, 20003)

    def snapshot(self, people: int, messages: int) -> dict[str, Any]:
        """The phones, those with the newest messages first, and what they wrote and got, oldest first."""
        phones = sorted(self._book.phones.items(), key=_newest, reverse=True)[:people]
        return {
            "name": self.name,
            "kind": self.kind,
            "number": self.number,
            "phones": [self._phone(number, list(kept)[-messages:]) for number, kept in phones],
        }

    def _answer(self, request: SandboxRequest, params: Mapping[str, Any]) -> SandboxResponse:
        route = _ROUTE.fullmatch(request.path)
        if not self._may(request):
            return self.unauthorized()
        if found := media_answer(request.path, self.account_sid, self._book) or self._account(request, params):
            return found
        if route is None or route["account"] != self.account_sid:
            return refused(404, 20404)
        if request.method == "POST":
            return refused(405, 20004) if route["sid"] else self._send(params)
        return self._fetch(route["sid"]) if route["sid"] else self._list(params)

    def _account(self, request: SandboxRequest, params: Mapping[str, Any]) -> SandboxResponse | None:
        account = TwilioAccount(self.account_sid, self.number, self.service, self._desk.webhook(self.name, "inbound"))
        return account.answer(request.path, params) if request.method == "GET" else None

    def _may(self, request: SandboxRequest) -> bool:
        user, password = basic_login(request.headers)
        return user == self.account_sid and hmac.compare_digest(password.encode(), self._token.encode())

    def _send(self, params: Mapping[str, Any]) -> SandboxResponse:
        code = send_refusal(params, self.number, self._book.stopped)
        if code:
            return refused(400, code)
        sms = self._accepted(str(params["To"]), str(params["Body"]), str(params.get("MessagingServiceSid", "")))
        owed = self._callbacks(sms, str(params.get("StatusCallback", "")))
        self._desk.keep(Entry(self.name, sms=sms, owed=owed, plans=self._plans(sms)))
        return json_answer(201, resource(sms, self.account_sid, self.number, sms.at))

    def _accepted(self, to: str, text: str, service: str = "") -> Sms:
        now, ending = self._desk.clock.now(), self.behaviour.endings.get(to)
        steps = steps_of(now, "accepted" if service else "queued", ending, self.behaviour.webhooks.delays)
        return Sms(f"SM{uuid4().hex}", to, False, text, now, steps, service)

    def _callbacks(self, sms: Sms, url: str) -> tuple[Delivery, ...]:
        if not url:
            return ()
        told = (Step("queued", sms.at), *sms.steps[1:])
        forms = {step.status: status_form(sms, step, self.account_sid, self.number) for step in told}
        return status_deliveries(self.name, url, sms, forms, self.behaviour.webhooks)

    def _plans(self, sms: Sms) -> tuple[Plan, ...]:
        last = sms.steps[-1]
        if last.status not in ("delivered", "sent"):
            return ()
        return self._desk.cast.answers(Heard(sms.sid, self.name, sms.phone, sms.text, last.at))

    def _answer_by_itself(self, sms: Sms) -> None:
        if text := own_answer(sms.text):
            self._desk.keep(Entry(self.name, sms=self._accepted(sms.phone, text)))

    def _fetch(self, sid: str) -> SandboxResponse:
        sms = self._book.find(sid)
        if sms is None:
            return refused(404, 20404)
        return json_answer(200, resource(sms, self.account_sid, self.number, self._desk.clock.now()))

    def _list(self, params: Mapping[str, Any]) -> SandboxResponse:
        phone = next((str(params[key]) for key in ("To", "From") if params.get(key, self.number) != self.number), "")
        try:
            found = matching(self._book.newest_first(phone), params, self.number)
            return json_answer(200, page(found, params, self.account_sid, self.number, self._desk.clock.now()))
        except ValueError:
            return error_answer(400, 20001, "A date or a paging number could not be read")

    def _phone(self, number: str, kept: list[Sms]) -> dict[str, Any]:
        return {
            "number": number,
            "name": self._desk.cast.name_of(number),
            "stopped": number in self._book.stopped,
            "messages": [self._line(sms) for sms in kept],
        }

    def _line(self, sms: Sms) -> dict[str, Any]:
        step = sms.step_at(self._desk.clock.now())
        return {
            "id": sms.sid,
            "direction": "inbound" if sms.inbound else "outbound",
            "text": sms.text,
            "status": step.status,
            "error": step.error,
            "at": sms.at.isoformat(),
        }


def _newest(phone: tuple[str, Iterable[Sms]]) -> float:
    kept = list(phone[1])
    return kept[-1].at.timestamp() if kept else 0.0
