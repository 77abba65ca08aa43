"""A look-alike of one Slack workspace: takes the app's posts, and hands on what people write, press and command."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from channels.sandbox.behaviour import Behaviour, answer_under
from channels.sandbox.desk import Desk, SayRefused
from channels.sandbox.entries import Delivery, Entry, Plan, Post, Press
from channels.sandbox.people import Heard
from channels.sandbox.slack_api import MAX_TEXT, Params, SlackApi, SlackRefused, blocks_of, metadata_of
from channels.sandbox.slack_book import SlackBook, SlackUser
from channels.sandbox.slack_events import (
    FORM,
    JSON,
    Workspace,
    buttons,
    command_form,
    label,
    message_events,
    press_payload,
    readable,
    signed,
)
from channels.sandbox.wire import Reply, SandboxRequest, SandboxResponse, json_answer, parameters

_SENDS = ("chat.postMessage",)
_SCOPES = (
    "chat:write,im:write,im:history,channels:read,channels:history,groups:read,groups:history,users:read,"
    "users:read.email,app_mentions:read,commands"
)


class SandboxSlack:
    """One workspace with one app in it. Its API is below {public_url}/sandbox/slack/{name}/api/.

    The bot's own posts come back as events, as they do from Slack.
    """

    kind = "slack"

    def __init__(
        self,
        name: str,
        bot_token: str,
        signing_secret: str,
        *,
        team: str = "T0SANDBOX",
        app_id: str = "A0SANDBOX",
        bot_user: str = "U0POINTSMAN",
        users: tuple[SlackUser, ...] = (),
        rooms: tuple[str, ...] = ("general",),
    ) -> None:
        """``name``: the channel's in the settings; ``rooms``: names of Slack channels the bot is in."""
        self.name, self.place = name, Workspace(team, app_id, bot_user)
        self.behaviour = Behaviour()
        self._token, self._secret = bot_token, signing_secret
        self._book = SlackBook(users, rooms)
        self._api = SlackApi(self._book, self.place, self._post_as_bot)
        self._desk: Desk

    def attach(self, desk: Desk) -> None:
        """Stand in this sandbox; its scripted people are users of the workspace."""
        self._desk = desk
        for user, name in desk.cast.slack_users():
            self._book.users.setdefault(user, SlackUser(user, name))

    def add_room(self, name: str) -> None:
        """One more channel that the bot is in."""
        self._book.add_room(name)

    def answer(self, request: SandboxRequest) -> Reply:
        """Answer one request of the Web API (or a response_url) as it was told to behave."""
        method = request.path.rpartition("/")[2]
        if f"/slack/{self.name}/response/" in request.path:
            return self._respond(request)
        try:
            params = parameters(request)
        except ValueError:
            return _not_ok("invalid_post_type")
        fault = self.behaviour.take("send" if method in _SENDS else "read", str(params.get("channel", "")))
        return answer_under(fault, lambda: self._answer(method, request, params), self)

    def say(self, user: str, text: str, room: str = "", thread: str = "", done: str = "") -> Post | None:
        """A person writes in a room (name or id; "": the direct message), in a thread if its ts is given.

        A text that begins with / is a slash command (and no post: None). Raises `SayRefused`.
        """
        where = self._book.room(room or user)
        if user not in self._book.users or where is None:
            raise SayRefused("no such user or room in this workspace")
        if not text or len(text) > MAX_TEXT:
            raise SayRefused(f"a Slack message has 1 to {MAX_TEXT} characters")
        if text.startswith("/"):
            self._command(user, text, where, done)
            return None
        now = self._desk.clock.now()
        post = Post(where, self._book.next_ts(now), user, text, now, thread, str(uuid4()), _rich(text))
        self._keep(post, done=done)
        return post

    def mention(self, user: str, text: str, room: str, thread: str = "") -> Post | None:
        """A person writes to the bot by name in a channel."""
        return self.say(user, f"<@{self.place.bot_user}> {text}", room, thread)

    def press(self, user: str, room: str, ts: str, value: str, done: str = "") -> None:
        """A person presses the button with this value (or label) below a post. Raises `SayRefused`."""
        where = self._book.room(room)
        post = self._book.post(where, ts) if where else None
        found = [one for one in buttons(post) if value in (one["value"], label(one))] if post else []
        if post is None or not found or user not in self._book.users:
            raise SayRefused("no such button below that message")
        action_ts = self._book.next_ts(self._desk.clock.now())
        body = press_payload(post, found[0], self._who(user, post.room), self.place, action_ts)
        owed = self._owed("actions", f"{self.name}/press/{uuid4().hex}", post.room, FORM, body)
        press = Press(post.room, ts, user, str(found[0]["value"]))
        self._desk.keep(Entry(self.name, press=press, owed=owed, done=done))

    def apply(self, entry: Entry) -> None:
        """Make true what the entry says."""
        if entry.post:
            self._book.add(entry.post)
        if entry.press:
            self._book.add_press(entry.press)

    def sign(self, delivery: Delivery, tries: int) -> Mapping[str, str]:
        """The headers of one attempt, by the real time, which is what the gateway checks them against."""
        return signed(self._secret, delivery.body, self._desk.wall_time(), tries)

    def act(self, plan: Plan) -> None:
        """A scripted person writes or presses."""
        if plan.press:
            self.press(plan.address, plan.room, plan.message.rpartition(":")[2], plan.press, done=plan.id)
        else:
            self.say(plan.address, plan.text, plan.room, plan.thread, done=plan.id)

    def failure(self, status: int, code: str) -> SandboxResponse:
        """ok false with this error word, or a bare HTTP error."""
        return json_answer(status, {"ok": False, "error": code or "internal_error"})

    def throttled(self, retry_after: int) -> SandboxResponse:
        """Too many requests."""
        return json_answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": str(retry_after)})

    def unauthorized(self) -> SandboxResponse:
        """A token that Slack does not know."""
        return _not_ok("invalid_auth")

    def snapshot(self, people: int, messages: int) -> dict[str, Any]:
        """Users and rooms with their newest posts, oldest first."""
        users = list(self._book.users.values())[:people]
        return {
            "name": self.name,
            "kind": self.kind,
            "bot": self.place.bot_user,
            "users": [{"id": user.id, "name": user.name} for user in users],
            "rooms": [self._room(room, messages) for room in self._book.rooms()[: people + len(self._book.names)]],
        }

    def _answer(self, method: str, request: SandboxRequest, params: Params) -> SandboxResponse:
        given = request.headers.get("authorization", "").removeprefix("Bearer ") or str(params.get("token", ""))
        if not given:
            return _not_ok("not_authed")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return self.unauthorized()
        if method not in self._api.methods:
            return _not_ok("unknown_method")
        try:
            return json_answer(200, {"ok": True, **self._api.methods[method](params)}, {"X-OAuth-Scopes": _SCOPES})
        except SlackRefused as refused:
            return _not_ok(str(refused))

    def _post_as_bot(self, params: Params, room: str) -> Post:
        blocks, metadata = blocks_of(params.get("blocks")), metadata_of(params.get("metadata"))
        now, thread = self._desk.clock.now(), str(params.get("thread_ts") or "")
        text = str(params.get("text", ""))[:MAX_TEXT]
        post = Post(room, self._book.next_ts(now), self.place.bot_user, text, now, thread, "", blocks, metadata)
        self._keep(post, plans=self._plans(post))
        return post

    def _keep(self, post: Post, plans: tuple[Plan, ...] = (), done: str = "") -> None:
        owed = tuple(
            delivery
            for event_id, body in message_events(post, self.place)
            for delivery in self._owed("events", event_id, post.room, JSON, body)
        )
        self._desk.keep(Entry(self.name, post=post, owed=owed, plans=plans, done=done))

    def _plans(self, post: Post) -> tuple[Plan, ...]:
        thread = post.thread if post.room.startswith("D") else post.thread or post.ts
        choices = tuple(str(button["value"]) for button in buttons(post))
        heard = Heard(f"{post.room}:{post.ts}", self.name, "", readable(post.text), post.at, choices, post.room, thread)
        plans = (self._desk.cast.answers(replace(heard, address=user)) for user in self._reached(post))
        return tuple(plan for planned in plans for plan in planned)

    def _reached(self, post: Post) -> Iterable[str]:
        """Who takes notice: the person of a direct message, those in the thread, those named in the text."""
        if person := self._book.person_of(post.room):
            return (person,)
        thread = self._book.thread(post.room, post.thread) if post.thread else ()
        talking = {one.user for one in thread}
        return [user for user in self._book.users if user in talking or f"<@{user}>" in post.text]

    def _command(self, user: str, text: str, room: str, done: str) -> None:
        body = command_form(text, room, self._who(user, room), self.place)
        owed = self._owed("commands", f"{self.name}/command/{uuid4().hex}", room, FORM, body)
        self._desk.keep(Entry(self.name, owed=owed, done=done))

    def _owed(self, route: str, key: str, room: str, content_type: str, body: str) -> tuple[Delivery, ...]:
        told = self.behaviour.webhooks
        if "inbound" in told.lost:
            return ()
        due = self._desk.clock.now() + timedelta(seconds=told.late)
        url, lane = self._desk.webhook(self.name, route), f"{self.name}:{room}"
        first = Delivery(key, self.name, lane, due, url, content_type, body)
        return (first, replace(first, id=f"{key}/again")) if told.twice else (first,)

    def _who(self, user: str, room: str) -> Mapping[str, str]:
        address = f"{room}/{user}/{self._seal(room, user)}"
        return {
            "id": user,
            "name": self._book.users[user].name,
            "room_name": self._book.names.get(room, "directmessage"),
            "response_url": f"{self._desk.public_url}/sandbox/slack/{self.name}/response/{address}",
        }

    def _seal(self, room: str, user: str) -> str:
        return hmac.new(self._secret.encode(), f"{room}/{user}".encode(), hashlib.sha256).hexdigest()[:32]

    def _respond(self, request: SandboxRequest) -> SandboxResponse:
        """What the app says through a response_url is shown in that room."""
        room, user, seal = request.path.split("/")[-3:]
        if not hmac.compare_digest(seal.encode(), self._seal(room, user).encode()):
            return json_answer(404, {"ok": False, "error": "expired_url"})
        try:
            params = parameters(request)
            if params.get("text") or params.get("blocks"):
                self._post_as_bot(params, room)
        except (ValueError, SlackRefused):
            return json_answer(400, {"ok": False, "error": "invalid_payload"})
        return SandboxResponse(200, {"Content-Type": "text/plain"}, b"ok")

    def _room(self, room: str, messages: int) -> dict[str, Any]:
        person = self._book.person_of(room)
        posts = list(self._book.posts(room))[-messages:]
        name = self._book.users[person].name if person else self._book.names[room]
        return {"id": room, "name": name, "user": person, "messages": [self._line(post) for post in posts]}

    def _line(self, post: Post) -> dict[str, Any]:
        ours = post.user == self.place.bot_user
        user = self._book.users.get(post.user)
        offered = [{"label": label(one), "value": one["value"]} for one in buttons(post)]
        return {
            "id": post.ts,
            "direction": "outbound" if ours else "inbound",
            "user": post.user,
            "name": user.name if user else "app",
            "thread": "" if post.thread == post.ts else post.thread,
            "text": readable(post.text),
            "buttons": offered,
            "pressed": list(self._book.pressed(post)),
            "at": post.at.isoformat(),
        }


def _not_ok(error: str) -> SandboxResponse:
    return json_answer(200, {"ok": False, "error": error})


def _rich(text: str) -> tuple[Mapping[str, Any], ...]:
    """The rich_text block that Slack's own clients put beside the text."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return ({"type": "rich_text", "block_id": uuid4().hex[:5], "elements": [section]},)
